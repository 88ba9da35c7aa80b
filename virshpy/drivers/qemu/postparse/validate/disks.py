"""Disks: duplicate names and places, formats, sources."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.disks import disk_has_source, source_text
from virshpy.drivers.qemu.postparse.places import drive_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.storage import Disk

_SHAREABLE = ("raw", None)


def check_disks(domain: Domain) -> None:
    for disk in domain.devices.disks:
        _check_disk(disk, domain)


def check_duplicates(domain: Domain) -> None:
    """Two disks cannot have one name, nor one place on a bus."""
    targets: dict[str, Disk] = {}
    for disk in domain.devices.disks:
        name = (disk.target.dev or "") if disk.target else ""
        other = targets.setdefault(name, disk)
        if other is not disk:
            raise errors.XMLError(
                f"target '{name}' duplicated for disk sources '{_shown(other)}' and '{_shown(disk)}'",
                hint="give one of the two disks another <target dev=…/>",
            )
    _check_places(domain)


def _shown(disk: Disk) -> str:
    return source_text(disk) or "<null>"


def _check_places(domain: Domain) -> None:
    seen: dict[tuple[object, ...], Disk] = {}
    for disk in domain.devices.disks:
        address = drive_of(disk)
        if address is None or disk.target is None:
            continue
        place = (disk.target.bus, address.controller, address.bus, address.target, address.unit)
        first = seen.setdefault(place, disk)
        if first is not disk and first.target is not None:
            raise errors.ConfigUnsupported(
                f"Found duplicate drive address for disk with target name '{first.target.dev}' "
                f"controller='{address.controller}' bus='{address.bus}' target='{address.target}' "
                f"unit='{address.unit}'",
                hint="give one of the two disks another <address>, or none",
            )


def _check_disk(disk: Disk, domain: Domain) -> None:
    target, driver = disk.target, disk.driver
    assert target is not None
    name = target.dev or ""
    if name[-1:].isdigit() and name.rstrip("0123456789") != name and name[:2] in ("hd", "sd", "vd"):
        raise errors.ConfigUnsupported(
            f"invalid disk target '{name}', partitions can't appear in disk targets",
            hint=f"name the whole disk: {name.rstrip('0123456789')}",
        )
    if target.removable is not None and target.bus not in ("usb", "scsi"):
        raise errors.XMLError("removable is only valid for usb disks")
    if target.removable is not None and target.bus == "scsi":
        raise errors.XMLError("removable is only valid for usb disks")
    address = drive_of(disk)
    if target.bus in ("ide", "fdc") and address is not None and address.controller:
        raise errors.InternalError(
            f"Only 1 {target.bus.upper() if target.bus == 'ide' else target.bus} controller is supported",
            hint="an IDE controller takes four disks, hda to hdd; use bus='virtio'" if target.bus == "ide" else None,
        )
    if disk.device in ("cdrom", "floppy") and target.bus == "virtio":
        raise errors.ConfigUnsupported(
            f"disk type of '{name}' does not support ejectable media", hint="use bus='sata' or bus='scsi'"
        )
    if disk.readonly and disk.device == "disk" and target.bus in ("ide", "sata"):
        raise errors.ConfigUnsupported(f"readonly {target.bus} disks are not supported", hint="use bus='virtio'")
    if not disk_has_source(disk) and disk.device in ("disk", "lun"):
        raise errors.NoSource(name, hint="add <source file='…'/> to the disk")
    if driver is not None:
        _check_driver(disk, domain)
    encryption = disk.source.encryption if disk.source else disk.encryption
    encryption = encryption or disk.encryption
    if encryption is not None and encryption.cipher is not None:
        raise errors.ConfigUnsupported("supplying <cipher> for domain disk definition is unnecessary")


def _check_driver(disk: Disk, domain: Domain) -> None:
    driver, target = disk.driver, disk.target
    assert driver is not None and target is not None
    if driver.type == "dir" and disk.type != "dir":
        raise errors.ConfigUnsupported(
            "'directory' storage format is not directly supported by QEMU, use 'dir' disk type instead"
        )
    if disk.shareable and not disk.readonly and driver.type not in _SHAREABLE and disk.device != "cdrom":
        raise errors.ConfigUnsupported(
            f"shared access for disk '{target.dev}' requires use of supported storage format",
            hint="several guests can write a raw image at once, and no other format",
        )
    if driver.iothread:
        if target.bus != "virtio":
            raise errors.ConfigUnsupported(f"IOThreads not available for bus {target.bus} target {target.dev}")
        if driver.iothread not in _iothreads(domain):
            raise errors.ConfigUnsupported(
                f"Disk iothread '{driver.iothread}' not defined in iothreadid", hint="add <iothreads>…</iothreads>"
            )


def _iothreads(domain: Domain) -> set[int]:
    listed = {thread.id or 0 for thread in domain.iothreadids.iothreads} if domain.iothreadids else set()
    number = 1
    while len(listed) < (domain.iothreads or 0):
        listed.add(number)
        number += 1
    return listed
