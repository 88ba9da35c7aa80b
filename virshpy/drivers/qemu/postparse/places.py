"""Small questions that every part asks of a document: which machine it is, and where a device sits."""

from __future__ import annotations

from virshpy.xml.domain.address import (
    CCIDAddress,
    DIMMAddress,
    DriveAddress,
    ISAAddress,
    PCIAddress,
    USBAddress,
    VirtioSerialAddress,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.domain import Domain

X86 = ("x86_64", "i686")


def arch_of(domain: Domain) -> str:
    return (domain.os.type.arch or "") if domain.os and domain.os.type else ""


def machine_of(domain: Domain) -> str:
    return (domain.os.type.machine or "") if domain.os and domain.os.type else ""


def is_x86(domain: Domain) -> bool:
    return arch_of(domain) in X86


# The address of a device where it has one of that type; a PCI address of nothing but zeros is none.


def pci_of(device: Any) -> PCIAddress | None:
    address = device.address
    if not isinstance(address, PCIAddress) or address.slot is None:
        return None
    return address if address.domain or address.bus or address.slot or address.function else None


def drive_of(device: Any) -> DriveAddress | None:
    return device.address if isinstance(device.address, DriveAddress) else None


def usb_of(device: Any) -> USBAddress | None:
    address = device.address
    return address if isinstance(address, USBAddress) and address.port else None


def port_of(device: Any) -> VirtioSerialAddress | None:
    return device.address if isinstance(device.address, VirtioSerialAddress) else None


def card_of(device: Any) -> CCIDAddress | None:
    return device.address if isinstance(device.address, CCIDAddress) else None


def dimm_of(device: Any) -> DIMMAddress | None:
    return device.address if isinstance(device.address, DIMMAddress) else None


def isa_of(device: Any) -> ISAAddress | None:
    return device.address if isinstance(device.address, ISAAddress) else None


def iothreads_of(domain: Domain) -> set[int]:
    """The numbers of the guest's I/O threads: those that are listed, then the lowest that are free."""
    listed = {thread.id or 0 for thread in domain.iothreadids.iothreads} if domain.iothreadids else set()
    number = 1
    while len(listed) < (domain.iothreads or 0):
        listed.add(number)
        number += 1
    return listed
