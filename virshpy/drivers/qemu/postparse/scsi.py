"""Units on SCSI buses: disks have those of their targets' names, host devices what is left."""

from __future__ import annotations

from itertools import count

from virshpy import errors
from virshpy.drivers.qemu.postparse.places import drive_of
from virshpy.xml.domain.address import DriveAddress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.storage import Disk

    DriveAddressParts = tuple[int, int, int, int]

UNITS = 7  # to a controller, whatever its model, where places are given out


def unit_of(address: DriveAddress) -> DriveAddressParts:
    return address.controller or 0, address.bus or 0, address.target or 0, address.unit or 0


def shown(address: DriveAddress) -> str:
    names = ("controller", "bus", "target", "unit")
    return " ".join(f"{name}='{part}'" for name, part in zip(names, unit_of(address), strict=True))


def hostdev_units(domain: Domain) -> set[DriveAddressParts]:
    """The units that the document gives to host devices."""
    found = (drive_of(hostdev) for hostdev in domain.devices.hostdevs if hostdev.type == "scsi")
    return {unit_of(address) for address in found if address is not None}


def require_unused(disk: Disk, address: DriveAddress, taken: set[DriveAddressParts]) -> None:
    """Refuse the unit that a disk's name stands for where a host device has it."""
    if unit_of(address) in taken:
        target = disk.target.dev if disk.target else None
        raise errors.ConfigUnsupported(
            f"using disk target name '{target}' conflicts with SCSI host device address {shown(address)[:-1]}",
            hint="give the disk another target name, or the host device no <address>",
        )


def place_hostdevs(domain: Domain) -> None:
    """Give units to SCSI host devices. Raises XMLError for one that has a disk's."""
    found = (drive_of(disk) for disk in domain.devices.disks if disk.target and disk.target.bus == "scsi")
    disks = {unit_of(address) for address in found if address is not None}
    used = disks | hostdev_units(domain)
    free = (place for number in count() for unit in range(UNITS) if (place := (number, 0, 0, unit)) not in used)
    for hostdev in domain.devices.hostdevs:
        address = drive_of(hostdev)
        if hostdev.type == "scsi" and hostdev.address is None:
            controller, bus, target, unit = next(free)
            hostdev.address = DriveAddress(type="drive", controller=controller, bus=bus, target=target, unit=unit)
        elif hostdev.type == "scsi" and address is not None and unit_of(address) in disks:
            raise errors.XMLError(
                f"SCSI host address {shown(address)} in use by a SCSI disk",
                hint="give one of the two another <address>, or none",
            )
