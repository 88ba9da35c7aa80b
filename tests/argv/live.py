"""A definition as it looks while its guest runs: everything that a start writes into a document."""

from __future__ import annotations

from itertools import count

from virshpy.drivers.qemu.postparse.aliases import assign_aliases
from virshpy.xml.domain import Domain
from virshpy.xml.domain.chardev import CharSource
from virshpy.xml.domain.interface import InterfaceTarget
from virshpy.xml.domain.security import Seclabel


def running(definition: Domain) -> Domain:
    """The same guest, as `dumpxml` shows it while it runs as one of ours."""
    domain = definition.copy()
    domain.id = 7
    assign_aliases(domain)
    _network(domain)
    _characters(domain)
    domain.seclabels = [Seclabel(type="dynamic", model="dac", relabel=True, label="+7:+7", imagelabel="+7:+7")]
    for memory in domain.devices.memories:
        if memory.target is not None:
            memory.target.current = memory.target.size
    return domain


def _network(domain: Domain) -> None:
    numbers = count(5900)
    for interface in domain.devices.interfaces:
        if interface.type == "network" and interface.source is not None:
            interface.source.bridge = "virbr0"
            interface.source.portid = "0d0a0c1c-6a52-4f3e-9d4a-0a3f4f3b1c55"
        if interface.type in ("network", "bridge", "ethernet") and interface.target is None:
            interface.target = InterfaceTarget(dev=f"vnet{next(numbers)}")
    for graphics in domain.devices.graphics:
        if graphics.autoport:
            graphics.port = next(numbers)
            graphics.tlsPort = next(numbers) if graphics.type == "spice" else None
        if graphics.websocket == -1:
            graphics.websocket, graphics.websocketGenerated = next(numbers), True
        for listen in graphics.listens:
            if listen.type == "network":
                listen.address = graphics.listen = "192.168.122.1"
            if listen.type == "socket" and listen.socket is None:
                listen.socket = f"/run/virshpy/guests/7/{graphics.type}.sock"
                graphics.socket = listen.socket if graphics.type == "vnc" else None


def _characters(domain: Domain) -> None:
    devices = domain.devices
    for channel in devices.channels:
        if channel.target is not None and channel.target.type == "virtio":
            channel.target.state = "disconnected"
            if channel.type == "unix" and not channel.sources:
                channel.sources = [CharSource(mode="bind", path=f"/tmp/x/run/guests/7/{channel.target.name}")]
    for device in (*devices.serials, *devices.parallels, *devices.consoles, *devices.channels):
        if device.type == "pty":
            device.sources = [CharSource(path="/dev/pts/7")]
            device.tty = "/dev/pts/7"
