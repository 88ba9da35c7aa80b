"""What an image file says about the file beneath it.

Only the header is read, here and not by a program that opens the image, because the image may have been written by a
guest: nothing in it may lead to more than the two words that are looked for.
"""

from __future__ import annotations

import os
import re
import struct
from shlex import join

from virshpy import errors
from virshpy.host import untrusted
from virshpy.xml.domain.storage import FORMATS, BackingStore, Disk, StorageFormat, StorageSource

_QCOW_MAGIC = b"QFI\xfb"
_BACKING_FORMAT = 0xE2792ACA
_DEEPEST = 200
_FORMATS = frozenset(FORMATS.split()) - {"none", "dir"}
# What is no text, or what an attribute of XML cannot hold as it is.
_UNWRITABLE = "[\0-\x1f\ud800-\udfff\ufffe\uffff]"


def complete_chain(disk: Disk) -> None:
    """Fill in the backing chain of a file disk that names none. Raises OperationInvalid, ConfigUnsupported."""
    if disk.backing_store is not None or disk.type != "file" or disk.source is None or disk.source.file is None:
        return
    image = disk.source.file
    format = (disk.driver.type if disk.driver else None) or "raw"
    above: Disk | BackingStore = disk
    for _ in range(_DEEPEST):
        found = backing_of(image, format)
        if found is None:
            above.backing_store = BackingStore()  # the end, known to be it
            return
        image, format = found
        layer = BackingStore(type="file", image_format=StorageFormat(type=format), source=StorageSource(file=image))
        above.backing_store = layer
        above = layer
    raise errors.OperationInvalid(f"backing chain of '{disk.source.file}' is deeper than {_DEEPEST} images, or a ring")


def cover(disk: Disk, guest: str) -> None:
    """Put an overlay on a transient disk, in place: it is made at each start and goes with the guest.

    Raises OperationUnsupported where a file stands in its place.
    """
    assert disk.source is not None and disk.driver is not None
    disk.backing_store = BackingStore(
        type="file", image_format=StorageFormat(type=disk.driver.type), source=disk.source,
        backing_store=disk.backing_store,
    )  # fmt: skip
    overlay = f"{disk.source.file}.TRANSIENT-{guest}"
    if os.path.exists(overlay):
        raise errors.OperationUnsupported(
            f"Overlay file '{overlay}' for transient disk '{disk.target and disk.target.dev}' already exists",
            hint="a host that went down has left it: remove it",
        )
    disk.source = StorageSource(file=overlay)
    disk.driver.type = "qcow2"


def backing_of(image: str, format: str) -> tuple[str, str] | None:
    """(path, format) of the image beneath a qcow2 image, or None. A missing image has none: its start says so."""
    if format != "qcow2":
        return None
    header = _beginning(image, 65536)
    if len(header) < 72 or not header.startswith(_QCOW_MAGIC):
        return None
    version, offset, length = struct.unpack_from(">IQI", header, 4)
    if not offset:
        return None
    name = _words(header[offset : offset + length])
    if not name:
        return None
    if re.search(_UNWRITABLE, name):
        raise errors.ConfigUnsupported(
            f"backing image {ascii(name)} of image '{image}' has a name that no document can hold",
            hint="give that file a name of plain text, and tell the image by qemu-img rebase -u",
        )
    begin = struct.unpack_from(">I", header, 100)[0] if version >= 3 and len(header) >= 104 else 72
    format_name = _extension(header, begin, offset)
    if format_name not in _FORMATS:
        words = ["qemu-img", "rebase", "-u", "-F", format_of(_beside(image, name)), "-b", name, image]
        what = "was not specified" if format_name is None else f"is {ascii(format_name)}, which is unknown,"
        raise errors.OperationInvalid(
            f"format of backing image '{name}' of image '{image}' {what} in the image metadata",
            hint=f"write it there: {join(words)}",
        )
    if ":" in name.split("/", 1)[0]:
        raise errors.ConfigUnsupported(
            f"backing image '{name}' of image '{image}' is not a file",
            hint="describe it in the document, as <backingStore type='network'>",
        )
    return _beside(image, name), format_name


def _beside(image: str, name: str) -> str:
    """What a name in an image means: it is relative to the image's directory."""
    return os.path.normpath(os.path.join(os.path.dirname(image), name))


def _beginning(image: str, length: int) -> bytes:
    """The first bytes of an image; none of what cannot be read, or is neither a file nor a block device."""
    try:
        with untrusted.read(image, links=True) as opened:
            return os.pread(opened.fd, length, 0)
    except (OSError, ValueError):
        return b""


_MAGICS = ((0, _QCOW_MAGIC, "qcow2"), (0, b"QED\0", "qed"), (0, b"KDMV", "vmdk"), (0, b"conectix", "vpc"),
           (64, b"\x7f\x10\xda\xbe", "vdi"))  # fmt: skip


def format_of(image: str) -> str:
    """The format of an image by its first bytes; raw for what has none of those, and for what cannot be read."""
    header = _beginning(image, 512)
    found = (name for offset, magic, name in _MAGICS if header.startswith(magic, offset))
    return next(found, "raw")


def _words(field: bytes) -> str:
    """A field of a header, which ends where QEMU takes it to end."""
    return field.partition(b"\0")[0].decode(errors="surrogateescape")


def _extension(header: bytes, position: int, end: int) -> str | None:
    while position + 8 <= min(end, len(header)):
        kind, length = struct.unpack_from(">II", header, position)
        if kind == _BACKING_FORMAT:
            return _words(header[position + 8 : position + 8 + length])
        if kind == 0:
            return None
        position += 8 + (length + 7) // 8 * 8
    return None
