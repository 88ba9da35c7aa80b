"""domstats: libvirt's names, a guest's own figures, and a guest that does not answer."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import define, pid_of, wait_for
from tests.lab import sector

pytestmark = needs.qemu
# What libvirtd 9.0 prints for such a guest, by its groups.
KEYS = [
    "state.state", "state.reason", "cpu.time", "cpu.user", "cpu.system", "cpu.cache.monitor.count",
    "cpu.haltpoll.success.time", "cpu.haltpoll.fail.time", "balloon.current", "balloon.maximum",
    "balloon.last-update", "balloon.rss", "vcpu.current", "vcpu.maximum", "vcpu.0.state", "vcpu.0.time", "vcpu.0.wait",
    "vcpu.0.delay", "net.count", "block.count", "block.0.name", "block.0.path", "block.0.backingIndex",
    "block.0.rd.reqs", "block.0.rd.bytes", "block.0.rd.times", "block.0.wr.reqs", "block.0.wr.bytes",
    "block.0.wr.times", "block.0.fl.reqs", "block.0.fl.times", "block.0.allocation", "block.0.capacity",
    "block.0.physical", "block.1.name", "block.1.rd.reqs", "block.1.rd.bytes", "block.1.rd.times",
    "block.1.wr.reqs", "block.1.wr.bytes", "block.1.wr.times", "block.1.fl.reqs", "block.1.fl.times",
    "iothread.count", "iothread.1.poll-max-ns", "iothread.1.poll-grow", "iothread.1.poll-shrink",
    "dirtyrate.calc_status", "dirtyrate.calc_start_time", "dirtyrate.calc_period", "dirtyrate.calc_mode",
]  # fmt: skip
GUEST = """<domain type='qemu'><name>vm</name><memory unit='MiB'>64</memory><vcpu current='1'>2</vcpu>
<iothreads>1</iothreads><os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>
<devices><disk type='file'><source file='{root}/disk.img'/><target dev='vda' bus='virtio'/></disk>
<disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>
<interface type='user'><model type='virtio'/></interface></devices></domain>"""


def figures(virshpy: Run, *words: str) -> dict[str, str]:
    lines = virshpy("domstats", *words).stdout.splitlines()
    return dict(line.strip().split("=", 1) for line in lines if "=" in line)


@pytest.fixture
def guest(root: Path, virshpy: Run) -> str:
    """One that boots from its disk and then waits."""
    (root / "disk.img").write_bytes(sector.disk())
    define(virshpy, root, GUEST.format(root=root))
    virshpy("start", "vm")
    return "vm"


def test_names_and_values(guest: str, root: Path, virshpy: Run) -> None:
    wait_for(lambda: int(figures(virshpy, guest)["block.0.rd.bytes"]) >= 512, "the firmware to read the disk")
    found = figures(virshpy, guest)
    assert list(found) == KEYS
    assert found["block.0.path"] == f"{root}/disk.img" and found["block.0.capacity"] == str(1 << 20)
    assert (found["vcpu.current"], found["vcpu.maximum"], found["balloon.maximum"]) == ("1", "2", "65536")
    assert int(found["vcpu.0.time"]) > 0 and int(found["balloon.rss"]) > 10_000
    virshpy("destroy", guest)
    off = figures(virshpy, guest)
    assert list(off) == [
        "state.state", "state.reason", "balloon.current", "balloon.maximum", "vcpu.current", "vcpu.maximum",
        "block.count", "block.0.name", "block.0.path", "block.1.name",
    ]  # fmt: skip


def test_groups_and_what_there_is_not(guest: str, virshpy: Run) -> None:
    assert {key.split(".")[0] for key in figures(virshpy, guest, "--balloon", "--vcpu")} == {"balloon", "vcpu"}
    assert figures(virshpy, guest, "--memory") == {}
    refused = virshpy("domstats", "--memory", "--enforce", check=False)
    assert refused.returncode == 1 and "Stats types bits 0x100 are not supported" in refused.stderr
    virshpy("destroy", guest)


def test_a_guest_that_hangs_costs_its_own_figures(guest: str, root: Path, virshpy: Run) -> None:
    pid = pid_of(root)
    assert pid
    define(virshpy, root, document("other"))
    virshpy("start", "other")
    os.kill(pid, signal.SIGSTOP)
    told = virshpy("--hints", "domstats", "--list-active")
    os.kill(pid, signal.SIGCONT)
    assert f"warning: domain '{guest}' does not tell its figures" in told.stderr
    parts = dict(part.split("'\n", 1) for part in told.stdout.split("Domain: '")[1:])
    assert "vcpu.maximum=2" in parts[guest] and "vcpu.0.time" not in parts[guest]
    assert "vcpu.0.time" in parts["other"]
    virshpy("destroy", guest, "other")


def test_images_beneath(root: Path, virshpy: Run) -> None:
    for words in (("base.qcow2", "1M"), ("-b", f"{root}/base.qcow2", "-F", "qcow2", "top.qcow2")):
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *words], cwd=root, check=True)
    disk = "<disk type='file'><driver name='qemu' type='qcow2'/>" \
        f"<source file='{root}/top.qcow2'/><target dev='vda' bus='virtio'/></disk>"  # fmt: skip
    define(virshpy, root, document("vm", disk))
    virshpy("start", "vm")
    assert figures(virshpy, "vm", "--block")["block.count"] == "1"
    found = figures(virshpy, "vm", "--block", "--backing")
    paths = [found[f"block.{number}.path"] for number in range(int(found["block.count"]))]
    assert paths == [f"{root}/top.qcow2", f"{root}/base.qcow2"] and found["block.1.capacity"] == str(1 << 20)
    virshpy("destroy", "vm")
