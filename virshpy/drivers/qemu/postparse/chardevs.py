"""Serial ports, parallel ports, consoles and channels: targets, ports, and the console that is a serial port."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.runs import is_channel_of_a_run
from virshpy.xml.domain.chardev import (
    Console,
    ConsoleTarget,
    ParallelTarget,
    Protocol,
    Serial,
    SerialTarget,
    TargetModel,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.domain import Domain

_MODELS = {
    "isa-serial": "isa-serial",
    "usb-serial": "usb-serial",
    "pci-serial": "pci-serial",
    "isa-debug": "isa-debugcon",
}
_TYPES = {model: kind for kind, model in _MODELS.items()}
_ISA_PORTS = 4


def complete_chardevs(domain: Domain) -> None:
    devices = domain.devices
    _number_serials(devices.serials)
    _number_consoles(devices.consoles)
    pair_console(domain)
    highest = -1
    for parallel in devices.parallels:
        parallel.target = parallel.target or ParallelTarget()
        if parallel.target.port in (None, -1):
            parallel.target.port = highest + 1
        highest = max(highest, parallel.target.port or 0)
    for serial in devices.serials:
        _serial_target(serial)
    for console in devices.consoles:
        if console.target is not None and console.target.type is None:
            console.target.type = "serial"
    for device in [*devices.serials, *devices.parallels, *devices.consoles, *devices.channels]:
        _complete_source(device)


def pair_console(domain: Domain) -> None:
    """The first console of a PC is its first serial port: where one of the two is given, the other is added."""
    devices = domain.devices
    first = devices.consoles[0] if devices.consoles else None
    kind = (first.target.type if first.target else None) if first else None
    if first is not None and kind in (None, "serial"):
        if not devices.serials:
            devices.serials.append(_serial_of(first))
        _mirror(first, devices.serials[0])
    elif devices.serials and _is_console_serial(devices.serials[0]):
        # Where a console of another kind stands first, the serial port's goes before it.
        console = Console(target=ConsoleTarget(type="serial", port=0))
        _mirror(console, devices.serials[0])
        devices.consoles.insert(0, console)


def mirror_address(domain: Domain) -> None:
    """The console that is a serial port has that port's address, which is known only now."""
    devices = domain.devices
    first = devices.consoles[0] if devices.consoles else None
    if first is not None and first.target is not None and first.target.type == "serial" and devices.serials:
        address = devices.serials[0].address
        first.address = address.copy() if address is not None else None


def _is_console_serial(serial: Serial) -> bool:
    kind = serial.target.type if serial.target else None
    return kind in (None, "isa-serial", "spapr-vio-serial", "system-serial", "sclp-serial")


def _serial_of(console: Console) -> Serial:
    serial = Serial(target=SerialTarget(port=0))
    for name, value in console.__dict__.items():
        if name != "target" and name in Serial._fields:
            serial.__dict__[name] = value
    return serial


def _mirror(console: Console, serial: Serial) -> None:
    """Console 0 shows what serial 0 is; its own settings do not count."""
    target = console.target or ConsoleTarget()
    target.type, target.port = "serial", serial.target.port if serial.target else 0
    copied = serial.copy()
    for name in list(console.__dict__):
        if name != "target":
            del console.__dict__[name]
    for name, value in copied.__dict__.items():
        if name not in ("target", "boot") and name in Console._fields:
            console.__dict__[name] = value
    console.target = target


def _number_serials(serials: list[Serial]) -> None:
    """Those that the document calls ISA ports get the first numbers that no other of these has; then all others get
    the numbers after the highest."""
    targets = []
    for serial in serials:
        serial.target = serial.target or SerialTarget()
        targets.append(serial.target)
        if serial.target.port == -1:
            serial.target.port = None
    isa = [target for target in targets if target.type == "isa-serial"]
    for target in isa:
        if target.port is None:
            taken = {other.port for other in isa}
            target.port = next(number for number in range(len(isa) + 1) if number not in taken)
        if target.port >= _ISA_PORTS:
            raise errors.InternalError(f"Maximum supported number of ISA serial ports is '{_ISA_PORTS}'")
    highest = max((target.port for target in targets if target.port is not None), default=-1)
    for target in targets:
        if target.port is None:
            target.port = highest = highest + 1


def _number_consoles(consoles: list[Console]) -> None:
    for number, console in enumerate(consoles):
        console.target = console.target or ConsoleTarget()
        if number or console.target.type not in (None, "serial"):
            console.target.port = number


def _serial_target(serial: Serial) -> None:
    target = serial.target
    assert target is not None
    if target.type is None:
        address = serial.address.type if serial.address else None
        by_model = _TYPES.get(target.model.name or "") if target.model else None
        target.type = by_model or {"usb": "usb-serial", "pci": "pci-serial"}.get(address or "", "isa-serial")
    if (target.model is None or target.model.name is None) and target.type in _MODELS:
        target.model = TargetModel(name=_MODELS[target.type])


def _complete_source(device: Any) -> None:
    """Unix sockets and TCP sources say which side listens; TCP says which protocol."""
    complete_backend(device)
    if device._tag == "channel" and device.type == "unix" and device.target and device.target.type == "virtio":
        # A path that was made up at an earlier start is made up again.
        device.sources = [s for s in device.sources if s.path and not is_channel_of_a_run(s.path)]


def complete_backend(device: Any) -> None:
    """Unix sockets and TCP sources say which side listens; TCP says which protocol, and nothing else does."""
    if device.type in ("unix", "tcp"):
        for source in device.sources:
            if source.mode is None and (source.path or source.host or device.type == "tcp"):
                source.mode = "connect"
    if device.type == "tcp":
        if device.protocol is None:
            device.protocol = Protocol(type="raw")
    else:
        device.protocol = None
