"""Memory and CPUs: how many, where they run, what they may use."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.domain.resctrl import CacheTune, MemoryTune
from virshpy.xml.element import Element, attr, flag, leaf, many, one, text
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import (
    KIB,
    ONOFF,
    POSITIVE,
    UINT,
    YESNO,
    Blank,
    Enum,
    Int,
    Lenient,
    Ranges,
    Sentence,
    Size,
    Wrapping,
    again,
    internal,
    xml,
)

_CPUSET = Ranges(Sentence("Invalid value of 'cpuset': %s"))
_NODESET = Ranges(Sentence("Invalid value of 'nodeset': %s"))


class Memory(Element, tag="memory"):
    """``value`` in KiB."""

    dumpCore: bool | None = attr(ONOFF)
    value: int | None = text(KIB)


class MaxMemory(Element, tag="maxMemory"):
    """``value`` in KiB."""

    _needed = ("slots",)

    slots: int | None = attr(Blank(Int(sentence=xml("Failed to parse memory slot count"))))
    value: int | None = text(KIB)


class HugePage(Element, tag="page"):
    """``size`` in KiB."""

    size: int | None = attr(Size(path="./@size"), required=xml("missing element or attribute './@size'"))
    nodeset: tuple[int, ...] | None = attr(_NODESET)

    def _check(self, node: Node) -> None:
        if not self.size:
            raise Refusal(errors.XMLDetail, "hugepage size can't be zero", node)


class HugePages(Element, tag="hugepages"):
    pages: list[HugePage] = many(HugePage)


class SourceType(Element, tag="source"):
    type: str | None = attr(Blank(Enum("none file anonymous memfd", "unknown memoryBacking/source/type '%s'")))


class AccessMode(Element, tag="access"):
    mode: str | None = attr(Blank(Enum("default shared private", "unknown memoryBacking/access/mode '%s'")))


class Allocation(Element, tag="allocation", drop_empty=True):
    mode: str | None = attr(Blank(Enum("none immediate ondemand", "unknown memoryBacking/allocation/mode '%s'")))
    threads: int | None = attr(Blank(Int(sentence=xml("Failed to parse memory allocation threads"))))

    def _check(self, node: Node) -> None:
        self.threads = self.threads or None


class MemoryBacking(Element, tag="memoryBacking", drop_empty=True):
    hugepages: HugePages | None = one(HugePages)
    nosharepages: bool = flag()
    locked: bool = flag()
    source: SourceType | None = one(SourceType)
    access: AccessMode | None = one(AccessMode)
    allocation: Allocation | None = one(Allocation)
    discard: bool = flag()


_BLKIO = Sentence("could not parse {words} %s")


class BlkioDevice(Element, tag="device"):
    path: str | None = leaf()
    weight: int | None = leaf(Wrapping(32, _BLKIO))
    read_iops_sec: int | None = leaf(Wrapping(32, _BLKIO))
    write_iops_sec: int | None = leaf(Wrapping(32, _BLKIO))
    read_bytes_sec: int | None = leaf(Wrapping(64, _BLKIO))
    write_bytes_sec: int | None = leaf(Wrapping(64, _BLKIO))

    def _check(self, node: Node) -> None:
        if not self.path:
            raise Refusal(errors.ConfigUnsupported, "missing per-device path", node)


class Blkiotune(Element, tag="blkiotune", drop_empty=True):
    weight: int | None = leaf(Lenient(UINT))
    devices: list[BlkioDevice] = many(BlkioDevice)

    def _check(self, node: Node) -> None:
        seen: set[str | None] = set()
        for device in self.devices:
            if device.path in seen:
                raise Refusal(errors.ConfigUnsupported, f"duplicate blkio device path '{device.path}'", node)
            seen.add(device.path)
        if seen:  # a device of which nothing is said is left out
            self.devices = [device for device in self.devices if len(device._state()) > 1]


class Limit(Size):
    """A size of which libvirt's largest means that there is no limit, and then nothing is said."""

    UNLIMITED = 2**53 - 1  # KiB: VIR_DOMAIN_MEMORY_PARAM_UNLIMITED

    def read(self, text: str, node: Node, name: str | None) -> int | None:  # type: ignore[override]
        value = super().read(text, node, name)
        return value if value < self.UNLIMITED else None


_LIMIT = Limit(path="./memtune/{tag}[1]")


class Memtune(Element, tag="memtune", drop_empty=True):
    """Limits in KiB."""

    hard_limit: int | None = leaf(_LIMIT)
    soft_limit: int | None = leaf(_LIMIT)
    min_guarantee: int | None = leaf(_LIMIT)
    swap_hard_limit: int | None = leaf(_LIMIT)


class VCPU(Element, tag="vcpu"):
    """``value`` is the most there can be, ``current`` how many there are at start."""

    placement: str | None = attr(Enum("static auto"))
    cpuset: tuple[int, ...] | None = attr(_CPUSET)
    current: int | None = attr(UINT)
    value: int | None = text(Int(sentence=xml("maximum vcpus count must be an integer")))

    def _check(self, node: Node) -> None:
        if self.value is None:
            raise Refusal(errors.XMLError, "maximum vcpus count must be an integer", node, "expected <vcpu>1</vcpu>")
        if self.current == 0:
            raise Refusal(errors.ConfigUnsupported, "vcpu 0 can't be offline", node)
        if self.current is not None and self.current > self.value:
            detail = "maximum vCPU count must not be less than current vCPU count"
            raise Refusal(errors.ConfigUnsupported, detail, node, f"expected current='{self.value}' at most")


class VCPUState(Element, tag="vcpu"):
    id: int | None = attr(UINT, required=True)
    enabled: bool | None = attr(YESNO, required=True)
    hotpluggable: bool | None = attr(YESNO)
    order: int | None = attr(Int(nonzero=True))


class VCPUs(Element, tag="vcpus", drop_empty=True):
    vcpus: list[VCPUState] = many(VCPUState)


class ThreadPool(Element, trailing=True):
    """How many workers a loop of events may have."""

    thread_pool_min: int | None = attr(Int(0, 2**31 - 1))
    thread_pool_max: int | None = attr(Int(0, 2**31 - 1))

    def _check(self, node: Node) -> None:
        if self.thread_pool_min is not None and self.thread_pool_min > (self.thread_pool_max or 0):
            detail = "thread_pool_min must be smaller or equal to thread_pool_max"
            raise Refusal(errors.ConfigUnsupported, detail, node)


class IOThread(ThreadPool, tag="iothread"):
    id: int | None = attr(Int(nonzero=True), required=True)


class IOThreadIDs(Element, tag="iothreadids"):
    iothreads: list[IOThread] = many(IOThread)

    def _check(self, node: Node) -> None:
        seen: set[int | None] = set()
        for thread in self.iothreads:
            if thread.id in seen:
                raise Refusal(errors.XMLError, f"duplicate iothread id '{thread.id}' found", node)
            seen.add(thread.id)


class DefaultIOThread(ThreadPool, tag="defaultiothread", drop_empty=True):
    """QEMU's own loop."""


class VCPUPin(Element, tag="vcpupin"):
    vcpu: int | None = attr(UINT, required=True)
    cpuset: tuple[int, ...] | None = attr(_CPUSET, required=internal("missing cpuset for vcpupin"))


class EmulatorPin(Element, tag="emulatorpin"):
    cpuset: tuple[int, ...] | None = attr(_CPUSET, required=True)


class IOThreadPin(Element, tag="iothreadpin"):
    iothread: int | None = attr(POSITIVE, required=True)
    cpuset: tuple[int, ...] | None = attr(_CPUSET, required=True)


class Scheduler(Element):
    """``vcpus`` or ``iothreads`` to which it applies; neither for the emulator."""

    vcpus: tuple[int, ...] | None = attr(Ranges(Sentence("'vcpus' scheduler bitmap '%s' is empty")))
    iothreads: tuple[int, ...] | None = attr(Ranges(Sentence("'iothreads' scheduler bitmap '%s' is empty")))
    scheduler: str | None = attr(Enum("batch idle fifo rr"), required=True)
    priority: int | None = attr(Int(-(2**31), 2**31 - 1))

    def _check(self, node: Node) -> None:
        word = {"vcpusched": "vcpus", "iothreadsched": "iothreads"}.get(node.tag)
        if word and getattr(self, word) is None:
            raise Refusal(errors.XMLError, f"Missing attribute '{word}' in element '{node.tag}'", node)
        if self.scheduler not in ("fifo", "rr"):
            self.priority = None
        elif self.priority is None:
            raise Refusal(errors.XMLError, f"Missing required attribute 'priority' in element '{node.tag}'", node)


_TUNE = xml("can't parse cputune {words} value")
_PERIOD = Int(0, 2**64 - 1, sentence=_TUNE)
_QUOTA = Int(-(2**63), 2**63 - 1, sentence=_TUNE)


class Cputune(Element, tag="cputune", drop_empty=True):
    """Periods and quotas in microseconds."""

    shares: int | None = leaf(_PERIOD)
    period: int | None = leaf(_PERIOD)
    quota: int | None = leaf(_QUOTA)
    global_period: int | None = leaf(_PERIOD)
    global_quota: int | None = leaf(_QUOTA)
    emulator_period: int | None = leaf(_PERIOD)
    emulator_quota: int | None = leaf(_QUOTA)
    iothread_period: int | None = leaf(_PERIOD)
    iothread_quota: int | None = leaf(_QUOTA)
    vcpupins: list[VCPUPin] = many(VCPUPin)
    emulatorpin: EmulatorPin | None = one(EmulatorPin)
    iothreadpins: list[IOThreadPin] = many(IOThreadPin)
    emulatorsched: Scheduler | None = one(Scheduler, "emulatorsched")
    vcpuscheds: list[Scheduler] = many(Scheduler, "vcpusched")
    iothreadscheds: list[Scheduler] = many(Scheduler, "iothreadsched")
    cachetunes: list[CacheTune] = many(CacheTune)
    memorytunes: list[MemoryTune] = many(MemoryTune)

    def _check(self, node: Node) -> None:
        self._check_ranges(node)
        seen: set[int | None] = set()
        for pin in self.vcpupins:
            if pin.vcpu in seen:
                raise Refusal(errors.InternalError, f"duplicate vcpupin for vcpu '{pin.vcpu}'", node)
            seen.add(pin.vcpu)
        for name in ("emulatorpin", "emulatorsched"):
            if sum(1 for child in node.children if child.tag == name) > 1:
                raise Refusal(errors.XMLError, f"only one {name} is supported", node)
        for tag, word, rows in (
            ("vcpusched", "vcpus", [row.vcpus for row in self.vcpuscheds]),
            ("iothreadsched", "iothreads", [row.iothreads for row in self.iothreadscheds]),
        ):
            listed = [number for row in rows for number in row or ()]
            if len(listed) != len(set(listed)):
                raise Refusal(errors.XMLDetail, f"'{tag}' attributes '{word}' must not overlap", node)

    def split_schedulers(self) -> None:
        for tag in ("vcpu", "iothread"):
            rows: list[Scheduler] = getattr(self, f"{tag}scheds")
            one = {number: row for row in rows for number in getattr(row, f"{tag}s")}
            rows[:] = [
                Scheduler(scheduler=row.scheduler, priority=row.priority, **{f"{tag}s": (number,)})
                for number, row in sorted(one.items())
            ]

    def _check_ranges(self, node: Node) -> None:
        for name in (
            "shares",
            "period",
            "global_period",
            "emulator_period",
            "iothread_period",
            "quota",
            "global_quota",
            "emulator_quota",
            "iothread_quota",
        ):
            value = getattr(self, name)
            kind = name.rpartition("_")[2]
            low, high = {"shares": (2, 262144), "period": (1000, 1000000)}.get(kind, (1000, 17592186044415))
            if value is None or low <= value <= high or (kind == "quota" and value <= 0) or value == 0:
                continue
            detail = f"Value of cputune '{name}' must be in range [{low}, {high}]"
            raise Refusal(errors.ConfigUnsupported, detail, node)


class NumatuneMemory(Element, tag="memory"):
    mode: str | None = attr(Enum("strict preferred interleave restrictive", "Unsupported NUMA memory tuning mode '%s'"))
    nodeset: tuple[int, ...] | None = attr(_NODESET)
    placement: str | None = attr(Enum("static auto", "Unsupported NUMA memory placement mode '%s'"))

    def _check(self, node: Node) -> None:
        if self.placement == "static" and not self.nodeset:
            detail = "nodeset for NUMA memory tuning must be set if 'placement' is 'static'"
            raise Refusal(errors.ConfigUnsupported, detail, node, "add nodeset='…' or say placement='auto'")
        if self.mode is None and self.nodeset:
            self.mode = "strict"


class Memnode(Element, tag="memnode"):
    cellid: int | None = attr(UINT, required=True)
    mode: str | None = attr(Enum("strict preferred interleave restrictive"))
    nodeset: tuple[int, ...] | None = attr(_NODESET, required=True)


class Numatune(Element, tag="numatune", drop_empty=True):
    memory: NumatuneMemory | None = one(NumatuneMemory)
    memnodes: list[Memnode] = many(Memnode)

    def _check(self, node: Node) -> None:
        if self.memory is not None and not self.memory._state():
            self.memory = None
        twice = again(row.cellid for row in self.memnodes)
        for row in self.memnodes:
            row.mode = row.mode or "strict"
            if row.cellid in twice:
                raise Refusal(errors.XMLError, f"Multiple memnode elements with cellid {row.cellid}", node)
            if self.memory is not None and self.memory.mode == "restrictive" != row.mode:
                where = "memnode element when mode is 'restrictive' in memory element"
                raise Refusal(errors.XMLError, f"'restrictive' mode is required in {where}", node)


class FibreChannel(Element, tag="fibrechannel"):
    appid: str | None = attr(required=True)


class Resource(Element, tag="resource"):
    partition: str | None = leaf()
    fibrechannel: FibreChannel | None = one(FibreChannel)


class SuspendTarget(Element):
    enabled: bool | None = attr(YESNO)


class PM(Element, tag="pm", drop_empty=True):
    suspend_to_mem: SuspendTarget | None = one(SuspendTarget, "suspend-to-mem")
    suspend_to_disk: SuspendTarget | None = one(SuspendTarget, "suspend-to-disk")

    def _check(self, node: Node) -> None:
        for name in ("suspend_to_mem", "suspend_to_disk"):
            target = getattr(self, name)
            if target is not None and target.enabled is None:
                setattr(self, name, None)


PERF_EVENTS = (
    "cmt mbmt mbml cpu_cycles instructions cache_references cache_misses branch_instructions branch_misses bus_cycles "
    "stalled_cycles_frontend stalled_cycles_backend ref_cpu_cycles cpu_clock task_clock page_faults context_switches "
    "cpu_migrations page_faults_min page_faults_maj alignment_faults emulation_faults"
)


class PerfEvent(Element, tag="event"):
    name: str | None = attr(Enum(PERF_EVENTS), required=True)
    enabled: bool | None = attr(YESNO, required=True)


class Perf(Element, tag="perf", drop_empty=True):
    events: list[PerfEvent] = many(PerfEvent)

    def _check(self, node: Node) -> None:
        seen: set[str | None] = set()
        for event in self.events:
            if event.name in seen:
                raise Refusal(errors.XMLError, f"perf event '{event.name}' was already specified", node)
            seen.add(event.name)
