"""What a guest's interface of type network really is: a port of an active network, on a link of the host."""

from __future__ import annotations

from virshpy.driver.network import NetworkPortRef
from virshpy.drivers.network.records import Networks
from virshpy.host.namespaces import HOST, Host
from virshpy.xml.domain.interface import InterfaceSource
from virshpy.xml.port import NetworkPort, Owner, PortBandwidth, PortMAC, ReceiveFilters
from virshpy.xml.uuids import new_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.network import DHCPLease, NetworkRef
    from virshpy.host.site import Site
    from virshpy.host.steps import Step
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.interface import Interface
    from virshpy.xml.network import Network
    from virshpy.xml.port import Plug

_CUT_OFF = """
SELECT p.device, coalesce(n.name, p.network) FROM run.network_port p LEFT JOIN main.network n ON n.uuid = p.network
WHERE p.journal = ? AND p.network NOT IN (SELECT uuid FROM run.network_active) ORDER BY p.device
"""
_TYPES = {"network": "network", "bridge": "bridge", "direct": "direct", "hostdev-pci": "hostdev"}


def plug_in(site: Site, domain: Domain, interface: Interface, journal: str) -> Host:
    """Make the port of an interface of type network, for its guest's start; it goes with ``journal``.

    The interface becomes, in place, what the port is plugged into: its type, its source, and what its network and its
    portgroup say of it. Where its link is to be is returned. A network that is to start by itself is started.

    Raises NoNetwork, OperationInvalid with what to type, and what Networks.plug_in and a network's start raise.
    """
    networks = Networks(site)
    source = interface.source
    assert source is not None
    ref = _ensured(networks, str(source.network))
    with site.store.transaction():
        row = networks.require_active(ref)
        document, place = networks.document(row), networks.where(row)
        port = _wanted(domain, interface, source)
        networks.plug_in(document, port, journal)
        if interface.port_forwards and place.is_own:
            from virshpy.drivers.network import forwards

            networks.reserve(row.uuid, str(port.uuid), forwards.address_for(networks, document, port))
            networks.fall_due(row.uuid)  # its dnsmasq does not know of it yet
    _become(interface, source, port)
    return place


def _ensured(networks: Networks, name: str) -> NetworkRef:
    """A network, which is started where it is to start by itself."""
    from virshpy.drivers.network import upkeep

    upkeep.look_after(networks)
    row = networks.by_name(name)
    if row is None:
        raise networks.kind.absent("name", name, hint="see which there are", action=("connect_list_all_networks",))
    if not row.active and row.autostart:
        from virshpy.drivers.network import life

        life.start_defined(networks, row.ref)
        networks.site.warn(f"network '{name}' was started, as it is marked for autostart")
    return row.ref


def where(site: Site, interface: Interface) -> Host:
    """Where the link of an interface is that has a port of a network."""
    networks = Networks(site)
    row = networks.by_name(str(interface.source and interface.source.network))
    return HOST if row is None or not row.active else networks.where(row)


def port_of(site: Site, interface: Interface) -> tuple[Plug, list[Step], Host]:
    """What the port of a prepared interface is plugged into, what its network does for it there, and where that is.

    The link that is plugged in is put on record, so that it comes back with its network.
    """
    networks = Networks(site)
    source, target = interface.source, interface.target
    assert source is not None and source.portid is not None and target is not None
    row = networks.by_name(str(source.network))
    if row is None:
        raise networks.kind.absent("name", source.network)
    networks.name_device(row.uuid, source.portid, str(target.dev))
    port = NetworkPort.parse(networks.port(NetworkPortRef(row.ref, source.portid))["xml"])
    assert port.plug is not None
    place = networks.where(row)
    more = _share(networks.document(row), port, place)
    if interface.port_forwards and place.is_own:
        from virshpy.drivers.network import forwards

        more += forwards.steps(networks, row, source.portid, interface)
    return port.plug, more, place


def _share(network: Network, port: NetworkPort, where: Host) -> list[Step]:
    """A class of the bridge's queue for who has a floor."""
    bandwidth, shared = port.bandwidth, network.bandwidth and network.bandwidth.inbound
    if bandwidth is None or bandwidth.classID is None or bandwidth.inbound is None or not shared:
        return []
    from virshpy.host.steps.traffic import Share

    assert port.mac is not None and port.plug is not None
    ceiling = shared.peak or shared.average or 0
    floor = bandwidth.inbound.floor or 0
    return [
        Share(str(port.plug.bridge), bandwidth.classID, str(port.mac.address), floor=floor, ceiling=ceiling).at(where)
    ]


def addresses(site: Site, interface: Interface) -> list[DHCPLease]:
    """The leases of a running guest's interface; none where it is on no network that has any."""
    source = interface.source
    mac = interface.mac.address if interface.mac is not None else None
    if source is None or not source.network or not mac:
        return []
    from virshpy.drivers.network import leases, life

    networks = Networks(site)
    row = networks.by_name(source.network)
    if row is None or not row.active:
        return []
    return leases.read(networks.document(row), life.place(networks, row.uuid), mac)


def cut_off(site: Site, journal: str) -> list[tuple[str, str]]:
    """(link, network) of a running guest's interfaces whose networks are not active."""
    rows = Networks(site).store.all(_CUT_OFF, journal)
    return [(str(device), str(name)) for device, name in rows]


def _wanted(domain: Domain, interface: Interface, source: InterfaceSource) -> NetworkPort:
    bandwidth = interface.bandwidth
    trusts = interface.trustGuestRxFilters
    return NetworkPort(
        uuid=new_uuid(),
        owner=Owner(name=domain.name, uuid=domain.uuid),
        group=source.portgroup,
        mac=PortMAC(address=interface.mac.address if interface.mac is not None else None),
        virtualport=interface.virtualport,
        bandwidth=PortBandwidth(inbound=bandwidth.inbound, outbound=bandwidth.outbound) if bandwidth else None,
        vlan=interface.vlan,
        port=interface.port,
        rxfilters=ReceiveFilters(trustGuest=trusts) if trusts is not None else None,
    )


def _become(interface: Interface, source: InterfaceSource, port: NetworkPort) -> None:
    plug = port.plug
    assert plug is not None
    interface.type = _TYPES[str(plug.type)]
    source.portid, source.bridge, source.dev, source.mode = port.uuid, plug.bridge, plug.dev, plug.mode
    interface.virtualport, interface.vlan, interface.port = port.virtualport, port.vlan, port.port
    if port.bandwidth is not None and interface.bandwidth is None:
        from virshpy.xml.port import Bandwidth

        interface.bandwidth = Bandwidth(inbound=port.bandwidth.inbound, outbound=port.bandwidth.outbound)
    if plug.address is not None:
        from virshpy.xml.domain.address import PCIAddress

        source.address = PCIAddress(type="pci", **plug.address.numbers)
        interface.managed = plug.managed
