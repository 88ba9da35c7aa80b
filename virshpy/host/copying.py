"""Data from one file to another, moved by the kernel: shared where the file system can, else copied by it.

Holes stay holes. Nothing passes through Python's memory but where the kernel refuses to copy between two such files.
Positions and lengths are in bytes.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Tell = Callable[[int, int], object]

_FICLONE = 0x40049409
_BLKZEROOUT = 0x127F
_AT_ONCE = 64 << 20  # what the kernel is asked to copy in one call: often enough a word on progress, and Ctrl-C heard
_BUFFER = 1 << 20
# What a file system, or a pair of them, answers that cannot do it.
_CANNOT = (errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOTTY, errno.EBADF, errno.ETXTBSY)


def share(source: int, target: int) -> bool:
    """Let ``target`` have all blocks of ``source`` in common with it (reflink). False where that cannot be."""
    try:
        fcntl.ioctl(target, _FICLONE, source)
        return True
    except OSError as error:
        if error.errno in _CANNOT:
            return False
        raise


def copy(source: int, target: int, tell: Tell, *, start: int = 0, length: int | None = None, to: int = 0) -> int:
    """Copy ``length`` bytes from ``start`` (all, where None) to ``to`` of another file; how many there were.

    ``tell(done, total)`` hears how far it is. Holes are left out of a file, whose end is moved if need be; on a device
    they are written. Raises OSError, and what ``tell`` raises.
    """
    end = size_of(source) if length is None else min(start + length, size_of(source))
    total = max(end - start, 0)
    on_device = stat.S_ISBLK(os.fstat(target).st_mode)
    at = start
    for begin, stop in extents(source, start, end):
        if on_device and begin > at:
            zero(target, at - start + to, begin - at)
        for position in range(begin, stop, _AT_ONCE):
            _piece(source, target, position, position - start + to, min(_AT_ONCE, stop - position))
            tell(min(position + _AT_ONCE, stop) - start, total)
        at = stop
    if on_device and at < end:
        zero(target, at - start + to, end - at)
    elif not on_device and os.fstat(target).st_size < to + total:
        os.ftruncate(target, to + total)
    return total


def extents(fd: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where there is data between two positions: (begin, stop) of each piece."""
    position = start
    while position < end:
        try:
            begin = os.lseek(fd, position, os.SEEK_DATA)
            stop = os.lseek(fd, begin, os.SEEK_HOLE)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return  # a hole up to the end
            if error.errno not in _CANNOT:
                raise
            begin, stop = position, end  # a device, or a file system that knows no holes
        if begin < end:
            yield begin, min(stop, end)
        position = stop


def uncached(tell: Tell, *fds: int) -> Tell:
    """A ``tell`` that has what was copied so far on its storage, and out of the host's page cache on both sides."""
    last = 0

    def further(done: int, total: int) -> None:
        nonlocal last
        if done - last >= _AT_ONCE or 0 < total <= done:
            last = done
            for fd in filter(is_stored, fds):
                os.fdatasync(fd)
                os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        tell(done, total)

    return further


def _piece(source: int, target: int, start: int, to: int, count: int) -> None:
    while count:
        moved = _moved(source, target, start, to, count)
        if not moved:
            return  # the file has become shorter meanwhile
        start, to, count = start + moved, to + moved, count - moved


def _moved(source: int, target: int, start: int, to: int, count: int) -> int:
    try:
        return os.copy_file_range(source, target, count, start, to)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
    try:
        os.lseek(target, to, os.SEEK_SET)
        return os.sendfile(target, source, start, count)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
    return os.pwrite(target, os.pread(source, min(count, _BUFFER), start), to)


def zero(fd: int, start: int, length: int) -> None:
    """Write zeros, by the device itself where it can."""
    from struct import pack

    try:
        fcntl.ioctl(fd, _BLKZEROOUT, pack("QQ", start, length))
        return
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
    write_pattern(fd, bytes(_BUFFER), start, start + length, lambda at: None)


def write_pattern(fd: int, pattern: bytes, start: int, end: int, tell: Callable[[int], object]) -> None:
    """Write a block again and again over a stretch of a file; ``tell`` hears the position."""
    view, position = memoryview(pattern), start
    while position < end:
        position += os.pwrite(fd, view[: min(len(pattern), end - position)], position)
        tell(position)


def is_stored(fd: int) -> bool:
    """Whether an open file has a size, and can be read anywhere: a regular file, or a block device."""
    mode = os.fstat(fd).st_mode
    return stat.S_ISREG(mode) or stat.S_ISBLK(mode)


def size_of(fd: int) -> int:
    """Bytes of a regular file or a block device."""
    status = os.fstat(fd)
    return os.lseek(fd, 0, os.SEEK_END) if stat.S_ISBLK(status.st_mode) else status.st_size
