"""Ports of the host that lead to a guest on a network of an ordinary user's (``<portForward>``).

Such a guest is given the same address always, which its network's dnsmasq is told. Whoever comes in at the host's port
is sent there by the namespace's slirp4netns.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.network import leases, life, surroundings
from virshpy.host.steps import Act
from virshpy.host.steps.forwards import PortForwards
from virshpy.host.steps.namespace import SOCKET
from virshpy.xml.inet import as_number, ip_version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from virshpy.drivers.network.records import NetworkRow, Networks
    from virshpy.host.steps import Step
    from virshpy.host.steps.forwards import Row
    from virshpy.xml.domain.interface import Interface, PortForward
    from virshpy.xml.network import Network
    from virshpy.xml.network.addresses import NetworkIP
    from virshpy.xml.port import NetworkPort

_ANYBODY = "0.0.0.0"
_MOST = 1000  # ports of one interface: each is a socket of the slirp4netns


def address_for(networks: Networks, network: Network, port: NetworkPort) -> str:
    """The address that a new port of an active network is always to have. Raises ConfigUnsupported, OperationFailed."""
    uuid, mac = str(network.uuid), str(port.mac and port.mac.address).lower()
    known = leases.read(network, life.place(networks, uuid))
    others = {lease.ipaddr for lease in known if lease.mac != mac}
    others |= {address for _, address in networks.reserved(uuid)}
    own = [lease.ipaddr for lease in known if lease.mac == mac]
    return choose(network, mac, own, others)


def choose(network: Network, mac: str, own: Iterable[str], others: Collection[str]) -> str:
    """An address of a network for a MAC address: the one that its document says, one that it has (``own``), else the
    last that nobody has. ``others`` are taken. Raises ConfigUnsupported, OperationFailed."""
    if network.mode == "none":
        raise errors.ConfigUnsupported(
            f"<portForward> of an interface on network '{network.name}', from which nobody may answer",
            hint="its network needs <forward mode='nat'/>",
        )
    ip = next((ip for ip in network.ips if ip.version == 4 and ip.dhcp is not None), None)
    if ip is None or ip.dhcp is None:
        raise errors.ConfigUnsupported(
            f"<portForward> of an interface on network '{network.name}', which gives no addresses",
            hint="its network needs <dhcp> with a <range>, or a <host mac='…' ip='…'/> for the guest",
        )
    for host in ip.dhcp.hosts:
        if (host.mac or "").lower() == mac:
            return str(host.ip)
    taken = {*others, str(ip.address), *(str(host.ip) for host in ip.dhcp.hosts)}
    for address in (*own, *_given(ip)):
        if ip_version(address) == 4 and address not in taken:
            return address
    raise errors.OperationFailed(
        f"network '{network.name}' has no address left", hint="make the <range> of its <dhcp> larger"
    )


def _given(ip: NetworkIP) -> Iterable[str]:
    """The addresses that a network gives away, from the last."""
    from socket import AF_INET, inet_ntop

    for row in ip.dhcp.ranges if ip.dhcp is not None else ():
        for number in range(as_number(str(row.end)), as_number(str(row.start)) - 1, -1):
            yield inet_ntop(AF_INET, number.to_bytes(4))


def steps(networks: Networks, row: NetworkRow, port: str, interface: Interface) -> list[Step]:
    """What makes the ports lead to a guest that is about to start."""
    address = networks.address(row.uuid, port)
    socket = f"{surroundings.directory(networks.site)}/{SOCKET}"

    def give() -> None:
        with networks.lock(row.uuid, "start"):
            life.converge(networks, row.uuid)

    told = f"# have the dnsmasq of network '{row.name}' give {address} to {interface.mac and interface.mac.address}"
    return [Act(give, told), PortForwards(socket, rows(interface.port_forwards, address))]


def rows(forwards: Iterable[PortForward], guest: str) -> list[Row]:
    """Each port that leads to a guest's address. Raises ConfigUnsupported for what cannot be forwarded."""
    found: list[Row] = []
    for forward in forwards:
        if forward.dev or ip_version(forward.address or _ANYBODY) != 4:
            what = f"dev='{forward.dev}'" if forward.dev else f"address='{forward.address}'"
            raise errors.ConfigUnsupported(
                f"<portForward {what}> of an interface of type network", hint="name an IPv4 address of this host"
            )
        ports = _ports(forward)
        if not ports:
            raise errors.ConfigUnsupported(
                "<portForward> of an interface of type network without a port", hint="add <range start='…' to='…'/>"
            )
        found += [(forward.proto or "tcp", forward.address or _ANYBODY, port, guest, ports[port]) for port in ports]
    if len(found) > _MOST:
        raise errors.ConfigUnsupported(
            f"<portForward> of {len(found)} ports, of which {_MOST} can be forwarded", hint="make its <range> smaller"
        )
    return found


def _ports(forward: PortForward) -> dict[int, int]:
    """The guest's port for each of the host's."""
    ports: dict[int, int] = {}
    excluded: set[int] = set()
    for row in forward.ranges:
        first, last = row.start or 0, row.end or row.start or 0
        if row.exclude:
            excluded.update(range(first, last + 1))
        else:
            shift = (row.to or first) - first
            ports.update({port: port + shift for port in range(first, last + 1)})
    return {port: inner for port, inner in ports.items() if port not in excluded}
