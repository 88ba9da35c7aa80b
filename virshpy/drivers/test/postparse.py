"""What libvirt adds to a document whatever the hypervisor: buses, addresses of drives, implied controllers, names."""

from __future__ import annotations

import random
from itertools import count

from virshpy.xml.domain import Domain
from virshpy.xml.domain.address import DriveAddress
from virshpy.xml.domain.devices import Controller
from virshpy.xml.domain.interface import InterfaceMAC, InterfaceTarget
from virshpy.xml.domain.targets import sort_disks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain.storage import Disk
    from virshpy.xml.domain.tuning import IOThread

_BUSES = {"fd": "fdc", "hd": "ide", "sd": "scsi", "vd": "virtio", "xvd": "xen", "ubd": "uml"}
_UNITS = {"scsi": 7, "fdc": 2, "sata": 6}  # on one controller


def complete(domain: Domain) -> None:
    """In place."""
    _machine(domain)
    sort_disks(domain)
    for disk in domain.devices.disks:
        _disk(disk)
    _controllers(domain)
    taken = {interface.target.dev for interface in domain.devices.interfaces if interface.target}
    free = (name for name in (f"testnet{n}" for n in range(1 << 16)) if name not in taken)
    for interface in domain.devices.interfaces:
        if interface.mac is None or interface.mac.address is None:
            digits = ":".join(f"{random.randrange(256):02x}" for _ in range(3))
            interface.mac = InterfaceMAC(address=f"52:54:00:{digits}")
        if interface.target is None or interface.target.dev is None:
            interface.target = InterfaceTarget(dev=next(free))
    if domain.iothreadids is not None:
        domain.iothreadids.iothreads = iothreads_of(domain)
    _consoles(domain)
    _displays(domain)
    for watchdog in domain.devices.watchdogs:
        watchdog.action = watchdog.action or "reset"
    for hostdev in domain.devices.hostdevs:
        if hostdev.managed is None and hostdev.mode == "subsystem":
            hostdev.managed = False


def iothreads_of(document: Domain) -> list[IOThread]:
    """Those that are listed, and with the lowest free numbers as many as are missing."""
    from virshpy.xml.domain import tuning

    listed = document.iothreadids.iothreads if document.iothreadids else []
    taken = {thread.id for thread in listed}
    free = (number for number in count(1) if number not in taken)
    return [*listed, *(tuning.IOThread(id=next(free)) for _ in range((document.iothreads or 0) - len(listed)))]


def _machine(domain: Domain) -> None:
    from virshpy.xml.domain.clock import Clock
    from virshpy.xml.domain.osboot import BootDevice
    from virshpy.xml.domain.tuning import VCPU

    system = domain.os
    if system is not None and system.type is not None:
        system.type.arch = system.type.arch or "i686"
        loose = not any(device.boot for device in [*domain.devices.disks, *domain.devices.interfaces])
        if not system.boots and system.type.value == "hvm" and loose and not system.kernel:
            system.boots = [BootDevice(dev="hd")]
    domain.vcpu = domain.vcpu or VCPU(value=1)
    domain.vcpu.placement = domain.vcpu.placement or "static"
    if domain.memory is not None:
        maximum = domain.memory.value or 0
        domain.current_memory = min(domain.current_memory or maximum, maximum)
    domain.clock = domain.clock or Clock(offset="utc")
    domain.on_poweroff = domain.on_poweroff or "destroy"
    domain.on_reboot = domain.on_reboot or "restart"
    domain.on_crash = domain.on_crash or "destroy"


def _disk(disk: Disk) -> None:
    target = disk.target
    if target is None or not target.dev:
        return
    if target.bus is None:
        known = (bus for prefix, bus in _BUSES.items() if target.dev.startswith(prefix))
        target.bus = next(known, "fdc" if disk.device == "floppy" else "ide")
    if disk.device == "cdrom":
        disk.readonly = True
    if target.bus in ("ide", "scsi", "sata", "fdc") and disk.address is None:
        index = _index(target.dev)
        if target.bus == "ide":
            controller, bus, unit = index // 4, index % 4 // 2, index % 2
        else:
            units = _UNITS[target.bus]
            controller, bus, unit = index // units, 0, index % units
        disk.address = DriveAddress(type="drive", controller=controller, bus=bus, target=0, unit=unit)


def _index(name: str) -> int:
    """sda is 0, sdb 1, sdaa 26."""
    letters = name.rstrip("0123456789")
    prefix = next((prefix for prefix in _BUSES if letters.startswith(prefix)), "")
    value = 0
    for letter in letters[len(prefix) :]:
        value = value * 26 + ord(letter) - ord("a") + 1
    return max(value - 1, 0)


def _controllers(domain: Domain) -> None:
    """Those that drives, ports and cards need and the document does not have."""
    devices = domain.devices
    for kind in ("scsi", "fdc", "ide", "sata"):
        numbers = [
            disk.address.controller or 0
            for disk in devices.disks
            if disk.target and disk.target.bus == kind and isinstance(disk.address, DriveAddress)
        ]
        _need(domain, kind, max(numbers, default=-1))
    kinds = [port.target.type for port in devices.channels if port.target]
    kinds += [port.target.type for port in devices.consoles if port.target]
    _need(domain, "virtio-serial", 0 if "virtio" in kinds else -1)
    _need(domain, "ccid", 0 if devices.smartcards else -1)


def _need(domain: Domain, kind: str, highest: int) -> None:
    controllers = domain.devices.controllers
    for index in range(highest + 1):
        if not any(known.type == kind and known.index == index for known in controllers):
            controllers.append(Controller(type=kind, index=index))


def _consoles(domain: Domain) -> None:
    """The first serial port of a fully virtualized guest is its console too."""
    from virshpy.xml.domain.chardev import Console, ConsoleTarget, SerialTarget

    devices = domain.devices
    for number, serial in enumerate(devices.serials):
        serial.target = serial.target or SerialTarget()
        serial.target.port = number if serial.target.port is None else serial.target.port
    hvm = domain.os is not None and domain.os.type is not None and domain.os.type.value == "hvm"
    if hvm and devices.serials and not devices.consoles:
        first = devices.serials[0]
        devices.consoles = [Console(type=first.type, target=ConsoleTarget(type="serial", port=0))]


# KiB of memory, for cards that have any.
_VIDEO = {"cirrus": 16384, "vga": 16384, "bochs": 16384, "vmvga": 16384, "qxl": 65536}


def _displays(domain: Domain) -> None:
    from virshpy.xml.domain.display import Listen, VideoModel

    for graphics in domain.devices.graphics:
        if graphics.type in ("vnc", "spice", "rdp"):
            if graphics.port in (None, -1) and graphics.autoport is None:
                graphics.autoport = True
            if graphics.type == "vnc" and graphics.port is None:
                graphics.port = -1
            graphics.listens = graphics.listens or [Listen(type="address")]
    for number, video in enumerate(domain.devices.videos):
        model = video.model = video.model or VideoModel(type="cirrus")
        model.heads = model.heads or 1
        model.vram = model.vram or _VIDEO.get(str(model.type))
        if not number:
            model.primary = True
