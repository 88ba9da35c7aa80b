"""One lock per object, held by a process for the length of a verb, with the holder's name in it.

The lock is ``flock`` on a file: the kernel frees it when its holder dies, however it dies. The file's text says who
holds it since when, for the error message of whoever has to wait too long; the last holder removes the file.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


class Lock:
    """A held lock; a context manager that lets go."""

    def __init__(self, path: str, fd: int) -> None:
        self.path = path
        self._fd = fd

    def release(self) -> None:
        # Unlinked while still held: whoever opened the old file meanwhile notices that the path has another inode.
        if self._fd >= 0:
            os.unlink(self.path)
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def acquire(directory: str, key: str, verb: str, *, timeout: float) -> Lock:
    """Wait for the lock ``key``. Raises OperationTimeout, naming the holder, after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    pause = 0.001
    while (lock := try_acquire(directory, key, verb)) is None:
        if time.monotonic() >= deadline:
            who = holder(directory, key)
            raise errors.OperationTimeout(
                "cannot acquire state change lock" + (f" (held by {who[0]})" if who else ""),
                hint=who and f"process {who[1]} has been busy with it for {who[2]:.0f} s: {who[3]}",
            )
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
    return lock


def try_acquire(directory: str, key: str, verb: str) -> Lock | None:
    """The lock ``key`` at once, or None where somebody holds it."""
    path = f"{directory}/{key}"
    while True:
        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise errors.from_os_error(error, f"Failed to open lock {path}") from None
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return None
        if _same_file(fd, path):
            # Written over what a killed holder may have left, and not truncated first: that would make ext4 wait for
            # the disk when the file is closed.
            words = " ".join(sys.argv)[:200].replace("\n", " ")
            os.pwrite(fd, f"{os.getpid()}\n{time.time()}\n{verb}\n{words}\n".encode(errors="replace"), 0)
            return Lock(path, fd)
        os.close(fd)


def holder(directory: str, key: str) -> tuple[str, int, float, str] | None:
    """Who holds a lock: (verb, pid, seconds since, command line); None where it cannot be told."""
    try:
        with open(f"{directory}/{key}") as file:
            pid, since, verb, words = file.read().split("\n")[:4]
        return verb, int(pid), time.time() - float(since), words
    except (OSError, ValueError):
        return None


def _same_file(fd: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except FileNotFoundError:
        return False


def sweep(directory: str) -> None:
    """Remove the files of locks whose holders were killed."""
    for key in os.listdir(directory):
        if (lock := try_acquire(directory, key, "sweep")) is not None:
            lock.release()
