"""<filter>: what may pass an interface; and <filterbinding>: to which interface a filter is applied.

A value may be a variable, ``$IP`` or ``$IP[1]``, whose values the reference to the filter gives. Values are therefore
texts, in libvirt's spelling: numbers as they were written (12, 0xc), protocols by name, masks as prefix lengths.
"""

from __future__ import annotations

import re

from virshpy import errors
from virshpy.xml.element import Element, attr, leaf, many, one
from virshpy.xml.inet import as_number, leading_ones
from virshpy.xml.node import Node, Refusal
from virshpy.xml.port import FilterRef, Owner, PortMAC
from virshpy.xml.scalars import (
    UUID,
    YESNO,
    Enum,
    Int,
    Lenient,
    Scalar,
    Sentence,
    internal,
    read_mac,
    strtol,
    xml,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CHAINS = {"mac": -800, "vlan": -750, "stp": 0, "arp": -500, "rarp": -400, "ipv4": -700, "ipv6": -600}
"""How the names of chains begin, each with the priority that such a chain has where nothing is said."""

_ETHERTYPES = {"arp": 0x806, "rarp": 0x8035, "ipv4": 0x800, "ipv6": 0x86DD, "vlan": 0x8100}
_OPCODES = {
    "Request": 1, "Reply": 2, "Request_Reverse": 3, "Reply_Reverse": 4, "DRARP_Request": 5, "DRARP_Reply": 6,
    "DRARP_Error": 7, "InARP_Request": 8, "ARP_NAK": 9,
}  # fmt: skip
_PROTOCOLS = {
    "icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "esp": 50, "ah": 51, "icmpv6": 58, "sctp": 132, "udplite": 136,
}  # fmt: skip
_PORTED = ("tcp", "udp", "sctp", "33", "0x21")
_variable = re.compile(r"\$[A-Za-z0-9_]*(?:\[(?:\d{1,9}|@(?:\d{1,3}|1000))\])?", re.ASCII).fullmatch


class Value(Scalar):
    """A variable, or what ``canonical`` gives for a text and the element it is of: libvirt's spelling, or None."""

    def __init__(self, expected: str, canonical: Callable[[str, Node], str | None]) -> None:
        self.expected, self.canonical = f"{expected}, or a variable such as $IP", canonical

    def read(self, text: str, node: Node, name: str | None) -> str:
        value = text if _variable(text) else self.canonical(text, node)
        if value is None:
            detail = f"{name} has illegal value {text}"
            raise Refusal(errors.InternalError, detail, node, f"expected {self.expected}, got '{text}'")
        return value


def number(high: int, low: int = 0, words: Mapping[str, int] | None = None) -> Value:
    """A number, decimal or hexadecimal; those that have a name are printed by it."""
    names = {value: word for word, value in (words or {}).items()}
    values = {word.lower(): word for word in words or ()}

    def canonical(text: str, _: Node) -> str | None:
        value = strtol(text, 16 if text[:2].lower() == "0x" else 10)
        if value is None or not low <= value <= high:
            return values.get(text.lower())
        return names.get(value) or (f"{value:#x}" if text[:2].lower() == "0x" else str(value))

    return Value(f"a number from {low} to {high}" + "".join(f", {word}" for word in words or ()), canonical)


def _version(node: Node) -> int:
    return 6 if node.tag.endswith("v6") else 4


def _address(text: str, node: Node) -> str | None:
    from socket import AF_INET, AF_INET6, inet_aton, inet_ntop, inet_pton

    try:
        six = _version(node) == 6
        return inet_ntop(AF_INET6, inet_pton(AF_INET6, text)) if six else inet_ntop(AF_INET, inet_aton(text))
    except (OSError, ValueError):
        return None


def _mask(text: str, node: Node) -> str | None:
    bits = 128 if _version(node) == 6 else 32
    length = strtol(text)
    if length is None:
        spelled = _address(text, node)
        length = leading_ones(as_number(spelled), bits) if spelled else None
    return str(length) if length is not None and 0 <= length <= bits else None


def _mac_mask(text: str, _: Node) -> str | None:
    mask = read_mac(text)
    return mask if mask and leading_ones(int(mask.replace(":", ""), 16), 48) is not None else None


def _among(text: str, words: str) -> str | None:
    """The words of a list in the order of all ``words``; None where there is another."""
    said = {word for word in text.upper().split(",") if word}
    return ",".join(word for word in words.split() if word in said) if said <= set(words.split()) else None


def _states(text: str, _: Node) -> str | None:
    found = _among(text, "NEW ESTABLISHED RELATED INVALID NONE")
    return "NONE" if found and "NONE" in found else found


def _flags(text: str, _: Node) -> str | None:
    """Which flags are looked at and which of them are set: ``SYN,ACK/SYN``."""
    parts = [_among(part, "FIN SYN RST PSH ACK URG ALL NONE") for part in text.split("/")]
    if len(parts) != 2 or None in parts:
        return None
    every = "FIN,SYN,RST,PSH,ACK,URG"
    return "/".join("ALL" if "ALL" in part or part == every else part or "NONE" for part in parts if part is not None)


def _directions(text: str, _: Node) -> str | None:
    return text.lower() if re.fullmatch("(src|dst)(,(src|dst)){0,5}", text.lower()) else None


BYTE, PORT, LONG, SIX = number(255), number(0xFFFF), number(2**32 - 1), number(63)
ETHERTYPE = number(0xFFFF, 0x600, _ETHERTYPES)
OPCODE = number(0xFFFF, words=_OPCODES)
PROTOCOL = number(255, words=_PROTOCOLS)
ADDRESS, MASK = Value("an IP address", _address), Value("a prefix length or a mask", _mask)
MAC, MAC_MASK = Value("a MAC address", lambda text, _: read_mac(text)), Value("a mask of a MAC address", _mac_mask)
SET = Value("a name of at most 31 characters", lambda text, _: text if re.fullmatch("[\\w.:+ -]{1,31}", text) else None)


class Commented(Element, trailing=True):
    comment: str | None = attr()


class Packet(Commented):
    """What a rule matches; ``match`` False for what it does not."""

    match: bool | None = attr(Lenient(YESNO))

    def _check(self, node: Node) -> None:
        self.comment = self.comment and self.comment[:256]
        self.match = None if self.match or len(self._state()) < 2 else self.match


class Frame(Packet):
    srcmacaddr: str | None = attr(MAC)
    srcmacmask: str | None = attr(MAC_MASK)
    dstmacaddr: str | None = attr(MAC)
    dstmacmask: str | None = attr(MAC_MASK)


class Ethernet(Frame, tag="mac"):
    protocolid: str | None = attr(ETHERTYPE)


class VLAN(Frame, tag="vlan"):
    vlanid: str | None = attr(number(0xFFF))
    encap_protocol: str | None = attr(ETHERTYPE, "encap-protocol")


class STP(Packet, tag="stp"):
    srcmacaddr: str | None = attr(MAC)
    srcmacmask: str | None = attr(MAC_MASK)
    type: str | None = attr(BYTE)
    flags: str | None = attr(BYTE)
    root_priority: str | None = attr(PORT, "root-priority")
    root_priority_hi: str | None = attr(PORT, "root-priority-hi")
    root_address: str | None = attr(MAC, "root-address")
    root_address_mask: str | None = attr(MAC_MASK, "root-address-mask")
    root_cost: str | None = attr(LONG, "root-cost")
    root_cost_hi: str | None = attr(LONG, "root-cost-hi")
    sender_priority: str | None = attr(PORT, "sender-priority")
    sender_priority_hi: str | None = attr(PORT, "sender-priority-hi")
    sender_address: str | None = attr(MAC, "sender-address")
    sender_address_mask: str | None = attr(MAC_MASK, "sender-address-mask")
    port: str | None = attr(PORT)
    port_hi: str | None = attr(PORT, "port-hi")
    age: str | None = attr(PORT)
    age_hi: str | None = attr(PORT, "age-hi")
    max_age: str | None = attr(PORT, "max-age")
    max_age_hi: str | None = attr(PORT, "max-age-hi")
    hello_time: str | None = attr(PORT, "hello-time")
    hello_time_hi: str | None = attr(PORT, "hello-time-hi")
    forward_delay: str | None = attr(PORT, "forward-delay")
    forward_delay_hi: str | None = attr(PORT, "forward-delay-hi")


class ARP(Frame, tag="arp"):
    hwtype: str | None = attr(PORT)
    protocoltype: str | None = attr(PORT)
    opcode: str | None = attr(OPCODE)
    arpsrcmacaddr: str | None = attr(MAC)
    arpdstmacaddr: str | None = attr(MAC)
    arpsrcipaddr: str | None = attr(ADDRESS)
    arpsrcipmask: str | None = attr(MASK)
    arpdstipaddr: str | None = attr(ADDRESS)
    arpdstipmask: str | None = attr(MASK)
    gratuitous: str | None = attr(
        Value("true or false", lambda text, _: "true" if text in ("yes", "true", "1") else "false")
    )


class RARP(ARP, tag="rarp"): ...


class Bridged(Frame):
    """An IP packet as a bridge sees it."""

    srcipaddr: str | None = attr(ADDRESS)
    srcipmask: str | None = attr(MASK)
    dstipaddr: str | None = attr(ADDRESS)
    dstipmask: str | None = attr(MASK)
    protocol: str | None = attr(PROTOCOL)
    srcportstart: str | None = attr(PORT)
    srcportend: str | None = attr(PORT)
    dstportstart: str | None = attr(PORT)
    dstportend: str | None = attr(PORT)

    def _check(self, node: Node) -> None:
        super()._check(node)
        ported = self.srcportstart or self.srcportend or self.dstportstart or self.dstportend
        if ported and self.protocol not in _PORTED and not (self.protocol or "").startswith("$"):
            detail = (
                "IP rule with port specification requires protocol specification with protocol to be either one of "
                "tcp(6), udp(17), dccp(33), or sctp(132)"
            )
            raise Refusal(errors.InternalError, detail, node, "add protocol='tcp'")


class IP(Bridged, tag="ip"):
    dscp: str | None = attr(SIX)


class IPv6(Bridged, tag="ipv6"):
    type: str | None = attr(BYTE)
    typeend: str | None = attr(BYTE)
    code: str | None = attr(BYTE)
    codeend: str | None = attr(BYTE)


class Routed(Packet):
    """An IP packet as the host's own stack sees it, with the state of its connection."""

    srcmacaddr: str | None = attr(MAC)
    srcipaddr: str | None = attr(ADDRESS)
    srcipmask: str | None = attr(MASK)
    dstipaddr: str | None = attr(ADDRESS)
    dstipmask: str | None = attr(MASK)
    srcipfrom: str | None = attr(ADDRESS)
    srcipto: str | None = attr(ADDRESS)
    dstipfrom: str | None = attr(ADDRESS)
    dstipto: str | None = attr(ADDRESS)
    dscp: str | None = attr(SIX)
    connlimit_above: str | None = attr(PORT, "connlimit-above")
    state: str | None = attr(Value("NEW, ESTABLISHED, RELATED, INVALID or NONE", _states))
    ipset: str | None = attr(SET)
    ipsetflags: str | None = attr(Value("up to six of src and dst", _directions))


class Ported(Routed):
    srcportstart: str | None = attr(PORT)
    srcportend: str | None = attr(PORT)
    dstportstart: str | None = attr(PORT)
    dstportend: str | None = attr(PORT)


class TCP(Ported, tag="tcp"):
    flags: str | None = attr(Value("flags such as SYN,ACK/SYN", _flags))


class ICMP(Routed, tag="icmp"):
    type: str | None = attr(BYTE)
    code: str | None = attr(BYTE)


class UDP(Ported, tag="udp"): ...


class SCTP(Ported, tag="sctp"): ...


class IGMP(Routed, tag="igmp"): ...


class All(Routed, tag="all"): ...


class ESP(Routed, tag="esp"): ...


class AH(Routed, tag="ah"): ...


class UDPLite(Routed, tag="udplite"): ...


class TCPv6(TCP, tag="tcp-ipv6"): ...


class UDPv6(UDP, tag="udp-ipv6"): ...


class SCTPv6(SCTP, tag="sctp-ipv6"): ...


class ICMPv6(ICMP, tag="icmpv6"): ...


class AllV6(All, tag="all-ipv6"): ...


class ESPv6(ESP, tag="esp-ipv6"): ...


class AHv6(AH, tag="ah-ipv6"): ...


class UDPLiteV6(UDPLite, tag="udplite-ipv6"): ...


PACKETS = (
    Ethernet, VLAN, STP, ARP, RARP, IP, IPv6, TCP, UDP, SCTP, ICMP, IGMP, All, ESP, AH, UDPLite,
    TCPv6, UDPv6, SCTPv6, ICMPv6, AllV6, ESPv6, AHv6, UDPLiteV6,
)  # fmt: skip


class Rule(Element, tag="rule"):
    """``packet``: what it is about; every packet where there is none. ``priority``: lower is earlier."""

    action: str | None = attr(
        Enum("drop accept reject return continue", "unknown rule action attribute value"),
        required=internal("rule node requires action attribute"),
    )
    direction: str | None = attr(
        Enum("in out inout", "unknown rule direction attribute value"),
        required=internal("rule node requires direction attribute"),
    )
    priority: int | None = attr(Lenient(Int(-1000, 1000)))
    statematch: str | None = attr()
    packet: Packet | None = one(PACKETS)

    def _check(self, node: Node) -> None:
        self.priority = 500 if self.priority is None else self.priority
        self.statematch = "false" if (self.statematch or "").lower() in ("0", "false") else None


def _chain(problem: str) -> Sentence:
    return Sentence(problem, errors.InvalidArg)


class _Chain(Scalar):
    """``root``, or a name that begins as one of the chains: those of protocols that libvirt knows."""

    expected = f"root, or a name that begins with one of {', '.join(CHAINS)}"

    def read(self, text: str, node: Node, name: str | None) -> str:
        if len(text) > 12:
            raise _chain("Name of chain is longer than 12 characters").refusal(text, node, self.expected)
        if text != "root" and not text.startswith(tuple(CHAINS)):
            known = ", ".join(CHAINS)
            detail = (
                f"Invalid chain name '{text}'. Please use a chain name called 'root' or any of the following prefixes"
            )
            raise Refusal(errors.InvalidArg, f"{detail}: {known}", node, f"expected {self.expected}")
        if not re.fullmatch(r"[A-Za-z0-9_.:-]+", text):
            raise _chain("Chain name contains invalid characters").refusal(text, node, self.expected)
        return text


class _Priority(Int):
    def __init__(self) -> None:
        super().__init__(-1000, 1000, sentence=_chain("Could not parse chain priority '%s'"))

    def read(self, text: str, node: Node, name: str | None) -> int:
        value = strtol(text)
        if value is not None and not self.low <= value <= self.high:
            detail = f"Priority '{value}' is outside valid range of [-1000,1000]"
            raise Refusal(errors.InvalidArg, detail, node, "expected a number from -1000 to 1000")
        return super().read(text, node, name)


class Filter(Element, tag="filter"):
    """The whole document. ``entries`` are rules and references to other filters, in order."""

    _source = "(nwfilter_definition)"
    _open = True

    name: str | None = attr(required=internal("filter has no name"))
    chain: str | None = attr(_Chain())
    priority: int | None = attr(_Priority())
    uuid: str | None = leaf(UUID(xml("malformed uuid element")))
    entries: list[Rule | FilterRef] = many((Rule, FilterRef))

    def _check(self, node: Node) -> None:
        self.chain = self.chain or "root"
        if self.priority is None:
            self.priority = next((CHAINS[start] for start in CHAINS if self.chain.startswith(start)), 0)
        for entry, where in zip(
            self.entries, (n for n in node.children if n.tag in ("rule", "filterref")), strict=True
        ):
            if isinstance(entry, FilterRef) and not entry.filter:
                raise Refusal(errors.InternalError, "rule node requires action attribute", where)
        self.priority = self.priority or None  # 0 is not printed


class Link(Element):
    name: str | None = attr()


class FilterBinding(Element, tag="filterbinding"):
    """The whole document of a binding: ``portdev`` is the interface, ``linkdev`` what it is connected to."""

    _source = "(nwfilterbinding_definition)"

    owner: Owner | None = one(Owner)
    portdev: Link | None = one(Link, "portdev")
    linkdev: Link | None = one(Link, "linkdev")
    mac: PortMAC | None = one(PortMAC)
    filterref: FilterRef | None = one(FilterRef)

    def _check(self, node: Node) -> None:
        owner = self.owner or Owner()
        found = {
            "port dev name": self.portdev and self.portdev.name,
            "link dev name": self.linkdev.name if self.linkdev else "none",
            "MAC address": self.mac and self.mac.address,
            "filter reference": self.filterref and self.filterref.filter,
            "owner name": owner.name,
            "owner UUID": owner.uuid,
        }
        for part, said in found.items():
            if not said:
                raise Refusal(errors.InternalError, f"filter binding has no {part}", node)
