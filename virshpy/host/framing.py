"""JSON objects, one a line, from a party that may say anything: QEMU's monitor, its event log, a program in the guest.

A line has a limit, a conversation has a deadline, and a line that is not one object of good text is :class:`Malformed`,
whatever it is instead. Nothing that a peer says gets past this module as another exception.
"""

from __future__ import annotations

import time

from virshpy.host.signals import interruptible

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any, NoReturn

_CHUNK = 1 << 16
_DEEPEST = 100  # QEMU's own answers reach about fifteen
_INFINITE = float("inf")


class Malformed(Exception):
    """A line that is too long, or not one JSON object."""


class Hung(Exception):
    """The deadline of a conversation has passed."""


def decode(line: bytes) -> dict[str, Any]:
    """The object of one line. Raises Malformed."""
    import json  # those who only look at records have no lines

    try:
        value = json.loads(line.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
        if b"\\u" in line:
            json.dumps(value, ensure_ascii=False).encode("utf-8")  # half of a surrogate pair is no text
    except (ValueError, RecursionError):
        raise Malformed(f"not JSON: {line[:60]!r}") from None
    if not isinstance(value, dict):
        raise Malformed(f"not an object: {line[:60]!r}")
    if line.count(b"{") + line.count(b"[") > _DEEPEST and _depth(value) > _DEEPEST:
        raise Malformed(f"nested deeper than {_DEEPEST}: {line[:60]!r}")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite(digits: str) -> float:
    value = float(digits)
    if value in (_INFINITE, -_INFINITE):  # more digits than a number can have is JSON, and cannot be written as such
        raise ValueError(digits)
    return value


def _depth(value: Any) -> int:
    """How deep lists and objects are nested: where that is much, whoever writes or compares them recurses too far."""
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            below
            for found in level
            for below in (found.values() if isinstance(found, dict) else found)
            if isinstance(below, dict | list)
        ]
    return depth


def text(value: dict[str, Any], key: str, default: str | None = None) -> str:
    """A member that is to be text; the default, if there is one, where it is missing. Raises Malformed."""
    found = value.get(key, default)
    if not isinstance(found, str):
        raise Malformed(f"{key} is of type {type(found).__name__}")
    return found


def words(value: dict[str, Any], key: str) -> str:
    """A member that a person will read: what would drive a terminal is spelled out. Raises Malformed."""
    found = text(value, key)
    if found.isprintable():
        return found
    return "".join(c if c.isprintable() or c in "\r\n\t" else ascii(c)[1:-1] for c in found)


def number(value: dict[str, Any], key: str) -> int:
    """A member that is to be a whole number of 64 bits. Raises Malformed."""
    found = value.get(key)
    if not isinstance(found, int) or isinstance(found, bool) or not -(1 << 63) <= found < 1 << 64:
        raise Malformed(f"{key} is of type {type(found).__name__}")
    return found


def inner(value: dict[str, Any], key: str) -> dict[str, Any]:
    """A member that is to be an object; an empty one where it is missing. Raises Malformed."""
    found = value.get(key, {})
    if not isinstance(found, dict):
        raise Malformed(f"{key} is of type {type(found).__name__}")
    return found


class Lines:
    """Lines out of chunks, which ``more`` supplies until it has none (b"").

    ``taken`` counts the bytes of all that was handed out or thrown away. A line of more than ``limit`` bytes is thrown
    away as it comes: never more than that is held.
    """

    def __init__(self, more: Callable[[int], bytes], limit: int) -> None:
        self._more = more
        self.limit = limit
        self._buffer = bytearray()
        self._searched = 0
        self._in_long_line = False
        self.taken = 0

    def next(self) -> bytes | None:
        """The next whole line without its end; None where what is left is none yet. Raises Malformed for a long one."""
        while True:
            end = self._buffer.find(b"\n", self._searched)
            if end >= 0:
                line = bytes(self._buffer[:end])
                self._drop(end + 1)
                if self._in_long_line:
                    self._in_long_line = False
                elif end > self.limit:
                    raise self._too_long()
                else:
                    return line
                continue
            self._searched = len(self._buffer)
            if self._in_long_line or self._searched > self.limit:
                first = not self._in_long_line
                self._in_long_line = True
                self._drop(self._searched)
                if first:
                    raise self._too_long()
            chunk = self._more(_CHUNK)
            if not chunk:
                return None
            self._buffer += chunk

    def _too_long(self) -> Malformed:
        return Malformed(f"a line of more than {self.limit} bytes")

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._searched = 0
        self.taken += count


class Conversation:
    """Requests and answers over a socket, which it owns. Raises Hung, Malformed; OSError and EOFError where it ends."""

    def __init__(self, connection: socket.socket, limit: int) -> None:
        self._socket = connection
        self._lines = Lines(self._receive, limit)
        self._deadline = 0.0

    def allow(self, seconds: float) -> None:
        """Set the deadline for all that follows, in seconds from now."""
        self._deadline = time.monotonic() + seconds

    def send(self, data: bytes, descriptor: int | None = None) -> None:
        """Send all of ``data``, and a copy of a descriptor with its first byte."""
        self._await()
        try:
            with interruptible():
                if descriptor is not None:
                    import socket

                    sent = socket.send_fds(self._socket, [data], [descriptor])
                    data = data[sent:]
                self._socket.sendall(data)
        except TimeoutError:
            raise Hung from None

    def answer(self) -> dict[str, Any]:
        """The next object. A line that is empty is none."""
        while True:
            line = self._lines.next()
            if line is None:
                raise EOFError
            if line.strip():
                return decode(line.lstrip(b"\xff"))  # an agent marks with that byte where it begins anew

    def finish(self) -> dict[str, Any]:
        """Say that nothing more is asked; the object that the peer ends with. Raises Malformed where it is too long."""
        import socket

        self._socket.shutdown(socket.SHUT_WR)
        whole = b""
        while chunk := self._receive(_CHUNK):
            whole += chunk
            if len(whole) > self._lines.limit:
                raise Malformed(f"an answer of more than {self._lines.limit} bytes")
        return decode(whole)

    def _receive(self, count: int) -> bytes:
        self._await()
        try:
            with interruptible():
                return self._socket.recv(count)
        except TimeoutError:
            raise Hung from None

    def _await(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Hung
        self._socket.settimeout(left)

    def close(self) -> None:
        self._socket.close()


def hand_over(end: socket.socket, descriptor: int | None, words: str = "") -> None:
    """Give a descriptor to whoever has the other end of a pair of sockets, or say why there is none."""
    import socket

    socket.send_fds(end, [words.encode() or b"."], [] if descriptor is None else [descriptor])


def take_over(end: socket.socket, seconds: float) -> tuple[int | None, str]:
    """What :func:`hand_over` has given: a descriptor, or None and the words. Raises TimeoutError."""
    import socket

    end.settimeout(seconds)
    with interruptible():
        data, found, _, _ = socket.recv_fds(end, _CHUNK, 1)
    return (found[0] if found else None), data.decode(errors="replace")
