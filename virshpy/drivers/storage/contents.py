"""The data of a volume, wherever it is: to be read, written, copied by qemu-img, and overwritten."""

from __future__ import annotations

import errno
import os
import shlex
import stat

from virshpy import errors
from virshpy.drivers.storage.backend import program, require_program
from virshpy.enums import StorageVolWipeAlgorithm
from virshpy.host import copying, files, locks, processes, untrusted
from virshpy.host.steps import Act

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from virshpy.driver.stream import DataStream
    from virshpy.drivers.storage.volumes import Filling
    from virshpy.host.site import Site
    from virshpy.host.steps import Step
    from virshpy.host.untrusted import Opened
    from virshpy.host.work import Work

_ZEROS = bytes(1 << 20)
_SCRUB_PATIENCE = 7 * 24 * 3600  # 35 passes over a large disk


class Contents:
    """What a volume holds. ``format`` is libvirt's word for it, ``secret`` opens it where it is encrypted."""

    def __init__(self, name: str, format: str, secret: bytes | None = None) -> None:
        self.name = name
        self.format = format
        self.secret = secret
        self.capacity = 0  # what a guest sees of it, in bytes

    @property
    def size(self) -> int:
        """Of the whole of it, in bytes."""
        raise NotImplementedError

    @property
    def is_plain(self) -> bool:
        """Whether its bytes are those that a guest reads, and can be copied without qemu-img."""
        return self.format in ("raw", "iso") and self.secret is None

    def words(self) -> list[str]:
        """How qemu-img is told to open it; the last word names it. A secret is the descriptor ``{fd:original}``."""
        raise NotImplementedError

    def open(self, *, writable: bool = False) -> Opened:
        """A descriptor of it."""
        raise errors.NoSupport("storage pool doesn't support volume upload and download")

    def require_unused(self, *, writing: bool = False) -> None:
        """Raise InUse where a guest has it open; with ``writing``, where one may be writing to it."""

    def download(self, offset: int, length: int, work: Work) -> DataStream:
        """A stream of it, from ``offset`` on."""
        from virshpy.drivers.storage.streams import Download

        return Download(self, offset, length, work)

    def upload(self, filling: Filling, offset: int, length: int) -> DataStream:
        """A stream into it, from ``offset`` on."""
        from virshpy.drivers.storage.streams import Upload

        return Upload(filling, self, offset, length)

    def wipe_steps(self, algorithm: int, site: Site) -> Iterable[Step]:
        """What overwrites it (StorageVolWipeAlgorithm)."""
        raise errors.NoSupport("storage pool doesn't support volume wiping")


class FileContents(Contents):
    """Of a volume that is a file or a block device of the host."""

    def __init__(self, name: str, path: str, format: str, secret: bytes | None = None) -> None:
        super().__init__(name, format, secret)
        self.path = path

    @property
    def size(self) -> int:
        with self.open() as file:
            return os.lseek(file.fd, 0, os.SEEK_END)

    def words(self) -> list[str]:
        if self.secret is None:
            return [self.path]
        protocol = "host_device" if stat.S_ISBLK(os.stat(self.path).st_mode) else "file"
        options = f"driver={'luks' if self.format == 'raw' else self.format},file.driver={protocol}"
        key = "key-secret" if self.format == "raw" else "encrypt.key-secret"
        options += f",file.filename={self.path.replace(',', ',,')},{key}=original"
        return ["--object", "secret,id=original,file=/dev/fd/{fd:original}", "--image-opts", options]

    def open(self, *, writable: bool = False) -> Opened:
        try:
            return untrusted.read(self.path, writable=writable, links=True)
        except OSError as error:
            refused = IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)) if os.path.isdir(self.path) else error
            what = f"Failed to open storage volume with path '{self.path}'"
            raise errors.from_os_error(refused, what) from None

    def require_unused(self, *, writing: bool = False) -> None:
        with self.open() as file:
            if locks.is_used_by_qemu(file.fd, writing=writing):
                raise InUse(self.path)

    def wipe_steps(self, algorithm: int, site: Site) -> Iterable[Step]:
        if algorithm == StorageVolWipeAlgorithm.TRIM:
            raise errors.ArgumentUnsupported(
                "'trim' algorithm not supported", hint="it is for pools of type rbd; the others can be overwritten"
            )
        self.require_unused()
        if algorithm == StorageVolWipeAlgorithm.ZERO:
            yield Act(lambda: self._zero(site), f"shred -n 0 -z {shlex.quote(self.path)}")
            return
        name = StorageVolWipeAlgorithm(algorithm).name.lower()
        require_program("scrub", "scrub", ", or use --algorithm zero")
        words = [program("scrub"), "-f", "-p", name, self.path]
        yield Act(lambda: self._scrub(words), shlex.join(words))

    def _scrub(self, words: list[str]) -> None:
        """The program fills a file up to whole blocks, which is taken back."""
        with self.open(writable=True) as file:
            processes.run(words, timeout=_SCRUB_PATIENCE, together=True)
            if stat.S_ISREG(file.status.st_mode):
                files.set_length(file.fd, file.status.st_size)

    def _zero(self, site: Site) -> None:
        """Write zeros over all data; holes stay, and a file that had some has only those afterwards."""
        with self.open(writable=True) as file:
            size = os.lseek(file.fd, 0, os.SEEK_END)
            try:
                for begin, stop in list(copying.extents(file.fd, 0, size)):
                    copying.write_pattern(file.fd, _ZEROS, begin, stop, lambda at: site.work.tell(at, size))
                os.fsync(file.fd)
                if stat.S_ISREG(file.status.st_mode) and file.status.st_blocks * 512 < size:
                    files.punch_hole(file.fd, size)
            except OSError as error:
                raise errors.from_os_error(
                    error, f"Failed to write to storage volume with path '{self.path}'"
                ) from None


class InUse(Exception):
    """A QEMU has an image open: whoever knows the connection's guests says which."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path
