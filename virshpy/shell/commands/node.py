"""Host and Hypervisor: the host's processors and memory, in figures."""

from __future__ import annotations

from virshpy.enums import NodeAllocPagesFlags, NodeSuspendTarget
from virshpy.shell.failure import Failure, Spoken, failing
from virshpy.shell.lang.command import Exclusive, Reads, argument, command, flag, option
from virshpy.shell.lang.types import Choice, Int, KiB, UInt
from virshpy.shell.render.readable import cpu_map
from virshpy.shell.render.results import Field, Fields, Text
from virshpy.xml.parse import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.api.connection import Connection
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session
    from virshpy.xml.node import Node

_CELL = option("cellno", Int().offering("CELLS"), "number of a NUMA node")


def _cells(session: Session, failed: str) -> list[Node]:
    """The NUMA nodes in the capabilities."""
    with failing(failed):
        root = parse(session.connection.capabilities(), source="(capabilities)")
    node: Node | None = root
    for tag in ("host", "topology", "cells"):
        node = node.find(tag) if node is not None else None
    return [cell for cell in node.children if cell.tag == "cell"] if node is not None else []


@command(
    "nodecpumap",
    "which CPUs of the host are online",
    "Print which CPUs of the host are present, and which are online.",
    (flag("pretty", "as ranges of numbers"),),
    examples=(("nodecpumap --pretty", "such as: 0-3,6"),),
    returns="present online map",
)
def nodecpumap(session: Session, pretty: bool) -> Fields:
    with failing("Unable to get cpu map"):
        found = session.connection.node_cpu_map()
    from virshpy.xml.scalars import format_ranges

    shown = format_ranges(found.online) if pretty else cpu_map(found.online, found.present)
    return Fields(
        [
            Field("present", "CPUs present", found.present),
            Field("online", "CPUs online", len(found.online)),
            Field("map", "CPU map", list(found.online), shown),
        ],
        16,
    )


_KINDS = ("user", "system", "idle", "iowait", "intr")


@command(
    "nodecpustats",
    "CPU time of the host",
    "Print how the host's CPUs, or one CPU, have spent their time.",
    (
        option("cpu", Int().offering("ONLINE_CPUS"), "number of a CPU"),
        flag("percent", "measure for one second, print percentages"),
    ),
    examples=(("nodecpustats --percent", "how busy the host is now"),),
    returns=(
        "user_ns? system_ns? idle_ns? iowait_ns? intr_ns? | usage_percent idle_percent user_percent? "
        "system_percent? iowait_percent? intr_percent?"
    ),
)
def nodecpustats(session: Session, cpu: int | None, percent: bool) -> Fields:
    connection = session.connection
    number = -1 if cpu is None else cpu
    # virsh asks how many figures there are first, and a number that cannot be one fails there.
    with failing("Unable to get number of cpu stats" if number < -1 else "Unable to get node cpu stats"):
        first = _cpu_stats(connection, number)
        if not percent:
            return Fields([_time(kind, first[kind]) for kind in _KINDS if kind in first], 0)
        if "utilization" in first:
            second = first
        else:
            from time import sleep

            sleep(1)
            second = _cpu_stats(connection, number)
    if "utilization" in second:
        used = float(second["utilization"])
        return Fields([_share("usage", used), _share("idle", 100 - used)], 0)
    spent = {kind: second.get(kind, 0) - first.get(kind, 0) for kind in _KINDS}
    total = sum(spent.values())
    shares = {kind: spent[kind] * 100 / total if total else None for kind in _KINDS}
    idle = shares["idle"]
    fields = [_share("usage", None if idle is None else 100 - idle)]
    return Fields(fields + [_share(kind, shares[kind]) for kind in _KINDS if kind in first], 0)


def _cpu_stats(connection: Connection, number: int) -> dict[str, int]:
    """What libvirt calls ``kernel`` is ``system`` to users."""
    return {"system" if kind == "kernel" else kind: time for kind, time in connection.node_cpu_stats(number).items()}


def _time(kind: str, nanoseconds: int) -> Field:
    # virsh pads the label to 15 and the number to 20; the renderer has put the label, a colon and a blank.
    return Field(f"{kind}_ns", kind, nanoseconds, f"{'':{max(14 - len(kind), 0)}}{nanoseconds:>20}")


def _share(kind: str, share: float | None) -> Field:
    # Where no time has passed there is no share; C prints its -nan.
    text = f"{share:5.1f}%" if share is not None else f"{'-nan':>5}%"
    return Field(f"{kind}_percent", kind, share, f"{'':{max(14 - len(kind), 0)}}{text}")


@command(
    "nodememstats",
    "memory figures of the host",
    "Print memory figures of the host, or of one NUMA node.",
    (option("cell", Int().offering("CELLS"), "number of a NUMA node"),),
    examples=(("nodememstats --cell 0", "of one cell"),),
    returns="total_kib? free_kib? buffers_kib? cached_kib?",
)
def nodememstats(session: Session, cell: int | None) -> Fields:
    number = -1 if cell is None else cell
    with failing("Unable to get number of memory stats"):
        stats = session.connection.node_memory_stats(number)
    return Fields([Field(f"{kind}_kib", f"{kind:<7}", value, f"{value:>20} KiB") for kind, value in stats.items()], 0)


@command(
    "freecell",
    "free memory of the host",
    "Print how much memory is free on the host, or on its NUMA nodes.",
    (_CELL, flag("all", "each NUMA node, and the total")),
    constraints=(Exclusive("all", "cellno"),),
    examples=(("freecell --all", "where a large guest would fit"),),
    returns="free_kib? cells[cell free_kib]?",
)
def freecell(session: Session, cellno: int | None, all: bool) -> Text:
    connection = session.connection
    if not all:
        if cellno is not None:
            if cellno < 0:
                raise Failure(None, Spoken("startCell in virNodeGetCellsFreeMemory must be zero or greater"))
            (free,) = connection.node_cells_free_memory(cellno, 1)
            value = [{"cell": cellno, "free_kib": free // 1024}]
            return Text("cells", f"{cellno}: {free // 1024} KiB\n", value, end="")
        free = connection.node_free_memory()
        return Text("free_kib", f"Total: {free // 1024} KiB\n", free // 1024, end="")
    cells = _cells(session, "unable to get node capabilities")
    sizes: dict[int, int] = {}
    for cell in cells:
        number = int(cell.attrs.get("id", "0"))
        with failing(f"failed to get free memory for NUMA node number: {number}"):
            (free,) = connection.node_cells_free_memory(number, 1)
        sizes[number] = free // 1024
    total = sum(sizes.values())
    text = "".join(f"{number:>5}: {free:>10} KiB\n" for number, free in sizes.items())
    text += f"--------------------\n{'Total':>5}: {total:>10} KiB\n"
    value = [{"cell": number, "free_kib": free} for number, free in sizes.items()]
    return Text("free_kib", text, total, end="", cells=value)


# 32 bits of bytes where pages are counted, 32 bits of KiB where they are made.
_PAGE_SIZE = KiB((1 << 32) - 1).offering("PAGE_SIZES")
_NEW_PAGE_SIZE = KiB(((1 << 32) - 1) << 10).offering("PAGE_SIZES")


@command(
    "freepages",
    "free pages of the host's memory",
    "Print how many pages of each size are free on NUMA nodes.",
    (
        option("cellno", Int().offering("CELLS"), "number of a NUMA node", late=True),
        option("pagesize", _PAGE_SIZE, "size of the pages in KiB, or with a unit"),
        flag("all", "of all NUMA nodes"),
    ),
    constraints=(Exclusive("all", "cellno"),),
    examples=(("freepages --all", "whether huge pages are left"),),
    returns="cells[cell pages[page_size_kib free]]",
)
def freepages(session: Session, pagesize: int | None, all: bool, args: Arguments) -> Text:
    connection = session.connection
    wanted = pagesize
    if not all:
        if args["cellno"] is None:
            raise Failure("missing cellno argument")
        if args["cellno"] < -1:
            raise Failure("cell number must be non-negative integer or -1")
        if wanted is None:
            raise Failure("missing pagesize argument")
        found = connection.node_free_pages([wanted], args["cellno"], 1)
        counts = _counts(found, args["cellno"], [wanted])
        return Text("cells", _pages(counts), _free_pages({args["cellno"]: counts}), end="")
    value: dict[int, dict[int, int]] = {}
    root = parse(session.connection.capabilities(), source="(capabilities)")
    host = root.find("host")
    cpu = host.find("cpu") if host is not None else None
    for cell in _cells(session, "unable to get node capabilities"):
        number = int(cell.attrs.get("id", "0"))
        sizes = [wanted] if wanted is not None else (_page_sizes(cpu) if cpu is not None else []) or _page_sizes(cell)
        value[number] = _counts(connection.node_free_pages(sizes, number, 1), number, sizes)
    text = "".join(f"Node {number}:\n{_pages(counts)}\n" for number, counts in value.items())
    return Text("cells", text, _free_pages(value), end="")


def _free_pages(cells: dict[int, dict[int, int]]) -> list[dict[str, Any]]:
    return [
        {"cell": cell, "pages": [{"page_size_kib": size, "free": count} for size, count in counts.items()]}
        for cell, counts in cells.items()
    ]


def _page_sizes(cell: Node) -> list[int]:
    return [
        _page_size(child) for child in cell.children if child.tag == "pages" and child.attrs.get("size", "").isdigit()
    ]


def _page_size(node: Node) -> int:
    return int(node.attrs["size"])


def _counts(found: dict[int, dict[int, int]], cell: int, sizes: list[int]) -> dict[int, int]:
    return {size: found.get(cell, {}).get(size, 0) for size in sizes}


def _pages(counts: dict[int, int]) -> str:
    return "".join(f"{size}KiB: {count}\n" for size, count in counts.items())


@command(
    "allocpages",
    "change the host's pool of huge pages",
    "Set the number of huge pages that the host reserves.",
    (
        argument("pagesize", _NEW_PAGE_SIZE, "size of the pages in KiB, or with a unit"),
        argument("pagecount", UInt(64), "number of pages"),
        option("cellno", Int().offering("CELLS"), "on this NUMA node"),
        flag("add", "add to the pool instead of setting its size"),
        flag("all", "on each NUMA node"),
    ),
    constraints=(Exclusive("all", "cellno"), Reads("cellno")),
    examples=(("allocpages 2M 512 --cellno 0", "1 GiB for guests of that NUMA node"),),
    returns="",
)
def allocpages(session: Session, pagesize: int, pagecount: int, cellno: int | None, add: bool, all: bool) -> None:
    cell, count = -1, 1
    if cellno is not None:
        cell = cellno
    if all:
        cell, count = 0, len(_cells(session, "unable to get node capabilities"))
    flags = NodeAllocPagesFlags.ADD if add else NodeAllocPagesFlags.SET
    session.connection.node_alloc_pages({pagesize: pagecount}, cell, count, flags=flags)


_TARGETS = {"mem": NodeSuspendTarget.MEM, "disk": NodeSuspendTarget.DISK, "hybrid": NodeSuspendTarget.HYBRID}


@command(
    "nodesuspend",
    "suspend the host for some time",
    "Suspend the host with all its guests, and have it wake up by itself.",
    (
        argument("target", Choice(*_TARGETS), "mem, disk or hybrid"),
        argument("duration", Int(-(1 << 63), (1 << 63) - 1), "duration in seconds, at least 60"),
    ),
    examples=(("nodesuspend mem 3600", "for an hour"),),
    returns="",
)
def nodesuspend(session: Session, target: str, duration: int) -> None:
    if target not in _TARGETS:
        raise Failure("Invalid target")
    with failing("The host was not suspended"):
        session.connection.node_suspend_for_duration(_TARGETS[target], duration)


_SHARING = ("shm_pages_to_scan", "shm_sleep_millisecs", "shm_merge_across_nodes")


@command(
    "node-memory-tune",
    "print or set parameters of memory merging (KSM)",
    "Print or set the parameters of kernel same-page merging (KSM).",
    (
        option("shm-pages-to-scan", UInt(), "number of pages to scan before sleeping"),
        option("shm-sleep-millisecs", UInt(), "time to sleep between scans, in milliseconds"),
        option("shm-merge-across-nodes", UInt(), "1: merge pages of different NUMA nodes; 0: do not"),
    ),
    examples=(("node-memory-tune", "parameters and counters"),),
    returns="parameters",
)
def node_memory_tune(session: Session, args: Arguments) -> Result | None:
    connection = session.connection
    wanted = {name: value for name in _SHARING if (value := args[name.replace("_", "-")]) is not None}
    if wanted:
        with failing("Unable to change memory parameters"):
            connection.node_set_memory_parameters(wanted)
        return None
    with failing("Unable to get memory parameters", NoSupport="Unable to get number of memory parameters"):
        found = connection.node_memory_parameters()
    text = "Shared memory:\n" + "".join(f"\t{name:<15} {value}\n" for name, value in found.items())
    return Text("parameters", text if found else "", found, end="")


@command(
    "nodesevinfo",
    "what the host offers for AMD SEV",
    "Print the certificates and limits of AMD SEV, for encrypted guests.",
    examples=(("nodesevinfo", "certificates and limits of the host"),),
    returns="parameters",
)
def nodesevinfo(session: Session) -> Text:
    with failing("Unable to get host SEV information"):
        found: dict[str, Any] = session.connection.node_sev_info()
    text = "".join(f"{name:<18}: {value}\n" for name, value in found.items())
    return Text("parameters", text, found, end="")
