"""Figures of guests by libvirt's names (virConnectGetAllDomainStats): of the host's /proc, and of one conversation with
QEMU for each guest.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu import reading
from virshpy.enums import GetAllDomainStatsFlags, StatsTypes
from virshpy.host import processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from virshpy.drivers.qemu.qmp import MonitorSession
    from virshpy.drivers.qemu.records import Domains, Record
    from virshpy.host.site import Site
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.storage import BackingStore, Disk

    Figures = Iterator[tuple[str, Any]]

SUPPORTED = (
    StatsTypes.STATE | StatsTypes.CPU_TOTAL | StatsTypes.BALLOON | StatsTypes.VCPU | StatsTypes.INTERFACE
    | StatsTypes.BLOCK | StatsTypes.IOTHREAD | StatsTypes.DIRTYRATE
)  # fmt: skip
# Seconds that a QEMU has for all of its answers: a guest that hangs costs its own figures.
_PATIENCE = 5.0
_UNKNOWN = (1 << 64) - 1
# A guest's own figures about its memory, which its balloon driver tells, with what they are divided by.
_OF_THE_GUEST = (
    ("swap_in", "stat-swap-in", 1024), ("swap_out", "stat-swap-out", 1024), ("major_fault", "stat-major-faults", 1),
    ("minor_fault", "stat-minor-faults", 1), ("unused", "stat-free-memory", 1024),
    ("available", "stat-total-memory", 1024), ("usable", "stat-available-memory", 1024),
    ("disk_caches", "stat-disk-caches", 1024), ("hugetlb_pgalloc", "stat-htlb-pgalloc", 1),
    ("hugetlb_pgfail", "stat-htlb-pgfail", 1),
)  # fmt: skip
_DIRTY_RATES = {"unstarted": 0, "measuring": 1, "measured": 2}


class Guest:
    """A guest that is asked about: its record, its document, and how to talk to its QEMU."""

    def __init__(self, domains: Domains, record: Record, document: Domain, flags: int) -> None:
        self.domains = domains
        self.record = record
        self.document = document
        self.with_backing = bool(flags & GetAllDomainStatsFlags.BACKING)


def figures(domains: Domains, record: Record, wanted: int, flags: int) -> dict[str, Any]:
    """The figures of one domain, of the groups that are wanted, but for its state."""
    live = domains.live_document(record.uuid) if record.active else None
    text = live or domains.definition(record.uuid)
    if text is None:
        return {}
    guest = Guest(domains, record, reading.parse(text), flags)
    found = dict(_without_qemu(guest, wanted))
    if live is not None:
        found |= _with_qemu(guest, wanted)
    return {key: found[key] for key in sorted(found, key=_place)}


def _place(key: str) -> int:
    """The order of groups in libvirt's answer; within one it is that of finding."""
    return _ORDER.index(key.partition(".")[0])


_ORDER = ("cpu", "balloon", "vcpu", "net", "block", "iothread", "dirtyrate")


def _without_qemu(guest: Guest, wanted: int) -> Figures:
    record = guest.record
    if wanted & StatsTypes.CPU_TOTAL and record.pid:
        user, system = processes.cpu_times(record.pid)
        yield from {"cpu.time": user + system, "cpu.user": user, "cpu.system": system}.items()
        yield "cpu.cache.monitor.count", 0  # no monitors of caches are set up
        if guest.document.type == "qemu":  # only KVM polls
            yield from {"cpu.haltpoll.success.time": 0, "cpu.haltpoll.fail.time": 0}.items()
    if wanted & StatsTypes.INTERFACE and record.active:
        yield from _of_interfaces(guest.domains.site, guest.document)
    if wanted & StatsTypes.VCPU:
        yield "vcpu.current", guest.document.current_vcpus
        yield "vcpu.maximum", guest.document.max_vcpus
    if wanted & StatsTypes.BALLOON:
        memory = (guest.document.memory and guest.document.memory.value) or 0
        current = guest.domains.guest_state(record).balloon if record.active else None
        yield "balloon.current", current or guest.document.current_memory or memory
        yield "balloon.maximum", memory
    if wanted & StatsTypes.BLOCK and not record.active:
        yield from _of_resting_disks(guest.document)


_ASKED: tuple[tuple[int, Callable[[Guest, MonitorSession], Figures]], ...]


def _with_qemu(guest: Guest, wanted: int) -> dict[str, Any]:
    """What QEMU tells. Where it does not answer, the guest lacks those figures, and a warning says so."""
    asked = [of for group, of in _ASKED if wanted & group]
    if not asked or guest.record.id is None:
        return {}
    from virshpy.drivers.qemu.qmp import MonitorSession

    found: dict[str, Any] = {}
    try:
        path = guest.domains.monitor(guest.record.id)
        with MonitorSession(path, _PATIENCE, pids=guest.record.pids) as session:
            for of in asked:
                found.update(of(guest, session))
    except errors.Error as error:
        guest.domains.site.warn(f"domain '{guest.record.name}' does not tell its figures: {error}")
    except (KeyError, TypeError, ValueError, AttributeError):
        guest.domains.site.warn(f"domain '{guest.record.name}' does not tell its figures: QEMU's answer makes no sense")
    return found


def _of_balloon(guest: Guest, session: MonitorSession) -> Figures:
    balloon = guest.document.devices.memballoon
    alias = balloon.alias.name if balloon is not None and balloon.alias is not None else None
    if alias is not None and balloon is not None and balloon.model not in (None, "none"):
        told = session.execute("qom-get", path=f"/machine/peripheral/{alias}", property="guest-stats")
        for name, key, unit in _OF_THE_GUEST:
            value = told["stats"].get(key, _UNKNOWN)
            if value != _UNKNOWN:
                yield f"balloon.{name}", int(value) // unit
        yield "balloon.last-update", int(told["last-update"])
    yield "balloon.rss", processes.resident(guest.record.pid or 0)


def _of_vcpus(guest: Guest, session: MonitorSession) -> Figures:
    for cpu in session.execute("query-cpus-fast"):
        number, thread = int(cpu["cpu-index"]), int(cpu["thread-id"])
        ran, waited = processes.thread_times(guest.record.pid or 0, thread)
        yield f"vcpu.{number}.state", 1
        yield f"vcpu.{number}.time", ran
        yield f"vcpu.{number}.wait", 0
        yield f"vcpu.{number}.delay", waited


def _of_interfaces(site: Site, document: Domain) -> Figures:
    """Of the host's end, as the guest sees it."""
    from virshpy.drivers.qemu.interfaces import as_the_guest, place_of

    interfaces = document.devices.interfaces
    yield "net.count", len(interfaces)
    known: dict[str, dict[str, tuple[list[int], list[int]]]] = {}
    for number, interface in enumerate(interfaces):
        name, where = interface.target.dev if interface.target is not None else None, place_of(site, interface)
        if str(where.recorded) not in known:
            known[str(where.recorded)] = where.counters()
        counted = known[str(where.recorded)]
        if not name or name not in counted:
            continue
        received, sent = as_the_guest(interface, *counted[name])
        yield f"net.{number}.name", name
        for way, values in (("rx", received), ("tx", sent)):
            for what, value in zip(("bytes", "pkts", "errs", "drop"), values, strict=True):
                yield f"net.{number}.{way}.{what}", value


def _of_blocks(guest: Guest, session: MonitorSession) -> Figures:
    nodes = {one["node-name"]: one for one in session.execute("query-blockstats", **{"query-nodes": True})}
    images = {one["node-name"]: one for one in session.execute("query-named-block-nodes", flat=True)}
    counters = {_alias(one): one["stats"] for one in session.execute("query-blockstats")}
    layers = [row for disk in guest.document.devices.disks for row in _layers(disk, guest.with_backing)]
    yield "block.count", len(layers)
    for number, (disk, source, index) in enumerate(layers):
        head = f"block.{number}"
        yield f"{head}.name", (disk.target and disk.target.dev) or ""
        path = source.source.file or source.source.dev if source.source is not None else None
        if path:
            yield f"{head}.path", path
        if index is not None:
            yield f"{head}.backingIndex", index
        node = f"libvirt-{index}-format"
        alias = (disk.alias.name if disk.alias is not None else None) or ""
        stats = counters.get(alias) if source is disk else nodes.get(node, {}).get("stats")
        if stats is not None:
            yield from _of_requests(head, stats)
        if node in images:
            yield f"{head}.allocation", int(nodes[node]["stats"]["wr_highest_offset"]) if node in nodes else 0
            yield f"{head}.capacity", int(images[node]["image"]["virtual-size"])
            yield f"{head}.physical", int(images[node]["image"].get("actual-size", 0))


def _layers(disk: Disk, with_backing: bool) -> Iterator[tuple[Disk, Disk | BackingStore, int | None]]:
    """A disk, and where they are asked for the images beneath it, with the numbers that libvirt has given them."""
    yield disk, disk, disk.source.index if disk.source is not None else None
    below = disk.backing_store if with_backing else None
    while below is not None and below.source is not None:
        yield disk, below, below.index
        below = below.backing_store


def _of_requests(head: str, stats: dict[str, Any]) -> Figures:
    for name, operation in (("rd", "rd"), ("wr", "wr"), ("fl", "flush")):
        yield f"{head}.{name}.reqs", int(stats[f"{operation}_operations"])
        if name != "fl":
            yield f"{head}.{name}.bytes", int(stats[f"{operation}_bytes"])
        yield f"{head}.{name}.times", int(stats[f"{operation}_total_time_ns"])


def _alias(entry: dict[str, Any]) -> str:
    """The device in front of a node, by its libvirt name: its place in QEMU's tree, or the name itself."""
    path = str(entry.get("qdev", ""))
    return path.partition("/peripheral/")[2].partition("/")[0] or path.rpartition("/")[2]


def _of_resting_disks(document: Domain) -> Figures:
    yield "block.count", len(document.devices.disks)
    for number, disk in enumerate(document.devices.disks):
        yield f"block.{number}.name", (disk.target and disk.target.dev) or ""
        if disk.source is not None and (disk.source.file or disk.source.dev):
            yield f"block.{number}.path", disk.source.file or disk.source.dev


def _of_iothreads(guest: Guest, session: MonitorSession) -> Figures:
    threads = session.execute("query-iothreads")
    if threads:
        yield "iothread.count", len(threads)
    for one in threads:
        number = str(one["id"]).removeprefix("iothread")
        for what in ("poll-max-ns", "poll-grow", "poll-shrink"):
            yield f"iothread.{number}.{what}", int(one[what])


def _of_dirty_rate(guest: Guest, session: MonitorSession) -> Figures:
    told = session.execute("query-dirty-rate")
    yield "dirtyrate.calc_status", _DIRTY_RATES.get(str(told["status"]), 0)
    yield "dirtyrate.calc_start_time", int(told["start-time"])
    yield "dirtyrate.calc_period", int(told["calc-time"])
    yield "dirtyrate.calc_mode", str(told["mode"])
    if "dirty-rate" in told:
        yield "dirtyrate.megabytes_per_second", int(told["dirty-rate"])


_ASKED = (
    (StatsTypes.BALLOON, _of_balloon),
    (StatsTypes.VCPU, _of_vcpus),
    (StatsTypes.BLOCK, _of_blocks),
    (StatsTypes.IOTHREAD, _of_iothreads),
    (StatsTypes.DIRTYRATE, _of_dirty_rate),
)
