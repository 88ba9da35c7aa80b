"""Where in a table of partitions a new one goes, what it is called, and what parted is told. Nothing is run here."""

from __future__ import annotations

from typing import NamedTuple

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.host.partitions import Free, Table

# What parted calls the tables that libvirt calls otherwise.
_LABELS = {"dos": "msdos", "unknown": "msdos"}
# The tables whose partitions have no kind: what stands there is what is in them.
_KINDLESS = ("bsd", "sun")
_PRIMARIES = 4
# By libvirt's words for what is in a partition: parted's, and what it has no such word for but a flag.
_SYSTEMS = {"linux": "ext2", "fat16": "fat16", "fat32": "fat32", "linux-swap": "linux-swap"}
_FLAGS = {"linux-lvm": "lvm", "linux-raid": "raid"}
# libvirt's words by the types that stand in a table.
_FORMATS = {
    "5": "extended", "f": "extended", "85": "extended", "82": "linux-swap", "83": "linux", "8e": "linux-lvm",
    "fd": "linux-raid", "4": "fat16", "6": "fat16", "e": "fat16", "b": "fat32", "c": "fat32",
    "0fc63daf-8483-4772-8e79-3d69d8477de4": "linux",
    "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f": "linux-swap",
    "e6d6d379-f507-44c2-a23c-238f2a3df928": "linux-lvm",
    "a19d880f-05fc-4d3b-a006-743f0f84911e": "linux-raid",
}  # fmt: skip


def format_of(type: str) -> str:
    """libvirt's word for what a partition is said to have in it."""
    return _FORMATS.get(type, "none")


def label_words(device: str, format: str, *, parted: str = "parted") -> list[str]:
    """``parted … mklabel``. Raises ConfigUnsupported for what is no table of partitions."""
    if format == "lvm2":
        raise errors.ConfigUnsupported(
            "a disk of format lvm2 has no table of partitions", hint="a volume group is a pool of type logical"
        )
    return [parted, "--script", device, "mklabel", _LABELS.get(format, format)]


def node_of(device: str, number: int, separator: bool | None) -> str:
    """The node of a partition. ``separator``: of a map of device-mapper, whether the number comes after a p."""
    with_p = device[-1].isdigit() if separator is None or not device.startswith("/dev/mapper/") else separator
    return f"{device}{'p' if with_p else ''}{number}"


class Slot(NamedTuple):
    """What the next partition of one kind would be called."""

    kind: str
    number: int


def slots(table: Table, format: str) -> Iterator[Slot]:
    """What a new partition could be, the usual one first. Raises InternalError where there is no number left."""
    if format == "extended" and table.label != "dos":
        raise errors.ConfigUnsupported(
            f"a table of type {table.label} has no extended partitions", hint="leave the format out"
        )
    taken = {part.number for part in table.parts}
    free = next((number for number in range(1, len(taken) + 2) if number not in taken), 0)
    if table.label != "dos":
        yield Slot("primary", free)
        return
    extended = table.extended
    if format == "extended" and extended is not None:
        raise errors.InternalError(
            "extended partition already exists", hint=f"it is number {extended.number}; a disk has one at the most"
        )
    if free <= _PRIMARIES:
        yield Slot("extended" if format == "extended" else "primary", free)
    if extended is not None:
        yield Slot("logical", max(_PRIMARIES, *taken) + 1)
    elif free > _PRIMARIES:
        raise errors.InternalError(
            "no extended partition found and no primary partition available",
            hint="a dos table has four partitions, one of which may be extended and hold more; gpt has 128",
        )


def stretch(table: Table, kind: str, size: int) -> Free:
    """Where a partition of so many bytes goes: where it leaves least behind. Raises InternalError."""
    size = -(-size // table.sector) * table.sector
    fitting = [free for free in table.free() if free.logical == (kind == "logical") and free.size >= size]
    if not fitting:
        largest = max((free.size for free in table.free() if free.logical == (kind == "logical")), default=0)
        raise errors.InternalError("no large enough free extent", hint=f"the largest has {largest} bytes")
    found = min(fitting, key=lambda free: (free.size, free.start))
    return found._replace(end=found.start + size)


def partition_words(
    device: str, label: str, slot: Slot, place: Free, format: str, *, parted: str = "parted"
) -> list[str]:
    """``parted … mkpart``, and what it is then said to hold."""
    system = _SYSTEMS.get(format)
    # Of a table without kinds the first word is what is in it, and must stand there.
    what = [system or "ext2"] if label in _KINDLESS else [slot.kind, *([system] if system else [])]
    words = [parted, "--script", device, "mkpart", *what, f"{place.start}B", f"{place.end - 1}B"]
    return [*words, "set", str(slot.number), _FLAGS[format], "on"] if format in _FLAGS else words


def removal_words(device: str, number: int, *, parted: str = "parted") -> list[str]:
    return [parted, "--script", device, "rm", str(number)]
