"""Hyper-V's format VHDX: tables that lead to the size. libvirt 9.0 does not know it, and takes it for raw."""

from __future__ import annotations

from virshpy.drivers.storage.probe.header import Image, cluster

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.drivers.storage.probe.header import Header

_REGIONS = (192 << 10, 256 << 10)  # the table of regions, and its copy
_TABLE = 1 << 16  # bytes of a table, its head included
_ENTRY = 32
# What the tables call their entries.
_METADATA = bytes.fromhex("06a27c8b90479a4bb8fe575f050f886e")
_FILE_PARAMETERS = bytes.fromhex("3767a1ca36fa434db3b633f0aa44e76b")
_DISK_SIZE = bytes.fromhex("2442a52f1bcd7648b2115dbed83bf4b8")


def vhdx(header: Header) -> Image:
    capacity = cluster_size = None
    place = _metadata(header)
    table = header.take(place, _TABLE) if place is not None else b""
    if place is not None and table.startswith(b"metadata"):
        for name, entry in _entries(table, 32, int.from_bytes(table[10:12], "little")):
            item = place + int.from_bytes(entry[:4], "little")
            if name == _DISK_SIZE:
                capacity = header.capacity(item, "little")
            elif name == _FILE_PARAMETERS:
                cluster_size = cluster(header.number(item, 4, "little"))
    return Image("vhdx", capacity=capacity, cluster_size=cluster_size)


def _metadata(header: Header) -> int | None:
    """Where the table of metadata is."""
    for place in _REGIONS:
        table = header.take(place, _TABLE)
        if table.startswith(b"regi"):
            for name, entry in _entries(table, 16, int.from_bytes(table[8:12], "little")):
                if name == _METADATA:
                    return int.from_bytes(entry[:8], "little")
    return None


def _entries(table: bytes, begin: int, count: int) -> Iterator[tuple[bytes, bytes]]:
    """(name, the rest) of each entry of a table."""
    for position in range(begin, min(begin + count * _ENTRY, len(table) - _ENTRY + 1), _ENTRY):
        yield table[position : position + 16], table[position + 16 : position + _ENTRY]
