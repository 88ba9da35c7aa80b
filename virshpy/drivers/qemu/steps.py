"""The step that tells a running QEMU something over its monitor, and takes it back with the inverse."""

from __future__ import annotations

import json
import shlex

from virshpy.drivers.qemu.qmp import Closed, QMPError, Visit
from virshpy.host.steps import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Any

    Command = tuple[str, Mapping[str, Any]]

_SECRET = "<secret>"
# How QEMU says that what is to be removed is not there.
_ABSENT = ("not found", "Failed to find")


class Monitor:
    """A QEMU's monitor for the steps of one verb, which share a visit: it begins with the first of them, and ends when
    they are released (at the commit, and before they are undone).

    ``pids`` are those who may listen there, QEMU first; a list, to be filled when QEMU has been started.
    """

    def __init__(self, path: str, timeout: float = 30, *, pids: Collection[int] = ()) -> None:
        self.path = path
        self.timeout = timeout
        self.pids = list(pids)
        self._visit: Visit | None = None

    def visit(self) -> Visit:
        """The visit, begun if it is not under way. Raises as :class:`Visit` does."""
        if self._visit is None:
            self._visit = Visit(self.path, self.timeout, pids=self.pids)
        return self._visit

    def leave(self) -> None:
        if self._visit is not None:
            self._visit.close()
            self._visit = None


class Told(Step, kind="qmp/1"):
    """A command to QEMU, ``add``, and the one that takes it back (``remove``; None where QEMU's end does that).

    Values of the arguments that ``hidden`` names are shown to nobody, and ``add`` is not recorded.
    """

    recorded = ("path", "pids", "remove")
    path: str
    pids: list[int]
    remove: Command | None
    monitor: Monitor | None = None  # a step out of the journal has one of its own

    def __init__(
        self, monitor: Monitor, add: Command, remove: Command | None = None, *, hidden: Collection[str] = ()
    ) -> None:
        self.monitor = monitor
        self.path = monitor.path
        self.pids = monitor.pids
        self.add = add
        self.remove = remove
        self.hidden = hidden

    @property
    def inside(self) -> int:
        return self.pids[0] if self.pids else 0

    def do(self, note: Callable[[], None]) -> None:
        assert self.monitor is not None
        command, arguments = self.add
        self.monitor.visit().execute(command, **arguments)

    def undo(self) -> None:
        """What QEMU does not know, or not any more, is taken back; so is all of it where QEMU is gone."""
        if self.remove is None:
            return
        monitor = self.monitor or Monitor(self.path, pids=self.pids)
        command, arguments = self.remove
        try:
            monitor.visit().execute(command, **arguments)
        except Closed:
            pass
        except QMPError as error:
            if not any(words in str(error) for words in _ABSENT):
                raise
        finally:
            monitor.leave()

    def release(self) -> None:
        if self.monitor is not None:
            self.monitor.leave()

    def commands(self) -> list[str]:
        command, arguments = self.add
        shown = {name: _SECRET if name in self.hidden else value for name, value in arguments.items()}
        return [self._said(command, shown)]

    def undo_commands(self) -> list[str]:
        return [] if self.remove is None else [self._said(*self.remove)]

    def _said(self, command: str, arguments: Mapping[str, Any]) -> str:
        """A shell's line that says it."""
        requests = [{"execute": "qmp_capabilities"}, {"execute": command, "arguments": dict(arguments)}]
        words = " ".join(json.dumps(request) for request in requests)
        return f"echo {shlex.quote(words)} | socat - UNIX-CONNECT:{shlex.quote(self.path)}"
