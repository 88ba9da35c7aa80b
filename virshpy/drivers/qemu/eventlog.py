"""A guest's state, read from the diary that its QEMU keeps (design: QEMU writes every event into a file).

:func:`reduce` is the whole knowledge of what events mean: a pure function from a state and an event to the next state.
"""

from __future__ import annotations

import os

from virshpy.enums import (
    CrashedReason,
    DomainState,
    PausedReason,
    PMSuspendedReason,
    RunningReason,
    ShutdownReason,
    ShutoffReason,
)
from virshpy.host import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

# How much of a diary may lie behind the last mark before the disk space under it is given back.
_TRIM = 1 << 20


# What a guest is doing after RESUME, by why it was paused.
_RESUMED: dict[int | None, int] = {
    PausedReason.STARTING_UP: RunningReason.BOOTED,
    PausedReason.CRASHED: RunningReason.CRASHED,
}


class GuestState:
    """``state`` and ``reason`` (libvirt's numbers), ``cause`` (why the next STOP will have happened), ``ending`` (the
    ShutoffReason if QEMU ended now), ``shutdown`` (the SHUTDOWN event's reason), ``balloon`` (the guest's memory in KiB
    where it ever changed), ``open_ports`` (aliases of the virtio ports that a program in the guest has opened) and
    ``position`` in the file."""

    __slots__ = ("state", "reason", "cause", "ending", "shutdown", "balloon", "open_ports", "position")

    def __init__(
        self,
        state: int = DomainState.PAUSED,
        reason: int = PausedReason.USER,
        cause: int = PausedReason.USER,
        ending: int = ShutoffReason.CRASHED,
        shutdown: str = "",
        balloon: int | None = None,
        open_ports: Sequence[str] = (),
        position: int = 0,
    ) -> None:
        self.state = int(state)
        self.reason = int(reason)
        self.cause = int(cause)
        self.ending = int(ending)
        self.shutdown = shutdown
        self.balloon = balloon
        self.open_ports = list(open_ports)
        self.position = position

    def dump(self) -> str:
        import json

        return json.dumps([getattr(self, name) for name in self.__slots__])

    @classmethod
    def load(cls, text: str | None) -> GuestState:
        import json

        return cls(*json.loads(text)) if text else cls()

    def _set(self, state: int, reason: int) -> None:
        self.state, self.reason = int(state), int(reason)


def starting(*, paused: bool) -> GuestState:
    """The state before the first event: the first RESUME of an ordinary start means ``booted``."""
    return GuestState(reason=PausedReason.USER if paused else PausedReason.STARTING_UP)


def reduce(guest: GuestState, event: str, data: dict[str, Any]) -> None:
    """Take one event into account."""
    if event == "RESUME":
        if guest.state != DomainState.RUNNING:
            paused = guest.reason if guest.state == DomainState.PAUSED else None
            guest._set(DomainState.RUNNING, _RESUMED.get(paused, RunningReason.UNPAUSED))
        guest.cause, guest.ending, guest.shutdown = PausedReason.USER, ShutoffReason.CRASHED, ""
    elif event == "STOP":
        if guest.state in (DomainState.RUNNING, DomainState.PMSUSPENDED):
            guest._set(DomainState.PAUSED, guest.cause)
        guest.cause = PausedReason.USER
    elif event == "SHUTDOWN":
        guest.shutdown = data.get("reason", "")
        if guest.state != DomainState.CRASHED:
            guest.ending = ShutoffReason.SHUTDOWN
        guest._set(DomainState.SHUTDOWN, ShutdownReason.UNKNOWN)
    elif event == "GUEST_PANICKED":
        if data.get("action") != "run":
            guest._set(DomainState.CRASHED, CrashedReason.PANICKED)
    elif event == "RESET" and guest.state in (DomainState.SHUTDOWN, DomainState.CRASHED):
        # Started afresh after its end: the RESUME that follows is a boot, or the recovery of a crashed guest.
        crashed = guest.state == DomainState.CRASHED
        guest._set(DomainState.PAUSED, PausedReason.CRASHED if crashed else PausedReason.STARTING_UP)
    elif event == "VSERPORT_CHANGE":
        guest.open_ports = [alias for alias in guest.open_ports if alias != data["id"]]
        guest.open_ports += [data["id"]] if data["open"] else []
    elif event == "BALLOON_CHANGE":
        guest.balloon = data["actual"] // 1024
    elif event == "BLOCK_IO_ERROR" and data.get("action") == "stop":
        guest.cause = PausedReason.IOERROR
    elif event == "WATCHDOG" and data.get("action") == "pause":
        guest.cause = PausedReason.WATCHDOG
    elif event in ("SUSPEND", "SUSPEND_DISK"):
        guest._set(DomainState.PMSUSPENDED, PMSuspendedReason.UNKNOWN)
    elif event == "WAKEUP":
        guest._set(DomainState.RUNNING, RunningReason.WAKEUP)


def events(path: str, position: int) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Every whole event from ``position`` on: (position behind it, name, data)."""
    import json

    try:
        file = open(path, "rb")  # noqa: SIM115 -- the with below closes it
    except FileNotFoundError:
        return
    with file:
        file.seek(position)
        for line in file:
            if not line.endswith(b"\n"):
                return  # QEMU is writing it just now
            position += len(line)
            if b'"event"' in line:
                try:
                    record = json.loads(line)
                    yield position, record["event"], record.get("data", {})
                except (ValueError, KeyError):
                    continue


def follow(guest: GuestState, path: str) -> GuestState:
    """Bring a state up to date with its diary, in place."""
    for position, event, data in events(path, guest.position):
        reduce(guest, event, data)
        guest.position = position
    return guest


def trim(path: str, marked: int) -> None:
    """Give back the space under what has been reduced already. The file keeps its length: QEMU writes at its offset."""
    try:
        if os.stat(path).st_blocks * 512 > _TRIM < marked:
            files.punch_hole(path, marked)
    except FileNotFoundError:
        pass
