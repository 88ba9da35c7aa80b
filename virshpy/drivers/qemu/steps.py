"""What QEMU is told over its monitor, as steps; some are taken back by telling it the inverse."""

from __future__ import annotations

import json
import os
from shlex import quote

from virshpy import errors
from virshpy.drivers.qemu.qmp import Closed, MonitorSession, QMPError
from virshpy.host import processes
from virshpy.host.steps import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Any

    from virshpy.drivers.qemu.records import Domains, Record
    from virshpy.host.steps.process import Spawn

    Command = tuple[str, Mapping[str, Any]]

_SECRET = "<secret>"
_AGAIN = 2  # seconds for a QEMU that has not answered before
# How QEMU says that what is to be removed is not there.
_ABSENT = ("not found", "Failed to find")


class Monitor:
    """A QEMU's monitor for the steps of one verb, which share a session: it begins with the first of them, and ends
    with the context, or when they are released (at the commit, and before they are undone).

    ``pids`` are those who may listen there, QEMU first; a list, to be filled when QEMU has been started.
    """

    def __init__(self, path: str, timeout: float = 30, *, pids: Collection[int] = ()) -> None:
        self.path = path
        self.timeout = timeout
        self.pids = list(pids)
        self.address = path  # as a person's socat names it
        self._session: MonitorSession | None = None

    def session(self) -> MonitorSession:
        """The session, begun if it is not under way. Raises as :class:`MonitorSession` does."""
        if self._session is None:
            self._session = MonitorSession(self.path, self.timeout, pids=self.pids)
        return self._session

    def leave(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def shown(self, request: Any) -> str:
        """A shell's line that makes a request to it."""
        words = " ".join(json.dumps(said) for said in ({"execute": "qmp_capabilities"}, request))
        return f"echo {quote(words)} | socat -t 2 - {quote(f'UNIX-CONNECT:{self.address}')}"

    def __enter__(self) -> Monitor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self.leave()


class FreshMonitor(Monitor):
    """The monitor of the QEMU that ``spawn`` starts. Until it listens itself, we do, who have made the socket."""

    def __init__(self, path: str, timeout: float, spawn: Spawn, by_hand: str) -> None:
        super().__init__(path, timeout)
        self.address = f"{by_hand},retry=100,interval=0.1"
        self._spawn = spawn

    def session(self) -> MonitorSession:
        self.pids[:] = self._spawn.pid, os.getpid()
        return super().session()


class GuestMonitor(Monitor):
    """The monitor of a guest that is up. Raises OperationFailed where it ends meanwhile."""

    def __init__(self, domains: Domains, record: Record) -> None:
        assert record.id is not None
        super().__init__(domains.monitor(record.id), domains.site.config.monitor_timeout, pids=record.pids)
        self._started = record.started

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self.leave()
        if isinstance(error, Closed) and processes.wait_gone(self.pids[0], self._started, processes.CLOSING):
            raise errors.OperationFailed("domain is no longer running") from None


class Told(Step):
    """A command to QEMU of which nothing is to be taken back. Values that ``hidden`` names are shown to nobody."""

    def __init__(
        self,
        monitor: Monitor,
        command: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        hidden: Collection[str] = (),
    ) -> None:
        self.monitor: Monitor | None = monitor
        self.command = command
        self.arguments = arguments or {}
        self.hidden = hidden

    def do(self, note: Callable[[], None]) -> None:
        assert self.monitor is not None
        self.monitor.session().execute(self.command, **self.arguments)

    def commands(self) -> list[str]:
        assert self.monitor is not None
        shown = {name: _SECRET if name in self.hidden else value for name, value in self.arguments.items()}
        return [self.monitor.shown(_request(self.command, shown))]


class Added(Told, kind="qmp/1"):
    """A command to QEMU, and the one that takes it back (``remove``; None where QEMU's end does that).

    The command itself is not recorded, as there may be secrets in it.
    """

    recorded = ("path", "pids", "remove")
    path: str
    pids: list[int]
    remove: Command | None
    monitor = None  # a step out of the journal has one of its own

    def __init__(
        self, monitor: Monitor, add: Command, remove: Command | None = None, *, hidden: Collection[str] = ()
    ) -> None:
        super().__init__(monitor, *add, hidden=hidden)
        self.path = monitor.path
        self.pids = monitor.pids
        self.remove = remove

    @property
    def inside(self) -> int:
        return self.pids[0] if self.pids else 0

    def undo(self) -> None:
        """What QEMU does not know, or not any more, is taken back; so is all of it where QEMU is gone."""
        if self.remove is None:
            return
        monitor = self._monitor()
        command, arguments = self.remove
        try:
            monitor.session().execute(command, **arguments)
        except Closed:
            pass
        except QMPError as error:
            if not any(words in str(error) for words in _ABSENT):
                raise
        finally:
            monitor.leave()

    def _monitor(self) -> Monitor:
        return self.monitor or Monitor(self.path, _AGAIN if self.again else 30, pids=self.pids)

    def release(self) -> None:
        if self.monitor is not None:
            self.monitor.leave()

    def undo_commands(self) -> list[str]:
        return [] if self.remove is None else [self._monitor().shown(_request(*self.remove))]


def _request(command: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {"execute": command, **({"arguments": dict(arguments)} if arguments else {})}
