"""A guest that an earlier release has started is seen, stopped and started again by this one."""

from __future__ import annotations

from pathlib import Path

from tests import earlier, needs
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import define, nothing_left, pid_of, state

pytestmark = needs.qemu

DEVICES = "<serial type='pty'/><graphics type='vnc' autoport='yes'/>"


def test_a_guest_lives_through_an_upgrade(virshpy: Run, root: Path) -> None:
    disk = root / "disk.img"
    disk.write_bytes(b"\0" * 4096)
    disk.chmod(0o600)
    disks = f"<disk type='file'><source file='{disk}'/><target dev='vda'/></disk>"
    define(virshpy, root, document("vm", DEVICES + disks, memory=16))
    virshpy("start", "vm")
    pid = pid_of(root)
    earlier.turn_back(root)
    assert virshpy("list", "--name").stdout.split() == ["vm"]
    assert state(virshpy, "vm") == "running (booted)" and pid_of(root) == pid
    virshpy("destroy", "vm")
    assert state(virshpy, "vm") == "shut off (destroyed)"
    assert nothing_left(root) == [] and pid_of(root) is None
    assert disk.stat().st_mode & 0o777 == 0o600
    virshpy("start", "vm")
    virshpy("destroy", "vm")
    assert nothing_left(root) == []
