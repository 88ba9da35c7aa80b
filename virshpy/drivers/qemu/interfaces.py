"""The interfaces of a domain: what they have counted, and changes of them, now and for the next start."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.driver.domain.devices import InterfaceStats
from virshpy.drivers.qemu import endings, interface_changes, reading
from virshpy.drivers.qemu.argv.interfaces import is_macvtap
from virshpy.drivers.qemu.interface_changes import find_interface
from virshpy.drivers.qemu.postparse.aliases import alias_of
from virshpy.host import links
from virshpy.host.namespaces import HOST, Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from virshpy.driver.domain import DomainRef
    from virshpy.drivers.qemu.records import Domains, Record
    from virshpy.drivers.qemu.steps import Monitor
    from virshpy.host.site import Site
    from virshpy.host.steps import Step
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.interface import Interface, Link

    # What changes a document, and gives the interface before and after.
    Edit = Callable[[Domain], tuple[Interface, Interface]]


def statistics(domains: Domains, ref: DomainRef, device: str) -> InterfaceStats:
    """What the host's end has counted, as the guest sees it. Raises OperationInvalid, InvalidArg, InternalError."""
    document = reading.parse(domains.live_document(domains.require_active(ref).uuid))
    interface = find_interface(document, device)
    name = interface.target.dev if interface.target is not None else None
    if not name:
        raise errors.InternalError("Interface name not provided", hint="the host has no link for it")
    counted = place_of(domains.site, interface).counters()
    if name not in counted:
        raise errors.InternalError("/proc/net/dev: Interface not found")
    received, sent = as_the_guest(interface, *counted[name])
    return InterfaceStats(*received, *sent)


def place_of(site: Site, interface: Interface) -> Host:
    """Where the link of a running guest's interface is: an ordinary user's networks are in a namespace."""
    if os.geteuid() == 0 or interface.source is None or not interface.source.portid:
        return HOST
    from virshpy.drivers.network import guests

    return guests.where(site, interface)


def as_the_guest(interface: Interface, received: list[int], sent: list[int]) -> tuple[list[int], list[int]]:
    """What a guest has received and sent, of what the host's end has: a tap is at the other end of the line."""
    return (received, sent) if is_macvtap(interface) else (sent, received)


def set_limits(domains: Domains, ref: DomainRef, device: str, params: Mapping[str, Any], flags: int) -> None:
    """Other limits for an interface (virDomainSetInterfaceParameters)."""

    def edit(document: Domain) -> tuple[Interface, Interface]:
        interface = find_interface(document, device)
        before = interface.copy()
        interface_changes.set_rates(interface, params)
        return before, interface

    _change(domains, "domiftune", ref, flags, edit, edit)


def update(domains: Domains, ref: DomainRef, wanted: Interface, flags: int) -> None:
    """An interface as a user's document has it (virDomainUpdateDeviceFlags)."""

    def edit_live(document: Domain) -> tuple[Interface, Interface]:
        number = interface_changes.matching(document, wanted)
        before, new = document.devices.interfaces[number], wanted.copy()
        _complete(domains, document, new)
        after = document.devices.interfaces[number] = interface_changes.changed(before, new)
        _check_port(after)
        _check(after)
        return before, after

    def edit_config(document: Domain) -> tuple[Interface, Interface]:
        number = interface_changes.matching(document, wanted)
        before, after = document.devices.interfaces[number], wanted.copy()
        after.address = after.address or before.address
        document.devices.interfaces[number] = after
        # Completed and checked as a whole, as it was when it was defined.
        whole, _ = reading.read(domains.site, document.format(inactive=True, secure=True))
        vars(document).update(vars(whole))
        return before, after

    _change(domains, "update-device", ref, flags, edit_live, edit_config)


def _complete(domains: Domains, document: Domain, interface: Interface) -> None:
    from virshpy.drivers.qemu.postparse.context import Context
    from virshpy.drivers.qemu.postparse.interfaces import complete_interface

    caps = reading.capabilities_for(domains.site, document)
    complete_interface(interface, document, caps, Context(nvram_dir=domains.site.directories.nvram))


def _check_port(interface: Interface) -> None:
    from virshpy.drivers.qemu.start import nics

    nics.check_vlan(interface, nics.plug_of(interface))


def _check(interface: Interface) -> None:
    """Whether it can be so on this host. Raises OperationFailed, ConfigUnsupported."""
    from virshpy.drivers.qemu.start import nics

    bridge = interface.source.bridge if interface.type == "bridge" and interface.source else None
    if bridge is not None and not nics.is_switched(interface) and not links.exists(bridge):
        raise errors.OperationFailed(f"bridge {bridge} doesn't exist", hint=f"ip link add {bridge} type bridge")
    inbound = interface.bandwidth.inbound if interface.bandwidth else None
    if inbound is not None and inbound.floor is not None and interface.type != "network":
        raise errors.ConfigUnsupported("floor attribute is not supported for this config")


def _change(domains: Domains, verb: str, ref: DomainRef, flags: int, edit_live: Edit, edit_config: Edit) -> None:
    """Change an interface in the documents that flags of ModificationImpact mean, and in the running guest: all of it
    or nothing. What cannot be is refused before anything is done."""
    from virshpy.drivers.qemu.steps import GuestMonitor

    endings.current(domains, ref)
    with domains.changing(verb, ref.uuid) as entry:
        record = domains.find(ref)
        live, config = domains.kind.affected(record, flags & 3)
        changed: dict[str, Domain] = {}
        if config:
            definition = changed["main.domain"] = reading.parse(domains.definition(record.uuid))
            edit_config(definition)
        if live:
            running = changed[domains.live] = reading.parse(domains.live_document(record.uuid))
            before, after = edit_live(running)
            with GuestMonitor(domains, record) as monitor:
                for step in _steps(domains, record, monitor, before, after):
                    entry.do(step)

        def save() -> None:
            for table, document in changed.items():
                if table == domains.live:
                    text = document.format(secure=True)
                else:
                    text = reading.saved(document)
                domains.update(table, record.uuid, xml=text)

        entry.finish(save, domains.note(f"change {verb} in", record))


def _steps(domains: Domains, record: Record, monitor: Monitor, before: Interface, after: Interface) -> Iterator[Step]:
    """What makes of an interface of a running guest another one."""
    from virshpy.drivers.qemu.start import nics
    from virshpy.drivers.qemu.steps import Added
    from virshpy.host.steps.link import LinkSetting, SwitchSetting

    name = after.target.dev if after.target is not None else None
    for lines, back in _settings(before, after, name or ""):
        yield LinkSetting(name or "", [lines], [back]).at(place_of(domains.site, after))
    if before.vlan != after.vlan:
        yield SwitchSetting(name or "", nics.vlan_words(after), nics.vlan_words(before))
    if before.bandwidth != after.bandwidth:
        interface_changes.require_limitable(after)
        yield from _limiting(domains, record, before, after, name or "")
    if _is_up(before.link) != _is_up(after.link):
        alias, up = alias_of(after), _is_up(after.link)
        yield Added(monitor, ("set_link", {"name": alias, "up": up}), ("set_link", {"name": alias, "up": not up}))


def _is_up(link: Link | None) -> bool:
    return link is None or link.state != "down"


def _settings(before: Interface, after: Interface, name: str) -> Iterator[tuple[list[str], list[str]]]:
    """Lines for ip(8) about the host's end, each with the one that takes it back."""
    set_link = ["link", "set", "dev", name]
    bridges = [one.source.bridge if one.type == "bridge" and one.source else None for one in (before, after)]
    if bridges[0] and bridges[1] and bridges[0] != bridges[1]:
        yield [*set_link, "master", bridges[1]], [*set_link, "master", bridges[0]]
    isolated = [bool(one.port and one.port.isolated) for one in (before, after)]
    if isolated[0] != isolated[1] or (isolated[1] and bridges[0] != bridges[1]):
        words = [[*set_link, "type", "bridge_slave", "isolated", "on" if on else "off"] for on in isolated]
        yield words[1], words[0]
    trusted = [bool(one.trustGuestRxFilters) for one in (before, after)]
    if is_macvtap(after) and trusted[0] != trusted[1]:
        heard = [[*set_link, "allmulticast", "on" if on else "off"] for on in trusted]
        yield heard[1], heard[0]


def _limiting(domains: Domains, record: Record, before: Interface, after: Interface, name: str) -> Iterator[Step]:
    from virshpy.drivers.qemu.start.nics import limits_of
    from virshpy.host.steps.traffic import Limit

    where = place_of(domains.site, after)
    # That somebody takes the limits away when the guest stops is on its own list first.
    own = domains.site.held(record.journal)
    if not any(isinstance(step, Limit) and step.device == name for step in own.steps.values()):
        own.do(Limit(name, None).at(where))
    old, new = (limits_of(one.bandwidth, macvtap=is_macvtap(after)) for one in (before, after))
    yield Limit(name, new, old).at(where)
