"""From a network's document to its nft table.

Each network has one table of its own, which is put in place, and replaced, in one transaction. What one network refuses
no other network's table lets through: packets pass every table on their way.
"""

from __future__ import annotations

from virshpy.host.steps.network import Table
from virshpy.xml.inet import network_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.drivers.network.surroundings import Surroundings
    from virshpy.xml.network import Network
    from virshpy.xml.network.addresses import NetworkIP, NetworkRoute

_FAMILY = "inet"
# Where nobody says otherwise: the ports below are those of the host's own services.
_PORTS = (1024, 65535)


def table(network: Network, around: Surroundings) -> Table | None:
    """The table of a network in these surroundings; None for one of which nothing is kept from passing (mode ``open``).

    It is named after the bridge, which no two networks of a host share. Through the link that leads out of a namespace
    only forwarded ports are reached.
    """
    if network.mode not in ("none", "nat", "route"):
        return None
    bridge = str(network.bridge and network.bridge.name)
    name = f"virshpy-{bridge}"
    chains = [_chain("forward", "filter hook forward priority filter", _forwarding(network, bridge, around.out))]
    if network.mode == "nat":
        chains.append(_chain("postrouting", "nat hook postrouting priority srcnat", _translating(network)))
    return Table(_FAMILY, name, f"table {_FAMILY} {name} {{\n{''.join(chains)}}}\n").at(around.where)


def _chain(name: str, kind: str, lines: Iterator[str]) -> str:
    body = "".join(f"\t\t{line}\n" for line in lines)
    return f"\tchain {name} {{\n\t\ttype {kind}; policy accept;\n{body}\t}}\n"


def _forwarding(network: Network, bridge: str, way_in: str | None) -> Iterator[str]:
    """Guests among themselves; from the network and to it; and what is left of it is refused."""
    families = ["ipv4"]
    if network.ipv6 or any(ip.version == 6 for ip in network.ips):
        families.append("ipv6")
    only = f"meta nfproto {families[0]} " if len(families) == 1 else ""
    yield f'{only}iifname "{bridge}" oifname "{bridge}" accept'
    if network.mode != "none":
        if way_in is not None:
            yield f'iifname "{way_in}" oifname "{bridge}" accept'
        out, back = _beyond(network, "oifname"), _beyond(network, "iifname")
        for extent in _extents(network):
            answers = "ct state established,related " if extent.translated else ""
            yield f'oifname "{bridge}" {back}{extent.protocol} daddr {extent} {answers}accept'
        yield f'{only}oifname "{bridge}" reject'
        for extent in _extents(network):
            yield f'iifname "{bridge}" {out}{extent.protocol} saddr {extent} accept'
    else:
        yield f'{only}oifname "{bridge}" reject'
    yield f'{only}iifname "{bridge}" reject'


def _beyond(network: Network, word: str) -> str:
    """The one link of the host by which a network reaches others, where that is said."""
    forward = network.forward
    return f'{word} "{forward.interfaces[0].dev}" ' if forward is not None and forward.interfaces else ""


class _Extent:
    """Addresses that are a network's: those of an <ip>, or of a <route>, which is behind one of its guests."""

    def __init__(self, address: str, length: int, version: int, *, translated: bool) -> None:
        self.address = address
        self.length = length
        self.version = version
        self.translated = translated

    @property
    def protocol(self) -> str:
        return "ip6" if self.version == 6 else "ip"

    def __str__(self) -> str:
        """ADDRESS/PREFIX."""
        from _socket import AF_INET, AF_INET6, inet_ntop

        first = network_of(self.address, self.length)[0]
        family, size = (AF_INET6, 16) if self.version == 6 else (AF_INET, 4)
        return f"{inet_ntop(family, first.to_bytes(size))}/{self.length}"


def _extents(network: Network) -> Iterator[_Extent]:
    rows: list[NetworkIP | NetworkRoute] = [*network.ips, *network.routes]
    for row in rows:
        version = 6 if row.family == "ipv6" else 4
        yield _Extent(str(row.address), row.length, version, translated=is_translated(network, version))


def is_translated(network: Network, version: int) -> bool:
    """Whether what guests send by that version of IP gets another address on its way out."""
    if network.mode != "nat" or network.forward is None:
        return False
    nat = network.forward.nat
    return version == 4 or bool(nat is not None and nat.ipv6)


def _translating(network: Network) -> Iterator[str]:
    """What a guest sends beyond its network gets the host's address, or one of a range; not what is for everybody."""
    out = _beyond(network, "oifname")
    nat = network.forward.nat if network.forward is not None else None
    for extent in _extents(network):
        if not extent.translated:
            continue
        own = f"{out}{extent.protocol} saddr {extent} {extent.protocol} daddr"
        for everybody in ("224.0.0.0/24", "255.255.255.255") if extent.version == 4 else ("ff02::/16",):
            yield f"{own} {everybody} return"
        ports = (nat.port.start, nat.port.end) if nat is not None and nat.port is not None else _PORTS
        becomes = "masquerade"
        if nat is not None and nat.address is not None and extent.version == 4:
            start, end = nat.address.start, nat.address.end
            becomes = f"snat ip to {start}" + (f"-{end}" if start != end else "")
        colon = ":" if becomes != "masquerade" else " to :"
        yield f"{own} != {extent} meta l4proto {{ tcp, udp }} {becomes}{colon}{ports[0]}-{ports[1]}"
        yield f"{own} != {extent} {becomes}"
