"""Pseudo-terminals of the host: the near end of a guest's serial port."""

from __future__ import annotations

import fcntl
import os

from virshpy import errors


class Terminal:
    """A terminal as a stream, one session at a time: whoever opens it holds its lock until ``close``.

    Raises SystemCallError where it cannot be opened, BlockingIOError where another session holds it, unless ``shared``.
    """

    def __init__(self, path: str, *, shared: bool = False) -> None:
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError as error:
            raise errors.from_os_error(error, f"Failed to open file '{path}'") from None
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not shared:
                self.close()
                raise

    def fileno(self) -> int:
        return self._fd

    def send(self, data: bytes) -> int:
        return os.write(self._fd, data)

    def recv(self, count: int) -> bytes:
        """What has arrived; nothing where the guest is gone."""
        try:
            return os.read(self._fd, count)
        except OSError:  # EIO: QEMU, and with it the other end, is gone
            return b""

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
