"""Tables of partitions: what is in one, and what of its disk is free. Positions and sizes are in bytes.

Tables of today, dos and gpt, are read by sfdisk, which opens a disk for nothing but reading; to udev a disk that was
open for writing is one that may have changed. The others only parted knows.
"""

from __future__ import annotations

import errno
import os
import re
from typing import NamedTuple

from virshpy import errors
from virshpy.host import devices, framing, processes
from virshpy.host.programs import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# Partitions begin at multiples of it, as every tool of today has them: it is one of every disk's blocks and stripes.
GRAIN = 1 << 20
_PATIENCE = 20  # seconds for a disk to say what is on it
_ADDRESSED = 1 << 32  # sectors that a dos table can count
_SFDISK, _PARTED_NAMES = ("dos", "gpt"), {"msdos": "dos"}


class Part(NamedTuple):
    """``kind`` is primary, extended or logical; ``type`` the table's word for what is in it, if that was read."""

    number: int
    start: int
    end: int
    kind: str = "primary"
    type: str = ""

    @property
    def size(self) -> int:
        return self.end - self.start


class Free(NamedTuple):
    """A stretch that a partition can have all of: a logical one where it is inside of an extended one."""

    start: int
    end: int
    logical: bool = False

    @property
    def size(self) -> int:
        return self.end - self.start


class Table(NamedTuple):
    """``label`` is libvirt's word for its kind; partitions can be between ``first`` and ``end``."""

    label: str
    sector: int
    first: int
    end: int
    parts: tuple[Part, ...]

    @property
    def extended(self) -> Part | None:
        return next((part for part in self.parts if part.kind == "extended"), None)

    def free(self) -> list[Free]:
        """What belongs to no partition, in order."""
        return sorted(gap for gap in self._gaps() if gap.size > 0)

    def _gaps(self) -> Iterator[Free]:
        parts = sorted(self.parts, key=lambda part: part.start)
        at = _up(self.first)
        for part in parts:
            if part.kind != "logical":
                yield Free(at, part.start)
                at = max(at, _up(part.end))
        yield Free(at, self.end)
        if (around := self.extended) is None:
            return
        # A logical partition has a sector of its table somewhere ahead of it.
        at = _up(around.start + self.sector)
        for part in parts:
            if part.kind == "logical":
                yield Free(at, part.start - GRAIN, True)
                at = max(at, _up(part.end + self.sector))
        yield Free(at, around.end, True)


def _up(position: int) -> int:
    return -(-position // GRAIN) * GRAIN


def read(device: str, expected: str = "unknown") -> Table | None:
    """The table of a disk; None where there is none. ``expected``: what it should be, as two kinds look the same.

    Raises SystemCallError.
    """
    size = devices.size(device)
    if expected in (*_SFDISK, "unknown"):
        text = _said([program("sfdisk"), "--json", device])
        if text is not None and (table := by_sfdisk(text, size)) is not None:
            return table
    text = _said([program("parted"), "--script", "--json", device, "unit", "B", "print"])
    return None if text is None else by_parted(text)


def _said(words: list[str]) -> str | None:
    """What a tool says; None where it sees no table. Raises SystemCallError for a disk that does not answer."""
    try:
        done = processes.run(words, timeout=_PATIENCE, check=False, together=True)
    except errors.OperationTimeout as error:
        late = OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        raise errors.from_os_error(late, str(error.detail), hint="the disk does not answer: see dmesg") from None
    return None if done.returncode else done.stdout


def by_sfdisk(text: str, size: int) -> Table | None:
    """What sfdisk says of a disk of ``size`` bytes; None for a kind of table that it knows less of than parted."""
    told = _decoded(text).get("partitiontable", {})
    label, sector = told.get("label"), told.get("sectorsize", 512)
    if label not in _SFDISK:
        return None
    parts = tuple(_from_sfdisk(label, told["device"], sector, part) for part in told.get("partitions", ()))
    if label == "gpt":
        return Table(label, sector, told["firstlba"] * sector, (told["lastlba"] + 1) * sector, parts)
    return Table(label, sector, sector, min(size, _ADDRESSED * sector), parts)


_EXTENDED = ("5", "f", "85")


def _from_sfdisk(label: str, device: str, sector: int, told: dict[str, Any]) -> Part:
    found = re.search(r"\d+$", told["node"].removeprefix(device))
    number, start, type = int(found[0]) if found else 0, told["start"] * sector, told["type"].lower()
    kind = "primary"
    if label == "dos":
        kind = "extended" if type in _EXTENDED else "logical" if number > 4 else kind
    return Part(number, start, start + told["size"] * sector, kind, type)


def by_parted(text: str) -> Table | None:
    """What parted says in bytes; None where it sees no table."""
    told = _decoded(text).get("disk", {})
    label = told.get("label", "unknown")
    if label in ("unknown", "loop"):
        return None
    sector = told["logical-sector-size"]
    parts = (
        Part(part["number"], _bytes(part["start"]), _bytes(part["end"]) + 1, part["type"])
        for part in told.get("partitions", ())
        if part["type"] in ("primary", "extended", "logical")
    )
    return Table(_PARTED_NAMES.get(label, label), sector, sector, _bytes(told["size"]), tuple(parts))


def _bytes(text: str) -> int:
    return int(text.removesuffix("B"))


def _decoded(text: str) -> dict[str, Any]:
    try:
        return framing.decode(text.encode())
    except framing.Malformed as error:
        raise errors.InternalError(f"a table of partitions cannot be read: {error}", hint="see sfdisk --json") from None
