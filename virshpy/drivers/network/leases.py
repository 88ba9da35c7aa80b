"""The addresses that a network's dnsmasq has given away, read from its own file.

A line is of one lease: when it ends, the MAC address (of IPv6: the number of the client's interface), the address, the
client's name and its identifier; ``*`` where there is none. IPv6 leases come after a line that names the server.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.network import DHCPLease
from virshpy.enums import IPAddrType
from virshpy.host import untrusted
from virshpy.xml.inet import as_number, ip_version, network_of
from virshpy.xml.scalars import read_mac

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.xml.network import Network

_MOST = 16 << 20  # bytes: 65,535 leases have fewer
_LATEST = 1 << 35  # seconds since 1970; a later end is no time
_LINK_LAYER = {1: 8, 3: 4}  # kinds of DUID that end in a MAC address, and where it begins


def read(network: Network, directory: str, mac: str | None = None) -> list[DHCPLease]:
    """The leases of an active network that have not ended, by the time of their end; those of one MAC address.

    A line that makes no sense is passed over. Raises SystemCallError where the file cannot be read.
    """
    from time import time

    wanted = None if mac is None else read_mac(mac)
    if mac is not None and wanted is None:
        raise errors.XMLError(f"invalid MAC address: {mac}", hint="six pairs of hexadecimal digits with colons")
    now = time()
    found = [lease for lease in _leases(network, directory) if not 0 < lease.expiry_time < now]
    return [lease for lease in found if wanted is None or lease.mac == wanted]


def _leases(network: Network, directory: str) -> Iterator[DHCPLease]:
    six = False
    for line in _lines(f"{directory}/leases"):
        words = line.split()
        if words[:1] == ["duid"]:
            six = True
        elif len(words) >= 5 and (lease := _lease(network, words, six=six)) is not None:
            yield lease


def _lines(path: str) -> list[str]:
    try:
        with untrusted.look(path) as found, open(found.name, "rb") as file:
            return file.read(_MOST).decode(errors="replace").splitlines()
    except FileNotFoundError:
        return []  # it serves names alone
    except OSError as error:
        raise errors.from_os_error(error, f"Unable to read leases file: {path}") from None


def _lease(network: Network, words: list[str], *, six: bool) -> DHCPLease | None:
    until, client, address, name, identifier = (None if word == "*" else word for word in words[:5])
    if (
        not until
        or not until.isdecimal()
        or int(until) > _LATEST
        or address is None
        or ip_version(address) != (6 if six else 4)
    ):
        return None
    mac = _mac_of(identifier or "") if six else read_mac((client or "").rpartition("-")[2])
    if mac is None and not six:
        return None
    return DHCPLease(
        iface=str(network.bridge and network.bridge.name),
        expiry_time=int(until),
        type=IPAddrType.IPV6 if six else IPAddrType.IPV4,
        mac=mac,
        iaid=client if six else None,
        ipaddr=address,
        prefix=_prefix(network, address),
        hostname=name,
        clientid=identifier,
    )


def _mac_of(identifier: str) -> str | None:
    """The MAC address in a DHCPv6 client's identifier, where it is of a kind that has one."""
    try:
        raw = bytes.fromhex(identifier.replace(":", ""))
    except ValueError:
        return None
    start = _LINK_LAYER.get(int.from_bytes(raw[:2]))
    return raw[start:].hex(":") if start is not None and len(raw) == start + 6 else None


def _prefix(network: Network, address: str) -> int:
    version, number = ip_version(address), as_number(address)
    for ip in network.ips:
        first, last = network_of(str(ip.address), ip.length)
        if ip.version == version and first <= number <= last:
            return ip.length
    return 0
