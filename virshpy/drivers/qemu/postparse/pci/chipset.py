"""What the chipsets fix: built-in functions, the primary video card, and where real boards have their parts."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.pci import connect
from virshpy.drivers.qemu.postparse.pci.buses import Place
from virshpy.drivers.qemu.postparse.places import machine_of, pci_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from virshpy.drivers.qemu.postparse.pci.assign import Assignment
    from virshpy.xml.domain import Domain

_ONE_OF = ("memballoon", "vsock", "iommu", "nvram")
_MANY = (
    "disks", "interfaces", "sounds", "hostdevs", "filesystems", "controllers", "smartcards", "serials", "parallels",
    "channels", "consoles", "inputs", "watchdogs", "rngs", "hubs", "shmems", "tpms", "memories", "panics", "redirdevs",
    "videos",
)  # fmt: skip


def devices_with_address(domain: Domain) -> Iterator[Any]:
    """Every device that can have an <address>."""
    devices = domain.devices
    for name in _MANY:
        for device in getattr(devices, name):
            if name != "consoles" or device.target is None or device.target.type != "serial":
                yield device  # a console that is a serial port has that one's address
    for name in _ONE_OF:
        device = getattr(devices, name)
        if device is not None:
            yield device


def root_model(domain: Domain) -> str | None:
    """``pci-root``, ``pcie-root``, or None for a guest without PCI."""
    for controller in domain.devices.controllers:
        if controller.type == "pci" and controller.index == 0:
            return str(controller.model)
    return None


def is_q35(domain: Domain) -> bool:
    machine = machine_of(domain)
    return machine == "q35" or machine.startswith("pc-q35")


def is_i440fx(domain: Domain) -> bool:
    machine = machine_of(domain)
    return machine == "pc" or machine.startswith(("pc-0.", "pc-1.", "pc-i440", "rhel"))


def built_in(domain: Domain, controller: Any) -> tuple[Place, str] | None:
    """The fixed address of a controller that is part of the chipset, with the sentence that refuses another one."""
    if controller.index != 0:
        return None
    if is_i440fx(domain):
        if controller.type == "ide":
            return Place(0, 1, 1), "Primary IDE controller must have PCI address 0:0:1.1"
        if controller.type == "usb" and controller.model in (None, "piix3-uhci"):
            return Place(0, 1, 2), "PIIX3 USB controller at index 0 must have PCI address 0:0:1.2"
    elif is_q35(domain) and controller.type == "sata":
        return Place(0, 0x1F, 2), "Primary SATA controller must have PCI address 0:0:1f.2"
    return None


def is_built_in(domain: Domain, device: Any) -> bool:
    return device._tag == "controller" and built_in(domain, device) is not None


def reserve(work: Assignment) -> None:
    """Give the chipset's own parts their places, and those devices that have a customary one."""
    domain = work.domain
    if not work.buses.buses or not (is_i440fx(domain) or is_q35(domain)):
        return
    for controller in domain.devices.controllers:
        fixed = built_in(domain, controller)
        if fixed is not None:
            place, sentence = fixed
            address = pci_of(controller)
            if address is not None:
                here = (address.domain or 0, address.bus or 0, address.slot, address.function or 0)
                if here != (0, place.bus, place.slot, place.function):
                    raise errors.InternalError(sentence)
            elif work.wants(controller):
                work.give(controller, place)
            work.buses.reserve(place, connect.PCI, by_user=True)
    if is_i440fx(domain):
        _fill(work, 1, (0, 1, 2, 3))
        _primary_video(work, 2)
    else:
        _fill(work, 0x1F, (0, 2, 3))
        _customary_usb(work)
        _primary_video(work, 1)
        _customary_sound(work)
        _customary_bridge(work)


def _fill(work: Assignment, slot: int, functions: tuple[int, ...]) -> None:
    """Take a slot of the chipset; its first function is always there, of the others those that nothing is on yet."""
    for function in functions:
        place = Place(0, slot, function)
        if not function or not work.buses.in_use(place):
            work.buses.reserve(place, connect.PCI, by_user=True)


def _primary_video(work: Assignment, slot: int) -> None:
    """Firmware looks for the primary card where a board without other cards would have it."""
    videos = work.domain.devices.videos
    if not videos or not work.needs(videos[0]) or not work.wants(videos[0]):
        return
    place = Place(0, slot)
    if work.buses.slot_in_use(place):
        work.next(videos[0])
    else:
        # Not hotpluggable there, and conventional cards sit on a PCI Express root here only.
        work.buses.reserve(place, connect.ENDPOINTS)
        work.give(videos[0], place)


def _customary_usb(work: Assignment) -> None:
    for controller in work.domain.devices.controllers:
        if controller.type == "usb" and controller.model == "ich9-uhci1" and work.wants(controller):
            for slot in (0x1D, 0x1A):
                place = Place(0, slot)
                if not work.buses.slot_in_use(place):
                    work.buses.reserve(place, connect.PCI, by_user=True)
                    work.give(controller, place, multifunction=True)
                    work.companions[controller.index or 0] = place
                    break


def _customary_sound(work: Assignment) -> None:
    for sound in work.domain.devices.sounds:
        if sound.model == "ich9":
            place = Place(0, 0x1B)
            if work.wants(sound) and not work.buses.slot_in_use(place):
                work.buses.reserve(place, connect.PCI, by_user=True)
                work.give(sound, place)
                return


def _customary_bridge(work: Assignment) -> None:
    for controller in work.domain.devices.controllers:
        if controller.type == "pci" and controller.model == "dmi-to-pci-bridge" and work.wants(controller):
            place = Place(0, 0x1E)
            if not work.buses.slot_in_use(place):
                work.take(controller, place)
                return
