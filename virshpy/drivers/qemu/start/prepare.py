"""What a document gets at start and only then: names, ports, terminals, the backing chains as they are now."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.drivers.qemu.argv.interfaces import LINKED
from virshpy.drivers.qemu.images import complete_chain, cover
from virshpy.drivers.qemu.postparse.aliases import assign_aliases
from virshpy.drivers.qemu.postparse.context import Context
from virshpy.drivers.qemu.postparse.firmware import resolve_firmware
from virshpy.drivers.qemu.start.ports import settle_ports
from virshpy.host.namespaces import HOST
from virshpy.xml.domain import Domain
from virshpy.xml.domain.chardev import CharSource
from virshpy.xml.domain.devices import CID
from virshpy.xml.domain.interface import Interface, InterfaceTarget, named_by_itself
from virshpy.xml.domain.security import Seclabel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.identity import Identity
    from virshpy.drivers.qemu.records import Domains
    from virshpy.drivers.qemu.start.volumes import Volumes
    from virshpy.xml.domain.devices import Vsock
    from virshpy.xml.domain.storage import Disk


def prepare(domains: Domains, domain: Domain, journal: str, id: int, identity: Identity) -> Volumes | None:
    """Decide, in place, everything about a complete document that the command line depends on. What its user said of
    disks that are volumes is returned."""
    devices = domain.devices
    if domain.cputune is not None:
        from virshpy.drivers.qemu.start import pins

        pins.require_processors(domain)
    if domain.os is not None:
        resolve_firmware(domain, Context(nvram_dir=domains.site.directories.nvram))
    volumes = None
    if any(disk.type == "volume" for disk in devices.disks):
        from virshpy.drivers.qemu.start.volumes import Volumes

        volumes = Volumes()
        volumes.translate(domains, domain)
    devices.disks = [disk for disk in devices.disks if not _is_left_out(disk)]
    for disk in devices.disks:
        _refuse_unkept(disk)
        complete_chain(disk)
        if disk.transient is not None:
            cover(disk, domain.name or "")
    if devices.hostdevs:
        from virshpy.drivers.qemu.start import hostdevs

        hostdevs.find_devices(domain)
    for interface in devices.interfaces:
        _refuse_taken_mac(domains, domain, interface)
        where = HOST
        if interface.type == "network":
            from virshpy.drivers.network import guests

            where = guests.plug_in(domains.site, domain, interface, journal)
        if interface.type in LINKED:
            from virshpy.drivers.qemu.start import nics

            nics.check(interface, nics.plug_of(interface), where)
        _name_link(domains, interface)
    settle_ports(domains, domain, journal, domains.own_directory(id))
    if devices.vsock is not None:
        _choose_address(devices.vsock)
    for channel in devices.channels:
        if channel.type == "unix" and not channel.sources and channel.target:
            name = channel.target.name or f"channel{devices.channels.index(channel)}"
            channel.sources = [CharSource(mode="bind", path=f"{domains.guest_directory(id)}/{name}")]
    if identity.uid is not None:
        label = f"+{identity.uid}:+{identity.uid}"
        domain.seclabels = [Seclabel(type="dynamic", model="dac", relabel=True, label=label, imagelabel=label)]
    assign_aliases(domain)
    return volumes


def _is_left_out(disk: Disk) -> bool:
    """Whether the guest does without a disk whose file is not there, as it may; a drive stays, without its medium."""
    source = disk.source
    path = (source.file or source.dev or source.dir) if source is not None else None
    if source is None or source.startupPolicy != "optional" or path is None or os.path.exists(path):
        return False
    if disk.device not in ("cdrom", "floppy"):
        return True
    disk.source = disk.backing_store = None
    if disk.driver is not None:
        disk.driver.type = None
    return False


def _refuse_unkept(disk: Disk) -> None:
    """What a start would have to do for a disk and does not do: a guest must not run as if it were done."""
    name = disk.target.dev if disk.target else None
    reservations = disk.source.reservations if disk.source else None
    if reservations is not None and reservations.managed:
        raise errors.ConfigUnsupported(
            f"managed reservations of disk '{name}' are not supported yet",
            hint="start qemu-pr-helper yourself, and name its socket: <reservations managed='no'><source …/>",
        )


def _link(interface: Interface) -> tuple[str | None, str] | None:
    """What an interface is plugged into, where others may be plugged in as well."""
    source = interface.source
    if source is not None and source.network:
        return ("network", source.network)
    name = source and {"bridge": source.bridge, "direct": source.dev}.get(interface.type or "")
    return (interface.type, name) if name else None


def _refuse_taken_mac(domains: Domains, domain: Domain, interface: Interface) -> None:
    """Two guests with one address on one link would each lose half of their packets."""
    mac = interface.mac.address if interface.mac else None
    link = _link(interface)
    if mac is None or link is None:
        return
    rows = domains.store.all(
        "SELECT name, xml FROM run.active WHERE pid IS NOT NULL AND uuid <> ? AND instr(xml, ?)", domain.uuid, mac
    )
    for name, xml in rows:
        for other in Domain.parse(xml).devices.interfaces:
            if other.mac and other.mac.address == mac and _link(other) == link:
                raise errors.InvalidArg(
                    f"network device with mac {mac} already exists",
                    hint=f"domain '{name}' is running with it on {link[0]} '{link[1]}'; leave out <mac> for a new one",
                )


def _name_link(domains: Domains, interface: Interface) -> None:
    """Name the host's end, where its user has not: the next number that no link has."""
    if interface.type not in LINKED or (interface.target and interface.target.managed is False):
        return
    target = interface.target = interface.target or InterfaceTarget()
    if target.dev is not None and not named_by_itself(target):
        return
    head = "macvtap" if interface.type == "direct" else "vnet"
    while True:
        target.dev = f"{head}{domains.store.next(head) - 1}"
        if not os.path.exists(f"/sys/class/net/{target.dev}"):
            break


def _choose_address(vsock: Vsock) -> None:
    """A guest's address on virtual sockets. Raises ConfigUnsupported where the host has none."""
    from virshpy.host.vsock import free_address, require_device

    if vsock.cid is None or vsock.cid.auto is not False or vsock.cid.address is None:
        vsock.cid = CID(auto=True, address=free_address())
    else:
        require_device()
