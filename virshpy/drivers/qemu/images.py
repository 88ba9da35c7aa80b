"""What an image file says about the file beneath it: of its header no more than these two words are looked at."""

from __future__ import annotations

import os
from shlex import join

from virshpy import errors
from virshpy.xml.domain.storage import FORMATS, BackingStore, Disk, StorageFormat, StorageSource
from virshpy.xml.write import is_writable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.storage.probe import Image

_DEEPEST = 200
_FORMATS = frozenset(FORMATS.split()) - {"none", "dir"}


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
    header = _header(image, format)
    name = header.backing
    if name is None:
        return None
    if not is_writable(name):
        raise errors.ConfigUnsupported(
            f"backing image {ascii(name)} of image '{image}' has a name that no document can hold",
            hint="give that file a name of plain text, and tell the image by qemu-img rebase -u",
        )
    format_name = header.backing_format
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


# What may stand in a document about an image of which nothing was said. A qcow image is told as its successor: as that
# QEMU refuses it, whereas a guest that has it as raw would write over its header.
_TOLD = {"qcow2": "qcow2", "qcow": "qcow2", "qed": "qed", "vmdk": "vmdk", "vpc": "vpc", "vdi": "vdi"}


def format_of(image: str) -> str:
    """The format of an image by its header; raw for what has none of these, and for what cannot be read."""
    return _TOLD.get(_header(image).format, "raw")


def _header(image: str, format: str | None = None) -> Image:
    """What an image says; nothing where it cannot be read, or is neither a file nor a block device."""
    # Guests whose images are all raw start without it.
    from virshpy.drivers.storage.probe import Image, probe_file

    try:
        return probe_file(image, format=format)
    except (OSError, ValueError):
        return Image(format or "raw")
