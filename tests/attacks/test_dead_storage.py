"""A guest whose storage has died while QEMU waits for it: it cannot be killed, and nobody says that it is gone."""

from __future__ import annotations

import os
from pathlib import Path

from tests import needs
from tests.conftest import Run
from tests.dead_storage import DeadStorage
from tests.guests.documents import document
from tests.guests.living import define, nothing_left, pid_of, state

pytestmark = [needs.qemu, needs.root, needs.file("/dev/fuse", "a kernel with FUSE")]


def test_a_guest_that_cannot_be_killed_is_in_shutdown_until_it_is_gone(virshpy: Run, root: Path) -> None:
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/virshpy.toml").write_text("[qemu]\nstop_patience = 1\n")
    with DeadStorage(root / "nfs") as storage:
        disk = f"<disk type='file'><source file='{storage.file}'/><target dev='vda'/></disk>"
        define(virshpy, root, document("vm", disk, memory=16))
        virshpy("start", "vm", "--paused")
        pid = pid_of(root)
        storage.fall_silent()
        virshpy("resume", "vm")
        assert storage.asked.wait(30)
        told = virshpy("destroy", "vm", check=False)
        busy = f"Failed to terminate process {pid} with SIGKILL: Device or resource busy"
        assert told.returncode == 1 and f"error: {busy}" in told.stderr
        assert os.listdir(root / "run/guests") == ["1"]
        listed = virshpy("--hints", "list")
        assert "vm     in shutdown" in listed.stdout and busy in listed.stderr
        assert state(virshpy, "vm") == "in shutdown (unknown)"
        assert "already active" in virshpy("start", "vm", check=False).stderr
        for verb in ("destroy", "undefine"):
            assert busy in virshpy(verb, "vm", check=False).stderr
        assert storage.file.name in virshpy("domblklist", "vm").stdout
    assert state(virshpy, "vm") == "shut off (destroyed)"
    assert nothing_left(root) == []
