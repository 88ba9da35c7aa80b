"""<dns> of a network: what its name server tells. ``{name}`` in refusals becomes the network's name."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.element import Element, attr, many
from virshpy.xml.inet import ip_version
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import ADDRESS, STR, YESNO, Int, Scalar, strtol


class Forwarder(Element, tag="forwarder"):
    domain: str | None = attr()
    addr: str | None = attr(ADDRESS)

    def _check(self, node: Node) -> None:
        if self.domain is None and self.addr is None:
            detail = "Invalid forwarder element, must contain at least one of addr or domain"
            raise Refusal(errors.XMLError, detail, node)
        if self.addr is not None and ip_version(self.addr) is None:
            detail = f"Invalid forwarder IP address '{self.addr}' in network '{{name}}'"
            raise Refusal(errors.XMLError, detail, node)


class Record(Element):
    """A row of a network's DNS."""

    def check(self, node: Node, *, partial: bool = False) -> None:
        """Refuse what a record may not lack; ``partial`` for one that only names another."""

    @staticmethod
    def lacks(problem: str, node: Node) -> Refusal:
        return Refusal(errors.XMLDetail, problem, node)


class TXT(Record, tag="txt"):
    name: str | None = attr()
    value: str | None = attr()

    def check(self, node: Node, *, partial: bool = False) -> None:
        if self.name is None:
            raise self.lacks("missing required name attribute in DNS TXT record of network {name}", node)
        if " " in self.name or "," in self.name:
            raise self.lacks(f"prohibited character in DNS TXT record name '{self.name}' of network {{name}}", node)
        if self.value is None and not partial:
            detail = f"missing required value attribute in DNS TXT record named '{self.name}' of network {{name}}"
            raise self.lacks(detail, node)


class _Wide(Scalar):
    """A number of 16 bits in an SRV record."""

    def __init__(self, word: str, low: int) -> None:
        self.number, self.word = Int(low, 0xFFFF), word
        self.expected = f"a number from {low} to 65535"

    def read(self, text: str, node: Node, name: str | None) -> int:
        try:
            return self.number.read(text, node, name)
        except Refusal:
            service = node.attrs.get("service", "(null)")
            if "target" not in node.attrs and strtol(text) is not None:
                return 0  # refused for that, once all is read
            detail = f"{self.word} DNS SRV {name} attribute for service '{service}' in network '{{name}}'"
            raise Refusal(errors.XMLDetail, detail, node, f"expected {self.expected}, got '{text}'") from None


class SRV(Record, tag="srv"):
    service: str | None = attr()
    protocol: str | None = attr()
    domain: str | None = attr()
    target: str | None = attr()
    port: int | None = attr(_Wide("invalid", 1))
    priority: int | None = attr(_Wide("Invalid", 0))
    weight: int | None = attr(_Wide("invalid", 0))

    def check(self, node: Node, *, partial: bool = False) -> None:
        if partial:
            return
        if self.service is None:
            raise self.lacks("missing required service attribute in DNS SRV record of network '{name}'", node)
        if self.protocol is None:
            detail = f"missing required protocol attribute in DNS SRV record '{self.service}' of network '{{name}}'"
            raise self.lacks(detail, node)
        for word in ("port", "priority", "weight"):
            if getattr(self, word) is not None and self.target is None:
                detail = f"DNS SRV {word} attribute not permitted without target for service '{self.service}'"
                raise self.lacks(f"{detail} in network '{{name}}'", node)


class DNSHost(Record, tag="host"):
    ip: str | None = attr(ADDRESS)
    hostnames: list[str] = many(STR, "hostname")

    def check(self, node: Node, *, partial: bool = False) -> None:
        if partial and self.ip is None and not self.hostnames:
            raise self.lacks("Missing ip and hostname in network '{name}' DNS HOST record", node)
        if self.ip is None and not partial:
            raise self.lacks("Missing IP address in network '{name}' DNS HOST record", node)
        if self.ip is not None and ip_version(self.ip) is None:
            raise self.lacks("Invalid IP address in network '{name}' DNS HOST record", node)
        if not any(self.hostnames) and not partial:
            raise self.lacks("Missing hostname in network '{name}' DNS HOST record", node)


class DNS(Element, tag="dns", drop_empty=True):
    enable: bool | None = attr(YESNO)
    forwardPlainNames: bool | None = attr(YESNO)
    forwarders: list[Forwarder] = many(Forwarder)
    txts: list[TXT] = many(TXT)
    srvs: list[SRV] = many(SRV)
    hosts: list[DNSHost] = many(DNSHost)

    def _check(self, node: Node) -> None:
        rows: dict[str, list[TXT] | list[SRV] | list[DNSHost]] = {
            "host": self.hosts, "srv": self.srvs, "txt": self.txts,
        }  # fmt: skip
        for tag, records in rows.items():
            for record, place in zip(records, (child for child in node.children if child.tag == tag), strict=True):
                record.check(place)
        if self.enable is False and (self.forwarders or self.txts or self.srvs or self.hosts):
            raise Refusal(errors.XMLError, "Extra data in disabled network '{name}'", node)
