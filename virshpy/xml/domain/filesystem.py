"""Directories of the host in the guest, and the processes that serve them."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.domain.address import Device, VirtioDriver
from virshpy.xml.domain.storage import FORMATS
from virshpy.xml.element import Element, attr, flag, leaf, one
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import ONOFF, PATH, Blank, Enum, Int, Size, Wrapping, scale, xml


class FilesystemDriver(VirtioDriver):
    type: str | None = attr(Enum("path handle loop nbd ploop virtiofs"))
    format_name: str | None = attr(Enum(FORMATS), "format")
    wrpolicy: str | None = attr(Enum("immediate"))
    queue: int | None = attr(Blank(Wrapping(64, xml("cannot parse queue size '%s' for virtiofs"))))


class CacheMode(Element, tag="cache"):
    mode: str | None = attr(Enum("none always"))


class SandboxMode(Element, tag="sandbox"):
    mode: str | None = attr(Enum("namespace chroot"))


class FilesystemLock(Element, tag="lock"):
    posix: bool | None = attr(ONOFF)
    flock: bool | None = attr(ONOFF)


class ThreadPool(Element, tag="thread_pool"):
    size: int | None = attr(
        Blank(Int(-(2**31), 2**31 - 1, sentence=xml("cannot parse thread pool size '%s' for virtiofs")))
    )


class FilesystemBinary(Element, tag="binary", drop_empty=True):
    path: str | None = attr()
    xattr: bool | None = attr(ONOFF)
    cache: CacheMode | None = one(CacheMode)
    sandbox: SandboxMode | None = one(SandboxMode)
    lock: FilesystemLock | None = one(FilesystemLock)
    thread_pool: ThreadPool | None = one(ThreadPool)


_USAGE = Wrapping(64, xml("cannot parse usage '%s' for RAM filesystem"))


class FilesystemSource(Element, tag="source"):
    """``usage`` in ``units``, which are KiB once they are read."""

    file: str | None = attr(PATH)
    dev: str | None = attr()
    dir: str | None = attr()
    name: str | None = attr()
    usage: int | None = attr(_USAGE)
    units: str | None = attr()
    pool: str | None = attr()
    volume: str | None = attr()
    socket: str | None = attr()

    def _check(self, node: Node) -> None:
        if self.usage is not None:
            self.usage, self.units = scale(self.usage, self.units or "", 1024, node) // 1024, "KiB"


class FilesystemTarget(Element, tag="target"):
    dir: str | None = attr()


class SpaceLimits(Device, trailing=True):
    """In bytes; printed behind all else."""

    space_hard_limit: int | None = leaf(Size("bytes", 1, 1))
    space_soft_limit: int | None = leaf(Size("bytes", 1, 1))


class Filesystem(SpaceLimits, tag="filesystem"):
    type: str | None = attr(Enum("mount block file template ram bind volume"))
    accessmode: str | None = attr(Blank(Enum("passthrough mapped squash")))
    model: str | None = attr(Enum("virtio virtio-transitional virtio-non-transitional"))
    multidevs: str | None = attr(Enum("default remap forbid warn"))
    fmode: int | None = attr(Int(base=8, form="%04o"))
    dmode: int | None = attr(Int(base=8, form="%04o"))
    driver: FilesystemDriver | None = one(FilesystemDriver)
    binary: FilesystemBinary | None = one(FilesystemBinary)
    source: FilesystemSource | None = one(FilesystemSource)
    target: FilesystemTarget | None = one(FilesystemTarget)
    readonly: bool = flag()

    def _check(self, node: Node) -> None:
        source = self.source
        named = source and (
            source.file
            or source.dev
            or source.dir
            or source.name
            or source.usage is not None
            or source.pool
            or source.socket
        )
        target = self.target.dir if self.target else None
        if self.type == "ram" and (source is None or source.usage is None):
            raise Refusal(errors.XMLError, "missing 'usage' attribute for RAM filesystem", node)
        if not named and self.type != "ram":
            raise Refusal(errors.NoSource, target, node, "add <source dir='…'/>")
        if not target:
            raise Refusal(
                errors.NoTarget, (source.dir or source.file) if source else None, node, "add <target dir='…'/>"
            )
