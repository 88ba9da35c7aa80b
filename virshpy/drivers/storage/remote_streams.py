"""Streams into volumes that have no path on this host, and out of them.

Where the other end is a file, data goes directly between that and the storage; else through a window in memory. What
was written is there at once: such a volume has no second self that could take its place.
"""

from __future__ import annotations

import errno
import os
import stat

from virshpy import errors
from virshpy.drivers.storage.streams import VolumeStream
from virshpy.host import copying, files
from virshpy.host.steps import Act

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.storage.remote import RemoteContents
    from virshpy.drivers.storage.volumes import Filling
    from virshpy.host.work import Work

SECTOR = 512  # qemu-img knows nothing smaller
_WINDOW = 32 << 20


class RemoteDownload(VolumeStream):
    """A volume's data on its way out."""

    def __init__(self, contents: RemoteContents, offset: int, length: int, work: Work) -> None:
        self._contents = contents
        self._work = work
        self._at = offset
        self._end = min(contents.size, offset + length) if length else contents.size
        self._window: Window | None = None

    def recv(self, count: int) -> bytes:
        if self._at >= self._end:
            return b""
        if self._window is None or self._at >= self._window.end:
            self.close()
            start = self._at - self._at % SECTOR
            self._window = Window(start, min(whole_sectors(self._end) - start, _WINDOW))
            self._contents.read(self._window.fd, start, self._window.length, _unheard)
        data = self._window.get(self._at, min(count, self._end - self._at))
        self._at += len(data)
        return data

    def _written(self, target: int, bypass: bool) -> int:
        """Into a file directly; whole sectors at a time."""
        total = max(self._end - self._at, 0)
        tell = self._telling(bypass, target)
        if self._at % SECTOR or not stat.S_ISREG(os.fstat(target).st_mode):
            return self._drain(target, lambda written: tell(written, total))
        files.set_length(target, whole_sectors(total))
        self._contents.read(target, self._at, whole_sectors(total), tell)
        files.set_length(target, total)
        self._at = self._end
        return total

    def close(self) -> None:
        if self._window is not None:
            self._window.close()
            self._window = None


class RemoteUpload(VolumeStream):
    """A volume's data on its way in, into the volume itself. It holds the volume's lock until it is closed."""

    def __init__(self, contents: RemoteContents, filling: Filling, offset: int, length: int) -> None:
        self._contents = contents
        self._filling = filling
        self._work = filling.site.work
        self._at = offset
        self._end = min(contents.size, offset + length) if length else contents.size
        self._window: Window | None = None
        if filling.site.rehearsing:
            words = ["qemu-img", "convert", "-n", *contents.objects("volume"), "--image-opts", "--target-image-opts"]
            words += ["driver=file,filename=FILE", contents.options("volume")]
            filling.entry.do(Act(_nothing, contents.said(words)))
            filling.commit()
        filling.entry.write()  # who would take the pool away sees that somebody is at work

    def send(self, data: bytes) -> int:
        left = min(len(data), self._end - self._at)
        if data and left <= 0:
            raise _too_much()
        if self._window is None:
            self._window = self._opened_at(self._at)
        sent = self._window.put(self._at, data[:left])
        self._at += sent
        if self._at == self._window.end:
            self._flush()
        return sent

    def send_from(self, source: int, length: int, *, bypass: bool = False) -> int:
        """Data from a file into the volume; whole sectors of one that has a size directly."""
        tell = self._telling(bypass, source)
        there = copying.size_of(source) if copying.is_stored(source) else 0
        total = min(length or there, there)
        direct = 0
        if there and self._window is None and self._at % SECTOR == 0:
            if total > self._end - self._at:
                raise _too_much()
            direct = total - total % SECTOR
            self._contents.write(source, 0, self._at, direct, tell)
            self._at += direct
            os.lseek(source, direct, os.SEEK_SET)
        rest = total - direct if there else length or None
        return direct + self._pump(source, rest, lambda sent: tell(direct + sent, total or self._end))

    def _opened_at(self, at: int) -> Window:
        start = at - at % SECTOR
        window = Window(start, min(whole_sectors(self._end) - start, _WINDOW))
        if at != start:  # what is before stays
            self._contents.read(window.fd, start, SECTOR, _unheard)
        return window

    def _flush(self) -> None:
        window, self._window = self._window, None
        if window is None:
            return
        try:
            end = whole_sectors(self._at)
            if end != self._at:  # what is behind stays
                with Window(end - SECTOR, SECTOR) as last:
                    self._contents.read(last.fd, end - SECTOR, SECTOR, _unheard)
                    window.put(self._at, last.get(self._at, end - self._at))
            self._contents.write(window.fd, 0, window.start, end - window.start, _unheard)
        finally:
            window.close()

    def finish(self) -> None:
        error: BaseException | None = None
        try:
            self._flush()
            self._filling.commit()
        except BaseException as problem:
            error = problem
            raise
        finally:
            self._leave(error)

    def close(self) -> None:
        """Without finish: what was sent before stays there, and the rest is as it was."""
        self._leave(None)

    def _leave(self, error: BaseException | None) -> None:
        if self._window is not None:
            self._window.close()
            self._window = None
        self._filling.end(error)


class Window:
    """A stretch of a volume in memory; a context manager that forgets it."""

    def __init__(self, start: int, length: int) -> None:
        self.start = start
        self.length = length
        self.fd = files.in_memory(b"")
        files.set_length(self.fd, length)

    @property
    def end(self) -> int:
        return self.start + self.length

    def get(self, at: int, count: int) -> bytes:
        return os.pread(self.fd, min(count, self.end - at), at - self.start)

    def put(self, at: int, data: bytes) -> int:
        return os.pwrite(self.fd, data[: self.end - at], at - self.start)

    def close(self) -> None:
        os.close(self.fd)

    def __enter__(self) -> Window:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def whole_sectors(size: int) -> int:
    """A size that QEMU can have; not smaller."""
    return -(-size // SECTOR) * SECTOR


def _unheard(done: int, total: int) -> None:
    pass


def _nothing() -> None:
    pass


def _too_much() -> errors.Error:
    return errors.from_os_error(
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "cannot write to stream",
        hint="what comes is longer than the volume, or than the length that was given",
    )  # fmt: skip
