"""Gives every PCI device of a guest its address, adding the controllers that this takes, as libvirt does it.

Twice over: first to see which buses are needed, with buses that grow; then, the controllers being in the document,
for good. What a user wrote stays.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.pci import chipset, connect
from virshpy.drivers.qemu.postparse.pci.buses import Bus, Buses, Place
from virshpy.drivers.qemu.postparse.pci.needs import pci_needs
from virshpy.drivers.qemu.postparse.places import pci_of
from virshpy.xml.domain.address import PCIAddress
from virshpy.xml.domain.devices import Controller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain


class Assignment:
    """One pass over one guest."""

    def __init__(self, domain: Domain, caps: QemuCaps, count: int, growing: bool) -> None:
        self.domain = domain
        self.caps = caps
        self.pcie = chipset.root_model(domain) == "pcie-root"
        self.buses = Buses(growing, caps.has_device("pcie-pci-bridge"))
        # In the first pass a new address is only tried out: it is not written into the document.
        self.trial = growing
        self.tried: set[int] = set()
        self.companions: dict[int, Place] = {}  # slots of USB 2 controllers, by index
        self._lay_out(count)
        self._collect()
        chipset.reserve(self)

    def _lay_out(self, count: int) -> None:
        given = {c.index: c for c in self.domain.devices.controllers if c.type == "pci"}
        default = "pcie-root-port" if self.pcie else "pci-bridge"
        for number in range(count):
            controller = given.get(number)
            model = controller.model if controller else (default if number else "pci-root")
            hotplug = not (controller and controller.target and controller.target.hotplug is False)
            self.buses.buses.append(Bus(model or default, hotplug))

    def _collect(self) -> None:
        """Take the addresses that are in the document."""
        for device in chipset.devices_with_address(self.domain):
            if pci_of(device) is not None and not chipset.is_built_in(self.domain, device):
                place = place_of(device)
                self.buses.reserve(place, self.needs(device) or connect.PCI, by_user=True)
                device.address.bus = place.bus

    def needs(self, device: Any) -> int:
        return pci_needs(device, self.pcie)

    def wants(self, device: Any) -> bool:
        """Whether this device is still to be given a PCI address."""
        if id(device) in self.tried:
            return False
        return device.address is None or (device.address.type == "pci" and pci_of(device) is None)

    def give(self, device: Any, place: Place, multifunction: bool | None = None) -> None:
        """Write an address into a device (or, in the first pass, remember that it has one)."""
        self.tried.add(id(device))
        if self.trial:
            return
        old = device.address
        multifunction = old.multifunction if multifunction is None and old is not None else multifunction
        zpci = old.zpci if old is not None else None
        device.address = PCIAddress(
            type="pci", domain=0, bus=place.bus, slot=place.slot, function=place.function,
            multifunction=multifunction, zpci=zpci,
        )  # fmt: skip

    def take(self, device: Any, place: Place, needs: int | None = None) -> None:
        """Reserve one particular place for a device."""
        self.buses.reserve(place, needs if needs is not None else self.needs(device))
        self.give(device, place)

    def next(self, device: Any) -> None:
        self.give(device, self.buses.next(self.needs(device)))

    def run(self) -> None:
        """Everything that wants an address gets one."""
        for device in endpoints(self.domain):
            if self.wants(device) and self.needs(device):
                if device._tag == "controller" and device.type == "usb" and device.model in ICH9_FUNCTIONS:
                    self._companion(device)
                else:
                    self.next(device)

    def _companion(self, device: Any) -> None:
        """USB 2 controllers and their companions are functions of one slot."""
        function = ICH9_FUNCTIONS[device.model]
        for other in self.domain.devices.controllers:
            if other.type == "usb" and other.model in ICH9_FUNCTIONS and other.index == device.index:
                found = self.companions.get(other.index or 0) or (
                    place_of(other) if pci_of(other) is not None else None
                )
                if found is not None:
                    place = Place(found.bus, found.slot, function)
                    self.buses.reserve(place, self.needs(device), by_user=True)
                    break
        else:
            found = self.buses.next(self.needs(device))
            place = Place(found.bus, found.slot, function)
            if function:
                bus = self.buses.buses[place.bus]
                bus.used[place.slot] = 1 << function
        self.companions[device.index] = place
        self.give(device, place, multifunction=True if function == 0 else None)


ICH9_FUNCTIONS = {"ich9-uhci1": 0, "ich9-uhci2": 1, "ich9-uhci3": 2, "ich9-ehci1": 7}


def place_of(device: Any) -> Place:
    address = pci_of(device)
    assert address is not None
    return Place(address.bus or 0, address.slot or 0, address.function or 0, address.domain or 0)


def endpoints(domain: Domain) -> Iterator[Any]:
    """Devices in the order in which libvirt gives out addresses."""
    devices = domain.devices
    controllers = devices.controllers
    for controller in controllers:
        if controller.type == "pci":
            yield controller
    yield from devices.filesystems
    yield from (i for i in devices.interfaces if i.type != "hostdev")
    yield from devices.sounds
    for controller in controllers:
        if controller.type not in ("pci", "fdc", "ccid"):
            yield controller
    yield from devices.disks
    yield from (i for i in devices.interfaces if i.type == "hostdev")
    yield from devices.hostdevs
    if devices.memballoon:
        yield devices.memballoon
    yield from devices.rngs
    yield from devices.watchdogs
    yield from devices.videos
    yield from devices.shmems
    yield from devices.inputs
    yield from devices.serials
    yield from devices.memories
    if devices.vsock:
        yield devices.vsock
    if devices.iommu:
        yield devices.iommu


def assign_pci_addresses(domain: Domain, caps: QemuCaps) -> None:
    """Complete the PCI topology of a guest in place. Raises libvirt's errors for addresses that cannot be."""
    controllers = domain.devices.controllers
    highest = max((c.index or 0 for c in controllers if c.type == "pci"), default=-1)
    if highest > 255:
        raise errors.ConfigUnsupported(f"PCI controller index {highest} too high, maximum is 255")
    count = highest + 1
    if count:
        count = _first_pass(domain, caps, highest)
    last = Assignment(domain, caps, count, growing=False)
    last.run()
    _set_multifunction(domain)
    _number_controllers(domain)


def _first_pass(domain: Domain, caps: QemuCaps, highest: int) -> int:
    """Find the buses that are needed and put their controllers into the document; how many there are then."""
    trial = Assignment(domain, caps, highest + 1, growing=True)
    buses = trial.buses
    _add_controllers(domain, trial, 1)
    if not trial.pcie and not all(bus.full for bus in buses.buses):
        # A slot is kept for the bridge that later devices may need.
        buses.next(connect.PCI | connect.AUTOASSIGN)
    trial.run()
    _add_controllers(domain, trial, 1)
    if highest <= 0 and len(buses.buses) > highest + 1 and trial.pcie:
        # A new guest on PCI Express gets one free port to hotplug into.
        buses.next(connect.PCIE | connect.HOTPLUG | connect.AUTOASSIGN)
    _add_controllers(domain, trial, 1)
    return len(buses.buses)


def _add_controllers(domain: Domain, trial: Assignment, start: int) -> None:
    """A controller for every bus that has none; each needs an address of its own, which may take further buses."""
    number = start
    given = {controller.index for controller in domain.devices.controllers if controller.type == "pci"}
    while number < len(trial.buses.buses):
        if number not in given:
            controller = Controller(type="pci", index=number, model=trial.buses.buses[number].model)
            domain.devices.controllers.append(controller)
            if number in trial.buses.seated:
                trial.tried.add(id(controller))
            else:
                trial.next(controller)
        number += 1


def _set_multifunction(domain: Domain) -> None:
    """Function 0 of a slot that has other functions says so."""
    found: dict[tuple[int, int], list[Any]] = {}
    for device in chipset.devices_with_address(domain):
        if pci_of(device) is not None:
            found.setdefault((device.address.bus, device.address.slot), []).append(device)
    for group in found.values():
        if len(group) > 1:
            for device in group:
                if device.address.function == 0 and device.address.multifunction is None:
                    device.address.multifunction = True


def _number_controllers(domain: Domain) -> None:
    """Names, chassis and port numbers of PCI controllers."""
    from virshpy.drivers.qemu.postparse.pci.numbers import number_controller

    for controller in domain.devices.controllers:
        if controller.type == "pci":
            number_controller(controller, domain)
