"""Putting the host to sleep and having it wake up by its clock."""

from __future__ import annotations

import os
from functools import partial

from virshpy import errors
from virshpy.drivers.qemu.node.kernel import read
from virshpy.enums import NodeSuspendTarget
from virshpy.host.steps import Act

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.host.steps import Step

# What a kernel must be able to do, what the init system and what pm-utils call it, and libvirt's word for it.
_WAYS = {
    NodeSuspendTarget.MEM: (("mem",), "suspend", "pm-suspend", "Suspend-to-RAM"),
    NodeSuspendTarget.DISK: (("disk",), "hibernate", "pm-hibernate", "Suspend-to-Disk"),
    NodeSuspendTarget.HYBRID: (("mem", "disk"), "hybrid-sleep", "pm-suspend-hybrid", "Hybrid-Suspend"),
}
SHORTEST = 60  # seconds: less, and the alarm may be over before the host sleeps


def targets() -> list[NodeSuspendTarget]:
    """How this host can sleep."""
    states = (read("/sys/power/state") or "").split()
    if not _command(NodeSuspendTarget.MEM):
        return []
    return [target for target, (needed, *_) in _WAYS.items() if set(needed) <= set(states)]


def _command(target: NodeSuspendTarget) -> list[str] | None:
    from shutil import which

    _, unit, script, _ = _WAYS[target]
    if os.path.isdir("/run/systemd/system") and which("systemctl"):
        return ["systemctl", unit]
    return [script] if which(script) else None


def suspend(target: int, seconds: int, do: Callable[[Step], None]) -> None:
    """virNodeSuspendForDuration: sleep now, wake up after so many seconds; by steps that ``do`` carries out.

    Raises ArgumentUnsupported for what the host cannot do, InvalidArg for a duration that is too short, InternalError
    where the clock takes no alarm.
    """
    if target not in [int(way) for way in _WAYS]:
        raise errors.InvalidArg("Invalid target for suspend operation")
    way = NodeSuspendTarget(target)
    command = _command(way)
    if way not in targets() or command is None:
        raise errors.ArgumentUnsupported(
            _WAYS[way][3], hint="/sys/power/state says how the kernel can sleep; systemd or pm-utils carry it out"
        )
    if seconds < SHORTEST:
        raise errors.InvalidArg("Suspend duration is too short", hint=f"{SHORTEST} seconds at least")
    from virshpy.host import processes

    for words in (["rtcwake", "--mode", "no", "--seconds", str(seconds)], command):
        do(Act(partial(processes.run, words), " ".join(words)))
