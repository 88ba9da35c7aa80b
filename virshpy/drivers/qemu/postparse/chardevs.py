"""Serial ports, parallel ports, consoles and channels: targets, ports, and the console that is a serial port."""

from __future__ import annotations

import re

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
_TAIL = ("boot", "alias", "acpi", "address")


def complete_chardevs(domain: Domain) -> None:
    devices = domain.devices
    _number(devices.serials, SerialTarget)
    _number(devices.consoles, ConsoleTarget)
    pair_console(domain)
    _number(devices.parallels, ParallelTarget)
    _number(devices.consoles, ConsoleTarget)
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
        else:
            _mirror(first, devices.serials[0])
    elif first is None and devices.serials and _is_console_serial(devices.serials[0]):
        console = Console(target=ConsoleTarget(type="serial", port=0))
        _mirror(console, devices.serials[0])
        devices.consoles.insert(0, console)
    elif first is not None and devices.serials and _is_console_serial(devices.serials[0]):
        # A console of another kind stands first: the serial port's goes before it.
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


def _number(group: list[Any], target_class: Any) -> None:
    """Ports without a number get the ones after the highest."""
    for device in group:
        if device.target is None:
            device.target = target_class()
    for device in group:
        if device.target.port is None or device.target.port == -1:
            highest = max((d.target.port for d in group if d.target.port is not None), default=-1)
            device.target.port = highest + 1


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
        device.sources = [s for s in device.sources if s.path and not _MADE_UP(s.path)]


_MADE_UP = re.compile(r"/.*/qemu/channel/target/([^/]+\.|domain-[^/]+/)[^/]*\Z").match


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
