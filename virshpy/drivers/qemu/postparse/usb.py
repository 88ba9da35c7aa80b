"""USB: a port for every device, on a controller or behind hubs; hubs are added where the controllers have too few."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.places import usb_of
from virshpy.xml.domain.address import USBAddress
from virshpy.xml.domain.display import Hub

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.devices import Controller

_HUB_PORTS = 8
_DEPTH = 4  # ports that a device may be behind, its own included
_PORTS = {
    "piix3-uhci": 2, "piix4-uhci": 2, "ehci": 6, "ich9-ehci1": 6, "vt82c686b-uhci": 2, "pci-ohci": 3, "nec-xhci": 4,
    "qemu-xhci": 4, "qusb1": 0, "qusb2": 0,
}  # fmt: skip


def usb_devices(domain: Domain) -> Iterator[Any]:
    """Devices on USB that are not hubs, in the order in which they get ports."""
    devices = domain.devices
    yield from (d for d in devices.hostdevs if d.type == "usb")
    yield from (d for d in devices.disks if d.target and d.target.bus == "usb")
    yield from (d for d in devices.controllers if d.type == "ccid")
    yield from (d for d in devices.inputs if d.bus == "usb")
    yield from (d for d in devices.serials if d.target and d.target.type == "usb-serial")
    yield from (d for d in devices.sounds if d.model == "usb")
    yield from (d for d in devices.redirdevs if d.bus == "usb")


class _Ports:
    """The ports of a controller or of a hub: how many, which are taken, and what hub is behind which."""

    __slots__ = ("count", "used", "hubs", "lowest", "full")

    def __init__(self, count: int) -> None:
        self.count = count
        self.used: set[int] = set()
        self.hubs: dict[int, _Ports] = {}
        self.lowest = 1  # all below are taken
        self.full = False  # nothing is free here, nor behind

    def free(self, depth: int = 1) -> tuple[int, ...] | None:
        """The path of the first free port: of its own before those of the hubs behind it."""
        while self.lowest in self.used:
            self.lowest += 1
        if self.lowest <= self.count:
            return (self.lowest,)
        for number in sorted(self.hubs) if depth < _DEPTH else ():
            behind = self.hubs[number]
            found = None if behind.full else behind.free(depth + 1)
            if found is not None:
                return (number, *found)
        self.full = True
        return None


class _Buses:
    """The USB controllers of a guest, by index."""

    def __init__(self) -> None:
        self.roots: dict[int, _Ports] = {}

    def find(self, device: Any, *, changes: bool = False) -> tuple[_Ports, int]:
        """The ports among which the address of a device is, and its number there. Raises XMLError."""
        bus, path = device.address.bus or 0, device.address.port
        if bus not in self.roots:
            raise _no_bus(bus)
        ports = self.roots[bus]
        *upstream, last = (int(part) for part in path.split("."))
        for number in upstream:
            self._require(ports, number, bus, path)
            ports.full = ports.full and not changes
            if number not in ports.hubs:
                raise errors.XMLError(
                    f"there is no hub at port {number} in USB address bus: {bus} port: {path}",
                    hint="add <hub type='usb'> with that <address>, before those that are behind it",
                )
            ports = ports.hubs[number]
        self._require(ports, last, bus, path)
        return ports, last

    def _require(self, ports: _Ports, number: int, bus: int, path: str) -> None:
        if not 0 < number <= ports.count:
            raise errors.XMLError(
                f"requested USB port {path} not present on USB bus {bus}",
                hint=f"there, ports are 1 to {ports.count}; leave out the <address> to get a free one",
            )

    def add_hub(self, hub: Any) -> None:
        """A hub's own ports can be used from here on."""
        ports, number = self.find(hub, changes=True)
        if number in ports.hubs:
            detail = f"Duplicate USB hub on bus {hub.address.bus or 0} port {hub.address.port}"
            raise errors.XMLError(detail, hint="give one of the two another port, or no <address>")
        ports.used.add(number)
        ports.hubs[number] = _Ports(_HUB_PORTS)
        ports.full = False

    def reserve(self, device: Any) -> None:
        ports, number = self.find(device)
        if number in ports.used:
            detail = f"Duplicate USB address bus {device.address.bus or 0} port {device.address.port}"
            raise errors.XMLError(detail, hint="give one of the two another port, or no <address>")
        ports.used.add(number)

    def give(self, device: Any) -> None:
        """The first free port, of the bus that the document names or of any."""
        named = device.address.bus or 0 if device.address is not None and device.address.type == "usb" else None
        if named is not None and named not in self.roots:
            raise errors.XMLError(
                f"USB bus {named} requested but no controller with that index is present",
                hint=f"add <controller type='usb' index='{named}'/>",
            )
        for number in sorted(self.roots) if named is None else (named,):
            path = self.roots[number].free()
            if path is not None:
                device.address = USBAddress(type="usb", bus=number, port=".".join(map(str, path)))
                self.reserve(device)
                return
        raise errors.InternalError("No free USB ports")


def _no_bus(number: int) -> errors.Error:
    return errors.XMLError(f"Missing USB bus {number}", hint=f"add <controller type='usb' index='{number}'/>")


def assign_usb(domain: Domain) -> None:
    """Give ports, in place. Raises XMLError for addresses that cannot be."""
    buses = _Buses()
    for controller in domain.devices.controllers:
        count = _port_count(controller)
        if count is None:
            continue
        index = controller.index or 0
        if index in buses.roots:
            raise errors.XMLError(f"Duplicate USB controllers with index {index}", hint="give each an index of its own")
        buses.roots[index] = _Ports(count)
    if not buses.roots:
        if any(True for _ in usb_devices(domain)):
            raise errors.ConfigUnsupported(
                "USB is disabled for this domain, but USB devices are present in the domain XML",
                hint="remove <controller type='usb' model='none'/>, or the devices",
            )
        return
    hubs, devices = domain.devices.hubs, list(usb_devices(domain))
    _add_hubs(hubs, len(devices), sum(ports.count for ports in buses.roots.values()))
    for hub in hubs:
        if usb_of(hub) is not None:
            buses.add_hub(hub)
    for device in devices:
        if usb_of(device) is not None:
            buses.reserve(device)
    for hub in hubs:
        if usb_of(hub) is None:
            buses.give(hub)
            buses.add_hub(hub)
    for device in devices:
        if usb_of(device) is None:
            buses.give(device)


def _port_count(controller: Controller) -> int | None:
    """The ports of a bus; None for what has none of its own."""
    if controller.type != "usb" or controller.model == "none":
        return None
    if controller.model in ("ich9-uhci1", "ich9-uhci2", "ich9-uhci3") and controller.master is not None:
        return None
    if controller.model in ("nec-xhci", "qemu-xhci") and controller.ports is not None:
        return controller.ports
    return _PORTS.get(controller.model or "", 2)


def _add_hubs(hubs: list[Hub], devices: int, ports: int) -> None:
    """Hubs for what finds no port. Each takes one itself, and libvirt leaves one free where it adds any."""
    lacking = devices + len(hubs) - ports - len(hubs) * _HUB_PORTS
    if lacking > 0:
        hubs += [Hub(type="usb") for _ in range(-(-(lacking + 1) // (_HUB_PORTS - 1)))]
