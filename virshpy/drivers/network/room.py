"""Which addresses of this host are taken, and which network of addresses is free."""

from __future__ import annotations

from virshpy import errors
from virshpy.host import links
from virshpy.host.namespaces import HOST, Host
from virshpy.host.pci import virtual_functions
from virshpy.xml.inet import as_number, network_of
from virshpy.xml.network import ForwardAddress, ForwardDevice
from virshpy.xml.network.addresses import DHCP, DHCPRange
from virshpy.xml.pci import PCIPlace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from virshpy.xml.network import Network
    from virshpy.xml.network.addresses import NetworkIP


def refuse_taken(network: Network, warn: Callable[[str], None], where: Host = HOST) -> None:
    """Refuse a network that the host, or the namespace, has or has a way to already. One that its own network encloses
    is told by ``warn``: what is in both is reached in the smaller. Raises InternalError, naming the link."""
    ways = list(where.ways())
    for ip in network.ips:
        first, last = network_of(str(ip.address), ip.length)
        for way in ways:
            if way.version != ip.version or last < way.first or first > way.last:
                continue
            if way.length >= ip.length:
                raise errors.InternalError(
                    f"Network is already in use by interface {way.link}",
                    hint=f"{ip.address}/{ip.length} overlaps what {way.link} has: choose other addresses; "
                    f"{free_network((), ways)} is free",
                )
            if way.direct:
                warn(f"{ip.address}/{ip.length} is a part of what {way.link} has: the host reaches it here alone")
    for route in network.routes:
        for ip in network.ips:
            if route.address == ip.address:
                raise errors.InternalError(
                    f"Route address '{route.address}' conflicts with IP address for '{ip.address}'"
                )


def fill_pool(network: Network) -> None:
    """Give a network on a card (<pf>) its functions, as they are now, as a pool. Raises InternalError for none."""
    forward = network.forward
    for card in forward.pfs if forward is not None else ():
        assert forward is not None
        found = virtual_functions(str(card.dev))
        if forward.mode == "hostdev":
            forward.addresses = [ForwardAddress(type="pci", **PCIPlace.numbers_of(place)) for place, _ in found]
        else:
            forward.interfaces = [ForwardDevice(dev=link) for _, link in found if link is not None]
        if not forward.addresses and not forward.interfaces:
            raise errors.InternalError(
                f"No usable Vf's present on SRIOV PF {card.dev}",
                hint=f"make some: echo 4 >/sys/class/net/{card.dev}/device/sriov_numvfs",
            )


def settle(network: Network, others: Sequence[NetworkIP]) -> None:
    """Give each <ip> whose address is unspecified a network that is free, and all of its addresses to DHCP."""
    for ip in network.ips:
        if as_number(str(ip.address)):
            continue
        if ip.version == 6:
            from os import urandom

            ip.address, ip.prefix = f"fd{urandom(5).hex()[:2]}:{urandom(2).hex()}:{urandom(2).hex()}::1", 64
            start, end = f"{ip.address}00", f"{ip.address[:-1]}1ff"
        else:
            base = free_network(others, list(links.ways())).rpartition(".")[0]
            ip.address, ip.netmask, ip.prefix = f"{base}.1", None, 24
            start, end = f"{base}.2", f"{base}.254"
        if ip.dhcp is None:
            ip.dhcp = DHCP(ranges=[DHCPRange(start=start, end=end)])


def free_network(others: Iterable[NetworkIP], ways: Iterable[links.Way]) -> str:
    """A network of 256 addresses that neither the host nor another network has: 192.168.N.0/24.

    Raises InternalError where there is none.
    """
    free = first_free((f"192.168.{third}.0" for third in (*range(122, 255), *range(1, 122))), others, ways)
    if free is None:
        raise errors.InternalError("no network of addresses is free", hint="say which: <ip address='…' prefix='24'/>")
    return free


def first_free(candidates: Iterable[str], others: Iterable[NetworkIP], ways: Iterable[links.Way]) -> str | None:
    """The first candidate whose 256 IPv4 addresses nobody has: 10.0.2.0/24 from 10.0.2.0, or None."""
    taken = [(way.first, way.last) for way in ways if way.version == 4]
    taken += [network_of(str(ip.address), ip.length) for ip in others if ip.version == 4]
    for address in candidates:
        first, last = network_of(address, 24)
        if all(last < begin or first > end for begin, end in taken):
            return f"{address}/24"
    return None
