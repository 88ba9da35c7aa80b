"""What a row gives that goes on after the call."""

from __future__ import annotations

from typing import Protocol


class Stream(Protocol):
    """A two-way stream of bytes to a guest's device (virStream): blocking, raw."""

    def fileno(self) -> int: ...
    def send(self, data: bytes) -> int: ...
    def recv(self, count: int) -> bytes: ...
    def close(self) -> None: ...


class DataStream(Protocol):
    """A stream of bytes into a volume, or out of one (virStream); blocking. Closed without ``finish`` it is broken off,
    and the volume is as it was."""

    def send(self, data: bytes) -> int: ...
    def recv(self, count: int) -> bytes: ...

    def send_from(self, source: int, length: int, *, bypass: bool = False) -> int:
        """What an open file holds, up to ``length`` bytes (0: all); holes stay holes. How many bytes there were.

        ``bypass``: nothing of either side stays in the host's page cache.
        """

    def write_to(self, target: int, *, bypass: bool = False) -> int:
        """All of it into an open file. How many bytes there were. ``bypass`` is as for ``send_from``."""

    def finish(self) -> None: ...
    def close(self) -> None: ...
