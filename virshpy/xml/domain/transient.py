"""What --inactive shows of a guest that is defined nowhere: the running document, less what will change with a run.

libvirt leaves less out here than of a definition: aliases, labels and the port of SPICE stay.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.devices import Devices

GENERATED_TARGETS = ("vnet", "vhostnet", "macvtap", "macvlan")


def without_run(live: Domain) -> Domain:
    """A copy of a running guest's document, to be printed as a live one."""
    domain = live.copy()
    domain.id = None
    if domain.cputune is not None:
        for tune in domain.cputune.cachetunes:
            tune.id = None
    _storage(domain.devices)
    _interfaces(domain.devices)
    _chardevs(domain.devices)
    for graphics in domain.devices.graphics:
        on_socket = graphics.socket is not None or any(listen.type == "socket" for listen in graphics.listens)
        if graphics.type == "vnc" and graphics.autoport and not on_socket:
            graphics.port = -1
    for memory in domain.devices.memories:
        if memory.target is not None:
            memory.target.current = None
    for hostdev in domain.devices.hostdevs:
        if hostdev.source is not None:
            hostdev.source.missing = None
    return domain


def _storage(devices: Devices) -> None:
    """Backing stores with a number were found when the guest started; the document of a user names its own."""
    for disk in devices.disks:
        disk.mirror = None
        if disk.backing_store is not None and disk.backing_store.index is not None:
            disk.backing_store = None


def _interfaces(devices: Devices) -> None:
    for interface in devices.interfaces:
        target = interface.target
        if target is not None and (target.dev or "").startswith(GENERATED_TARGETS):
            target.dev = None
        if interface.type == "network" and interface.source is not None:
            interface.source.portid = interface.source.bridge = None
        if interface.guest is not None:
            interface.guest.actual = None


def _chardevs(devices: Devices) -> None:
    for device in (*devices.serials, *devices.parallels, *devices.consoles, *devices.channels):
        if device.type == "pty":
            device.tty = None
            device.sources = []
    for channel in devices.channels:
        if channel.target is not None:
            channel.target.state = None
