"""<network>: the document of a virtual network, in libvirt's order and with its names.

``{name}`` in refusals becomes the network's name.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.element import Element, attr, leaf, many, one, verbatim
from virshpy.xml.inet import as_number, ip_version, network_of
from virshpy.xml.network.addresses import NetworkIP, NetworkRoute
from virshpy.xml.network.dns import DNS
from virshpy.xml.node import Node, Refusal
from virshpy.xml.pci import PCIPlace, hexadecimal
from virshpy.xml.port import Bandwidth, PortOptions, VirtualPort, Vlan
from virshpy.xml.scalars import (
    INT,
    ONOFF,
    STR,
    UINT,
    UUID,
    YESNO,
    AnyMAC,
    Blank,
    Enum,
    Int,
    Lenient,
    Noted,
    again,
    internal,
    xml,
)

MODES = "none nat route open bridge private vepa passthrough hostdev"
_BRIDGED = ("none", "nat", "route", "open")


class AddressRange(Element):
    start: str | None = attr()
    end: str | None = attr()

    def check(self, node: Node) -> None:
        """As what guests' addresses become."""
        where = "in <nat> in <forward> in network"
        for word in ("start", "end"):
            if not getattr(self, word):
                detail = f"missing '{word}' attribute in <address> element {where} {{name}}"
                raise Refusal(errors.XMLError, detail, node)
        assert self.start and self.end
        for word, text in (("start", self.start), ("end", self.end)):
            if ip_version(text) != 4:
                detail = f"Bad ipv4 {word} address '{text}' {where} '{{name}}'"
                raise Refusal(errors.XMLError, detail, node, "expected an IPv4 address")
        if as_number(self.start) > as_number(self.end):
            raise Refusal(errors.InternalError, f"range {self.start} - {self.end} is reversed ", node)


class PortRange(Element, tag="port"):
    start: int | None = attr(Lenient(UINT))
    end: int | None = attr(Lenient(UINT))

    def check(self, node: Node) -> None:
        """As what guests' ports become."""
        start, end = self.start, self.end
        word = "start" if start is None or start > 0xFFFF else None
        if word is None and start is not None and (end is None or not start <= end <= 0xFFFF):
            word = "end"
        if word:
            detail = f"Missing or invalid '{word}' attribute in <port> in <nat> in <forward> in network {{name}}"
            raise Refusal(errors.XMLDetail, detail, node, "expected numbers from 1 to 65535, the lower first")


class NAT(Element, tag="nat", drop_empty=True):
    ipv6: bool | None = attr(YESNO)
    address: AddressRange | None = one(AddressRange, "address")
    port: PortRange | None = one(PortRange)

    def _check(self, node: Node) -> None:
        if sum(child.tag == "address" for child in node.children) > 1:
            detail = "Only one <address> element is allowed in <nat> in <forward> in network {name}"
            raise Refusal(errors.XMLError, detail, node)


class ForwardDevice(Element):
    dev: str | None = attr()
    connections: int | None = attr(UINT, runtime=True)


class ForwardAddress(PCIPlace):
    """A function of a network card; ``connections``: how many guests have it."""

    type: str | None = attr(
        Enum("pci", "unknown address type '%s' in network {name}"),
        required=xml("missing address type in network {name}"),
    )
    domain: int | None = attr(hexadecimal(4))
    bus: int | None = attr(hexadecimal(2))
    slot: int | None = attr(hexadecimal(2))
    function: int | None = attr(hexadecimal(1))
    connections: int | None = attr(UINT, runtime=True)

    def _check(self, node: Node) -> None:
        self.domain = self.domain or 0
        super()._check(node)


class ForwardDriver(Element, tag="driver", drop_empty=True):
    name: str | None = attr(Enum("kvm vfio", "Unknown forward <driver name='%s'/> in network {name}"))


class Forward(Element, tag="forward"):
    dev: str | None = attr()
    mode: str | None = attr(Blank(Enum(MODES, "unknown forwarding type '%s'")))
    managed: bool | None = attr(Lenient(YESNO))
    driver: ForwardDriver | None = one(ForwardDriver)
    nat: NAT | None = one(NAT)
    pfs: list[ForwardDevice] = many(ForwardDevice, "pf")
    interfaces: list[ForwardDevice] = many(ForwardDevice, "interface")
    addresses: list[ForwardAddress] = many(ForwardAddress)

    def _check(self, node: Node) -> None:
        self.mode = self.mode or "nat"
        self._check_nat(node.find("nat"))
        self._check_devices(node)
        self.managed = bool(self.managed) if self.mode == "hostdev" else None

    def _check_nat(self, node: Node | None) -> None:
        if node is None or self.nat is None:
            return
        if self.mode != "nat":
            detail = "The <nat> element can only be used when <forward> 'mode' is 'nat' in network {name}"
            raise Refusal(errors.XMLError, detail, node)
        if self.nat.address is not None:
            self.nat.address.check(node)
        if self.nat.port is not None:
            self.nat.port.check(node)

    def _check_devices(self, node: Node) -> None:
        def refusal(problem: str) -> Refusal:
            return Refusal(errors.XMLError, problem, node)

        names = [interface.dev for interface in self.interfaces]
        if None in names:
            raise refusal("Missing required dev attribute in <forward> <interface> element of network {name}")
        if self.dev and names and names[0] != self.dev:
            raise refusal(
                f"<forward dev='{self.dev}'> must match first <interface dev='{names[0]}'/> in network {{name}}"
            )
        for name in again(names):
            raise refusal(f"interface '{name}' can only be listed once in network {{name}}")
        for place in again(str(address) for address in self.addresses):
            raise refusal(f"PCI device '{place}' can only be listed once in network {{name}}")
        if len(self.pfs) > 1:
            raise refusal("Only one <pf> element is allowed in <forward> of network {name}")
        if self.pfs and self.pfs[0].dev is None:
            raise refusal("Missing required dev attribute in <pf> element of network '{name}'")
        if self.interfaces or self.addresses:
            self.pfs = []
        if self.interfaces:
            self.addresses = []


class Bridge(Element, tag="bridge"):
    name: str | None = attr(Blank(STR))
    zone: str | None = attr()
    stp: bool | None = attr(Lenient(ONOFF))
    delay: int | None = attr(Int(0, 2**64 - 1, sentence=xml("Invalid delay value in network '{name}'")))
    macTableManager: str | None = attr(
        Enum("kernel libvirt", xml("Invalid macTableManager setting '%s' in network '{name}'"))
    )


class NetworkMTU(Element, tag="mtu", drop_empty=True):
    size: int | None = attr(Int(sentence=xml("Invalid mtu size '%s' in network '{name}'")))

    def _check(self, node: Node) -> None:
        self.size = self.size or None  # 0 is what is not said


class NetworkMAC(Element, tag="mac", drop_empty=True):
    address: str | None = attr(AnyMAC(xml("Invalid bridge mac address '%s' in network '{name}'")))

    def _check(self, node: Node) -> None:
        if self.address and int(self.address[:2], 16) & 1:
            detail = f"Invalid multicast bridge mac address '{self.address}' in network '{{name}}'"
            raise Refusal(errors.XMLError, detail, node, "its first pair must be even")


class DNSDomain(Element, tag="domain", drop_empty=True):
    name: str | None = attr()
    localOnly: bool | None = attr(YESNO)
    register: bool | None = attr(Noted(YESNO))

    def _check(self, node: Node) -> None:
        if self.name is None:
            self.localOnly = self.register = None


class SharedBandwidth(Bandwidth):
    """What all guests have together; what one of them has at least is said by its interface."""

    def _check(self, node: Node) -> None:
        super()._check(node)
        if self.inbound is not None and self.inbound.floor is not None:
            raise Refusal(errors.ConfigUnsupported, "floor attribute is not supported for this config", node)


class PortGroup(Element, tag="portgroup"):
    _open = True

    name: str | None = attr(required=xml("Missing required name attribute in portgroup"))
    default: bool | None = attr(Noted(Lenient(YESNO)))
    trustGuestRxFilters: bool | None = attr(YESNO)
    vlan: Vlan | None = one(Vlan)
    virtualport: VirtualPort | None = one(VirtualPort)
    bandwidth: SharedBandwidth | None = one(SharedBandwidth)


class DnsmasqOption(Element, tag="dnsmasq:option"):
    value: str | None = attr(required=xml("No dnsmasq options value specified"))


class DnsmasqOptions(Element, tag="dnsmasq:options"):
    """Lines that are added to dnsmasq's configuration as they are."""

    options: list[DnsmasqOption] = many(DnsmasqOption)


class Network(Element, tag="network"):
    """The whole document."""

    _source = "(network_definition)"
    _namespaces = {"http://libvirt.org/schemas/network/dnsmasq/1.0": "dnsmasq"}
    _declares_first = True

    connections: int | None = attr(INT, runtime=True)
    ipv6: bool | None = attr(Noted(YESNO))
    trustGuestRxFilters: bool | None = attr(YESNO)
    name: str | None = leaf()
    uuid: str | None = leaf(UUID(internal("malformed uuid element")))
    title: str | None = leaf()
    description: str | None = leaf()
    metadata: Node | None = verbatim()
    forward: Forward | None = one(Forward)
    bridge: Bridge | None = one(Bridge)
    mtu: NetworkMTU | None = one(NetworkMTU)
    mac: NetworkMAC | None = one(NetworkMAC)
    domain: DNSDomain | None = one(DNSDomain)
    dns: DNS | None = one(DNS)
    vlan: Vlan | None = one(Vlan)
    bandwidth: SharedBandwidth | None = one(SharedBandwidth)
    port: PortOptions | None = one(PortOptions)
    ips: list[NetworkIP] = many(NetworkIP)
    routes: list[NetworkRoute] = many(NetworkRoute)
    virtualport: VirtualPort | None = one(VirtualPort)
    portgroups: list[PortGroup] = many(PortGroup)
    dnsmasq_options: DnsmasqOptions | None = one(DnsmasqOptions)

    @property
    def mode(self) -> str:
        """How it reaches the outside; ``none`` for an isolated network."""
        return self.forward.mode or "nat" if self.forward else "none"

    @property
    def makes_bridge(self) -> bool:
        """Whether its start makes a bridge of its own; the others are on links that the host has."""
        return self.mode in _BRIDGED

    def _check(self, node: Node) -> None:
        if not self.name:
            raise Refusal(errors.NoName, None, node, "expected <name>…</name>")
        if "/" in self.name:
            raise Refusal(errors.XMLError, f"name {self.name} cannot contain '/'", node)
        for empty in [part for part in (self.mtu, self.mac, self.domain, self.dns) if part and not part._state()]:
            setattr(self, empty._tag, None)
        if self.dnsmasq_options is not None and not self.dnsmasq_options.options:
            self.dnsmasq_options = None
        self._check_mode(node)
        self._settle()

    def _check_mode(self, node: Node) -> None:
        """Refuse what a network of this mode cannot have."""

        def refusal(problem: str) -> Refusal:
            return Refusal(errors.XMLError, problem, node)

        mode, forward, bridge = self.mode, self.forward, self.bridge or Bridge()
        if mode in ("nat", "route", "open") and not self.ips:
            raise refusal(f"{mode} forwarding requested, but no IP address provided for network '{self.name}'")
        if mode == "open" and forward is not None and (forward.dev or forward.interfaces):
            raise refusal(f"forward dev not allowed for network '{self.name}' with forward mode='open'")
        if mode in ("nat", "route") and forward is not None and len(forward.interfaces) > 1:
            problem = "multiple forwarding interfaces specified for network"
            raise refusal(f"{problem} '{self.name}', only one is supported")
        if not self.makes_bridge:
            if bridge.name and mode != "bridge":
                raise refusal(f"bridge name not allowed in {mode} mode (network '{self.name}')")
            if bridge.macTableManager and mode != "bridge":
                raise refusal(f"bridge macTableManager setting not allowed in {mode} mode (network '{self.name}')")
            if bridge.zone or bridge.delay or bridge.stp is not None:
                problem = "bridge delay/stp/zone options only allowed in route, nat, and isolated mode"
                raise refusal(f"{problem}, not in {mode} (network '{self.name}')")
            if bridge.name and forward is not None and (forward.dev or forward.interfaces or forward.pfs):
                problem = (
                    "A network with forward mode='bridge' can specify a bridge name or a forward dev, but not both"
                )
                raise refusal(f"{problem} (network '{self.name}')")
            if self.mtu is not None:
                problem = "mtu size only allowed in open, route, nat, and isolated mode"
                raise refusal(f"{problem}, not in {mode} (network '{self.name}')")
        for route in self.routes:
            assert route.gateway
            if not any(_reaches(ip, route.gateway) for ip in self.ips):
                detail = f"unreachable static route gateway '{route.gateway}' specified for network '{self.name}'"
                raise Refusal(errors.ConfigUnsupported, detail, node)

    def _settle(self) -> None:
        """What libvirt's parser fills in: the bridge of its own networks, the device of the first interface."""
        forward = self.forward
        if forward is not None:
            if forward.mode == "none":
                self.forward = None
            elif forward.dev and not forward.interfaces and not forward.pfs and not forward.addresses:
                forward.interfaces = [ForwardDevice(dev=forward.dev)]
            elif forward.interfaces:
                forward.dev = forward.interfaces[0].dev
        if self.makes_bridge:
            self.bridge = bridge = self.bridge or Bridge()
            bridge.stp = True if bridge.stp is None else bridge.stp
            bridge.delay = bridge.delay or 0
        elif self.bridge is not None:
            self.bridge.delay = None
        if self.mode == "hostdev":
            self.bridge = None


def _reaches(ip: NetworkIP, address: str) -> bool:
    assert ip.address
    first, last = network_of(ip.address, ip.length)
    return ip_version(ip.address) == ip_version(address) and first <= as_number(address) <= last
