"""Addresses that are neither PCI nor USB: virtio-serial ports, smartcard slots, memory slots."""

from __future__ import annotations

from itertools import count

from virshpy import errors
from virshpy.drivers.qemu.postparse.controllers import virtio_ports
from virshpy.drivers.qemu.postparse.places import card_of, dimm_of, port_of
from virshpy.xml.domain.address import CCIDAddress, DIMMAddress, VirtioSerialAddress
from virshpy.xml.domain.devices import Controller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.domain import Domain

_SERIAL_PORTS = 31


class _SerialPorts:
    """The ports of the virtio-serial controllers, and which of them are taken."""

    def __init__(self, domain: Domain) -> None:
        self.controllers = domain.devices.controllers
        self.counts = {
            c.index or 0: c.ports if c.ports is not None else _SERIAL_PORTS
            for c in self.controllers
            if c.type == "virtio-serial"
        }
        self.used: dict[int, set[int]] = {number: set() for number in self.counts}
        self.lowest = dict.fromkeys(self.counts, 1)  # all below are taken; port 0 is for a console
        self.open = sorted(self.counts)  # those that may have a free port

    def reserve(self, number: int, port: int) -> None:
        if port >= self.counts[number]:
            raise errors.XMLError(
                f"virtio serial controller {number} does not have port {port}",
                hint=f"its ports are 0 to {self.counts[number] - 1}",
            )
        if port in self.used[number]:
            raise errors.XMLError(
                f"virtio serial port {port} on controller {number} is already occupied",
                hint="give one of the two another port, or no <address>",
            )
        self.used[number].add(port)

    def free(self, number: int) -> int | None:
        """The first free port of a controller."""
        while self.lowest[number] in self.used[number]:
            self.lowest[number] += 1
        return self.lowest[number] if self.lowest[number] < self.counts[number] else None

    def give(self, device: Any, only: int | None) -> None:
        """The first free port, of controller ``only`` or of any; a controller is added where there is none."""
        while only is None and self.open and self.free(self.open[0]) is None:
            del self.open[0]
        number = only if only is not None else self.open[0] if self.open else self._add()
        port = self.free(number)
        if port is None:
            raise errors.XMLError(f"Unable to find a free port on virtio-serial controller {number}")
        self.used[number].add(port)
        device.address = VirtioSerialAddress(type="virtio-serial", controller=number, bus=0, port=port)

    def _add(self) -> int:
        number = max(self.counts) + 1
        self.controllers.append(Controller(type="virtio-serial", index=number))
        self.counts[number], self.used[number], self.lowest[number] = _SERIAL_PORTS, set(), 1
        self.open.append(number)
        return number


def assign_virtio_serial(domain: Domain) -> None:
    """Ports on virtio-serial controllers, for channels: a console without an address is put somewhere by QEMU."""
    ports = _SerialPorts(domain)
    if not ports.counts:
        return
    for device in virtio_ports(domain):
        address = port_of(device)
        if address is not None and address.port:
            ports.reserve(address.controller or 0, address.port)
    for channel in domain.devices.channels:
        address = port_of(channel)
        if channel.target and channel.target.type == "virtio" and not (address and address.port):
            ports.give(channel, (address.controller or 0) if address else None)


def assign_ccid(domain: Domain) -> None:
    """Smartcards get the slots of their controllers."""
    used: set[tuple[int, int]] = set()
    for card in domain.devices.smartcards:
        slot = card_of(card)
        if slot is not None:
            used.add((slot.controller or 0, slot.slot or 0))
    numbers = count()
    for card in domain.devices.smartcards:
        if card.address is None:
            number = next(n for n in numbers if (n, 0) not in used)
            card.address = CCIDAddress(type="ccid", controller=number, slot=0)
            used.add((number, 0))


def assign_memory_slots(domain: Domain) -> None:
    """DIMMs and NVDIMMs get slots of the memory that can be plugged."""
    modules = [m for m in domain.devices.memories if m.model in ("dimm", "nvdimm")]
    used = {address.slot for address in map(dimm_of, modules) if address is not None}
    most = domain.max_memory.slots if domain.max_memory and domain.max_memory.value else None
    numbers = iter(range(most or 0))
    for module in modules:
        if dimm_of(module) is None and most is not None:
            slot = next((number for number in numbers if number not in used), None)
            if slot is None:
                raise errors.InternalError(
                    "failed to find an empty memory slot", hint=f"<maxMemory slots='{most}'> is too few"
                )
            used.add(slot)
            module.address = DIMMAddress(type="dimm", slot=slot)
