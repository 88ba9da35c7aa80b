"""Pseudo-terminals of the host: the near end of a guest's serial port, for one session at a time."""

from __future__ import annotations

import os
import select
import socket
import struct
import time

from virshpy import errors
from virshpy.host import files, locks, untrusted

_PATIENCE = 3.0  # seconds for a session to let go when another takes its terminal


class Terminal:
    """A terminal as a stream, held by a lock beside it until ``close``. The session listens at ``place``: who
    connects there takes the terminal over, and the session's next call fails.

    Raises SystemCallError where it cannot be opened, InternalError where it is not ``owner``'s, and SessionExists where
    another session holds it: with ``force`` only if that one does not let go.
    """

    def __init__(self, path: str, place: str, owner: int, *, force: bool = False) -> None:
        self._fd = _opened(path, owner)
        self._place = place
        self._held: int | None = None
        self._asked: socket.socket | None = None
        self._ready: select.epoll | None = None
        try:
            if not self._lock():
                self._take_over(force)
            self._listen()
        except BaseException:
            self.close()
            raise

    def _lock(self) -> bool:
        # A file of ours: the terminal is the guest user's, who could lock it for ever.
        self._held = locks.try_byte(f"{self._place}.lock", "console")
        return self._held is not None

    def _take_over(self, force: bool) -> None:
        pid = None
        try:
            if force:
                with untrusted.connect(self._place, _PATIENCE) as ask:
                    (pid,) = struct.unpack_from("i", ask.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        except OSError:
            pass  # it is about to end, or only just begun
        until = time.monotonic() + (_PATIENCE if force else 0)
        while not self._lock():
            if time.monotonic() >= until:
                raise SessionExists(pid)
            time.sleep(0.01)

    def _listen(self) -> None:
        """Whoever has the terminal's lock may make the socket; one that a killed session left is in nobody's way."""
        self._asked = socket.socket(socket.AF_UNIX)
        try:
            files.remove(self._place)
            with untrusted.directory(self._place) as folder:
                self._asked.bind(f"{folder.name}/{os.path.basename(self._place)}")
            os.chmod(self._place, 0o600)
            self._asked.listen(1)
        except OSError as error:
            raise errors.from_os_error(error, f"Failed to bind {self._place}") from None
        self._ready = select.epoll()
        for fd in (self._fd, self._asked.fileno()):
            self._ready.register(fd, select.EPOLLIN)

    def fileno(self) -> int:
        """Readable when something has arrived, or another session takes the terminal."""
        return -1 if self._ready is None else self._ready.fileno()

    def send(self, data: bytes) -> int:
        """Raises RPCError where another session has taken the terminal. What a guest that is gone does not hear is not
        missed: ``recv`` says that it is gone."""
        self._wait(0)
        try:
            return os.write(self._fd, data)
        except OSError:
            return len(data)

    def recv(self, count: int) -> bytes:
        """What has arrived; nothing where the guest is gone. Raises RPCError as ``send``."""
        self._wait(None)
        try:
            return os.read(self._fd, count)
        except OSError:  # EIO: QEMU, and with it the other end, is gone
            return b""

    def _wait(self, timeout: float | None) -> None:
        assert self._ready is not None and self._asked is not None
        if any(fd == self._asked.fileno() for fd, _ in self._ready.poll(timeout)):
            raise errors.RPCError("stream had I/O failure", hint="another session has taken the console")

    def close(self) -> None:
        if self._ready is not None:
            self._ready.close()
            self._ready = None
        if self._asked is not None:
            files.remove(self._place)
            self._asked.close()
            self._asked = None
        if self._held is not None:
            os.close(self._held)
            self._held = None
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _opened(path: str, owner: int) -> int:
    """A descriptor of a terminal. QEMU has said where it is: it may name neither another user's nor a file."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise errors.from_os_error(error, f"Failed to open file '{path}'") from None
    if not os.isatty(fd) or os.fstat(fd).st_uid != owner:
        os.close(fd)
        raise errors.InternalError(f"'{path}' is no terminal of the guest's")
    os.set_blocking(fd, True)
    return fd


class SessionExists(Exception):
    """Another session has the terminal; ``pid`` is the process that did not let go of it, where it was asked to."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(pid)
        self.pid = pid
