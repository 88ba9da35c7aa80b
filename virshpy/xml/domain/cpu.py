"""<cpu>: the processor that the guest believes it has, its topology and its NUMA cells."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.element import Element, Plan, Reading, attr, leaf, many, one, text
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import KIB, ONOFF, UINT, ULONG, YESNO, Blank, Enum, Int, Ranges, Sentence, Size, strtol, xml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self


class CPUModel(Element, tag="model"):
    """``value`` is the model's name."""

    fallback: str | None = attr(Blank(Enum("allow forbid", "Invalid fallback attribute")))
    vendor_id: str | None = attr()
    value: str | None = text()

    def _check(self, node: Node) -> None:
        if self.vendor_id and len(self.vendor_id) != 12:
            raise Refusal(errors.XMLError, "vendor_id must be exactly 12 characters long", node)


class MaxPhysAddr(Element, tag="maxphysaddr"):
    mode: str | None = attr(Enum("emulate passthrough"), required=True)
    bits: int | None = attr(Int(0, 2**31 - 1))


class Topology(Element, tag="topology"):
    sockets: int | None = attr(Int(nonzero=True), required=True)
    dies: int | None = attr(Int(nonzero=True))
    cores: int | None = attr(Int(nonzero=True), required=True)
    threads: int | None = attr(Int(nonzero=True), required=True)

    def _check(self, node: Node) -> None:
        self.dies = self.dies or 1


class CPUCache(Element, tag="cache"):
    level: int | None = attr(Int(0, 2**31 - 1))
    mode: str | None = attr(Enum("emulate passthrough disable"), required=True)


class CPUFeature(Element, tag="feature"):
    _needed = ("policy", "name")

    policy: str | None = attr(
        Enum("force require optional disable forbid", Sentence("Invalid CPU feature policy", errors.ConfigUnsupported))
    )
    name: str | None = attr()

    def _check(self, node: Node) -> None:
        if not self.name:
            raise Refusal(errors.XMLError, "Invalid CPU feature name", node)


class Sibling(Element, tag="sibling"):
    id: int | None = attr(UINT, required=True)
    value: int | None = attr(UINT, required=True)


class Distances(Element, tag="distances"):
    siblings: list[Sibling] = many(Sibling)


class Unscaled(Size):
    """A number beside which libvirt 9.0 reads no unit: one that is given changes nothing."""

    def read(self, text: str, node: Node, name: str | None) -> int:
        number = strtol(text)
        return number if number is not None and number >= 0 else super().read(text, node, name)


class CacheSize(Element):
    """``value`` in KiB."""

    value: int | None = attr(Unscaled(path="./{tag}/@value"))


class CacheLine(Element):
    """``value`` in bytes."""

    value: int | None = attr(Unscaled("B", 1, 1, path="./{tag}/@value"))


class NumaCache(Element, tag="cache"):
    level: int | None = attr(
        Int(nonzero=True, sentence=xml("Invalid 'level' attribute in cache element for NUMA node 0")), required=True
    )
    associativity: str | None = attr(Enum("none direct full", xml("Invalid cache associativity '%s'")), required=True)
    policy: str | None = attr(Enum("none writeback writethrough", xml("Invalid cache policy '%s'")), required=True)
    size: CacheSize | None = one(CacheSize, "size")
    line: CacheLine | None = one(CacheLine, "line")

    def _check(self, node: Node) -> None:
        for tag, part in (("size", self.size), ("line", self.line)):
            if part is None or part.value is None:
                detail = f"missing element or attribute './{tag}/@value'"
                raise Refusal(errors.XMLError, detail, node, f"expected <{tag} value='…' unit='…'/>")
        if self.line is not None and not self.line.value:
            self.line = None


class NumaCell(Element, tag="cell"):
    """``memory`` in KiB."""

    id: int | None = attr(UINT)
    cpus: tuple[int, ...] | None = attr(Ranges())
    memory: int | None = attr(Size(path="./@memory"), required=xml("missing element or attribute './@memory'"))
    memAccess: str | None = attr(Enum("shared private"))
    discard: bool | None = attr(YESNO)
    distances: Distances | None = one(Distances)
    caches: list[NumaCache] = many(NumaCache)


class Latency(Element, tag="latency"):
    initiator: int | None = attr(UINT, required=True)
    target: int | None = attr(UINT, required=True)
    cache: int | None = attr(UINT)
    type: str | None = attr(Enum("access read write"), required=True)
    value: int | None = attr(ULONG, required=True)

    def _check(self, node: Node) -> None:
        self.cache = self.cache or None  # the first level is 1: 0 is the memory itself


class LinkBandwidth(Element, tag="bandwidth"):
    """``value`` in KiB a second."""

    initiator: int | None = attr(UINT, required=True)
    target: int | None = attr(UINT, required=True)
    cache: int | None = attr(UINT)
    type: str | None = attr(Enum("access read write"), required=True)
    value: int | None = attr(KIB, required=True)


class Interconnects(Element, tag="interconnects"):
    """Printed in the order in which they were read, of both kinds together; those that were not read come last."""

    latencies: list[Latency] = many(Latency)
    bandwidths: list[LinkBandwidth] = many(LinkBandwidth)

    @classmethod
    def _read(cls, node: Node, reading: Reading) -> Self:
        made = super()._read(node, reading)
        made.__dict__["_order"] = [child.tag for child in node.children if child.tag in ("latency", "bandwidth")]
        return made

    def _write_children(self, plan: Plan, out: list[str], indent: str, how: tuple[bool, bool, bool]) -> None:
        rest: dict[str, list[Element]] = {"latency": [*self.latencies], "bandwidth": [*self.bandwidths]}
        for tag in self.__dict__.get("_order", ()):
            if rest[tag]:
                rest[tag].pop(0)._write(tag, out, indent, how)
        for tag, items in rest.items():
            for item in items:
                item._write(tag, out, indent, how)


class Numa(Element, tag="numa"):
    """The cells are in the order of their numbers, and every one has its number."""

    cells: list[NumaCell] = many(NumaCell)
    interconnects: Interconnects | None = one(Interconnects)

    def _check(self, node: Node) -> None:
        if not self.cells:
            raise Refusal(errors.XMLError, "NUMA topology defined without NUMA cells", node)
        seen: set[int] = set()
        owners: dict[int, int] = {}
        for place, cell in enumerate(self.cells):
            if cell.id is None:
                cell.id = place
            if cell.id >= len(self.cells):
                detail = (
                    "Exactly one 'cell' element per guest NUMA cell allowed, non-contiguous ranges or ranges not "
                    "starting from 0 are not allowed"
                )
                raise Refusal(errors.XMLError, detail, node, f"expected ids from 0 to {len(self.cells) - 1}")
            if cell.id in seen:
                raise Refusal(errors.XMLError, f"Duplicate NUMA cell info for cell id '{cell.id}'", node)
            for cpu in cell.cpus or ():
                if owners.setdefault(cpu, cell.id) != cell.id:
                    detail = f"NUMA cells {cell.id} and {owners[cpu]} have overlapping vCPU ids"
                    raise Refusal(errors.ConfigUnsupported, detail, node)
            seen.add(cell.id)
        self.cells.sort(key=lambda cell: cell.id or 0)
        self._check_distances(node)
        if self.interconnects is not None:
            links = self.interconnects
            self._check_links(links.latencies, "latencies", node)
            self._check_links(links.bandwidths, "bandwidths", node)

    def _check_distances(self, node: Node) -> None:
        """What is said of one way holds for the way back, where nothing is said of that; to itself a cell has 10."""
        known: dict[int, dict[int, int]] = {cell.id or 0: {} for cell in self.cells}
        if not any(cell.distances for cell in self.cells):
            return
        for cell in self.cells:
            own = cell.id or 0
            for sibling in cell.distances.siblings if cell.distances else []:
                other, value = sibling.id or 0, sibling.value or 0
                if other not in known:
                    detail = f"'sibling_id {other}' does not refer to a valid cell within NUMA 'cell id {own}'"
                    raise Refusal(errors.XMLError, detail, node)
                if not 10 <= value <= 255 or (value == 10) != (other == own):
                    detail = f"'value {value}' is invalid for 'sibling id {other}' under NUMA 'cell id {own}'"
                    raise Refusal(errors.XMLError, detail, node)
                known[own] |= {own: 10, other: value}
                known[other].setdefault(other, 10)
                known[other].setdefault(own, value)
        for cell in self.cells:
            found = sorted(known[cell.id or 0].items())
            cell.distances = Distances(siblings=[Sibling(id=n, value=value) for n, value in found]) if found else None

    def _check_links(self, links: list[Latency] | list[LinkBandwidth], what: str, node: Node) -> None:
        """Both ends exist, the cache is one of the target's, and nothing is said twice."""
        seen = set()
        for link in links:
            for name, number in (("initiator", link.initiator), ("target", link.target)):
                if number is None or number >= len(self.cells):
                    raise Refusal(errors.XMLError, f"'{name}' refers to a non-existent NUMA node", node)
            levels = {cache.level for cache in self.cells[link.target or 0].caches}
            if link.cache and link.cache not in levels:
                raise Refusal(errors.XMLError, "'cache' refers to a non-existent NUMA node cache", node)
            key = (link.initiator, link.target, link.cache or 0, link.type)
            if key in seen:
                raise Refusal(errors.XMLError, f"Duplicate info for NUMA {what}", node)
            seen.add(key)


class CPU(Element, tag="cpu"):
    mode: str | None = attr(Enum("custom host-model host-passthrough maximum", "Invalid mode attribute '%s'"))
    match: str | None = attr(Enum("minimum exact strict"))
    check: str | None = attr(Enum("none partial full"))
    migratable: bool | None = attr(ONOFF)
    model: CPUModel | None = one(CPUModel)
    vendor: str | None = leaf()
    topology: Topology | None = one(Topology)
    cache: CPUCache | None = one(CPUCache)
    maxphysaddr: MaxPhysAddr | None = one(MaxPhysAddr)
    features: list[CPUFeature] = many(CPUFeature)
    numa: Numa | None = one(Numa)

    def _check(self, node: Node) -> None:
        if self.mode in ("host-passthrough", "maximum"):
            self.match = self.model = None
        elif self.migratable is not None:
            detail = "Attribute migratable is only allowed for 'host-passthrough' / 'maximum' CPU mode"
            raise Refusal(errors.ConfigUnsupported, detail, node)
        if self.features and self.mode in (None, "custom") and not (self.model and self.model.value):
            raise Refusal(errors.XMLError, "Non-empty feature list specified without CPU model", node)
        if self.vendor is not None and not (self.model and self.model.value):
            raise Refusal(errors.XMLError, "CPU vendor specified without CPU model", node)
        seen: set[str | None] = set()
        for feature in self.features:
            if feature.name in seen:
                raise Refusal(errors.XMLError, f"CPU feature '{feature.name}' specified more than once", node)
            seen.add(feature.name)
        if self.cache is not None and self.cache.level is not None and not 1 <= self.cache.level <= 3:
            raise Refusal(errors.XMLError, "invalid CPU cache level, must be in range [1,3]", node)
