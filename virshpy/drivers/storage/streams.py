"""Streams into a volume and out of one.

What goes into a file goes into a copy of it, which takes its place when all is there: a transfer that is broken off
leaves the volume as it was. A block device has no second self, and is written in place.
"""

from __future__ import annotations

import errno
import os
import shlex
import stat

from virshpy import errors
from virshpy.host import copying, files, untrusted
from virshpy.host.steps import Act
from virshpy.host.steps.volume import NewImage, ReplaceImage, passing_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.drivers.storage.contents import Contents
    from virshpy.drivers.storage.volumes import Filling
    from virshpy.host.copying import Tell
    from virshpy.host.untrusted import Opened
    from virshpy.host.work import Work

_BLOCK = 1 << 18


class VolumeStream:
    """One direction of a volume's data, from ``offset`` on; ``length`` 0 is as far as it goes."""

    def __init__(self, opened: Opened, offset: int, length: int, work: Work) -> None:
        self._opened = opened
        self._at = offset
        self._from = offset
        self._length = length
        self._work = work
        self._is_open = True

    def fileno(self) -> int:
        return self._opened.fd

    def _left(self, count: int) -> int:
        """How many of ``count`` bytes may still go."""
        return min(count, self._from + self._length - self._at) if self._length else count

    def send(self, data: bytes) -> int:
        raise _one_way()

    def recv(self, count: int) -> bytes:
        raise _one_way()

    def send_from(self, source: int, length: int, *, bypass: bool = False) -> int:
        raise _one_way()

    def write_to(self, target: int, *, bypass: bool = False) -> int:
        """All of it into an open file, from its beginning on. How many bytes it was. Raises SystemCallError."""
        try:
            return self._written(target, bypass)
        except OSError as error:
            raise errors.from_os_error(error, "Unable to write to stream") from None

    def _written(self, target: int, bypass: bool) -> int:
        raise _one_way()

    def _telling(self, bypass: bool, *fds: int) -> Tell:
        """What hears how far it is, and has nothing of these files kept in the page cache, if so wished."""
        return copying.uncached(self._work.tell, *fds) if bypass else self._work.tell

    def _drain(self, target: int, tell: Callable[[int], object]) -> int:
        """Write all of it into a pipe or a device, block by block. ``tell`` hears how many bytes it was."""
        written = 0
        while data := memoryview(self.recv(_BLOCK)):
            while data:
                count = os.write(target, data)
                written, data = written + count, data[count:]
            tell(written)
        return written

    def _pump(self, source: int, length: int | None, tell: Callable[[int], object]) -> int:
        """Send what a pipe or a device gives, block by block: so many bytes, or all. ``tell`` hears how many it was."""
        sent = 0
        while block := os.read(source, _BLOCK if length is None else min(_BLOCK, length - sent)):
            while block:
                count = self.send(block)
                sent, block = sent + count, block[count:]
            tell(sent)
        return sent

    def finish(self) -> None:
        """All was sent, or received."""

    def close(self) -> None:
        """Nothing more goes; without ``finish`` what went is taken back."""


class Download(VolumeStream):
    """A volume's data on its way out."""

    def __init__(self, contents: Contents, offset: int, length: int, work: Work) -> None:
        super().__init__(contents.open(), offset, length, work)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._opened.close()

    def recv(self, count: int) -> bytes:
        try:
            data = os.pread(self._opened.fd, self._left(count), self._at)
        except OSError as error:
            raise errors.from_os_error(error, f"Unable to read {self._opened.path}") from None
        self._at += len(data)
        return data

    def _written(self, target: int, bypass: bool) -> int:
        """Into a file that has a size without passing through this process."""
        tell = self._telling(bypass, self._opened.fd, target)
        if not copying.is_stored(target):
            total = self._left(max(copying.size_of(self._opened.fd) - self._at, 0))
            return self._drain(target, lambda written: tell(written, total))
        return copying.copy(self._opened.fd, target, tell, start=self._at, length=self._length or None)


class Upload(VolumeStream):
    """A volume's data on its way in. It holds the volume's lock until it is finished or closed."""

    def __init__(self, filling: Filling, contents: Contents, offset: int, length: int) -> None:
        self._filling = filling
        self._final = os.path.realpath(filling.place.found.path)
        self._passing = ""
        self._shared = False
        self._bypass = False
        self._old = contents.open(writable=True)
        try:
            opened = self._target(filling.site.rehearsing)
        except BaseException:
            self._old.close()
            raise
        super().__init__(opened, offset, length, filling.site.work)

    def _target(self, rehearsing: bool) -> Opened:
        """What is written to: a new file; or a block device itself, and a file that has a second name."""
        status, entry = self._old.status, self._filling.entry
        if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
            entry.do(Act(_nothing, f"dd of={shlex.quote(self._final)}"))
            if rehearsing:
                self._replace()
            entry.write()  # who would take the pool away sees that somebody is at work
            return self._old
        self._passing = passing_name(self._final)
        mode, owner, group = stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid
        entry.do(NewImage(self._passing, self._final, mode=mode, owner=owner, group=group, size=status.st_size))
        if rehearsing:
            self._replace()
        new = untrusted.read(self._passing, writable=True)
        self._shared = copying.share(self._old.fd, new.fd)
        return new

    def _keep(self) -> None:
        """Have what was not overwritten: what is before the first byte that was sent, and behind the last one."""
        if self._shared:
            return
        end = max(self._at, self._from)
        tell = copying.uncached(_untold, self._old.fd, self._opened.fd) if self._bypass else _untold
        for start, length in ((0, self._from), (end, max(self._old.status.st_size - end, 0))):
            try:
                copying.copy(self._old.fd, self._opened.fd, tell, start=start, length=length, to=start)
            except OSError as error:
                raise errors.from_os_error(error, f"failed to copy data of '{self._old.path}'") from None

    def send(self, data: bytes) -> int:
        left = self._left(len(data))
        if data and not left:
            raise _full(errno.ENOSPC)
        try:
            sent = os.pwrite(self._opened.fd, data[:left], self._at)
        except OSError as error:
            raise _full(error.errno or errno.EIO) from None
        self._at += sent
        return sent

    def send_from(self, source: int, length: int, *, bypass: bool = False) -> int:
        """Data from a file into the volume; from one that has a size, without passing through this process."""
        self._bypass = bypass
        tell = self._telling(bypass, source, self._opened.fd)
        if not copying.is_stored(source):
            sent = self._pump(source, length or None, lambda sent: tell(sent, length or self._length))
            tell(sent, sent)
            return sent
        there = copying.size_of(source)
        length = min(length or there, there)
        if self._length and length > self._length:
            raise _full(errno.ENOSPC)
        try:
            sent = copying.copy(source, self._opened.fd, tell, length=length, to=self._at)
        except OSError as error:
            raise _full(error.errno or errno.EIO) from None
        self._at += sent
        return sent

    def finish(self) -> None:
        """All is there: it takes the place of what was."""
        error: BaseException | None = None
        try:
            self._replace()
            if self._passing:
                self._set_aside()
        except BaseException as problem:
            error = problem
            raise
        finally:
            self._end(error)

    def _replace(self) -> None:
        if self._passing:
            self._filling.entry.do(Act(self._keep, f"# what is not overwritten of {self._final} is copied"))
            self._filling.entry.do(ReplaceImage(self._passing, self._final))
        self._filling.commit()

    def _set_aside(self) -> None:
        """Have space for all of it, if the volume had that before: now that the old content's is free."""
        status, path = self._old.status, self._final
        self._old.close()
        self._old = self._opened
        if status.st_blocks * 512 >= status.st_size:
            try:
                files.allocate(self._opened.fd, 0, os.fstat(self._opened.fd).st_size)
            except OSError as error:
                self._filling.site.warn(f"volume '{path}' no longer has all of its space set aside: {error.strerror}")

    def close(self) -> None:
        """Without finish: what was sent is taken back."""
        self._end(None)

    def _end(self, error: BaseException | None) -> None:
        if self._is_open:
            self._is_open = False
            for opened in {self._opened, self._old}:
                opened.close()
        self._filling.end(error)


def _nothing() -> None:
    pass


def _untold(done: int, total: int) -> None:
    pass


def _one_way() -> errors.Error:
    return errors.OperationInvalid("this stream goes the other way", hint="ask for an upload, or a download")


def _full(number: int) -> errors.Error:
    return errors.from_os_error(
        OSError(number, os.strerror(number)), "cannot write to stream",
        hint="what comes is longer than the length that was given" if number == errno.ENOSPC else None,
    )  # fmt: skip
