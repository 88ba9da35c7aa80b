"""Disks that the kernel has found by itself, behind adapters and over several ways, as /sys and udev know them.

What is asked here is answered from memory: no disk is opened, as one whose storage is away would not let go of us.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from virshpy import errors
from virshpy.host import files, processes
from virshpy.host.programs import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SYS = "/sys"
_SECTOR = 512  # of the kernel's sizes, whatever the disk's are
_DISKS = ("0", "5")  # the types of units that have blocks: disks, and CD drives
_SETTLING = 10  # seconds for udev to have named what is new
_ASKING = 5  # seconds for a disk to say who it is
_IDENTIFIERS = ("/usr/lib/udev/scsi_id", "/lib/udev/scsi_id")


class Disk(NamedTuple):
    """A disk behind an adapter: the kernel's name, such as sda, its place there, and its size in bytes."""

    name: str
    bus: int
    target: int
    unit: int
    size: int


class Map(NamedTuple):
    """A disk to which several ways lead: the kernel's name, such as dm-0, that of the map, and its size in bytes."""

    device: str
    name: str
    size: int


def size_of(name: str) -> int:
    """Bytes of a block device by the kernel's name; 0 where there is none."""
    text = said(f"class/block/{name}/size")
    return int(text) * _SECTOR if text.isdecimal() else 0


def said(path: str) -> str:
    """What a file of /sys says; nothing where it is gone."""
    try:
        with open(f"{SYS}/{path}", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def names(path: str) -> list[str]:
    """What is in a directory of /sys; nothing where there is none."""
    try:
        return sorted(os.listdir(f"{SYS}/{path}"))
    except OSError:
        return []


# behind an adapter
def behind(host: int) -> Iterator[Disk]:
    """The disks of an adapter."""
    for name in names("bus/scsi/devices"):
        found = re.fullmatch(r"(\d+):(\d+):(\d+):(\d+)", name)
        if found and int(found[1]) == host and (disk := at(host, int(found[2]), int(found[3]), int(found[4]))):
            yield disk


def at(host: int, bus: int, target: int, unit: int) -> Disk | None:
    """The disk at one place; None where there is none, or something else (a tape, an enclosure)."""
    folder = f"bus/scsi/devices/{host}:{bus}:{target}:{unit}"
    blocks = names(f"{folder}/block")
    if not blocks or said(f"{folder}/type") not in _DISKS:
        return None
    return Disk(blocks[0], bus, target, unit, size_of(blocks[0]))


def wait_for_blocks(host: int) -> None:
    """Until the kernel has made a disk of each unit that is one, and udev has named it; not long."""
    units = [name for name in names("bus/scsi/devices") if name.startswith(f"{host}:")]
    folders = [f"bus/scsi/devices/{name}" for name in units if said(f"bus/scsi/devices/{name}/type") in _DISKS]
    processes.wait_for(lambda: all(names(f"{folder}/block") for folder in folders), _ASKING)
    wait_for_names()


def serial(name: str) -> str | None:
    """What tells a disk from all others, as scsi_id says it; None where it does not say.

    Where the disk has a name of 16 bytes that is registered, that is the answer, and nobody need be asked.
    """
    told = said(f"class/block/{name}/device/wwid")
    if told.startswith("naa.6"):
        return f"3{told.removeprefix('naa.')}"
    identifier = next((path for path in _IDENTIFIERS if os.path.exists(path)), None)
    if identifier is None:
        return None
    words = [identifier, "--replace-whitespace", "--whitelisted", "--device", f"/dev/{name}"]
    try:
        done = processes.run(words, timeout=_ASKING, check=False)
    except errors.Error:
        return None
    return next(iter(done.stdout.splitlines()), "").strip() or None


def scan(host: int) -> None:
    """Have an adapter look for units. Raises SystemCallError."""
    path = f"{SYS}/class/scsi_host/host{host}/scan"
    try:
        files.set_kernel_value(path, "- - -")
    except OSError as error:
        what = "open" if isinstance(error, FileNotFoundError | PermissionError) else "write to"
        raise errors.from_os_error(
            error, f"Could not {what} '{path}' to trigger host scan", hint=f"the host has: {adapters()}"
        ) from None


def adapters() -> str:
    """The adapters that there are, for a person."""
    return ", ".join(f"scsi_{name}" for name in names("class/scsi_host")) or "no adapter at all"


def adapter_at(address: str, unique: int) -> int | None:
    """The number of the adapter at a PCI address; ``unique`` tells those of one card apart."""
    for name in names("class/scsi_host"):
        path = os.path.realpath(f"{SYS}/class/scsi_host/{name}")
        if f"/{address}/" in path and said(f"class/scsi_host/{name}/unique_id") == str(unique):
            return int(name.removeprefix("host"))
    return None


# over several ways
def maps() -> list[Map]:
    """The maps of multipath, which are told by the names that they have from it."""
    return [
        Map(name, said(f"class/block/{name}/dm/name"), size_of(name))
        for name in names("class/block")
        if name.startswith("dm-") and said(f"class/block/{name}/dm/uuid").startswith("mpath-")
    ]


# names in /dev
def links(folder: str) -> dict[str, str]:
    """The names in a folder of links to devices, by what they lead to. Raises SystemCallError."""
    try:
        entries = sorted(os.listdir(folder))
    except OSError as error:
        hint = "udev makes it where there is something to name: or say <path>/dev</path>"
        raise errors.from_os_error(error, f"cannot read dir '{folder}'", hint=hint) from None
    found: dict[str, str] = {}
    for entry in entries:
        path = f"{folder}/{entry}"
        found.setdefault(os.path.realpath(path), path)
    return found


def wait_for_names() -> None:
    """Until udev has named what is new; not long, where it does not."""
    try:
        processes.run([program("udevadm"), "settle", f"--timeout={_SETTLING}"], timeout=_SETTLING + 5, check=False)
    except errors.Error:
        pass  # a host without udev
