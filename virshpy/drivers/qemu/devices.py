"""The devices of a guest, as far as they are asked about and changed: so far, its interfaces."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.domain.devices import DeviceOperations, InterfaceAddresses, InterfaceStats, IPAddress
from virshpy.drivers.qemu import endings, reading
from virshpy.drivers.qemu.records import Domains
from virshpy.enums import DeviceModifyFlags, InterfaceAddressesSource, IPAddrType, ModificationImpact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.driver.domain import DomainRef
    from virshpy.enums.parameters import Parameters
    from virshpy.host.site import Site
    from virshpy.xml.domain import Domain


class DeviceRows(DeviceOperations):
    """virDomain*, as far as it is about devices."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.domains = Domains(site)

    def domain_interface_addresses(self, domain: DomainRef, source: int) -> list[InterfaceAddresses]:
        record = self.domains.require_active(domain)
        document = reading.parse(self.domains.live_document(record.uuid))
        if source == InterfaceAddressesSource.LEASE:
            return self._leased(document)
        if source == InterfaceAddressesSource.ARP:
            return list(_spoken_to(self.domains.site, document))
        if source == InterfaceAddressesSource.AGENT:
            from virshpy.drivers.qemu import agent

            path = agent.socket_of(document)
            if path is None:
                raise errors.ArgumentUnsupported("QEMU guest agent is not configured")
            return _told(agent.ask(path, "guest-network-get-interfaces", {}, pids=record.pids))
        raise errors.ArgumentUnsupported(f"Unknown IP address data source {source}")

    def _leased(self, document: Domain) -> list[InterfaceAddresses]:
        """The addresses that networks have given to the guest's interfaces."""
        from virshpy.drivers.network import guests

        found = []
        for interface in document.devices.interfaces:
            leases = guests.addresses(self.domains.site, interface)
            if leases and interface.target is not None:
                ips = [IPAddress(lease.type, lease.ipaddr, lease.prefix) for lease in leases]
                found.append(InterfaceAddresses(interface.target.dev or "", leases[0].mac, ips))
        return found

    def domain_interface_stats(self, domain: DomainRef, device: str) -> InterfaceStats:
        from virshpy.drivers.qemu import interfaces

        return interfaces.statistics(self.domains, domain, device)

    @accepts(ModificationImpact.LIVE | ModificationImpact.CONFIG)
    def domain_get_interface_parameters(self, domain: DomainRef, device: str, *, flags: int = 0) -> Parameters:
        from virshpy.drivers.qemu.interface_changes import find_interface, rates

        return {**rates(find_interface(endings.document_of(self.domains, domain, flags), device))}

    @accepts(ModificationImpact.LIVE | ModificationImpact.CONFIG)
    def domain_set_interface_parameters(
        self, domain: DomainRef, device: str, params: Parameters, *, flags: int = 0
    ) -> None:
        from virshpy.drivers.qemu import interfaces

        interfaces.set_limits(self.domains, domain, device, params, flags)

    @accepts(DeviceModifyFlags.LIVE | DeviceModifyFlags.CONFIG | DeviceModifyFlags.FORCE)
    def domain_update_device_flags(self, domain: DomainRef, xml: str, *, flags: int = 0) -> None:
        from virshpy.drivers.qemu import interfaces
        from virshpy.xml.domain.interface import Interface
        from virshpy.xml.parse import parse

        root = parse(xml, source="(device_definition)")
        if root.tag != "interface":
            raise errors.NoSupport("virDomainUpdateDeviceFlags", hint="so far an <interface> can be changed")
        interfaces.update(self.domains, domain, Interface.from_node(root), flags)


def _spoken_to(site: Site, document: Domain) -> list[InterfaceAddresses]:
    """The guest's interfaces that this host has spoken to, with the addresses that they had then."""
    from virshpy.drivers.qemu.interfaces import place_of

    tables: dict[str, dict[str, list[str]]] = {}
    found = []
    for interface in document.devices.interfaces:
        where = place_of(site, interface)
        if str(where.recorded) not in tables:
            tables[str(where.recorded)] = where.neighbours()
        known = tables[str(where.recorded)]
        mac = (interface.mac and interface.mac.address) or ""
        addresses = [_address(one, 0) for one in known.get(mac.lower(), ())]
        if addresses:
            name = (interface.target and interface.target.dev) or ""
            found.append(InterfaceAddresses(name, mac, addresses))
    return found


def _told(answer: Any) -> list[InterfaceAddresses]:
    """What a guest's agent says of its interfaces. Raises AgentUnresponsive where that makes no sense."""
    try:
        return [
            InterfaceAddresses(
                str(one["name"]),
                str(one["hardware-address"]) if "hardware-address" in one else None,
                [_address(str(ip["ip-address"]), int(ip["prefix"])) for ip in one.get("ip-addresses", ())],
            )
            for one in answer
        ]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise errors.AgentUnresponsive("its answer makes no sense") from None


def _address(text: str, prefix: int) -> IPAddress:
    return IPAddress(IPAddrType.IPV6 if ":" in text else IPAddrType.IPV4, text, prefix)
