"""The other end of a UNIX socket: it says what it was told to say, whatever it is asked."""

from __future__ import annotations

import re
import socket
import tempfile
import threading
from pathlib import Path

from tests.fuzz.kind import Fault

SILENT = b"\0silent\0"
"""Where what is to be said ends so, the peer does not hang up, and the visitor waits in vain."""
NUMBER = b"@NUMBER@"
"""Stands for the number in the visitor's first line."""


def read_by_a_person(words: str) -> None:
    """Raises Fault for words of a peer's that would drive a terminal."""
    if any(not (letter.isprintable() or letter in "\r\n\t") for letter in words):
        raise Fault(f"words that drive a terminal: {words[:80]!a}")


class Peer:
    """Answers one visitor after the other, in a thread, with what ``says`` is by then."""

    def __init__(self) -> None:
        self._holder = tempfile.TemporaryDirectory(prefix="vp.")
        self.path = str(Path(self._holder.name) / "sock")
        self.says = b""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen(8)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                visitor, _ = self._listener.accept()
            except OSError:
                return
            with visitor:
                try:
                    self._talk(visitor)
                except OSError:  # the visitor has left
                    pass

    def _talk(self, visitor: socket.socket) -> None:
        says = self.says
        if NUMBER in says:
            number = re.search(rb"\d+", visitor.recv(1 << 16))
            says = says.replace(NUMBER, number[0] if number else b"")
        words = says.removesuffix(SILENT)
        visitor.sendall(words[: len(words) // 3])
        visitor.sendall(words[len(words) // 3 :])
        if words is says:
            visitor.shutdown(socket.SHUT_WR)
        while visitor.recv(1 << 16):
            pass

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self._holder.cleanup()
