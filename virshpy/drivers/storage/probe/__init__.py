"""What a disk image says of itself: its format and size, and the names of the files that it needs.

The header is read here and not by a program that opens the image, because a guest may have written it: nothing in it
may lead to more than these words. Names are told as they stand there; what they mean, and whether to follow them, is
for the caller to say. A guest also decides what a raw image looks like: who knows its format says so (as_format).
"""

from __future__ import annotations

import os
from typing import NamedTuple

from virshpy.drivers.storage.probe import fields
from virshpy.drivers.storage.probe.header import Header, Image
from virshpy.drivers.storage.probe.qcow import qcow, qcow2
from virshpy.host import untrusted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from virshpy.drivers.storage.probe.header import Order, Read

__all__ = ["Image", "as_format", "probe", "probe_file"]


class _Version(NamedTuple):
    """Where a format says its version, in bytes from its magic, and the versions that it has."""

    offset: int
    width: int
    order: Order
    known: tuple[int, ...]


class _Format(NamedTuple):
    """How a format is told, and what reads it. A negative offset is from the end."""

    name: str
    offset: int
    magic: bytes
    version: _Version | None
    read: Callable[[Header], Image | None]


def _vmdk(header: Header) -> Image:
    from virshpy.drivers.storage.probe.vmdk import vmdk

    return vmdk(header)


def _described(header: Header) -> Image | None:
    from virshpy.drivers.storage.probe.vmdk import descriptor

    return descriptor(header)


def _vhdx(header: Header) -> Image:
    from virshpy.drivers.storage.probe.vhdx import vhdx

    return vhdx(header)


# Those that libvirt tells by their content, in its order. VHDX and descriptors of VMDK are raw to it. It goes by three
# bytes of QEMU's magics; what has not the fourth is raw to QEMU, and here. It asks for ISO 9660 first, whose mark any
# image may have among its data: here that comes last.
_FORMATS = (
    _Format("vpc", 0, fields.VPC_MAGIC, _Version(12, 4, "big", (0x10000,)), fields.vpc),
    _Format("vdi", 64, b"\x7f\x10\xda\xbe", _Version(4, 4, "little", (0x10001,)), fields.vdi),
    _Format("ploop", 0, b"WithouFreSpacExt", None, fields.ploop),
    _Format("cow", 0, b"OOOM", _Version(4, 4, "big", (2,)), fields.cow),
    _Format("qcow", 0, b"QFI\xfb", _Version(4, 4, "big", (1,)), qcow),
    _Format("qcow2", 0, b"QFI\xfb", _Version(4, 4, "big", (2, 3)), qcow2),
    _Format("qed", 0, b"QED\0", None, fields.qed),
    _Format("vmdk", 0, b"KDMV", _Version(4, 4, "little", (1, 2, 3)), _vmdk),
    _Format("luks", 0, b"LUKS\xba\xbe", _Version(6, 2, "big", (1,)), fields.luks),
    _Format("vmdk", 0, b"# Disk DescriptorFile", None, _described),
    _Format("vhdx", 0, b"vhdxfile", None, _vhdx),
    _Format("iso", 32769, b"CD001", None, fields.iso),
)  # fmt: skip
# What begins as a raw image does: only whoever made it can say that it is none.
_TOLD = (_Format("vpc", -512, fields.VPC_MAGIC, _Version(12, 4, "big", (0x10000,)), fields.vpc),)


def probe(fd_read: Read, size: int) -> Image:
    """What an image of ``size`` bytes is; raw where it is nothing else. Raises OSError where ``fd_read`` does.

    ``fd_read(offset, length)`` gives the bytes there, fewer where the image ends. It is asked for a mebibyte at most.
    """
    header = Header(fd_read, size)
    return next(_fitting(_FORMATS, header), Image("raw"))


def as_format(fd_read: Read, size: int, format: str) -> Image:
    """What an image says whose format is known; nothing but the format where its header is not of that one.

    The other parameters, and what is raised, are as for :func:`probe`.
    """
    rows = [row for row in (*_FORMATS, *_TOLD) if row.name == format]
    return next(_fitting(rows, Header(fd_read, size)), Image(format)) if rows else Image(format)


def probe_file(path: str, *, links: bool = True, format: str | None = None) -> Image:
    """What a file or a block device is, or what it says where its format is known. Raises OSError.

    ``links`` is as for untrusted.read.
    """
    with untrusted.read(path, links=links) as opened:
        fd = opened.fd

        def read(offset: int, length: int) -> bytes:
            return os.pread(fd, length, offset)

        size = os.lseek(fd, 0, os.SEEK_END)
        return probe(read, size) if format is None else as_format(read, size, format)


def _fitting(rows: Iterable[_Format], header: Header) -> Iterator[Image]:
    for row in rows:
        begin = row.offset if row.offset >= 0 else header.size + row.offset
        version = row.version
        if header.take(begin, len(row.magic)) == row.magic and (
            version is None or header.number(begin + version.offset, version.width, version.order) in version.known
        ):
            image = row.read(header)
            if image is not None:
                yield image
