"""Makes the small guest one with an agent: Debian's own qemu-ga and its libraries."""

from __future__ import annotations

from pathlib import Path

from kit import extras
from kit.guest import Apt, Guest

PROGRAM = "usr/sbin/qemu-ga"
# What the agent calls to end the guest, with shutdown(8)'s words for how.
SHUTDOWN = b"""#!/bin/sh
sync
case " $* " in *' -r '*) reboot -f ;; *) poweroff -f ;; esac
"""


def initrd_with_agent(guest: Guest, path: Path) -> Path:
    """Write the guest's initrd with the agent behind it to a path, which is returned. Raises GuestError."""
    return extras.initrd_with(guest, path, extras.archive("agent", Path(__file__).read_bytes(), _pack))


def _pack(apt: Apt, work: Path) -> bytes:
    packed = extras.with_program(apt, work / "root", "qemu-guest-agent", PROGRAM)
    packed.file("sbin/shutdown", SHUTDOWN, 0o755)
    return packed.close()
