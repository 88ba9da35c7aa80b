"""A visit to a QEMU's control socket: connect, ask, leave.

QEMU serves one visitor at a time; the next one waits in the socket's queue until the first has left, so visits are
short. Events are not read here: QEMU writes them into the event log (eventlog.py).
"""

from __future__ import annotations

import json
import socket

from virshpy import errors
from virshpy.host.sockets import short_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


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


class Visit:
    """An open visit; a context manager. Raises Closed where QEMU is gone, OperationTimeout where it does not answer."""

    def __init__(self, path: str, timeout: float = 30) -> None:
        self._path = path
        self._timeout = timeout
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self._buffer = b""
        try:
            self._socket.settimeout(timeout)
            with short_path(path) as address:
                self._socket.connect(address)
            self.greeting = self._receive()
            self.execute("qmp_capabilities")
        except (FileNotFoundError, ConnectionRefusedError):
            self.close()
            raise Closed("client socket is closed") from None
        except BaseException:
            self.close()
            raise

    def execute(self, command: str, **arguments: Any) -> Any:
        """One command; its return value. Raises QMPError with QEMU's words."""
        return self.exchange({"execute": command, **({"arguments": arguments} if arguments else {})}, command)

    def exchange(self, request: Any, name: str) -> Any:
        answer = self.raw(request)
        if "error" in answer:
            raise QMPError(name, answer["error"]["class"], answer["error"]["desc"])
        return answer["return"]

    def raw(self, request: Any) -> Any:
        """Send a request as it is; QEMU's whole answer, an error included."""
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
        except (BrokenPipeError, ConnectionResetError):
            raise Closed("client socket is closed") from None
        while True:
            answer = self._receive()
            if "event" not in answer:
                return answer

    def hand_over(self, name: str, fd: int) -> None:
        """Give QEMU a copy of a descriptor, which later commands name ``fd:NAME`` (getfd)."""
        request = json.dumps({"execute": "getfd", "arguments": {"fdname": name}}).encode() + b"\n"
        socket.send_fds(self._socket, [request], [fd])
        answer = self._receive()
        if "error" in answer:
            raise QMPError("getfd", answer["error"]["class"], answer["error"]["desc"])

    def _receive(self) -> Any:
        while b"\n" not in self._buffer:
            try:
                chunk = self._socket.recv(65536)
            except TimeoutError:
                raise errors.OperationTimeout(
                    f"QEMU did not answer on its monitor within {self._timeout:g} seconds",
                    hint="another visitor may be holding the monitor, or QEMU itself hangs in the host's storage",
                ) from None
            except ConnectionResetError:
                chunk = b""
            if not chunk:
                raise Closed("End of file from qemu monitor")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return json.loads(line)

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
