"""A guest's state, read from the event log that its QEMU keeps (design: QEMU writes every event into a file).

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
from virshpy.host import files, framing, untrusted
from virshpy.host.framing import Malformed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

# How much of an event log may lie behind the last mark before the disk space under it is given back.
_TRIM = 1 << 20
# QEMU's longest event is a few hundred bytes. A line beyond this is none of QEMU's, as it leaves the factory.
_LINE = 1 << 16
# The ports that may be open, and the longest alias of one: what is kept of a guest's words has a bound.
_PORTS = 1024
_PORT = 256

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

    def correct(self, status: str) -> None:
        """Make it agree with what QEMU says of itself (query-status), where the event log has missed something."""
        if status in _STATUS and self.state != _STATUS[status][0]:
            self._set(*_STATUS[status])


# QEMU's words for what a guest does (RunState), in libvirt's.
_STATUS: dict[str, tuple[int, int]] = {
    "running": (DomainState.RUNNING, RunningReason.UNPAUSED),
    "paused": (DomainState.PAUSED, PausedReason.USER),
    "io-error": (DomainState.PAUSED, PausedReason.IOERROR),
    "watchdog": (DomainState.PAUSED, PausedReason.WATCHDOG),
    "shutdown": (DomainState.SHUTDOWN, ShutdownReason.UNKNOWN),
    "guest-panicked": (DomainState.CRASHED, CrashedReason.PANICKED),
    "suspended": (DomainState.PMSUSPENDED, PMSuspendedReason.UNKNOWN),
}


def starting(*, paused: bool) -> GuestState:
    """The state before the first event: the first RESUME of an ordinary start means ``booted``."""
    return GuestState(reason=PausedReason.USER if paused else PausedReason.STARTING_UP)


def reduce(guest: GuestState, event: str, data: dict[str, Any]) -> None:
    """Take one event into account. Raises Malformed, with nothing changed, for data that QEMU would not say."""
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
        guest.shutdown = framing.text(data, "reason", "")
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
        port, is_open = framing.text(data, "id"), data.get("open") is True
        if len(port) > _PORT:
            raise Malformed("a port of no name that QEMU was given")
        guest.open_ports = [alias for alias in guest.open_ports if alias != port][-_PORTS:]
        guest.open_ports += [port] if is_open else []
    elif event == "BALLOON_CHANGE":
        guest.balloon = framing.number(data, "actual") // 1024
    elif event == "BLOCK_IO_ERROR" and data.get("action") == "stop":
        guest.cause = PausedReason.IOERROR
    elif event == "WATCHDOG" and data.get("action") == "pause":
        guest.cause = PausedReason.WATCHDOG
    elif event in ("SUSPEND", "SUSPEND_DISK"):
        guest._set(DomainState.PMSUSPENDED, PMSuspendedReason.UNKNOWN)
    elif event == "WAKEUP":
        guest._set(DomainState.RUNNING, RunningReason.WAKEUP)


class EventLog:
    """A guest's event log, opened once and read from ``position`` on.

    QEMU's user may write it. ``owner`` is that user, None where it is our own. Raises OSError for what is no such file.
    """

    def __init__(self, path: str, owner: int | None, position: int) -> None:
        self.position = position
        self._opened = untrusted.read(path, writable=True)
        try:
            self._opened.require(owner=os.geteuid() if owner is None else owner)
        except OSError:
            self._opened.close()
            raise

    def events(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every whole event, by name and data; ``position`` is then behind it. What is no event is passed over."""
        begin = reached = self.position
        # A guest may write faster than it is read: what comes from now on is for whoever looks next.
        end = self._opened.status.st_size

        def more(count: int) -> bytes:
            nonlocal reached
            chunk = os.pread(self._opened.fd, min(count, max(end - reached, 0)), reached)
            reached += len(chunk)
            return chunk

        lines = framing.Lines(more, _LINE)
        while True:
            try:
                line = lines.next()
                self.position = begin + lines.taken
                if line is None:
                    return
                if b'"event"' in line:
                    record = framing.decode(_whole(line))
                    yield framing.text(record, "event"), framing.inner(record, "data")
            except Malformed:
                continue

    def trim(self) -> bool:
        """Give back the space before ``position``; True where there was none left for QEMU to write to.

        The file keeps its length: QEMU writes at its offset.
        """
        if not self._opened.status.st_blocks * 512 > _TRIM < self.position:
            return False
        space = os.fstatvfs(self._opened.fd)
        was_full = space.f_bfree * space.f_frsize < _LINE
        files.punch_hole(self._opened.fd, self.position)
        return was_full

    def __enter__(self) -> EventLog:
        return self

    def __exit__(self, *exception: object) -> None:
        self._opened.close()


def _whole(line: bytes) -> bytes:
    """A line without the beginning of another before it, which was cut short when there was no space for it."""
    return line[max(line.rfind(b'{"timestamp"'), 0) :]


def follow(guest: GuestState, path: str, owner: int | None) -> GuestState:
    """Bring a state up to date with its event log, in place. One that is gone, or is none, says nothing new."""
    try:
        with EventLog(path, owner, guest.position) as log:
            for event, data in log.events():
                guest.position = log.position
                try:
                    reduce(guest, event, data)
                except Malformed:
                    continue
            guest.position = log.position
    except OSError:
        pass
    return guest


def trim(path: str, owner: int | None, marked: int) -> bool:
    """Give back the space under what has been reduced already; True where QEMU may have had none for its events."""
    try:
        with EventLog(path, owner, marked) as log:
            return log.trim()
    except OSError:
        return False
