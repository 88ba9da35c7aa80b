"""QEMU is never root, and one guest cannot read another's disk."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import define
from tests.processes import processes

pytestmark = [needs.qemu, needs.root]


def disk(path: Path) -> str:
    return f"<disk type='file'><driver name='qemu' type='raw'/><source file='{path}'/><target dev='vda'/></disk>"


@pytest.fixture
def two(virshpy: Run, root: Path) -> tuple[Path, Path]:
    """Two running guests with a private disk each."""
    paths = (root / "a.img", root / "b.img")
    for path, name in zip(paths, "ab", strict=True):
        path.write_bytes(name.encode() * 512)
        path.chmod(0o600)
        define(virshpy, root, document(name, disk(path), memory=16))
        virshpy("start", name)
    return paths


def process_of(virshpy: Run, root: Path, name: str) -> int:
    return processes(f"qemu-system.*guest={name},.*{root}/")[0][0]


def status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def test_each_guest_is_a_user_of_its_own(virshpy: Run, root: Path, two: tuple[Path, Path]) -> None:
    seen = [status(process_of(virshpy, root, name)) for name in "ab"]
    uids = [set(row["Uid"].split()) for row in seen]
    assert all(len(uid) == 1 for uid in uids) and uids[0] != uids[1]
    assert all(int(min(uid)) >= 1879113728 for uid in uids)
    for row in seen:
        assert int(row["CapEff"], 16) == 0 == int(row["CapPrm"], 16)
        assert row["Seccomp"] == "2"
        kvm = os.stat("/dev/kvm").st_gid if os.path.exists("/dev/kvm") else 0
        assert set(row["Groups"].split()) <= {str(kvm)}
    for name in "ab":
        virshpy("destroy", name)


def test_one_guest_cannot_read_anothers_disk(virshpy: Run, root: Path, two: tuple[Path, Path]) -> None:
    """QEMU itself is asked to open the other's disk, as a guest that has taken it over would."""
    request = {
        "execute": "blockdev-add",
        "arguments": {"driver": "file", "filename": str(two[1]), "node-name": "stolen", "read-only": True},
    }
    answer = json.loads(virshpy("qemu-monitor-command", "a", json.dumps(request)).stdout)
    assert "Permission denied" in answer["error"]["desc"]
    # The same request on the disk's own guest is a matter of locks, not of rights.
    request["arguments"]["locking"] = "off"  # type: ignore[index]
    assert json.loads(virshpy("qemu-monitor-command", "b", json.dumps(request)).stdout)["return"] == {}
    for key in ("run/guests", "lib", "log"):
        request["arguments"] |= {"filename": str(next((root / key).rglob("*.[dl]*"), root / key)), "node-name": "x"}  # type: ignore[operator]
        answer = json.loads(virshpy("qemu-monitor-command", "a", json.dumps(request)).stdout)
        assert "error" in answer, request
    for name in "ab":
        virshpy("destroy", name)


def test_stop_takes_the_access_back(virshpy: Run, root: Path, two: tuple[Path, Path]) -> None:
    for path in two:
        assert os.listxattr(path) == ["system.posix_acl_access"]
    for name in "ab":
        virshpy("destroy", name)
    for path in two:
        assert os.listxattr(path) == []
        assert path.stat().st_mode & 0o777 == 0o600
        assert (path.stat().st_uid, path.stat().st_gid) == (0, 0)


def test_qemu_has_no_descriptor_it_does_not_need(virshpy: Run, root: Path, two: tuple[Path, Path]) -> None:
    pid = process_of(virshpy, root, "a")
    targets = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
    foreign = [
        target
        for target in targets
        if not re.match(r"(anon_inode:|socket:|pipe:|/memfd:|/dev/(null|urandom|ptmx|kvm)|/run/guests)", target)
        and not target.startswith((f"{root}/run/guests/", f"{root}/a.img", f"{root}/log/a.log"))
    ]
    assert foreign == []
    assert not any(target.endswith((".db", ".db-wal", "/locks")) for target in targets)
    for name in "ab":
        virshpy("destroy", name)


def test_a_closed_directory_is_named_with_its_remedy(virshpy: Run, root: Path) -> None:
    closed = root / "closed"
    closed.mkdir(mode=0o700)
    image = closed / "disk.img"
    image.write_bytes(b"\0" * 512)
    define(virshpy, root, document("vm", disk(image)))
    failed = virshpy("start", "vm", check=False, env={**os.environ, "VIRSHPY_HINTS": "1"})
    assert failed.returncode == 1
    assert f"Cannot access storage file '{image}': Permission denied" in failed.stderr
    assert f"chmod o+x {closed}" in failed.stderr
    assert os.listxattr(image) == []
    closed.chmod(0o711)
    virshpy("start", "vm")
    virshpy("destroy", "vm")


def test_files_and_directories_are_closed_to_others(virshpy: Run, root: Path, two: tuple[Path, Path]) -> None:
    for path in root.rglob("*"):
        if path.name.endswith(".img") or path.parent == root and path.is_file():
            continue
        mode, group = path.lstat().st_mode & 0o777, path.lstat().st_gid
        if path.name == "master-key.aes":  # which its guest may read and nobody may write
            assert (mode, path.owner(), group) == (0o440, "root", (path.parent / "events.out").stat().st_uid)
            continue
        assert mode & 0o066 == 0, f"{path} {mode:o}"
    for name in "ab":
        virshpy("destroy", name)


def test_not_even_a_probe_runs_as_root(virshpy: Run, root: Path) -> None:
    seen = root / "seen"
    seen.touch()
    seen.chmod(0o666)
    emulator = root / "qemu-wrapper"
    emulator.write_text(f'#!/bin/sh\nid -u >>{seen}\nexec /usr/bin/qemu-system-x86_64 "$@"\n')
    emulator.chmod(0o755)
    define(virshpy, root, document("vm", f"<emulator>{emulator}</emulator>"))
    virshpy("start", "vm")
    virshpy("destroy", "vm")
    uids = [int(word) for word in seen.read_text().split()]
    assert len(uids) >= 2 and min(uids) >= 1879113728, uids
