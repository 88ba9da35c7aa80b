"""Volume groups of this host: what LVM reports of them, and what it is told. Sizes are in bytes.

Its tools ask all devices that may be part of a group. One that does not answer holds them, so each has a deadline.
"""

from __future__ import annotations

import errno
import os
import re
import time
from typing import NamedTuple

from virshpy import errors
from virshpy.host import framing, processes
from virshpy.host.programs import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Row = dict[str, str]

_PATIENCE = 20  # seconds for a report
CHANGING = 300  # seconds for a change: a large group is activated volume by volume, and a snapshot is merged
_GROUP = "vg_name,vg_size,vg_free,vg_missing_pv_count"
_VOLUME = "lv_name,lv_uuid,lv_attr,lv_size,origin,data_percent,segtype,stripes,seg_size,vg_extent_size,devices"
_DEVICE = "pv_name,vg_name"
_COPIES = "/etc/lvm/backup"
_FRESH = 1  # seconds
# How deep a volume is made of others: a raid in a pool in a cache.
_DEEPEST = 8


class Group(NamedTuple):
    """``missing``: how many of its devices are not there."""

    name: str
    size: int
    free: int
    missing: int


class Piece(NamedTuple):
    """A stretch of a device that holds a part of a volume."""

    device: str
    start: int
    end: int


class Volume(NamedTuple):
    """``attr`` is what lvs(8) says about it in ten letters; ``origin`` the name of what it is a snapshot of, or empty.
    ``size`` is what it has of the group; ``pieces`` are where that is."""

    name: str
    uuid: str
    attr: str
    size: int
    origin: str
    pieces: tuple[Piece, ...] = ()

    @property
    def is_snapshot(self) -> bool:
        """One that keeps what has changed since; it cannot be without its origin, as a thin one can."""
        return self.attr[:1] in ("s", "S")

    @property
    def is_active(self) -> bool:
        return self.attr[4:5] not in ("-", "h", "")

    @property
    def is_open(self) -> bool:
        return self.attr[5:6] == "o"

    @property
    def is_usable(self) -> bool:
        """Whether it is a volume of its own, and no part or pool of others."""
        return self.attr[:1] not in ("t", "d")


def report_words(tool: str, fields: str, *more: str) -> list[str]:
    words = [tool, "--reportformat", "json", "--units", "b", "--nosuffix", "--options", fields]
    return [*words, *more]


def rows(text: str) -> list[Row]:
    """The rows of a report. Raises InternalError for what is none."""
    try:
        report = framing.decode(text.encode())["report"]
        return [row for part in report for table in part.values() for row in table]
    except (framing.Malformed, KeyError, TypeError, AttributeError) as error:
        raise errors.InternalError(f"what LVM reports cannot be read: {error}", hint="see what it says: lvs") from None


def group_of(found: Iterable[Row]) -> Group | None:
    row = next(iter(found), None)
    if row is None:
        return None
    numbers = (int(row[name] or 0) for name in ("vg_size", "vg_free", "vg_missing_pv_count"))
    return Group(row["vg_name"], *numbers)


def volumes_of(found: Iterable[Row]) -> list[Volume]:
    """The volumes of a group that users see. There is a row for each segment of each, and for what they are made of."""
    segments: dict[str, list[Row]] = {}
    for row in found:
        segments.setdefault(row["lv_name"], []).append(row)
    parts = {name.strip("[]"): part for name, part in segments.items()}
    return [_volume(name, segments[name], parts) for name in segments if not name.startswith("[")]


def _volume(name: str, own: list[Row], parts: dict[str, list[Row]]) -> Volume:
    row = own[0]
    size = int(row["lv_size"])
    if row["segtype"] == "thin":  # what it has of its pool
        size = int(size * float(row["data_percent"] or 0) / 100)
    # The origin of a sparse volume is LVM's own: it is in brackets, and there is nothing in it.
    origin = "" if row["origin"].startswith("[") else row["origin"]
    return Volume(name, row["lv_uuid"], row["lv_attr"], size, origin, tuple(_pieces(own, parts, 0)))


def _pieces(own: list[Row], parts: dict[str, list[Row]], depth: int) -> Iterator[Piece]:
    for row in own:
        extent, legs = int(row["vg_extent_size"]), row["devices"].split(",") if row["devices"] else []
        length = int(row["seg_size"]) // (max(len(legs), 1) if row["segtype"] == "striped" else 1)
        for leg in legs:
            found = re.fullmatch(r"(.+)\((\d+)\)", leg.strip())
            if found is None:
                continue
            device, start = found[1].strip("[]"), int(found[2]) * extent
            if device in parts and depth < _DEEPEST:
                yield from _pieces(parts[device], parts, depth + 1)
            else:
                yield Piece(found[1], start, start + length)


def devices_of(found: Iterable[Row]) -> dict[str, list[str]]:
    """The devices of each group, by its name; those that are in none are under the empty one."""
    groups: dict[str, list[str]] = {}
    for row in found:
        groups.setdefault(row["vg_name"], []).append(row["pv_name"])
    return groups


# asking
def report(tool: str, fields: str, *more: str) -> list[Row]:
    """Raises InternalError with LVM's own words, SystemCallError where it does not answer."""
    return rows(run([program(tool), *report_words(tool, fields, *more)[1:]], patience=_PATIENCE))


def group(name: str) -> Group | None:
    """A group; None where there is none. Others are not looked at: they may be in a state of their own."""
    if not is_name(name):
        return None
    try:
        return group_of(report("vgs", _GROUP, name))
    except errors.InternalError as error:
        if f'"{name}" not found' in str(error):
            return None
        raise


def volumes(name: str, *, again: bool = False) -> list[Volume]:
    """All volumes of a group, those that are not active included.

    A report takes its time, and one verb asks about many volumes. It is not asked for ``again`` within a moment in
    which this host's LVM has changed nothing, as is seen by the copy that it keeps of each group's description.
    """
    stamp, now = _stamp(name), time.monotonic()
    known = _known.get(name)
    if known is not None and not again and stamp and known[0] == stamp and now - known[1] < _FRESH:
        return known[2]
    found = volumes_of(report("lvs", _VOLUME, "--all", name))
    _known[name] = stamp, now, found
    return found


_known: dict[str, tuple[list[int], float, list[Volume]]] = {}


def _stamp(name: str) -> list[int]:
    """What changes with the description of a group, and with what of it is active; empty where that cannot be seen."""
    try:
        copy, nodes = os.stat(f"{_COPIES}/{name}"), os.stat(f"/dev/{name}")
    except OSError:
        return []
    return [copy.st_ino, copy.st_mtime_ns, nodes.st_ino, nodes.st_mtime_ns]


def devices() -> dict[str, list[str]]:
    return devices_of(report("pvs", _DEVICE))


def is_name(name: str) -> bool:
    """Whether a group or a volume can be called so (lvm(8), VALID NAMES)."""
    return re.fullmatch(r"[A-Za-z0-9+_.][A-Za-z0-9+_.-]{0,126}", name) is not None and name not in (".", "..")


# telling
def run(words: Sequence[str], *, patience: float = CHANGING) -> str:
    """Run one of the tools, and give what it says. Raises as :func:`report` does."""
    try:
        return processes.run(words, timeout=patience, together=True).stdout
    except errors.InternalError as error:
        error.hint = _hint(str(error))
        raise
    except errors.OperationTimeout as error:
        late = OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        raise errors.from_os_error(
            late, str(error.detail), hint="a disk of a volume group does not answer: see dmesg"
        ) from None


def _hint(words: str) -> str:
    if os.geteuid() != 0:
        return "volume groups are root's"
    return next((hint for part, hint in _HINTS.items() if part in words), _HINT)


_HINT = "LVM has the last word on its groups: see lvm(8)"
_HINTS = {
    "/dev/mapper/control": "this kernel has no device-mapper: modprobe dm-mod, or use a host that has it",
    "not detected in your kernel": "this kernel lacks a part of device-mapper, as dm-snapshot is: modprobe it",
    "insufficient free space": "choose a smaller volume, or give the group one more device: vgextend",
    "filesystem in use": "unmount it: findmnt shows where it is",
    "in use": "see what has it open: fuser -v, lsblk",
    "open logical volume": "see what has it open: fuser -v, lsblk",
    "Snapshot origin volumes can be resized only while inactive": "delete its snapshots, or stop the pool, first",
    "device is partitioned": "there is a table of partitions on it: --overwrite removes that",
    "without -ff": "it belongs to another volume group: vgreduce takes it out of there",
    "not found": "see what there is: vgs, lvs",
}
