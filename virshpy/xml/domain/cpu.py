"""<cpu>, <features> and <clock>: what kind of machine the guest believes it is on."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.element import Element, Plan, Reading, attr, flag, leaf, many, one, text
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import (
    KIB,
    ONOFF,
    UINT,
    ULONG,
    YESNO,
    ZONE,
    Blank,
    Enum,
    Int,
    Lenient,
    Ranges,
    Sentence,
    Size,
    in_largest_unit,
    scale,
    strtol,
    xml,
)

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


class State(Element):
    """A switch; an element without ``state`` is on."""

    state: bool | None = attr(ONOFF)

    def _check(self, node: Node) -> None:
        if self.state is None:
            self.state = True


class Toggle(Element):
    """A switch whose state must be said."""

    state: bool | None = attr(ONOFF, required=True)


class Spinlocks(Toggle):
    retries: int | None = attr(UINT)

    def _check(self, node: Node) -> None:
        if self.state and self.retries is None:
            raise Refusal(errors.XMLError, "Missing required attribute 'retries' in element 'spinlocks'", node)
        if self.state and (self.retries or 0) < 4095:
            raise Refusal(errors.XMLError, "HyperV spinlock retry count must be at least 4095", node)
        if not self.state:
            self.retries = None


class VendorID(Toggle):
    value: str | None = attr()

    def _check(self, node: Node) -> None:
        if not self.state:
            self.value = None
            return
        if not self.value:
            raise Refusal(errors.XMLError, "missing 'value' attribute for HyperV feature 'vendor_id'", node)
        if len(self.value) > 12:
            detail = "HyperV vendor_id value must not be more than 12 characters."
            raise Refusal(errors.XMLError, detail, node)
        if "," in self.value:
            raise Refusal(errors.XMLError, "HyperV vendor_id value is invalid", node, "no comma")


class STimer(Toggle):
    direct: Toggle | None = one(Toggle, "direct")

    def _check(self, node: Node) -> None:
        if not self.state:
            self.direct = None


class FeatureGroup(Element):
    """Switches of one kind, of which libvirt takes no stranger."""

    _open = True
    _refusal = ""

    @classmethod
    def _read(cls, node: Node, reading: Reading) -> Self:
        plan = cls.__dict__.get("_plan") or cls._compile()
        for child in node.children:
            if child.tag not in plan.kids:
                detail = f"{cls._refusal}: {child.tag}"
                raise Refusal(errors.ConfigUnsupported, detail, child, f"expected one of {', '.join(plan.kids)}")
        return super()._read(node, reading)


class HyperV(FeatureGroup, tag="hyperv"):
    _refusal = "unsupported HyperV Enlightenment feature"

    mode: str | None = attr(Enum("custom passthrough"))
    relaxed: Toggle | None = one(Toggle)
    vapic: Toggle | None = one(Toggle)
    spinlocks: Spinlocks | None = one(Spinlocks)
    vpindex: Toggle | None = one(Toggle)
    runtime: Toggle | None = one(Toggle)
    synic: Toggle | None = one(Toggle)
    stimer: STimer | None = one(STimer)
    reset: Toggle | None = one(Toggle)
    vendor_id: VendorID | None = one(VendorID)
    frequencies: Toggle | None = one(Toggle)
    reenlightenment: Toggle | None = one(Toggle)
    tlbflush: Toggle | None = one(Toggle)
    ipi: Toggle | None = one(Toggle)
    evmcs: Toggle | None = one(Toggle)
    avic: Toggle | None = one(Toggle)

    def _check(self, node: Node) -> None:
        self.mode = self.mode or "custom"


class DirtyRing(Toggle):
    size: int | None = attr(UINT)

    def _check(self, node: Node) -> None:
        if not self.state:
            self.size = None
            return
        if self.size is None:
            raise Refusal(errors.XMLError, "Missing required attribute 'size' in element 'dirty-ring'", node)
        if self.size & (self.size - 1) or not 1024 <= self.size <= 65536:
            raise Refusal(errors.XMLError, "dirty ring must be power of 2 and ranges [1024, 65536]", node)


class KVM(FeatureGroup, tag="kvm"):
    _refusal = "unsupported KVM feature"

    hidden: Toggle | None = one(Toggle)
    hint_dedicated: Toggle | None = one(Toggle, "hint-dedicated")
    poll_control: Toggle | None = one(Toggle, "poll-control")
    pv_ipi: Toggle | None = one(Toggle, "pv-ipi")
    dirty_ring: DirtyRing | None = one(DirtyRing, "dirty-ring")


class Passthrough(Toggle):
    mode: str | None = attr(Enum("sync_pt share_pt"))

    def _check(self, node: Node) -> None:
        if not self.state:
            self.mode = None


class XenFeatures(FeatureGroup, tag="xen"):
    _refusal = "unsupported Xen feature"

    e820_host: Toggle | None = one(Toggle)
    passthrough: Passthrough | None = one(Passthrough)


class APIC(Element, tag="apic"):
    eoi: bool | None = attr(ONOFF)


class GIC(Element, tag="gic"):
    version: str | None = attr(Enum("none 2 3 host"))


_TSEG = Int(0, 2**64 - 1, sentence=xml("Invalid value '%s' for element or attribute 'string(./features/smm/tseg)'"))


class TSeg(Element, tag="tseg"):
    """``value`` in ``unit``; ``size`` is in bytes."""

    unit: str | None = attr()
    value: int | None = text(_TSEG)

    @property
    def size(self) -> int:
        return scale(self.value or 0, self.unit or "", 1 << 20, Node("tseg"))

    def _check(self, node: Node) -> None:
        size = scale(self.value or 0, self.unit or "", 1 << 20, node)
        self.value, self.unit = in_largest_unit(size)


class SMM(State, tag="smm"):
    tseg: TSeg | None = one(TSeg)

    def _check(self, node: Node) -> None:
        super()._check(node)
        if not self.state:
            self.tseg = None


class IOAPIC(Element, tag="ioapic", drop_empty=True):
    driver: str | None = attr(Enum("qemu kvm"))


class HPT(Element, tag="hpt"):
    resizing: str | None = attr(Enum("enabled disabled required"))
    maxpagesize: int | None = leaf(KIB)


class MSRs(Element, tag="msrs"):
    unknown: str | None = attr(Enum("ignore fault"), required=True)


class ValueWord(Element):
    value: str | None = attr(required=True)


class TBCache(Element, tag="tb-cache"):
    value: int | None = text(Size("KiB", path="./{tag}"))


class TCG(Element, tag="tcg", drop_empty=True):
    tb_cache: TBCache | None = one(TBCache)


class Features(Element, tag="features", drop_empty=True):
    acpi: bool = flag()
    apic: APIC | None = one(APIC)
    pae: bool = flag()
    hap: State | None = one(State)
    viridian: bool = flag()
    privnet: bool = flag()
    hyperv: HyperV | None = one(HyperV)
    kvm: KVM | None = one(KVM)
    pvspinlock: State | None = one(State)
    capabilities: Policy | None = one(lambda: Policy)
    pmu: State | None = one(State)
    vmport: State | None = one(State)
    gic: GIC | None = one(GIC)
    smm: SMM | None = one(SMM)
    ioapic: IOAPIC | None = one(IOAPIC)
    hpt: HPT | None = one(HPT)
    vmcoreinfo: State | None = one(State)
    htm: State | None = one(State)
    nested_hv: State | None = one(State, "nested-hv")
    msrs: MSRs | None = one(MSRs)
    ccf_assist: State | None = one(State, "ccf-assist")
    xen: XenFeatures | None = one(XenFeatures)
    cfpc: ValueWord | None = one(ValueWord)
    sbbc: ValueWord | None = one(ValueWord)
    ibs: ValueWord | None = one(ValueWord)
    tcg: TCG | None = one(TCG)

    def _read_children(self, node, plan, values, reading):  # type: ignore[no-untyped-def]
        for child in node.children:
            if child.tag not in plan.kids:
                detail = f"unexpected feature '{child.tag}'"
                raise Refusal(errors.ConfigUnsupported, detail, child, f"expected one of {', '.join(plan.kids)}")
        super()._read_children(node, plan, values, reading)


class Policy(Element, tag="capabilities"):
    policy: str | None = attr(Enum("default allow deny"))


class Catchup(Element, tag="catchup", drop_empty=True):
    threshold: int | None = attr(ULONG)
    slew: int | None = attr(ULONG)
    limit: int | None = attr(ULONG)


class Timer(Element, tag="timer"):
    name: str | None = attr(Enum("platform pit rtc hpet tsc kvmclock hypervclock armvtimer"), required=True)
    present: bool | None = attr(YESNO)
    tickpolicy: str | None = attr(Enum("delay catchup merge discard"))
    track: str | None = attr(Enum("boot guest wall realtime"))
    frequency: int | None = attr(ULONG)
    mode: str | None = attr(Enum("auto native emulate paravirt smpsafe"))
    catchup: Catchup | None = one(Catchup)


class Clock(Element, tag="clock"):
    """``adjustment`` is a number of seconds, or ``reset``."""

    _needed = ("offset",)

    offset: str | None = attr(Blank(Enum("utc localtime variable timezone absolute", "unknown clock offset '%s'")))
    timezone: str | None = attr(ZONE)
    adjustment: str | None = attr()
    basis: str | None = attr(Blank(Enum("utc localtime", "unknown clock basis '%s'")))
    start: int | None = attr(Lenient(ULONG))
    timers: list[Timer] = many(Timer)

    def _check(self, node: Node) -> None:
        self.offset = self.offset or "utc"
        if self.offset == "timezone" and self.timezone is None:
            detail = "missing 'timezone' attribute for clock with offset='timezone'"
            raise Refusal(errors.InternalError, detail, node)
        if self.offset == "absolute" and self.start is None:
            raise Refusal(errors.InternalError, "missing 'start' attribute for clock with offset='absolute'", node)
        self._settle(node)

    def _settle(self, node: Node) -> None:
        """An adjustment in seconds is a clock of its own: ``variable``."""
        seconds = None if self.adjustment is None else strtol(self.adjustment)
        if self.offset in ("utc", "localtime") and self.adjustment not in (None, "reset"):
            if seconds is None:
                raise Refusal(
                    errors.XMLError,
                    f"unknown clock adjustment '{self.adjustment}'",
                    node,
                    "expected a number of seconds, or reset",
                )
            self.basis, self.offset = self.offset, "variable"
        if self.offset == "variable":
            if seconds is None or abs(seconds) >= 2**63:
                seconds = 0
            self.adjustment, self.basis = str(seconds), self.basis or "utc"
        elif self.offset in ("timezone", "absolute"):
            self.adjustment = None
