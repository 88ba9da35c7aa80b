"""A host that is not there: /proc and /sys of two NUMA cells with two cores of two threads; one thread is off."""

from __future__ import annotations

from pathlib import Path

_FLAGS = (
    "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx lm"
    " constant_tsc nonstop_tsc pni ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm xsave"
)
CPUINFO = (
    "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 26\nstepping\t: 5\nmicrocode\t: 0x11\n"
    f"cpu MHz\t\t: 2600.123\nflags\t\t: {_FLAGS}\naddress sizes\t: 46 bits physical, 57 bits virtual\n\n"
)
ONLINE = (0, 1, 2, 3, 4, 5, 6)


class Host:
    """A folder that stands for the root directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("/proc/cpuinfo", CPUINFO)
        self.write("/proc/meminfo", "MemTotal: 4194304 kB\nMemFree: 3000000 kB\nBuffers: 1000 kB\nCached: 2000 kB\n")
        self.write("/proc/stat", "cpu  100 20 30 4000 50 6 7 0 0 0\ncpu0 60 10 20 2000 30 4 3 0 0 0\n")
        for size in (1048576, 2048):
            self.pool("/sys/kernel/mm/hugepages", size, 32 if size == 2048 else 0, 30 if size == 2048 else 0)
        self._processors()
        self._cells()
        for name, value in {
            "pages_to_scan": 100, "sleep_millisecs": 20, "pages_shared": 1, "pages_sharing": 2, "full_scans": 3,
            "merge_across_nodes": 1,
        }.items():  # fmt: skip
            self.write(f"/sys/kernel/mm/ksm/{name}", f"{value}\n")

    def write(self, path: str, text: str) -> None:
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def read(self, path: str) -> str:
        return (self.root / path.lstrip("/")).read_text()

    def pool(self, folder: str, size: int, total: int, free: int) -> None:
        self.write(f"{folder}/hugepages-{size}kB/nr_hugepages", f"{total}\n")
        self.write(f"{folder}/hugepages-{size}kB/free_hugepages", f"{free}\n")

    def _processors(self) -> None:
        cpus = "/sys/devices/system/cpu"
        self.write(f"{cpus}/online", "0-6\n")
        self.write(f"{cpus}/present", "0-7\n")
        for cpu in ONLINE:
            cell = cpu // 4
            topology = f"{cpus}/cpu{cpu}/topology"
            self.write(f"{topology}/physical_package_id", f"{cell}\n")
            self.write(f"{topology}/die_id", "-1\n")
            self.write(f"{topology}/core_id", f"{cpu % 4 // 2}\n")
            self.write(f"{topology}/thread_siblings_list", f"{cpu // 2 * 2}-{cpu // 2 * 2 + 1}\n")
            outer = ("20480K", "1536K")[cell]
            for index, (level, kind, size) in enumerate(((1, "Data", "32K"), (3, "Unified", outer))):
                folder = f"{cpus}/cpu{cpu}/cache/index{index}"
                self.write(f"{folder}/level", f"{level}\n")
                self.write(f"{folder}/id", f"{cell if level == 3 else cpu // 2}\n")
                self.write(f"{folder}/type", f"{kind}\n")
                self.write(f"{folder}/size", f"{size}\n")
                self.write(f"{folder}/shared_cpu_list", f"{cell * 4}-{cell * 4 + 3}\n")

    def _cells(self) -> None:
        nodes = "/sys/devices/system/node"
        self.write(f"{nodes}/online", "0-1\n")
        for node in (0, 1):
            self.write(f"{nodes}/node{node}/cpulist", f"{node * 4}-{node * 4 + 3}\n")
            self.write(f"{nodes}/node{node}/distance", ("10 21\n", "21 10\n")[node])
            free = (1200000, 1800000)[node]
            self.write(
                f"{nodes}/node{node}/meminfo", f"Node {node} MemTotal: 2097152 kB\nNode {node} MemFree: {free} kB\n"
            )
            self.pool(f"{nodes}/node{node}/hugepages", 2048, 16, 15)
            self.pool(f"{nodes}/node{node}/hugepages", 1048576, 0, 0)
