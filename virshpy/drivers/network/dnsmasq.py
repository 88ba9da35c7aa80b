"""From a network's document to what its dnsmasq is told: pure text.

libvirt's choices, but for two. Leases are in dnsmasq's own file: no program need be run for each. ``no-ping``: before
its first offer dnsmasq would wait three seconds for an answer from whoever has the address already; on a network of
one's own that is hardly ever anybody, and a guest boots that much faster.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.inet import as_number, network_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from virshpy.xml.network import Network
    from virshpy.xml.network.addresses import DHCPHost, Lease, NetworkIP
    from virshpy.xml.network.dns import SRV

_UNITS = {"seconds": "s", "minutes": "m", "hours": "h"}


class Serving:
    """What dnsmasq reads: ``configuration`` when it starts, ``hosts`` and ``names`` also when it gets SIGHUP."""

    __slots__ = ("configuration", "hosts", "names")

    def __init__(self, configuration: str, hosts: str, names: str) -> None:
        self.configuration = configuration
        self.hosts = hosts
        self.names = names

    def files(self, directory: str) -> dict[str, str]:
        """The files by their paths."""
        return {
            f"{directory}/dnsmasq.conf": self.configuration,
            f"{directory}/hosts": self.hosts,
            f"{directory}/names": self.names,
        }


def is_served(network: Network) -> bool:
    """Whether a network has a dnsmasq: for names, or for addresses."""
    names = network.dns is None or network.dns.enable is not False
    return bool(network.ips) and (names or any(map(_gives, network.ips)))


def serving(
    network: Network,
    directory: str,
    *,
    user: str | None = None,
    resolver: str | None = None,
    reserved: Sequence[tuple[str, str]] = (),
) -> Serving:
    """What the dnsmasq of a network is told. Its files are in ``directory``; ``user`` is whom it becomes, "" nobody
    else. ``resolver`` is asked for names in place of those whom the host asks. ``reserved``: (MAC address, address) of
    guests that get the same address always, beside those of the document.

    Raises ConfigUnsupported for values that would be more than one line.
    """
    lines = [f"# The dnsmasq of network {network.name}; written anew at each start and each net-update."]
    for key, value in _settings(network, directory, user, resolver):
        line = key if value is None else f"{key}={value}"
        if not line.isprintable():
            raise errors.ConfigUnsupported(
                f"network '{network.name}': dnsmasq cannot be told {line!r}", hint="leave out control characters"
            )
        lines.append(line)
    return Serving(_text(lines), _text([*_hosts(network), *map(",".join, reserved)]), _text(_names(network)))


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _gives(ip: NetworkIP) -> bool:
    return ip.dhcp is not None and bool(ip.dhcp.ranges or ip.dhcp.hosts)


def _settings(
    network: Network, directory: str, user: str | None, resolver: str | None
) -> Iterator[tuple[str, str | None]]:
    yield from _process(directory, user)
    yield from _dns(network, resolver)
    bridge = network.bridge
    yield "except-interface", "lo"
    yield "bind-dynamic", None
    yield "interface", str(bridge and bridge.name)
    if network.mode == "none":  # nothing is reached through it: it is no router, and asks nobody for names
        yield "dhcp-option", "3"
        yield "no-resolv", None
        yield "ra-param", "*,0,0"
    if network.dns is not None:
        for txt in network.dns.txts:
            yield "txt-record", f"{txt.name},{txt.value}"
        for srv in network.dns.srvs:
            yield "srv-host", _srv(srv)
    yield from _dhcp(network, directory)
    if network.dnsmasq_options is not None:
        for option in network.dnsmasq_options.options:
            key, equals, value = str(option.value).partition("=")
            yield key, value if equals else None


def _process(directory: str, user: str | None) -> Iterator[tuple[str, str | None]]:
    if user is not None:
        yield "user", user
        if not user:
            yield "group", ""
    yield "pid-file", _quoted(f"{directory}/dnsmasq.pid")
    yield "strict-order", None


def _quoted(path: str) -> str:
    """A path as dnsmasq reads it: between quotes it may have blanks and signs of comments."""
    if path.translate(_HARMLESS):
        return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return path


_HARMLESS = {ord(sign): None for sign in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-"}


def _dns(network: Network, resolver: str | None) -> Iterator[tuple[str, str | None]]:
    dns, domain = network.dns, network.domain
    forwarded = dns is not None and any(forwarder.addr and not forwarder.domain for forwarder in dns.forwarders)
    if resolver is not None and not forwarded and network.mode != "none":
        yield "server", resolver
    for forwarder in dns.forwarders if dns is not None else ():
        yield "server", (f"/{forwarder.domain}/" if forwarder.domain else "") + (forwarder.addr or "#")
    if forwarded or (resolver is not None and network.mode != "none"):
        yield "no-resolv", None
    if domain is not None and domain.name:
        if domain.localOnly:
            yield "local", f"/{domain.name}/"
        yield "domain", domain.name
        yield "expand-hosts", None
    if dns is not None and dns.enable is False:
        yield "port", "0"
    if dns is not None and dns.forwardPlainNames is False:
        yield "domain-needed", None
        yield "local", "//"
    for ip in network.ips:
        if ip.localPtr:
            yield "local", f"/{_reverse(ip)}/"


def _reverse(ip: NetworkIP) -> str:
    """The domain in which the names of a network's addresses are looked up."""
    assert ip.address
    step, digits, suffix = (8, 4, "in-addr.arpa") if ip.version == 4 else (4, 32, "ip6.arpa")
    if ip.length % step or not ip.length:
        raise errors.ConfigUnsupported(
            f"PTR domain for IPv{ip.version} network with prefix {ip.length} cannot be automatically created",
            hint=f"its prefix must be a multiple of {step}",
        )
    first = network_of(ip.address, ip.length)[0]
    parts = [first >> step * place & (1 << step) - 1 for place in range(digits)][digits - ip.length // step :]
    return ".".join(f"{part:x}" if ip.version == 6 else str(part) for part in parts) + f".{suffix}"


def _srv(srv: SRV) -> str:
    """Fields are known by their places: one that is not said, before one that is, has its default."""
    name = f"_{srv.service}._{srv.protocol}" + (f".{srv.domain}" if srv.domain else "")
    said = [srv.target, srv.port, srv.priority, srv.weight]
    while said and not said[-1]:
        said.pop()
    words = [str(value or default) for value, default in zip(said, ("", 1, 0, 0), strict=False)]
    return ",".join([name, *words])


def _dhcp(network: Network, directory: str) -> Iterator[tuple[str, str | None]]:
    given = 0
    for ip in network.ips:
        if ip.tftp is not None and ip.tftp.root:
            yield "enable-tftp", None
            yield "tftp-root", ip.tftp.root
    for version in (4, 6):
        served = [ip for ip in network.ips if ip.version == version and _gives(ip)]
        if not served or served[0].dhcp is None:
            continue
        ip, dhcp = served[0], served[0].dhcp
        for row in dhcp.ranges:
            given += as_number(str(row.end)) - as_number(str(row.start)) + 1
            yield "dhcp-range", f"{row.start},{row.end},{_extent(ip)}{_lease(row.lease)}"
        if not dhcp.ranges:
            yield "dhcp-range", f"{ip.address},static" + (f",{ip.length}" if version == 6 else "")
        if version == 4:
            yield "dhcp-no-override", None
            yield "dhcp-authoritative", None
            if dhcp.bootp is not None:
                server = f",,{dhcp.bootp.server}" if dhcp.bootp.server else ""
                yield "dhcp-boot", f"{dhcp.bootp.file}{server}"
    if given:
        yield "dhcp-lease-max", str(given)
    if network.mtu is not None and network.mtu.size:
        yield "dhcp-option", f"option:mtu,{network.mtu.size}"
    if any(_gives(ip) for ip in network.ips):
        yield "dhcp-hostsfile", _quoted(f"{directory}/hosts")
        yield "dhcp-leasefile", _quoted(f"{directory}/leases")
        yield "no-ping", None
    yield "addn-hosts", _quoted(f"{directory}/names")
    yield from _announced(network)


def _announced(network: Network) -> Iterator[tuple[str, str | None]]:
    """Router advertisements, without which a guest does not find an IPv6 network."""
    six = [ip for ip in network.ips if ip.version == 6]
    if any(_gives(ip) for ip in six):
        yield "enable-ra", None
    else:
        for ip in six:
            yield "dhcp-range", f"{ip.address},ra-only"


def _extent(ip: NetworkIP) -> str:
    if ip.version == 6:
        return str(ip.length)
    mask = (1 << 32) - (1 << 32 - ip.length)
    return ".".join(str(mask >> shift & 255) for shift in (24, 16, 8, 0))


def _lease(lease: Lease | None) -> str:
    if lease is None or lease.expiry is None:
        return ""
    return f",{lease.expiry}{_UNITS[lease.unit or 'minutes']}" if lease.expiry else ",infinite"


def _hosts(network: Network) -> list[str]:
    """Who is always given the same address."""
    return [
        _host(host, ip.version)
        for ip in network.ips
        if ip.dhcp is not None
        for host in ip.dhcp.hosts
    ]  # fmt: skip


def _host(host: DHCPHost, version: int) -> str:
    address = f"[{host.ip}]" if version == 6 else str(host.ip)
    if version == 6:
        words = [f"id:{host.id}", host.name] if host.id else [host.name]
        return ",".join([*(word for word in words if word), address]) + _lease(host.lease)
    client = [host.mac, f"id:{host.id}" if host.id else None]
    words = [*client, address, host.name] if any(client) else [host.name, address]
    return ",".join(word for word in words if word) + _lease(host.lease)


def _names(network: Network) -> list[str]:
    dns = network.dns
    return ["\t".join((str(host.ip), *host.hostnames)) for host in dns.hosts] if dns is not None else []
