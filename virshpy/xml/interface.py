"""<interface>: the document of one of the host's network interfaces (virInterface*)."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.element import Element, attr, flag, many, one
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import ONOFF, UINT, YESNO, Enum, xml


class Start(Element, tag="start"):
    mode: str | None = attr(Enum("none onboot hotplug", xml("unknown interface startmode %s")))


class MTU(Element, tag="mtu"):
    size: int | None = attr(UINT)


class DHCP(Element, tag="dhcp"):
    peerdns: bool | None = attr(YESNO)


class IP(Element, tag="ip"):
    address: str | None = attr()
    prefix: int | None = attr(UINT)


class Route(Element, tag="route"):
    gateway: str | None = attr()


class Protocol(Element, tag="protocol"):
    _open = True

    family: str | None = attr(required=xml("interface protocol misses the family attribute"))
    autoconf: bool = flag()
    dhcp: DHCP | None = one(DHCP)
    ips: list[IP] = many(IP)
    routes: list[Route] = many(Route)


class Link(Element, tag="link"):
    speed: int | None = attr(UINT)
    state: str | None = attr(
        Enum("unknown notpresent down lowerlayerdown testing dormant up", xml("unknown interface link state '%s'"))
    )


class MAC(Element, tag="mac"):
    address: str | None = attr()


class Miimon(Element, tag="miimon"):
    freq: int | None = attr(UINT)
    downdelay: int | None = attr(UINT)
    updelay: int | None = attr(UINT)
    carrier: str | None = attr(Enum("ioctl netif", xml("unknown mii bonding carrier %s")))


class Arpmon(Element, tag="arpmon"):
    interval: int | None = attr(UINT)
    target: str | None = attr()
    validate: str | None = attr(Enum("active backup all", xml("unknown arp bonding validate %s")))


class Bond(Element, tag="bond"):
    mode: str | None = attr(
        Enum(
            "balance-rr active-backup balance-xor broadcast 802.3ad balance-tlb balance-alb",
            xml("unknown bonding mode %s"),
        )
    )
    miimon: Miimon | None = one(Miimon)
    arpmon: Arpmon | None = one(Arpmon)
    interfaces: list[Interface] = many(lambda: Interface)


class Bridge(Element, tag="bridge"):
    stp: bool | None = attr(ONOFF)
    delay: str | None = attr()
    interfaces: list[Interface] = many(lambda: Interface)


class VlanDevice(Element, tag="interface"):
    name: str | None = attr()


class Vlan(Element, tag="vlan"):
    tag: str | None = attr(required=xml("vlan interface misses the tag attribute"))
    interface: VlanDevice | None = one(VlanDevice)


class Interface(Element, tag="interface"):
    """The whole document, and each interface inside a bridge or a bond."""

    _source = "(interface_definition)"
    _open = True

    type: str | None = attr(Enum("ethernet bridge bond vlan", xml("unknown interface type %s")))
    name: str | None = attr(required=xml("interface has no name"))
    start: Start | None = one(Start)
    mtu: MTU | None = one(MTU)
    protocols: list[Protocol] = many(Protocol)
    link: Link | None = one(Link)
    mac: MAC | None = one(MAC)
    bond: Bond | None = one(Bond)
    bridge: Bridge | None = one(Bridge)
    vlan: Vlan | None = one(Vlan)

    def _check(self, node: Node) -> None:
        if not self.type:
            raise Refusal(errors.XMLError, "interface misses the type attribute", node)
        for kind in ("bridge", "bond", "vlan"):
            if self.type == kind and getattr(self, kind) is None:
                raise Refusal(errors.XMLError, f"{kind} interface misses the {kind} element", node)

    @property
    def address(self) -> str:
        """Its MAC address; empty where the document does not say."""
        return (self.mac.address if self.mac else None) or ""
