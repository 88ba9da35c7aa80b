"""One lock per object, held by a process for the length of a verb, with the holder's name beside it.

All locks of a connection are bytes of one file, far behind its end: one byte for each key. The kernel frees a byte when
its holder dies, however it dies, and neither taking nor freeing it needs space on the file system. The beginning of the
file has a slot for each lock, in which its last holder says who it is, for the error message of whoever waits too long.

While a process holds a lock, signals that would end it are put off (signals.py).
"""

from __future__ import annotations

import fcntl
import os
import sys
import time

from virshpy import errors
from virshpy.host import signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

_SLOT = 512
_SLOTS = 1024
_NUMBERS = 1 << 62
_FLOCK = "hhqqi4x"


class Lock:
    """A held lock; a context manager that lets go."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def release(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)
            signals.resume()

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def acquire(path: str, key: str, verb: str, *, timeout: float) -> Lock:
    """Wait ``timeout`` seconds for the lock ``key`` in the file ``path``. Raises OperationTimeout with its holder."""
    deadline = time.monotonic() + timeout
    pause = 0.001
    while (lock := try_acquire(path, key, verb)) is None:
        if time.monotonic() >= deadline:
            who = holder(path, key)
            raise errors.OperationTimeout(
                "cannot acquire state change lock" + (f" (held by {who[0]})" if who else ""),
                hint=who and f"process {who[1]} has been busy with it for {who[2]:.0f} s: {who[3]}",
            )
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
    return lock


def try_acquire(path: str, key: str, verb: str) -> Lock | None:
    """The lock ``key`` at once, or None where somebody holds it."""
    signals.defer()
    fd = None
    try:
        fd = try_byte(path, key)
        if fd is None:
            return None
        _sign(fd, key, verb)
        return Lock(fd)
    finally:
        if fd is None:
            signals.resume()


def try_byte(path: str, key: str) -> int | None:
    """A descriptor that holds the lock ``key`` until it is closed, without a name and with signals as they are.

    None where somebody holds it. For what lasts as long as a session does. Raises SystemCallError.
    """
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise errors.from_os_error(error, f"Failed to open lock {path}") from None
    try:
        fcntl.fcntl(fd, fcntl.F_OFD_SETLK, _byte(_number(key)))
        return fd
    except OSError as error:
        os.close(fd)
        if isinstance(error, BlockingIOError | PermissionError):
            return None
        raise errors.from_os_error(error, f"Failed to lock {path}") from None


def holder(path: str, key: str) -> tuple[str, int, float, str] | None:
    """Who holds a lock: (verb, pid, seconds since, command line); None where nobody does, or it cannot be told."""
    number = _number(key)
    try:
        with open(path, "rb") as file:
            from struct import unpack

            kind, *_ = unpack(_FLOCK, fcntl.fcntl(file, fcntl.F_OFD_GETLK, _byte(number)))
            if kind == fcntl.F_UNLCK:
                return None
            file.seek(_slot(number))
            signed, pid, since, verb, words = file.read(_SLOT).decode(errors="replace").split("\n")[:5]
        return (verb, int(pid), time.time() - float(since), words) if signed == key else None
    except (OSError, ValueError):
        return None


# QEMU locks single bytes of an image that it has open: from 100 on what it does, from 200 on what others may not do.
_QEMU_LOCKS = 100, 200
_QEMU_WRITES = 101, 1


def is_used_by_qemu(fd: int, *, writing: bool = False) -> bool:
    """Whether some QEMU has the file open, or, with ``writing``, may write to it. A file system without locks cannot
    say so: False."""
    start, length = _QEMU_WRITES if writing else _QEMU_LOCKS
    from struct import pack, unpack

    asked = pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, start, length, 0)
    try:
        kind, *_ = unpack(_FLOCK, fcntl.fcntl(fd, fcntl.F_OFD_GETLK, asked))
    except OSError:
        return False
    return bool(kind != fcntl.F_UNLCK)


def _sign(fd: int, key: str, verb: str) -> None:
    words = " ".join(sys.argv)[:200].replace("\n", " ")
    text = f"{key}\n{os.getpid()}\n{time.time()}\n{verb}\n{words}".encode(errors="replace")[: _SLOT - 1]
    try:
        os.pwrite(fd, text + b"\n", _slot(_number(key)))
    except OSError:
        pass  # a full file system: the lock is held without a name


def _number(key: str) -> int:
    """A number for a key (FNV-1a, 62 bits): two keys that share one would only wait for each other."""
    number = 0xCBF29CE484222325
    for byte in os.fsencode(key):
        number = (number ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return number % _NUMBERS


def _slot(number: int) -> int:
    return number % _SLOTS * _SLOT


def _byte(number: int) -> bytes:
    """``struct flock`` for one byte behind the slots (fcntl(2))."""
    from struct import pack  # a list takes no lock

    return pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, _SLOTS * _SLOT + number, 1, 0)
