"""What a row gives that goes on after the call."""

from __future__ import annotations

from typing import Protocol


class Stream(Protocol):
    """A two-way stream of bytes to a guest's device (virStream): blocking, raw."""

    def fileno(self) -> int: ...
    def send(self, data: bytes) -> int: ...
    def recv(self, count: int) -> bytes: ...
    def close(self) -> None: ...
