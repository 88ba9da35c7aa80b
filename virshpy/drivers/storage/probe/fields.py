"""The formats whose headers are a few fields, each at its place."""

from __future__ import annotations

from virshpy.drivers.storage.probe.header import Image, cluster, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.storage.probe.header import Header

_SECTOR = 512
_COW_NAME = 1024
_QED_BACKING, _QED_RAW = 0x01, 0x04  # bits of its features
_LUKS_HEADER = 592  # bytes; data cannot begin before its end
_LONGEST_NAME = 1023  # that QEMU reads


def iso(header: Header) -> Image:
    return Image("iso")


def vpc(header: Header) -> Image:
    """A dynamic image begins with a copy of its footer; a fixed one, which only its owner can tell from a raw one, not.

    The size is the one that the image was made with, as libvirt has it. QEMU takes the current one, or for images of
    some programs the product of the geometry; in images that QEMU makes all are the same.
    """
    footer = 0 if header.beginning.startswith(VPC_MAGIC) else header.size - _SECTOR
    table = header.number(footer + 16, 8, "big")
    dynamic = header.take(table, 8) == b"cxsparse"
    return Image(
        "vpc",
        capacity=header.capacity(footer + 40, "big"),
        cluster_size=cluster(header.number(table + 32, 4, "big")) if dynamic else None,
    )


VPC_MAGIC = b"conectix"


def vdi(header: Header) -> Image:
    return Image("vdi", capacity=header.capacity(368, "little"), cluster_size=cluster(header.number(376, 4, "little")))


def ploop(header: Header) -> Image:
    """What QEMU calls parallels."""
    return Image("ploop", capacity=header.capacity(36, "little", _SECTOR))


def cow(header: Header) -> Image:
    return Image("cow", capacity=header.capacity(1036, "big"), backing=words(header.take(8, _COW_NAME)))


def qed(header: Header) -> Image:
    features = header.number(16, 8, "little")
    offset, length = header.number(56, 4, "little"), header.number(60, 4, "little")
    backing = None
    if features & _QED_BACKING and length <= _LONGEST_NAME:
        backing = words(header.take(offset, length))
    return Image(
        "qed",
        capacity=header.capacity(48, "little"),
        backing=backing,
        backing_format="raw" if backing is not None and features & _QED_RAW else None,
        cluster_size=cluster(header.number(4, 4, "little")),
    )


def luks(header: Header) -> Image:
    """It has no size of its own: the payload is what the file has behind the header."""
    payload = header.number(104, 4, "big") * _SECTOR
    if not _LUKS_HEADER <= payload <= header.size:
        return Image("luks", encryption="luks")
    return Image("luks", capacity=header.size - payload, encryption="luks", payload_offset=payload)
