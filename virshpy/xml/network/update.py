"""One change of a network's document, as virNetworkUpdate has them: a section, a command, an element."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.element import Element, Reading
from virshpy.xml.network import Forward, ForwardDevice, Network, PortGroup
from virshpy.xml.network.addresses import DHCP, DHCPHost, DHCPRange, NetworkIP
from virshpy.xml.network.dns import DNS, SRV, TXT, DNSHost, Record
from virshpy.xml.node import Node, Refusal
from virshpy.xml.parse import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    E = TypeVar("E", bound=Element)

NONE, MODIFY, DELETE, ADD_LAST, ADD_FIRST = range(5)
_NULL = "(null)"  # as C prints what is not there
_UNSUPPORTED = {1: "bridge", 2: "domain", 3: "ip", 6: "forward", 8: "forward pf"}
_SECTIONS = {
    1: "bridge", 2: "domain", 3: "ip", 4: "ip-dhcp-host", 5: "ip-dhcp-range", 6: "forward", 7: "forward-interface",
    8: "forward-pf", 9: "portgroup", 10: "dns-host", 11: "dns-txt", 12: "dns-srv",
}  # fmt: skip


def update(network: Network, command: int, section: int, parent: int, text: str) -> None:
    """Change the document in place. ``parent`` is the number of the <ip>, -1 for the first that fits.

    Raises OperationInvalid for what is not there or there already, NoSupport for sections that cannot be changed.
    """
    change = _CHANGES.get(section)
    if change is None:
        if section not in _SECTIONS:
            raise errors.OperationUnsupported("can't update unrecognized section of network")
        what = _UNSUPPORTED.get(section, _SECTIONS[section])
        raise errors.OperationUnsupported(f"can't update '{what}' section of network '{network.name}'")
    if command not in (MODIFY, DELETE, ADD_LAST, ADD_FIRST):
        raise errors.OperationUnsupported(f"unrecognized network update command code {command}")
    root = parse(text, source="(network_update_xml)")
    try:
        change(network, command, parent, root)
    except Refusal as refusal:
        refusal.detail = refusal.detail and refusal.detail.replace("{name}", str(network.name))
        raise refusal.located(root) from None


def _row(kind: type[E], tag: str, root: Node) -> E:
    """The element that a change is about."""
    if root.tag != tag:
        detail = f"unexpected element <{root.tag}>, expecting <{tag}>, while updating network '{{name}}'"
        raise Refusal(errors.XMLError, detail, root)
    return kind._read(root, Reading(False))


def _ip(network: Network, parent: int, family: str | None) -> NetworkIP:
    """The <ip> whose <dhcp> a change is about."""
    if not network.makes_bridge:
        raise errors.OperationInvalid(
            f"dhcp is not supported for network '{network.name}' with forward mode='{network.mode}'"
        )
    ips = network.ips
    chosen: NetworkIP | None = None
    if parent >= 0:
        chosen = ips[parent] if parent < len(ips) else None
    else:
        wanted = [ip for ip in ips if family is None or (ip.family or "ipv4") == family]
        chosen = next((ip for ip in wanted if ip.dhcp is not None), wanted[0] if wanted else None)
    if chosen is None:
        if parent >= 0:
            raise errors.OperationInvalid(
                f"couldn't update dhcp host entry - no <ip> element found at index {parent} in network '{network.name}'"
            )
        raise errors.OperationInvalid(
            f"couldn't update dhcp host entry - no <ip> element found in network '{network.name}'"
        )
    return chosen


def _place(rows: list[Any], row: Any, command: int) -> list[Any]:
    return [row, *rows] if command == ADD_FIRST else [*rows, row]


def _host(network: Network, command: int, parent: int, root: Node) -> None:
    host = _row(DHCPHost, "host", root)
    ip = _ip(network, parent, ("ipv6" if ":" in host.ip else "ipv4") if host.ip else None)
    host.check(ip.version, root, partial=command == DELETE)
    dhcp = ip.dhcp = ip.dhcp or DHCP()
    hosts = dhcp.hosts
    if command == MODIFY:
        known = [old for old in hosts if (host.mac and old.mac == host.mac) or (host.name and old.name == host.name)]
        if not known:
            raise errors.OperationInvalid(
                f"couldn't locate an existing dhcp host entry with \"mac='{host.mac}'\" in network '{network.name}'"
            )
        dhcp.hosts = [host if old is known[0] else old for old in hosts]
    elif command == DELETE:
        given = [part for part in ("mac", "name", "ip") if getattr(host, part) is not None]
        known = [old for old in hosts if all(getattr(old, part) == getattr(host, part) for part in given)]
        if not known:
            raise errors.OperationInvalid(f"couldn't locate a matching dhcp host entry in network '{network.name}'")
        dhcp.hosts = [old for old in hosts if old is not known[0]]
    else:
        for old in hosts:
            if (
                (host.mac and old.mac == host.mac)
                or (host.name and old.name == host.name)
                or (host.ip and old.ip == host.ip)
            ):
                raise errors.OperationInvalid(
                    f"there is an existing dhcp host entry in network '{network.name}' that matches "
                    f"\"<host mac='{host.mac or _NULL}' name='{host.name or _NULL}' ip='{host.ip or _NULL}'/>\""
                )
        dhcp.hosts = _place(hosts, host, command)


def _range(network: Network, command: int, parent: int, root: Node) -> None:
    row = _row(DHCPRange, "range", root)
    ip = _ip(network, parent, "ipv6" if ":" in str(row.start) else "ipv4")
    assert ip.address
    row.check_within(ip.address, ip.length, root)
    dhcp = ip.dhcp = ip.dhcp or DHCP()
    if command == MODIFY:
        raise errors.OperationUnsupported("dhcp ranges cannot be modified, only added or deleted")
    known = [old for old in dhcp.ranges if (old.start, old.end) == (row.start, row.end)]
    if command == DELETE:
        if not known:
            raise errors.OperationInvalid(f"couldn't locate a matching dhcp range entry in network '{network.name}'")
        dhcp.ranges = [old for old in dhcp.ranges if old is not known[0]]
        return
    if known:
        raise errors.OperationInvalid(
            f"there is an existing dhcp range entry in network '{network.name}' that matches "
            f"\"<range start='{row.start}' end='{row.end}'/>\""
        )
    dhcp.ranges = _place(dhcp.ranges, row, command)


def _forward_interface(network: Network, command: int, parent: int, root: Node) -> None:
    row = _row(ForwardDevice, "interface", root)
    if row.dev is None:
        raise Refusal(errors.XMLError, "missing dev attribute in <interface> element", root)
    if command == MODIFY:
        raise errors.OperationUnsupported("forward interface entries cannot be modified, only added or deleted")
    forward = network.forward = network.forward or Forward(mode="none")
    known = [old for old in forward.interfaces if old.dev == row.dev]
    if command == DELETE:
        if not known:
            raise errors.OperationInvalid(
                f"couldn't find an interface entry in network '{network.name}' matching <interface dev='{row.dev}'>"
            )
        forward.interfaces = [old for old in forward.interfaces if old is not known[0]]
    else:
        if known:
            raise errors.OperationInvalid(
                f"there is an existing interface entry in network '{network.name}' that matches "
                f"\"<interface dev='{row.dev}'>\""
            )
        forward.interfaces = _place(forward.interfaces, row, command)
    forward.dev = forward.interfaces[0].dev if forward.interfaces else None


def _portgroup(network: Network, command: int, parent: int, root: Node) -> None:
    row = _row(PortGroup, "portgroup", root)
    known = [old for old in network.portgroups if old.name == row.name]
    if command in (MODIFY, DELETE) and not known:
        raise errors.OperationInvalid(
            f"couldn't find a portgroup entry in network '{network.name}' matching <portgroup name='{row.name}'>"
        )
    if command in (ADD_FIRST, ADD_LAST) and known:
        raise errors.OperationInvalid(
            f"there is an existing portgroup entry in network '{network.name}' that matches "
            f"\"<portgroup name='{row.name}'>\""
        )
    if command == MODIFY:
        network.portgroups = [row if old is known[0] else old for old in network.portgroups]
    elif command == DELETE:
        network.portgroups = [old for old in network.portgroups if old is not known[0]]
    else:
        network.portgroups = _place(network.portgroups, row, command)


def _is_host(old: DNSHost, row: DNSHost, *, adding: bool) -> bool:
    """Whether two say something of one address; or of one name, which may have several addresses."""
    return old.ip == row.ip or (not adding and not set(old.hostnames).isdisjoint(row.hostnames))


def _is_text(old: TXT, row: TXT, *, adding: bool) -> bool:
    return old.name == row.name


def _is_service(old: SRV, row: SRV, *, adding: bool) -> bool:
    """Whether one has all that another says."""
    parts = ("domain", "service", "protocol", "target")
    return all(not getattr(row, part) or getattr(old, part) == getattr(row, part) for part in parts)


def _dns(kind: type[Record], name: str, what: str, is_same: Callable[..., bool]) -> Any:
    """A change of one of the lists in <dns>; ``is_same`` tells its rows apart."""

    def change(network: Network, command: int, parent: int, root: Node) -> None:
        row = _row(kind, kind._tag, root)
        row.check(root, partial=command == DELETE)
        if command == MODIFY:
            raise errors.OperationUnsupported(f"DNS {what} records cannot be modified, only added or deleted")
        dns = network.dns = network.dns or DNS()
        rows = getattr(dns, name)
        known = [old for old in rows if is_same(old, row, adding=command != DELETE)]
        if command == DELETE:
            if not known:
                raise errors.OperationInvalid(f"couldn't locate a matching DNS {what} record in network {network.name}")
            if len(known) > 1:
                detail = f"multiple matching DNS {what} records were found in network {network.name}"
                raise errors.OperationInvalid(detail)
            setattr(dns, name, [old for old in rows if old is not known[0]])
        else:
            if known:
                there = {
                    "HOST": "at least one DNS HOST record with a matching field",
                    "TXT": f"a DNS TXT record with name '{getattr(row, 'name', None)}'",
                    "SRV": "at least one DNS SRV record matching all specified fields",
                }
                raise errors.OperationInvalid(f"there is already {there[what]} in network {network.name}")
            setattr(dns, name, _place(rows, row, command))

    return change


_CHANGES: dict[int, Any] = {
    4: _host,
    5: _range,
    7: _forward_interface,
    9: _portgroup,
    10: _dns(DNSHost, "hosts", "HOST", _is_host),
    11: _dns(TXT, "txts", "TXT", _is_text),
    12: _dns(SRV, "srvs", "SRV", _is_service),
}
