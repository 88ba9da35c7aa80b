"""<ip> and <route> of a network: its addresses, and those it gives away. ``{name}`` in refusals becomes its name."""

from __future__ import annotations

import re

from virshpy import errors
from virshpy.xml.element import Element, attr, many, one
from virshpy.xml.inet import as_number, ip_version, leading_ones, network_of
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import ADDRESS, MAC, POSITIVE, UINT, ULONG, YESNO, Enum, Scalar, read_mac

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MOST = 65535
"""Addresses of one range."""

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600}


def _parsed(address: str, node: Node) -> str:
    if ip_version(address) is None:
        detail = f"Cannot parse socket address '{address}': Name or service not known"
        raise Refusal(errors.SystemCallError, detail, node, "expected an IP address")
    return address


class Lease(Element, tag="lease", drop_empty=True):
    """How long an address is given away for; 0 is for ever."""

    expiry: int | None = attr(ULONG)
    unit: str | None = attr(Enum(_SECONDS))

    def _check(self, node: Node) -> None:
        if not self.expiry:
            self.unit = None
            return
        self.unit = self.unit or "minutes"
        if self.expiry * _SECONDS[self.unit] < 120:
            detail = "The minimum lease time should be greater than 2 minutes"
            raise Refusal(errors.ConfigUnsupported, detail, node, "expected at least 120 seconds, or 0 for ever")


class DHCPRange(Element, tag="range"):
    start: str | None = attr(ADDRESS)
    end: str | None = attr(ADDRESS)
    lease: Lease | None = one(Lease)

    def _check(self, node: Node) -> None:
        for word in ("start", "end"):
            if getattr(self, word) is None:
                detail = f"Missing '{word}' attribute in dhcp range for network '{{name}}'"
                raise Refusal(errors.XMLError, detail, node)
            _parsed(getattr(self, word), node)

    def check_within(self, address: str, prefix: int, node: Node) -> None:
        """Refuse a range that does not lie among the hosts of the network that ``address`` is in."""
        assert self.start and self.end
        said = f"range {self.start} - {self.end}"
        place = f"in network {address}/{prefix}"
        versions = [ip_version(part) for part in (self.start, self.end, address)]
        if len(set(versions)) > 1:
            more = f" for network {address}" if versions[0] == versions[1] else ""
            raise Refusal(errors.InternalError, f"mismatch of address family in {said}{more}", node)
        first, last = as_number(self.start), as_number(self.end)
        bottom, top = network_of(address, prefix)
        if not (bottom <= first <= top and bottom <= last <= top):
            raise Refusal(errors.InternalError, f"{said} is not entirely within network {address}/{prefix}", node)
        if first > last:
            what = "start larger than end" if ":" in address else "is reversed "
            raise Refusal(errors.InternalError, f"{said} {what}", node)
        if first == bottom:
            raise Refusal(errors.InternalError, f"start of {said} {place} is the network address", node)
        if last == top and ":" not in address:
            raise Refusal(errors.InternalError, f"end of {said} {place} is the broadcast address", node)
        if last - first >= MOST:
            raise Refusal(errors.InternalError, f"{said} is too large (> {MOST})", node)


class _MAC(Scalar):
    expected = MAC.expected

    def read(self, text: str, node: Node, name: str | None) -> str:
        value = read_mac(text)
        if value is None:
            detail = f"Cannot parse MAC address '{text}' in network '{{name}}'"
            raise Refusal(errors.XMLError, detail, node, f"expected {self.expected}, got '{text}'")
        if int(value[:2], 16) & 1:
            detail = f"expected unicast mac address, found multicast '{text}' in network '{{name}}'"
            raise Refusal(errors.XMLError, detail, node, f"expected {self.expected}")
        return value


class _ClientId(Scalar):
    expected = "pairs of hexadecimal digits with colons"

    def read(self, text: str, node: Node, name: str | None) -> str:
        odd = re.search("[^0-9a-fA-F:]", text)
        if odd:
            detail = f"Invalid character '{odd[0]}' in id '{text}' of network '{{name}}'"
            raise Refusal(errors.XMLError, detail, node, f"expected {self.expected}")
        return text


class DHCPHost(Element, tag="host"):
    """Who is always given the same address."""

    mac: str | None = attr(_MAC())
    id: str | None = attr(_ClientId())
    name: str | None = attr()
    ip: str | None = attr(ADDRESS)
    lease: Lease | None = one(Lease)

    def check(self, version: int, node: Node, *, partial: bool = False) -> None:
        """Refuse what a host of a network of that version may not lack; ``partial`` for one that only names another."""
        if partial and not (self.mac or self.name or self.id or self.ip):
            what = "At least one of name, mac, or ip attribute must be specified for static host definition"
            raise Refusal(errors.XMLError, f"{what} in network '{{name}}' ", node)
        if version == 6 and self.mac is not None:
            detail = f"Invalid to specify MAC address '{self.mac}' in network '{{name}}' IPv6 static host definition"
            raise Refusal(errors.XMLError, detail, node, "say id='…'")
        key = "mac" if version == 4 else "id"
        if getattr(self, key) is None and self.name is None and not partial:
            detail = f"Static host definition in IPv{version} network '{{name}}' must have {key} or name attribute"
            raise Refusal(errors.XMLError, detail, node)
        if self.ip is None and not partial:
            detail = "Missing IP address in static host definition for network '{name}'"
            raise Refusal(errors.XMLError, detail, node, "add ip='…'")
        if self.ip is not None and ip_version(self.ip) is None:
            detail = "Invalid IP address in static host definition for network '{name}'"
            raise Refusal(errors.XMLError, detail, node, f"expected an IP address, got '{self.ip}'")


class Bootp(Element, tag="bootp"):
    file: str | None = attr()
    server: str | None = attr(ADDRESS)

    def _check(self, node: Node) -> None:
        if self.server is not None and self.file:
            _parsed(self.server, node)


class DHCP(Element, tag="dhcp", drop_empty=True):
    ranges: list[DHCPRange] = many(DHCPRange)
    hosts: list[DHCPHost] = many(DHCPHost)
    bootp: Bootp | None = one(Bootp)

    def _check(self, node: Node) -> None:
        if self.bootp is not None and not (self.bootp.file and (self.ranges or self.hosts)):
            self.bootp = None


class TFTP(Element, tag="tftp", drop_empty=True):
    root: str | None = attr()


class NetworkIP(Element, tag="ip"):
    """An address of the network's bridge, and with it a network of hosts."""

    _open = True

    family: str | None = attr()
    address: str | None = attr(ADDRESS)
    netmask: str | None = attr(ADDRESS)
    prefix: int | None = attr(UINT)
    localPtr: bool | None = attr(YESNO)
    tftp: TFTP | None = one(TFTP)
    dhcp: DHCP | None = one(DHCP)

    @property
    def version(self) -> int:
        return 6 if self.family == "ipv6" else 4

    @property
    def length(self) -> int:
        """The prefix length: as it was said, or as the address has it by its class."""
        if self.prefix is not None:
            return self.prefix
        if self.netmask is not None:
            return leading_ones(as_number(self.netmask), 32) or 0
        if self.version == 6:
            return 64
        first = as_number(self.address or "0.0.0.0") >> 24
        return 8 if first < 128 else 16 if first < 192 else 24

    def _check(self, node: Node) -> None:
        self.prefix = self.prefix or None  # 0 is what is not said
        if self.address is None:
            detail = "Missing required address attribute in network '{name}'"
            raise Refusal(errors.XMLError, detail, node, "add address='…'")
        version = ip_version(self.address)
        if version is None:
            detail = f"Invalid address '{self.address}' in network '{{name}}'"
            raise Refusal(errors.XMLError, detail, node, "expected an IP address")
        if self.netmask is not None and ip_version(self.netmask) is None:
            detail = f"Invalid netmask '{self.netmask}' in network '{{name}}'"
            raise Refusal(errors.XMLError, detail, node, "expected a mask such as 255.255.255.0")
        self._check_family(version, node)
        for row, place in self._rows("range", node):
            row.check_within(self.address, self.length, place)
        for row, place in self._rows("host", node):
            row.check(self.version, place)

    def _check_family(self, version: int, node: Node) -> None:
        problem = None
        if self.family not in (None, "ipv4", "ipv6"):
            raise Refusal(errors.XMLError, f"Unrecognized family '{self.family}' in network '{{name}}'", node)
        if self.family == "ipv6" and version != 6:
            problem = f"Family 'ipv6' specified for non-IPv6 address '{self.address}' in"
        elif self.family == "ipv6" and self.netmask is not None:
            problem = f"netmask not allowed for IPv6 address '{self.address}' in"
        elif self.family == "ipv6" and (self.prefix or 0) > 128:
            problem = f"Invalid IPv6 prefix '{self.prefix}' in"
        elif self.family != "ipv6" and version != 4:
            problem = f"{self.family or 'no'} family specified for non-IPv4 address '{self.address}' in"
        elif self.netmask is not None and self.prefix is not None:
            detail = "Network '{name}' IP address cannot have both a prefix and a netmask"
            raise Refusal(errors.ConfigUnsupported, detail, node)
        elif self.netmask is not None and ip_version(self.netmask) != 4:
            detail = f"Invalid netmask '{self.netmask}' for address '{self.address}' in network '{{name}}'"
            raise Refusal(errors.ConfigUnsupported, f"{detail} (both must be IPv4)", node)
        elif self.family != "ipv6" and (self.prefix or 0) > 32:
            problem = f"Invalid IPv4 prefix '{self.prefix}' in"
        if problem:
            raise Refusal(errors.ConfigUnsupported, f"{problem} network '{{name}}'", node)

    def _rows(self, tag: str, node: Node) -> Iterator[tuple[Any, Node]]:
        dhcp = node.find("dhcp")
        if self.dhcp is not None and dhcp is not None:
            rows = self.dhcp.ranges if tag == "range" else self.dhcp.hosts
            yield from zip(rows, (child for child in dhcp.children if child.tag == tag), strict=True)


class NetworkRoute(Element, tag="route"):
    """A network that is reached by one of this network's hosts."""

    family: str | None = attr()
    address: str | None = attr(ADDRESS)
    netmask: str | None = attr(ADDRESS)
    prefix: int | None = attr(UINT)
    gateway: str | None = attr(ADDRESS)
    metric: int | None = attr(POSITIVE)

    @property
    def length(self) -> int:
        """The prefix length; 0 where none is said, which is everywhere."""
        if self.netmask is not None:
            return leading_ones(as_number(self.netmask), 32) or 0
        return self.prefix or 0

    def _check(self, node: Node) -> None:
        problem = self._missing_part() or self._mismatch() or self._wrong_length()
        if problem:
            raise Refusal(errors.XMLError, f"{{name}}: {problem}", node)
        assert self.address
        if network_of(self.address, self.length)[0] != as_number(self.address):
            detail = f"{{name}}: Address '{self.address}' in route definition is not a network address"
            raise Refusal(errors.XMLError, detail, node, "its last bits must be zero")

    def _missing_part(self) -> str | None:
        if self.address is None:
            return "Missing required address attribute in route definition"
        if self.gateway is None:
            return "Missing required gateway attribute in route definition"
        for what, text in (("network", self.address), ("gateway", self.gateway), ("netmask", self.netmask)):
            if text is not None and ip_version(text) is None:
                return f"Bad {what} address '{text}' in route definition"
        return None

    def _mismatch(self) -> str | None:
        assert self.address and self.gateway
        problem = None
        if self.family not in (None, "ipv4", "ipv6"):
            problem = f"Unrecognized family '{self.family}'"
        elif self.family == "ipv6" and ip_version(self.address) != 6:
            problem = f"ipv6 family specified for non-IPv6 address '{self.address}'"
        elif self.family == "ipv6" and self.netmask is not None:
            problem = f"Specifying netmask invalid for IPv6 address '{self.address}'"
        elif self.family == "ipv6" and ip_version(self.gateway) != 6:
            problem = f"ipv6 specified for non-IPv6 gateway address '{self.gateway}'"
        elif self.family != "ipv6" and (ip_version(self.address), ip_version(self.gateway)) != (4, 4):
            what = "address" if ip_version(self.address) != 4 else "gateway"  # libvirt names the address for both
            problem = f"{'IPv4' if self.family else 'No'} family specified for non-IPv4 {what} '{self.address}'"
        return f"{problem} in route definition" if problem else None

    def _wrong_length(self) -> str | None:
        most = 128 if self.family == "ipv6" else 32
        if self.netmask is not None and self.prefix is not None:
            return "Route definition cannot have both a prefix and a netmask"
        if (self.prefix or 0) > most:
            return f"Invalid prefix {self.prefix} specified in route definition, must be 0 - {most}"
        return None
