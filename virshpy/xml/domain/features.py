"""<features>: what of the machine and its hypervisor is switched on for the guest."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.element import Element, Reading, attr, flag, leaf, one, text
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import KIB, ONOFF, UINT, Enum, Int, Size, in_largest_unit, scale, xml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self


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
