"""Asking a QEMU binary, once; and the refusals of one that cannot be asked."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs
from tests.guests.living import wait_for
from tests.processes import processes
from tests.structure.source import ROOT
from virshpy import errors
from virshpy.drivers.qemu.capabilities import kvm
from virshpy.drivers.qemu.capabilities.caps import QemuCaps
from virshpy.drivers.qemu.capabilities.probe import default_emulator, probe
from virshpy.drivers.qemu.identity import Identity


def ourselves() -> Identity:
    return Identity(None)


def ask(binary: Path | str, cache: Path) -> QemuCaps:
    return probe(str(binary), str(cache), ourselves)


ANSWERS = {
    "query-version": {"qemu": {"major": 7, "minor": 2, "micro": 1}, "package": "test"},
    "query-target": {"arch": "x86_64"},
    "query-kvm": {"present": False, "enabled": False},
    "query-machines": [
        {"name": "pc-q35-7.2", "alias": "q35", "cpu-max": 288, "hotpluggable-cpus": True,
         "default-cpu-type": "qemu64-x86_64-cpu", "default-ram-id": "pc.ram"},
        {"name": "none", "cpu-max": 1},
    ],
    "qom-list-types": [{"name": "virtio-blk-pci"}, {"name": "qemu64-x86_64-cpu"}],
    "query-cpu-definitions": [
        {"name": "qemu64", "unavailable-features": []},
        {"name": "Penryn", "unavailable-features": ["sse4.1"], "deprecated": True},
        {"name": "Penryn-v1", "unavailable-features": []},
        {"name": "max", "unavailable-features": []},
    ],
    "query-cpu-model-expansion": {
        "model": {"name": "base", "props": {"sse4.1": True, "lm": True, "svm": False, "vendor": "AuthenticAMD"}}
    },
}  # fmt: skip


@pytest.fixture
def binary(tmp_path: Path) -> Path:
    """A program that answers as QEMU does, and counts how often it was asked."""
    path = tmp_path / "qemu-fake"
    path.write_text(
        "#!/usr/bin/env python3\n"
        "import json, sys\n"
        f"open({str(tmp_path / 'runs')!r}, 'a').write('x')\n"
        f"answers = json.loads({json.dumps(json.dumps(ANSWERS))})\n"
        "for line in sys.stdin:\n"
        "    ask = json.loads(line)\n"
        "    print(json.dumps({'return': answers.get(ask['execute'], {}), 'id': ask['id']}), flush=True)\n"
    )
    path.chmod(0o755)
    return path


def runs(binary: Path) -> int:
    return len((binary.parent / "runs").read_text())


def test_a_binary_is_asked_once_until_it_changes(binary: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = ask(binary, cache)
    asked = runs(binary)
    again = ask(binary, cache)
    assert runs(binary) == asked
    assert again.record == first.record
    assert [row[:2] for row in again.processors("tcg").offered] == [("qemu64", True), ("Penryn", False)]
    asked = runs(binary)
    assert "Penryn" in ask(binary, cache).processors("tcg").models
    assert runs(binary) == asked, "the models were kept as well"
    os.utime(binary, (1, 1))
    ask(binary, cache)
    assert runs(binary) > asked


def test_what_is_kept_is_private(binary: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    ask(binary, cache).processors("tcg")
    assert [stat.S_IMODE(path.stat().st_mode) for path in cache.iterdir()] == [0o600, 0o600]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"key": "other"}'])
def test_a_damaged_cache_is_asked_anew(binary: Path, tmp_path: Path, damage: str) -> None:
    cache = tmp_path / "cache"
    ask(binary, cache).processors("tcg")
    for path in cache.iterdir():
        path.write_text(damage)
    caps = ask(binary, cache)
    assert caps.processors("tcg").models
    assert caps.version == (7, 2, 1)


def test_a_cache_that_cannot_be_written_is_done_without(binary: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert ask(binary, tmp_path / "file" / "cache").version_number == 7_002_001


def test_what_is_understood(binary: Path, tmp_path: Path) -> None:
    caps = ask(binary, tmp_path)
    machine = caps.machine("q35")
    assert machine is not None and machine is caps.machine("pc-q35-7.2")
    assert (machine.max_cpus, machine.default_cpu, machine.ram_id) == (288, "qemu64", "pc.ram")
    assert caps.machine("none") is None
    assert caps.default_machine == "pc-q35-7.2"
    assert caps.devices == {"virtio-blk-pci"}
    assert not caps.kvm_usable and "without KVM" in caps.kvm_reason


def test_what_is_understood_of_processors(binary: Path, tmp_path: Path) -> None:
    offer = ask(binary, tmp_path).processors("tcg")
    assert offer.offered == [("qemu64", True, False), ("Penryn", False, True)], "versions and `max` are not offered"
    assert offer.vendor == "AMD" and offer.features == {"sse4.1", "lm"}
    assert offer.blocked["Penryn"] == {"sse4.1"}
    assert offer.knows("svm") and not offer.knows("wings")


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(errors.SystemCallError) as caught:
        ask("/no/such/qemu", tmp_path)
    assert caught.value.message == "Cannot check QEMU binary /no/such/qemu: No such file or directory"
    assert "apt install" in (caught.value.hint or "")


def test_a_directory(tmp_path: Path) -> None:
    with pytest.raises(errors.SystemCallError, match="is not executable: Is a directory"):
        ask(tmp_path, tmp_path)


def test_not_executable(tmp_path: Path) -> None:
    path = tmp_path / "qemu"
    path.write_text("")
    with pytest.raises(errors.SystemCallError, match="is not executable: Permission denied"):
        ask(path, tmp_path)


@pytest.mark.parametrize("body", ["exit 0", "echo nonsense; exit 3", "echo '{}'"])
def test_something_that_is_not_qemu(tmp_path: Path, body: str) -> None:
    path = tmp_path / "qemu"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    with pytest.raises(errors.InternalError, match="Failed to (start|probe) QEMU binary"):
        ask(path, tmp_path)


@needs.qemu
def test_the_real_one(tmp_path: Path) -> None:
    binary = default_emulator("x86_64")
    assert binary is not None
    caps = ask(binary, tmp_path)
    assert caps.arch == "x86_64"
    assert {"virtio-blk-pci", "qemu-xhci", "pcie-root-port"} <= caps.devices
    assert {"secret", "memory-backend-ram"} <= caps.objects
    assert caps.default_machine.startswith("pc-")
    offer = caps.processors("tcg")
    assert {"qemu64", "Nehalem", "EPYC"} <= offer.models.keys()
    assert {"sse2", "lm", "nx"} <= offer.movable <= offer.features


# It dies when QEMU runs and nothing has been read of it.
_KILLED = """
import os, sys
from virshpy.drivers.qemu.capabilities.probe import probe
from virshpy.drivers.qemu.identity import Identity
from virshpy.host.children import Heard
Heard.words = lambda child: os.kill(os.getpid(), 9)
probe(sys.argv[1], sys.argv[2], lambda: Identity(None))
"""


@needs.qemu
def test_who_is_killed_while_it_asks_leaves_no_qemu(root: Path) -> None:
    (binary := root / "qemu").symlink_to(default_emulator() or "")
    done = subprocess.run([sys.executable, "-c", _KILLED, binary, root / "cache"], cwd=ROOT)
    assert done.returncode == -9
    wait_for(lambda: not processes(f"{binary} "), "the end of QEMU", 20)


def test_kvm_needs_more_than_a_device_that_opens(tmp_path: Path) -> None:
    device, info = tmp_path / "kvm", tmp_path / "cpuinfo"
    info.write_text("flags\t\t: fpu vme sse2\n")
    usable, reason = kvm.kvm_usable(str(device), str(info))
    assert not usable and "does not exist" in reason
    device.write_text("")
    if os.uname().machine == "x86_64":
        usable, reason = kvm.kvm_usable(str(device), str(info))
        assert not usable and "neither vmx nor svm" in reason
    (other := tmp_path / "other").write_text("flags\t\t: fpu vmx sse2\n")
    assert kvm.kvm_usable(str(device), str(other))[0]


@needs.ordinary_user
def test_kvm_that_may_not_be_opened(tmp_path: Path) -> None:
    device = tmp_path / "kvm"
    device.write_text("")
    device.chmod(0)
    usable, reason = kvm.kvm_usable(str(device))
    assert not usable and "Permission denied" in reason
