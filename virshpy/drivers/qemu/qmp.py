"""A session with a QEMU's monitor: connect, ask, leave.

QEMU serves one client at a time; the next one waits in the socket's queue until the first has left, so sessions are
short. Events are not read here: QEMU writes them into the event log (eventlog.py).
"""

from __future__ import annotations

import json

from virshpy import errors
from virshpy.host import framing, untrusted
from virshpy.host.framing import Conversation, Hung, Malformed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any


_ANSWER = 10 << 20  # bytes; libvirt's limit as well


class QMPError(errors.InternalError):
    """internal error"""

    # QEMU's own refusal: ``error_class`` and ``description`` are its words.

    def __init__(self, command: str, error_class: str, description: str) -> None:
        super().__init__(f"unable to execute QEMU command '{command}': {description}")
        self.error_class = error_class
        self.description = description


class Closed(errors.InternalError):
    """internal error"""

    # QEMU ended while it was being asked.


class Nonsense(errors.InternalError):
    """internal error"""

    # What is behind the monitor does not speak as QEMU does, or is not the QEMU that is to be there.


class MonitorSession:
    """An open session; a context manager.

    Raises Closed where QEMU is gone, Nonsense where what is there speaks otherwise, OperationTimeout where it does not
    answer within ``timeout`` seconds, to the greeting and to each command. ``pids`` are those who may listen there:
    QEMU, and until it does so itself, whoever has started it.
    """

    def __init__(self, path: str, timeout: float = 30, *, pids: Collection[int] = ()) -> None:
        self._timeout = timeout
        try:
            self._conversation = Conversation(untrusted.connect(path, timeout, pids=pids), _ANSWER)
        except TimeoutError:
            raise self._no_answer() from None
        except OSError as error:
            if isinstance(error, untrusted.Changed):
                raise Nonsense(f"cannot use the qemu monitor: {error.strerror}") from None
            raise _closed() from None
        try:
            self._exchange(b"")
            self.execute("qmp_capabilities")
        except BaseException:
            self.close()
            raise

    def execute(self, command: str, /, **arguments: Any) -> Any:
        """One command; its return value. Raises QMPError with QEMU's words."""
        return self.exchange({"execute": command, **({"arguments": arguments} if arguments else {})}, command)

    def exchange(self, request: Any, name: str) -> Any:
        return self._value(self.raw(request), name)

    def status(self) -> str:
        """What the guest does, in QEMU's word (query-status)."""
        with understood():
            return framing.text(self.execute("query-status"), "status")

    def human(self, line: str) -> str:
        """What the monitor for people answers to a line."""
        with understood():
            return framing.words({"return": self.execute("human-monitor-command", **{"command-line": line})}, "return")

    def raw(self, request: Any) -> dict[str, Any]:
        """Send a request as it is; QEMU's whole answer, an error included."""
        return self._exchange(json.dumps(request).encode() + b"\n")

    def hand_over(self, name: str, fd: int) -> None:
        """Give QEMU a copy of a descriptor, which later commands name ``fd:NAME`` (getfd)."""
        request = json.dumps({"execute": "getfd", "arguments": {"fdname": name}}).encode() + b"\n"
        self._value(self._exchange(request, fd), "getfd")

    def _value(self, answer: dict[str, Any], name: str) -> Any:
        with understood():
            if "error" in answer:
                error = framing.inner(answer, "error")
                raise QMPError(name, framing.text(error, "class"), framing.words(error, "desc"))
            return answer["return"]

    def _exchange(self, request: bytes, descriptor: int | None = None) -> dict[str, Any]:
        try:
            self._conversation.allow(self._timeout)
            if request:
                self._conversation.send(request, descriptor)
            while "event" in (answer := self._conversation.answer()):
                continue
            return answer
        except Hung:
            raise self._no_answer() from None
        except Malformed as error:
            raise _nonsense(error) from None
        except (OSError, EOFError):
            raise _closed() from None

    def _no_answer(self) -> errors.Error:
        return errors.OperationTimeout(
            f"QEMU did not answer on its monitor within {self._timeout:g} seconds",
            hint="another client may be holding the monitor, or QEMU itself hangs in the host's storage",
        )

    def close(self) -> None:
        self._conversation.close()

    def __enter__(self) -> MonitorSession:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class understood:
    """A context in which an answer of QEMU's is taken apart: one of another shape makes no sense (Nonsense)."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Malformed | LookupError | TypeError | AttributeError | ValueError):
            raise _nonsense(error) from None


def _closed() -> Closed:
    return Closed("End of file from qemu monitor")


def _nonsense(why: BaseException) -> Nonsense:
    what = f"{why}" if isinstance(why, Malformed) else "it answers with something else than was asked for"
    return Nonsense(f"cannot understand the qemu monitor: {what}")
