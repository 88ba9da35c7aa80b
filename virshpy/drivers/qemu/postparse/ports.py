"""Addresses that are not PCI: virtio-serial ports, USB ports, smartcard slots, memory slots."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.controllers import controller_of, virtio_ports
from virshpy.drivers.qemu.postparse.places import card_of, dimm_of, port_of, usb_of
from virshpy.xml.domain.address import CCIDAddress, DIMMAddress, USBAddress, VirtioSerialAddress
from virshpy.xml.domain.devices import Controller
from virshpy.xml.domain.display import Hub

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from virshpy.xml.domain import Domain

_SERIAL_PORTS = 31
_HUB_PORTS = 8
_USB_PORTS = {
    "piix3-uhci": 2, "piix4-uhci": 2, "ehci": 6, "ich9-ehci1": 6, "vt82c686b-uhci": 2, "pci-ohci": 3, "nec-xhci": 4,
    "qemu-xhci": 4, "qusb1": 0, "qusb2": 0,
}  # fmt: skip


def assign_virtio_serial(domain: Domain) -> None:
    """Ports on virtio-serial controllers, for channels: a console without an address is put somewhere by QEMU."""
    controllers = [c.index or 0 for c in domain.devices.controllers if c.type == "virtio-serial"]
    if not controllers:
        return
    used: dict[int, set[int]] = {index: set() for index in controllers}
    for device in virtio_ports(domain):
        address = port_of(device)
        if address is not None and address.port:
            number = address.controller or 0
            if address.port >= _port_count(domain, number):
                raise errors.XMLError(
                    f"virtio serial controller {number} does not have port {address.port}",
                    hint=f"its ports are 0 to {_port_count(domain, number) - 1}",
                )
            if address.port in used.setdefault(number, set()):
                raise errors.XMLError(
                    f"virtio serial port {address.port} on controller {number} is already occupied",
                    hint="give one of the two another port, or no <address>",
                )
            used[number].add(address.port)
    for channel in domain.devices.channels:
        address = port_of(channel)
        if channel.target and channel.target.type == "virtio" and not (address and address.port):
            _give_port(domain, channel, used, (address.controller or 0) if address else None)


def _port_count(domain: Domain, number: int) -> int:
    controller = controller_of(domain, "virtio-serial", number)
    return controller.ports if controller and controller.ports is not None else _SERIAL_PORTS


def _give_port(domain: Domain, device: Any, used: dict[int, set[int]], only: int | None) -> None:
    first = 1  # port 0 is for a console
    for number in [only] if only is not None else sorted(used):
        taken = used.setdefault(number, set())
        free = next((port for port in range(first, _port_count(domain, number)) if port not in taken), None)
        if free is not None:
            break
    else:
        if only is not None:
            raise errors.XMLError(f"Unable to find a free port on virtio-serial controller {only}")
        number = max(used) + 1
        domain.devices.controllers.append(Controller(type="virtio-serial", index=number))
        used[number] = set()
        free = first
    used[number].add(free)
    device.address = VirtioSerialAddress(type="virtio-serial", controller=number, bus=0, port=free)


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
    """The ports of one bus: a controller's, and those of the hubs on it, by path."""

    def __init__(self, count: int) -> None:
        self.counts = {"": count}
        self.used: set[str] = set()

    def add_hub(self, path: str) -> None:
        self.counts[path] = _HUB_PORTS

    def has(self, path: str) -> bool:
        upstream, _, last = path.rpartition(".")
        return upstream in self.counts and 0 < int(last) <= self.counts[upstream]

    def free(self) -> str | None:
        for upstream in sorted(self.counts, key=lambda path: (path.count(".") + bool(path), path)):
            for number in range(1, self.counts[upstream] + 1):
                path = f"{upstream}.{number}" if upstream else str(number)
                if path not in self.used:
                    return path
        return None


def assign_usb(domain: Domain) -> None:
    """Every USB device gets a port; hubs are added where the controllers have too few."""
    buses: dict[int, _Ports] = {}
    for controller in domain.devices.controllers:
        if controller.type != "usb" or controller.model == "none":
            continue
        if controller.model in ("ich9-uhci1", "ich9-uhci2", "ich9-uhci3") and controller.master is not None:
            continue
        count = _USB_PORTS.get(controller.model or "", 2)
        if controller.model in ("nec-xhci", "qemu-xhci") and controller.ports is not None:
            count = controller.ports
        if controller.index in buses:
            raise errors.XMLError(
                f"Duplicate USB controllers with index {controller.index}", hint="give each an index of its own"
            )
        buses[controller.index or 0] = _Ports(count)
    if not buses:
        if any(True for _ in usb_devices(domain)):
            raise errors.ConfigUnsupported(
                "USB is disabled for this domain, but USB devices are present in the domain XML",
                hint="remove <controller type='usb' model='none'/>, or the devices",
            )
        return
    hubs = domain.devices.hubs
    _add_hubs(domain, buses)
    for hub in hubs:
        if _has_port(hub):
            _reserve(hub, buses)
            _open_hub(hub, buses)
    for device in usb_devices(domain):
        if _has_port(device):
            _reserve(device, buses)
    for hub in hubs:
        if not _has_port(hub):
            _give_usb(hub, buses)
            _open_hub(hub, buses)
    for device in usb_devices(domain):
        if not _has_port(device):
            _give_usb(device, buses)


def _add_hubs(domain: Domain, buses: dict[int, _Ports]) -> None:
    have = sum(bus.counts[""] for bus in buses.values()) + len(domain.devices.hubs) * _HUB_PORTS
    need = len(list(usb_devices(domain))) + len(domain.devices.hubs)
    while have < need:
        domain.devices.hubs.append(Hub(type="usb"))
        have += _HUB_PORTS - 1


def _has_port(device: Any) -> bool:
    return usb_of(device) is not None


def _open_hub(hub: Any, buses: dict[int, _Ports]) -> None:
    """A hub's own ports can be used from here on."""
    address = usb_of(hub)
    if address is not None:
        buses[address.bus or 0].add_hub(address.port or "")


def _reserve(device: Any, buses: dict[int, _Ports]) -> None:
    number, path = device.address.bus or 0, device.address.port
    if number not in buses:
        raise errors.XMLError(f"Missing USB bus {number}", hint=f"add <controller type='usb' index='{number}'/>")
    bus = buses[number]
    upstream = path.rpartition(".")[0]
    if upstream and upstream not in bus.counts:
        raise errors.XMLError(
            f"there is no hub at port {upstream} in USB address bus: {number} port: {path}",
            hint="add <hub type='usb'> with that <address>",
        )
    if not bus.has(path):
        raise errors.XMLError(
            f"requested USB port {path} not present on USB bus {number}",
            hint=f"its ports are 1 to {bus.counts['']}; leave out the <address> to get a free one",
        )
    if path in bus.used:
        raise errors.XMLError(
            f"Duplicate USB address bus {number} port {path}", hint="give one of the two another port, or no <address>"
        )
    bus.used.add(path)


def _give_usb(device: Any, buses: dict[int, _Ports]) -> None:
    wanted = device.address.bus if device.address is not None and device.address.type == "usb" else None
    for number in sorted(buses) if wanted is None else [wanted]:
        path = buses[number].free() if number in buses else None
        if path is not None:
            buses[number].used.add(path)
            device.address = USBAddress(type="usb", bus=number, port=path)
            return
    raise errors.InternalError("No free USB ports")


def assign_ccid(domain: Domain) -> None:
    """Smartcards get the slots of their controllers."""
    used: set[tuple[int, int]] = set()
    for card in domain.devices.smartcards:
        slot = card_of(card)
        if slot is not None:
            used.add((slot.controller or 0, slot.slot or 0))
    for card in domain.devices.smartcards:
        if card.address is None:
            number = next(n for n in range(len(used) + 1) if (n, 0) not in used)
            card.address = CCIDAddress(type="ccid", controller=number, slot=0)
            used.add((number, 0))


def assign_memory_slots(domain: Domain) -> None:
    """DIMMs and NVDIMMs get slots of the memory that can be plugged."""
    modules = [m for m in domain.devices.memories if m.model in ("dimm", "nvdimm")]
    used = {address.slot for address in map(dimm_of, modules) if address is not None}
    most = domain.max_memory.slots if domain.max_memory and domain.max_memory.value else None
    for module in modules:
        if dimm_of(module) is None and most is not None:
            slot = next((number for number in range(most) if number not in used), None)
            if slot is None:
                raise errors.InternalError(
                    "failed to find an empty memory slot", hint=f"<maxMemory slots='{most}'> is too few"
                )
            used.add(slot)
            module.address = DIMMAddress(type="dimm", slot=slot)
