"""The host's processors: which there are, where they sit, what they share, what they have done."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.drivers.qemu.node.kernel import CPUS, names, number, number_list, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.node import CPUMap


def online_cpus() -> list[int]:
    return number_list(read(f"{CPUS}/online")) or list(range(os.cpu_count() or 1))


def cpu_map() -> CPUMap:
    """virNodeGetCPUMap."""
    from virshpy.driver.node import CPUMap

    online = online_cpus()
    present = number_list(read(f"{CPUS}/present")) or online
    return CPUMap(max(present) + 1, online)


class Topology:
    """Where a CPU sits: ``socket``, ``die``, ``core``, ``siblings`` (CPU numbers that share the core)."""

    __slots__ = ("cpu", "socket", "die", "core", "siblings")

    def __init__(self, cpu: int) -> None:
        folder = f"{CPUS}/cpu{cpu}/topology"
        self.cpu = cpu
        # Some architectures say -1 where they do not know.
        self.socket = max(number(f"{folder}/physical_package_id") or 0, 0)
        self.die = max(number(f"{folder}/die_id") or 0, 0)
        self.core = max(number(f"{folder}/core_id") or 0, 0)
        self.siblings = number_list(read(f"{folder}/thread_siblings_list")) or [cpu]


def cpu_stats(cpu: int) -> dict[str, int]:
    """virNodeGetCPUStats: nanoseconds since boot by kind, of one CPU or with -1 of all. Raises Misuse."""
    wanted = "cpu" if cpu == -1 else f"cpu{cpu}"
    for line in (read("/proc/stat") or "").splitlines():
        name, *ticks = line.split()
        if name == wanted:
            user, nice, system, idle, wait, irq, softirq = (int(tick) for tick in (ticks + ["0"] * 7)[:7])
            tick = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
            return {
                "kernel": (system + irq + softirq) * tick,
                "user": (user + nice) * tick,
                "idle": idle * tick,
                "iowait": wait * tick,
            }
    raise errors.Misuse("Invalid cpuNum in virHostCPUGetStatsLinux")


class Bank:
    """A cache: ``id``, ``level``, ``kind`` (both, code or data), ``size`` in KiB, the ``cpus`` that share it."""

    __slots__ = ("id", "level", "kind", "size", "cpus")

    def __init__(self, id: int, level: int, kind: str, size: int, cpus: list[int]) -> None:
        self.id = id
        self.level = level
        self.kind = kind
        self.size = size
        self.cpus = cpus


_KINDS = {"Unified": "both", "Instruction": "code", "Data": "data"}


def cache_banks() -> list[Bank]:
    """The caches of level 3, each once."""
    found: dict[tuple[int, str, int], Bank] = {}
    for cpu in online_cpus():
        for index in names(f"{CPUS}/cpu{cpu}/cache"):
            folder = f"{CPUS}/cpu{cpu}/cache/{index}"
            level, id = number(f"{folder}/level"), number(f"{folder}/id")
            kind = _KINDS.get(read(f"{folder}/type") or "")
            size = _kibibytes(read(f"{folder}/size"))
            if level == 3 and id is not None and kind and size:
                cpus = number_list(read(f"{folder}/shared_cpu_list"))
                found.setdefault((level, kind, id), Bank(id, level, kind, size, cpus))
    return [found[key] for key in sorted(found)]


def _kibibytes(text: str | None) -> int:
    """The kernel's ``480M`` or ``32K``."""
    if not text or not text[:-1].isdigit():
        return 0
    return int(text[:-1]) * {"K": 1, "M": 1 << 10, "G": 1 << 20}.get(text[-1], 0)
