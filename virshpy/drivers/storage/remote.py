"""The data of volumes that have no path on this host: qemu-img reads and writes them, a stretch at a time."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.drivers.storage.backend import program
from virshpy.drivers.storage.contents import Contents
from virshpy.drivers.storage.qemu_img import QemuImg, portion
from virshpy.drivers.storage.remote_streams import SECTOR, RemoteDownload, RemoteUpload, whole_sectors
from virshpy.enums import StorageVolWipeAlgorithm
from virshpy.host.steps import Act
from virshpy.host.steps.descriptors import SecretPipe, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from virshpy.driver.stream import DataStream
    from virshpy.drivers.storage.volumes import Filling
    from virshpy.host.site import Site
    from virshpy.host.steps import Step
    from virshpy.host.steps.descriptors import Descriptor
    from virshpy.host.work import Work

    Tell = Callable[[int, int], object]

_STRETCH = 1 << 30  # what one run of qemu-img is about: it tells each hundredth of it
_SILENCE = 60  # seconds for such a hundredth


class RemoteContents(Contents):
    """A volume that only QEMU's own drivers reach. Its secret is what they read from a descriptor, if only nothing: so
    whoever copies it does so by qemu-img."""

    trims = False  # whether its storage can be told to forget data

    def __init__(self, name: str, path: str, size: int, secret: bytes) -> None:
        super().__init__(name, "raw", secret)
        self.path = path
        self.capacity = size

    @property
    def size(self) -> int:
        return self.capacity

    # what qemu-img is told
    def node(self, descriptor: str) -> dict[str, str]:
        """QEMU's options for it; a secret is the descriptor ``{fd:NAME}`` of that name."""
        raise NotImplementedError

    def objects(self, descriptor: str) -> list[str]:
        """The objects that the options refer to, as words."""
        return []

    def options(self, descriptor: str, *, at: int = 0, length: int | None = None) -> str:
        """All of it, or a stretch, as a word."""
        part = {} if length is None else {"offset": str(at), "size": str(length)}
        return spelled(
            {"driver": "raw", **part, **{f"file.{key}": value for key, value in self.node(descriptor).items()}}
        )

    def words(self) -> list[str]:
        self.require_sectors()
        return [*self.objects("original"), "--image-opts", self.options("original")]

    def secrets(self, descriptor: str) -> dict[str, bytes]:
        return {descriptor: self.secret or b""}

    def require_sectors(self) -> None:
        """Raise OperationInvalid for a size at which QEMU's driver stumbles: a part of a sector is at the end."""
        if self.size % SECTOR:
            raise errors.OperationInvalid(
                f"volume '{self.path}' has {self.size} bytes, which are not whole sectors",
                hint=f"give it {whole_sectors(self.size)}: vol-resize",
            )

    # moving it
    def read(self, target: int, at: int, length: int, tell: Tell) -> None:
        """A stretch of it to the beginning of an open file that is as long; whole sectors. Raises InternalError."""
        for begin, count in _stretches(length):
            source = [*self.objects("volume"), "--image-opts", "--target-image-opts"]
            source.append(self.options("volume", at=at + begin, length=count))
            self._run([*source, _file(begin, count)], {"file": Lent(target)}, _further(tell, begin, count, length))

    def write(self, source: int, start: int, at: int, length: int, tell: Tell) -> None:
        """From ``start`` of an open file into a stretch of it; whole sectors. Raises InternalError."""
        for begin, count in _stretches(length):
            words = [*self.objects("volume"), "--image-opts", "--target-image-opts", _file(start + begin, count)]
            words.append(self.options("volume", at=at + begin, length=count))
            self._run(words, {"file": Lent(source)}, _further(tell, begin, count, length))
            self.changed()

    def clear(self, tell: Tell, *, trim: bool) -> None:
        """Zeros over all of it: written, or by having the storage forget what is there."""
        for begin, count in _stretches(self.size):
            words = [] if trim else ["-S", "0"]
            words += [*self.objects("volume"), "--image-opts", "--target-image-opts", _zeros(count)]
            words.append(self.options("volume", at=begin, length=count))
            self._run(words, {}, _further(tell, begin, count, self.size))
            self.changed()

    def changed(self) -> None:
        """What was known of it is no longer so."""

    def _run(self, words: list[str], descriptors: Mapping[str, Descriptor], hear: Callable[[str], object]) -> None:
        words = [program("qemu-img"), "convert", "-p", "-n", *words]
        Transfer(words, self.secrets("volume"), descriptors, hear).do(_nothing)

    # streams
    def download(self, offset: int, length: int, work: Work) -> DataStream:
        self.require_sectors()
        return RemoteDownload(self, offset, length, work)

    def upload(self, filling: Filling, offset: int, length: int) -> DataStream:
        self.require_sectors()
        return RemoteUpload(self, filling, offset, length)

    # overwriting it
    def wipe_steps(self, algorithm: int, site: Site) -> Iterable[Step]:
        trim = algorithm == StorageVolWipeAlgorithm.TRIM and self.trims
        if algorithm != StorageVolWipeAlgorithm.ZERO and not trim:
            can = "zero or trim" if self.trims else "zero"
            raise errors.InvalidArg(f"unsupported algorithm {int(algorithm)}", hint=f"what it can: {can}")
        self.require_sectors()
        self.require_unused()
        words = ["qemu-img", "convert", "-n", *([] if trim else ["-S", "0"]), *self.objects("volume")]
        words += ["--image-opts", "--target-image-opts", _zeros(self.size), self.options("volume")]
        yield Act(lambda: self.clear(site.work.tell, trim=trim), self.said(words))

    def said(self, words: list[str]) -> str:
        """A command line for a person."""
        return shown(words, {name: SecretPipe(b"") for name in ("volume", "original")})


class Transfer(QemuImg):
    """One run of qemu-img between what it opens itself and descriptors of ours."""

    silence = _SILENCE

    def __init__(
        self,
        words: list[str],
        secrets: Mapping[str, bytes],
        descriptors: Mapping[str, Descriptor],
        hear: Callable[[str], object],
    ) -> None:
        super().__init__(words, secrets=secrets)
        self.descriptors = descriptors
        self.hear = hear

    def _hear(self, text: str) -> None:
        self.hear(text)

    def _descriptors(self) -> dict[str, Descriptor]:
        return {**super()._descriptors(), **self.descriptors}


class Lent:
    """A descriptor that is somebody else's."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def open(self) -> int:
        return os.dup(self.fd)

    def release(self) -> None:
        pass

    def shown(self, key: str) -> str:
        return "<descriptor of a file>"


def spelled(options: Mapping[str, str]) -> str:
    """QEMU's options as one word."""
    return ",".join(f"{key}={value.replace(',', ',,')}" for key, value in options.items())


def _zeros(length: int) -> str:
    return spelled({"driver": "null-co", "size": str(length), "read-zeroes": "on"})


def _file(at: int, length: int) -> str:
    return f"driver=raw,offset={at},size={length},file.driver=file,file.filename=/dev/fd/{{fd:file}}"


def _stretches(length: int) -> Iterator[tuple[int, int]]:
    for begin in range(0, length, _STRETCH):
        yield begin, min(_STRETCH, length - begin)


def _further(tell: Tell, begin: int, count: int, total: int) -> Callable[[str], object]:
    """What hears qemu-img at one stretch, and tells how far the whole is."""
    done = begin

    def hear(text: str) -> None:
        nonlocal done
        if (part := portion(text)) is not None:
            done = begin + int(part * count)
        tell(done, total)

    return hear


def _nothing() -> None:
    pass
