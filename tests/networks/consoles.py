"""Guests with a shell on their console, for tests that have them speak to one another."""

from __future__ import annotations

import re
import time
from typing import Self

from kit.guest import READY, Guest
from tests.guests.documents import document
from virshpy.api.connection import Connection


def on_networks(name: str, guest: Guest, *interfaces: str) -> str:
    """The document of a guest that boots into a shell."""
    return document(name, "".join(interfaces) + "<console type='pty'/>", guest=guest)


class Console:
    """The shell of a guest that was made paused, so that nothing is said before somebody listens."""

    def __init__(self, connection: Connection, name: str) -> None:
        domain = connection.lookup_by_name(name)
        self._stream = domain.open_console()
        self._number = 0
        domain.resume()

    def __enter__(self) -> Self:
        self._until(READY, 90)
        self("stty cols 500")  # what is typed is repeated, on one line
        return self

    def __exit__(self, *error: object) -> None:
        self._stream.close()

    def __call__(self, line: str, seconds: float = 30) -> str:
        """What a line prints."""
        self._number += 1
        end = f"end-{self._number}"
        self._stream.send(f"{line}\necho e''nd-{self._number}\n".encode())
        said = self._until(end, seconds).replace("\r", "")
        return said.rpartition(f"{line}\n")[2].rpartition("guest# echo")[0]

    def _until(self, words: str, seconds: float) -> str:
        seen, deadline = "", time.monotonic() + seconds
        while words not in seen:
            assert time.monotonic() < deadline, seen
            seen += self._stream.recv(65536).decode(errors="replace")
        return seen

    def lease(self, link: str, name: str) -> str:
        """Have an address given; which it is."""
        told = self(f"udhcpc -i {link} -n -q -t 10 -T 1 -x hostname:{name} 2>&1", 40)
        found = re.search(r"inet ([0-9.]+)/", self(f"ip -4 address show dev {link}"))
        assert found, f"{name} has no address on {link}: {told}"
        return found[1]

    def asks(self, address: str, port: int = 7777) -> str:
        """The address that a server has seen; nothing where it cannot be reached."""
        said = self(f"timeout 4 nc {address} {port} </dev/null 2>/dev/null; echo", 20)
        found = re.findall(r"^([0-9.]+) \d+ *$", said, re.MULTILINE)
        return found[0] if found else ""
