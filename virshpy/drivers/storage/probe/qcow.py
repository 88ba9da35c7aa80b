"""QEMU's own formats: qcow2, and the qcow before it."""

from __future__ import annotations

from virshpy.drivers.storage.probe.header import Image, cluster, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.storage.probe.header import Header

_ENCRYPTION = {1: "qcow", 2: "luks"}
_COMPRESSION = {0: "zlib", 1: "zstd"}
_BACKING_FORMAT, _DATA_FILE, _END = 0xE2792ACA, 0x44415441, 0  # kinds of extension
_OLD_LENGTH, _LENGTH = 72, 104  # bytes that the header of version 2 has, and that of version 3 at least
_DIRTY, _CORRUPT, _HAS_DATA_FILE, _EXTENDED_L2 = 1 << 0, 1 << 1, 1 << 2, 1 << 4  # features that one must know
_LAZY_REFCOUNTS = 1 << 0  # one that may be ignored
_DATA_FILE_RAW = 1 << 1  # one that is taken away by whoever does not know it
_LONGEST_NAME = 1023  # bytes; QEMU opens no image with a longer one
_EXTENSIONS = 1 << 16  # bytes in which extensions are looked for; a few hundred are usual
_CLUSTER_BITS = range(9, 22)
_REFCOUNT_ORDERS = range(7)


def qcow(header: Header) -> Image:
    return Image(
        "qcow",
        capacity=header.capacity(24, "big"),
        backing=_backing(header, header.size),
        encryption="qcow" if header.number(36, 4, "big") == 1 else None,
        cluster_size=_cluster_size(header.number(32, 1, "big")),
    )


def qcow2(header: Header) -> Image:
    """Version 2, which is QEMU's since 0.10, or version 3, since 1.1."""
    new = header.number(4, 4, "big") == 3
    required, ignorable, cleared = (header.number(offset, 8, "big") if new else 0 for offset in (72, 80, 88))
    order = header.number(96, 4, "big") if new else 4
    length = header.number(100, 4, "big") if new else _OLD_LENGTH
    whole = length >= (_LENGTH if new else _OLD_LENGTH)  # a header that says so of itself
    cluster_size = _cluster_size(header.number(20, 4, "big"))
    # QEMU opens no image that has names beyond its first cluster.
    extensions = _extensions(header, length, cluster_size or 0) if whole else {}
    backing = _backing(header, cluster_size or 0)
    data_file = words(extensions.get(_DATA_FILE, b"")) if required & _HAS_DATA_FILE else None
    return Image(
        "qcow2",
        capacity=header.capacity(24, "big"),
        backing=backing,
        backing_format=words(extensions.get(_BACKING_FORMAT, b"")) if backing is not None else None,
        data_file=data_file,
        data_file_raw=data_file is not None and bool(cleared & _DATA_FILE_RAW),
        encryption=_ENCRYPTION.get(header.number(32, 4, "big")),
        compat="1.1" if new else "0.10",
        cluster_size=cluster_size,
        lazy_refcounts=bool(ignorable & _LAZY_REFCOUNTS),
        extended_l2=bool(required & _EXTENDED_L2),
        refcount_bits=1 << order if whole and order in _REFCOUNT_ORDERS else None,
        compression=_COMPRESSION.get(header.number(_LENGTH, 1, "big") if length > _LENGTH else 0),
        dirty=bool(required & _DIRTY),
        corrupt=bool(required & _CORRUPT),
    )


def _cluster_size(bits: int) -> int | None:
    return cluster(1 << bits) if bits in _CLUSTER_BITS else None


def _backing(header: Header, end: int) -> str | None:
    """The name of what is beneath, which lies before ``end``."""
    offset, length = header.number(8, 8, "big"), header.number(16, 4, "big")
    if not offset or length > _LONGEST_NAME or offset + length > end:
        return None
    return words(header.take(offset, length))


def _extensions(header: Header, begin: int, end: int) -> dict[int, bytes]:
    """What was appended to the header, by kind; of two of a kind the second, as QEMU and libvirt have it.

    They end where the name of the backing file begins, and with the first that does not fit in there.
    """
    end = min(header.number(8, 8, "big") or end, end, begin + _EXTENSIONS)
    area = header.take(begin, end - begin)
    found = {}
    position = 0
    while position + 8 <= len(area):
        kind = int.from_bytes(area[position : position + 4], "big")
        length = int.from_bytes(area[position + 4 : position + 8], "big")
        position += 8
        if kind == _END or position + length > len(area):
            break
        if kind in (_BACKING_FORMAT, _DATA_FILE):
            found[kind] = area[position : position + length]
        position += (length + 7) // 8 * 8
    return found
