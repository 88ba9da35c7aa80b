"""<interface>: the document of one of the host's network interfaces (virInterface*)."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.element import Element, attr, flag, many, one
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import INT, ONOFF, UINT, YESNO, Enum, Int, Lenient, Noted, xml


class Start(Element, tag="start", drop_empty=True):
    mode: str | None = attr(Enum("none onboot hotplug", xml("unknown interface startmode %s")))


class MTU(Element, tag="mtu", drop_empty=True):
    size: int | None = attr(Noted(UINT))


class DHCP(Element, tag="dhcp"):
    peerdns: bool | None = attr(YESNO)


class IP(Element, tag="ip", drop_empty=True):
    address: str | None = attr()
    prefix: int | None = attr(Noted(INT))


class Route(Element, tag="route", drop_empty=True):
    gateway: str | None = attr()


class Protocol(Element, tag="protocol"):
    _open = True

    family: str | None = attr(required=xml("protocol misses the family attribute"))
    autoconf: bool = flag()
    dhcp: DHCP | None = one(DHCP)
    ips: list[IP] = many(IP)
    routes: list[Route] = many(Route)

    def _check(self, node: Node) -> None:
        if self.family not in ("ipv4", "ipv6"):
            detail = f"unsupported protocol family '{self.family}'"
            raise Refusal(errors.XMLError, detail, node, "expected ipv4 or ipv6")
        self.autoconf = self.autoconf and self.family == "ipv6"


class Link(Element, tag="link", drop_empty=True):
    speed: int | None = attr(Noted(UINT))
    state: str | None = attr(Enum("unknown notpresent down lowerlayerdown testing dormant up"))


class MAC(Element, tag="mac", drop_empty=True):
    address: str | None = attr()


def _number(problem: str) -> Int:
    return Int(sentence=xml(problem))


_FREQ, _INTERVAL = "bond interface miimon freq missing or invalid", "bond interface arpmon interval missing or invalid"


class Miimon(Element, tag="miimon"):
    freq: int | None = attr(_number(_FREQ), required=xml(_FREQ))
    downdelay: int | None = attr(_number("bond interface miimon downdelay invalid"))
    updelay: int | None = attr(_number("bond interface miimon updelay invalid"))
    carrier: str | None = attr(Enum("ioctl netif", xml("unknown mii bonding carrier %s")))


class Arpmon(Element, tag="arpmon"):
    interval: int | None = attr(_number(_INTERVAL), required=xml(_INTERVAL))
    target: str | None = attr(required=xml("bond interface arpmon target missing"))
    validate: str | None = attr(Enum("active backup all", xml("unknown arp bonding validate %s")))


class VlanDevice(Element, tag="interface"):
    name: str | None = attr()


class Vlan(Element, tag="vlan"):
    """``tag``: the number of the VLAN on the interface."""

    tag: str | None = attr(required=xml("vlan interface misses the tag attribute"))
    interface: VlanDevice | None = one(VlanDevice)

    def _check(self, node: Node) -> None:
        if self.interface is None or not self.interface.name:
            raise Refusal(errors.XMLError, "vlan interface misses name attribute", node, "add <interface name='…'/>")


class Kind(Element, trailing=True):
    """What an interface is made of, by its type."""

    link: Link | None = one(Link)
    mac: MAC | None = one(MAC)
    bond: Bond | None = one(lambda: Bond)
    vlan: Vlan | None = one(Vlan)


class BridgePort(Kind, tag="interface"):
    """An interface inside a bridge: it has no address of its own. ``_types``: what it can be."""

    _open = True
    _kinds = {"ethernet": "type name link mac", "bond": "type name link bond", "vlan": "type name link vlan"}
    _types: tuple[str, ...] = ("ethernet", "bond", "vlan")

    type: str | None = attr(Enum("ethernet bridge bond vlan"), required=True)
    name: str | None = attr(required=xml("interface has no name"))

    def _check(self, node: Node) -> None:
        if self.type not in self._types:
            detail = f"interface has unsupported type '{self.type}'"
            raise Refusal(errors.XMLError, detail, node, f"expected {' or '.join(self._types)}")
        if self.type in ("bridge", "bond", "vlan") and getattr(self, self.type) is None:
            raise Refusal(errors.XMLError, f"{self.type} interface misses the {self.type} element", node)


class BondPort(BridgePort):
    _types = ("ethernet",)


class Bond(Element, tag="bond"):
    _open = True

    mode: str | None = attr(
        Enum(
            "balance-rr active-backup balance-xor broadcast 802.3ad balance-tlb balance-alb",
            xml("unknown bonding mode %s"),
        )
    )
    miimon: Miimon | None = one(Miimon)
    arpmon: Arpmon | None = one(Arpmon)
    interfaces: list[BondPort] = many(BondPort)

    def _check(self, node: Node) -> None:
        if self.miimon is not None:
            self.arpmon = None


class Bridge(Element, tag="bridge"):
    _open = True

    stp: bool | None = attr(Lenient(ONOFF))
    delay: str | None = attr()
    interfaces: list[BridgePort] = many(BridgePort)


class Interface(BridgePort):
    """The whole document."""

    _source = "(interface_definition)"
    _kinds = {
        "ethernet": "type name start mtu protocol link mac",
        "bridge": "type name start mtu protocol bridge",
        "bond": "type name start mtu protocol link bond",
        "vlan": "type name start mtu protocol link vlan",
    }
    _types = ("ethernet", "bridge", "bond", "vlan")

    start: Start | None = one(Start)
    mtu: MTU | None = one(MTU)
    protocols: list[Protocol] = many(Protocol)
    bridge: Bridge | None = one(Bridge)

    @property
    def address(self) -> str:
        """Its MAC address; empty where the document does not say."""
        return (self.mac.address if self.mac else None) or ""
