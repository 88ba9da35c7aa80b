"""<network>: the document of a virtual network, in libvirt's order and with its names."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.element import Element, attr, leaf, many, one, verbatim
from virshpy.xml.node import Node, Refusal
from virshpy.xml.port import Bandwidth, PortOptions, VirtualPort, Vlan
from virshpy.xml.scalars import INT, MAC, POSITIVE, STR, UINT, UUID, YESNO, Enum, Int, Sentence, Switch, xml

MODES = "none nat route open bridge private vepa passthrough hostdev"
BRIDGED = ("none", "nat", "route", "open")  # libvirt's own bridge
_ONOFF = Switch("on", "off", Sentence("Invalid 'stp' setting '%s' in network", errors.XMLError))


class Named(Element):
    name: str | None = attr()


class AddressRange(Element):
    start: str | None = attr()
    end: str | None = attr()


class PortRange(Element, tag="port"):
    start: int | None = attr(UINT)
    end: int | None = attr(UINT)


class NAT(Element, tag="nat"):
    ipv6: bool | None = attr(YESNO)
    address: AddressRange | None = one(AddressRange, "address")
    port: PortRange | None = one(PortRange)


class ForwardDevice(Element):
    dev: str | None = attr()
    connections: int | None = attr(UINT, runtime=True)


class ForwardAddress(Element, tag="address"):
    type: str | None = attr(Enum("pci", xml("unknown address type '%s' in network")))
    domain: int | None = attr(Int(base=0, form="0x%04x"))
    bus: int | None = attr(Int(base=0, form="0x%02x"))
    slot: int | None = attr(Int(base=0, form="0x%02x"))
    function: int | None = attr(Int(base=0, form="0x%x"))
    connections: int | None = attr(UINT, runtime=True)


class Forward(Element, tag="forward"):
    dev: str | None = attr()
    mode: str | None = attr(Enum(MODES, "unknown forwarding type '%s'"))
    managed: bool | None = attr(YESNO)
    driver: Named | None = one(Named, "driver")
    nat: NAT | None = one(NAT)
    pfs: list[ForwardDevice] = many(ForwardDevice, "pf")
    interfaces: list[ForwardDevice] = many(ForwardDevice, "interface")
    addresses: list[ForwardAddress] = many(ForwardAddress)


class Bridge(Element, tag="bridge"):
    name: str | None = attr()
    zone: str | None = attr()
    stp: bool | None = attr(_ONOFF)
    delay: int | None = attr(Int(0, 2**64 - 1, sentence=xml("Invalid delay value in network '%s'")))
    macTableManager: str | None = attr(Enum("kernel libvirt", xml("Invalid macTableManager setting '%s' in network")))


class NetworkMTU(Element, tag="mtu"):
    size: int | None = attr(UINT)


class NetworkMAC(Element, tag="mac"):
    address: str | None = attr(MAC())


class DNSDomain(Element, tag="domain"):
    name: str | None = attr()
    localOnly: bool | None = attr(YESNO)
    register: bool | None = attr(YESNO)


class Forwarder(Element, tag="forwarder"):
    domain: str | None = attr()
    addr: str | None = attr()


class TXT(Element, tag="txt"):
    name: str | None = attr(required=xml("missing required name attribute in DNS TXT record of network"))
    value: str | None = attr()


class SRV(Element, tag="srv"):
    service: str | None = attr(required=xml("missing required service attribute in DNS SRV record of network"))
    protocol: str | None = attr(required=xml("missing required protocol attribute in DNS SRV record of network"))
    domain: str | None = attr()
    target: str | None = attr()
    port: int | None = attr(UINT)
    priority: int | None = attr(UINT)
    weight: int | None = attr(UINT)


class DNSHost(Element, tag="host"):
    ip: str | None = attr()
    hostnames: list[str] = many(STR, "hostname")


class DNS(Element, tag="dns"):
    enable: bool | None = attr(YESNO)
    forwardPlainNames: bool | None = attr(YESNO)
    forwarders: list[Forwarder] = many(Forwarder)
    txts: list[TXT] = many(TXT)
    srvs: list[SRV] = many(SRV)
    hosts: list[DNSHost] = many(DNSHost)


class Lease(Element, tag="lease"):
    expiry: int | None = attr(Int(0, 2**64 - 1))
    unit: str | None = attr(Enum("seconds minutes hours", xml("Invalid unit: %s")))


class DHCPRange(Element, tag="range"):
    start: str | None = attr()
    end: str | None = attr()
    lease: Lease | None = one(Lease)


class DHCPHost(Element, tag="host"):
    mac: str | None = attr(MAC())
    id: str | None = attr()
    name: str | None = attr()
    ip: str | None = attr()
    lease: Lease | None = one(Lease)


class Bootp(Element, tag="bootp"):
    file: str | None = attr()
    server: str | None = attr()


class DHCP(Element, tag="dhcp", drop_empty=True):
    ranges: list[DHCPRange] = many(DHCPRange)
    hosts: list[DHCPHost] = many(DHCPHost)
    bootp: Bootp | None = one(Bootp)


class TFTP(Element, tag="tftp"):
    root: str | None = attr()


class NetworkIP(Element, tag="ip"):
    _open = True

    family: str | None = attr()
    address: str | None = attr()
    netmask: str | None = attr()
    prefix: int | None = attr(UINT)
    localPtr: bool | None = attr(YESNO)
    tftp: TFTP | None = one(TFTP)
    dhcp: DHCP | None = one(DHCP)


class NetworkRoute(Element, tag="route"):
    family: str | None = attr()
    address: str | None = attr()
    netmask: str | None = attr()
    prefix: int | None = attr(UINT)
    gateway: str | None = attr()
    metric: int | None = attr(POSITIVE)


class PortGroup(Element, tag="portgroup"):
    _open = True

    name: str | None = attr()
    default: bool | None = attr(YESNO)
    trustGuestRxFilters: bool | None = attr(YESNO)
    vlan: Vlan | None = one(Vlan)
    virtualport: VirtualPort | None = one(VirtualPort)
    bandwidth: Bandwidth | None = one(Bandwidth)


class DnsmasqOption(Element, tag="dnsmasq:option"):
    value: str | None = attr()


class DnsmasqOptions(Element, tag="dnsmasq:options"):
    """Lines that are added to dnsmasq's configuration as they are."""

    options: list[DnsmasqOption] = many(DnsmasqOption)


class Network(Element, tag="network"):
    """The whole document."""

    _source = "(network_definition)"
    _namespaces = {"http://libvirt.org/schemas/network/dnsmasq/1.0": "dnsmasq"}
    _declares_first = True

    connections: int | None = attr(INT, runtime=True)
    ipv6: bool | None = attr(YESNO)
    trustGuestRxFilters: bool | None = attr(YESNO)
    name: str | None = leaf()
    uuid: str | None = leaf(UUID(xml("malformed uuid element")))
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
    bandwidth: Bandwidth | None = one(Bandwidth)
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

    def _check(self, node: Node) -> None:
        if not self.name:
            raise Refusal(errors.NoName, None, node, "expected <name>…</name>")
        if "/" in self.name:
            raise Refusal(errors.XMLError, f"name {self.name} cannot contain '/'", node)
        self._settle()
        mode = self.mode
        if mode in ("nat", "route") and not self.ips:
            detail = f"{mode} forwarding requested, but no IP address provided for network '{self.name}'"
            raise Refusal(errors.XMLError, detail, node, "expected <ip address='…' netmask='…'/>")
        if mode in ("private", "vepa", "passthrough") and self.bridge is not None and self.bridge.name:
            detail = f"bridge name not allowed in {mode} mode (network '{self.name}')"
            raise Refusal(errors.XMLError, detail, node)
        if (
            mode == "bridge"
            and self.bridge is not None
            and self.bridge.name
            and self.forward
            and (self.forward.interfaces or self.forward.pfs)
        ):
            detail = "A network with forward mode='bridge' can specify a bridge name or a forward dev, but not both"
            raise Refusal(errors.XMLError, f"{detail} (network '{self.name}')", node)

    def _settle(self) -> None:
        """What libvirt's parser fills in: the bridge of its own networks, the device of the first interface."""
        if self.forward is not None:
            forward = self.forward
            forward.mode = forward.mode or "nat"
            if forward.mode == "none":
                self.forward = None
            elif forward.dev and not forward.interfaces and not forward.pfs:
                forward.interfaces = [ForwardDevice(dev=forward.dev)]
            elif forward.interfaces and forward.mode != "hostdev":
                forward.dev = forward.interfaces[0].dev
            for address in forward.addresses:
                address.type = address.type or "pci"
        if self.domain is not None and self.domain.register is False:
            self.domain.register = None
        if self.mode in BRIDGED:
            self.bridge = bridge = self.bridge or Bridge()
            bridge.stp = True if bridge.stp is None else bridge.stp
            bridge.delay = bridge.delay or 0
        elif self.bridge is not None:
            self.bridge.stp = self.bridge.delay = None
            if self.mode == "hostdev":
                self.bridge = None
