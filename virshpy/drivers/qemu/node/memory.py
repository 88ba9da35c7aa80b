"""The host's memory: NUMA cells, what is free, pools of huge pages, and how the kernel merges equal pages."""

from __future__ import annotations

import os
from functools import partial

from virshpy import errors
from virshpy.drivers.qemu.node import kernel
from virshpy.drivers.qemu.node.kernel import NODES, meminfo, names, number, number_list, read
from virshpy.drivers.qemu.node.processors import online_cpus
from virshpy.enums import NodeAllocPagesFlags
from virshpy.host.steps import Act

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.host.steps import Step

HUGE = "/sys/kernel/mm/hugepages"
MERGING = "/sys/kernel/mm/ksm"


class Cell:
    """A NUMA cell: ``number``, its online ``cpus``, ``memory`` in KiB, ``distances`` to all cells in their order."""

    __slots__ = ("number", "cpus", "memory", "distances")

    def __init__(self, number: int, cpus: list[int], memory: int, distances: list[int]) -> None:
        self.number = number
        self.cpus = cpus
        self.memory = memory
        self.distances = distances


def cells() -> list[Cell]:
    """The NUMA cells; one cell of everything where the kernel shows none."""
    online = online_cpus()
    found = []
    for node in number_list(read(f"{NODES}/online")):
        figures = meminfo(f"{NODES}/node{node}/meminfo")
        if figures:
            cpus = [cpu for cpu in number_list(read(f"{NODES}/node{node}/cpulist")) if cpu in online]
            distances = [int(word) for word in (read(f"{NODES}/node{node}/distance") or "").split()]
            found.append(Cell(node, cpus, figures.get("MemTotal", 0), distances))
    return found or [Cell(0, online, memory_total(), [])]


def memory_total() -> int:
    """The host's memory in KiB."""
    return meminfo("/proc/meminfo").get("MemTotal", 0)


def _free(cell: int) -> int | None:
    """Free KiB of a NUMA cell."""
    return meminfo(f"{NODES}/node{cell}/meminfo").get("MemFree")


def free_memory() -> int:
    """Free memory in bytes (virNodeGetFreeMemory): of the NUMA cells where the kernel shows them."""
    free = sum(_free(node) or 0 for node in number_list(read(f"{NODES}/online"))) * 1024
    return free or meminfo("/proc/meminfo").get("MemFree", 0) * 1024


def cells_free_memory(start: int, count: int) -> list[int]:
    """virNodeGetCellsFreeMemory: free bytes of at most ``count`` cells from ``start`` on. Raises InternalError."""
    numbers = range(start, min(start + count, _check_cell(start) + 1))
    if not number_list(read(f"{NODES}/online")):
        return [free_memory()]
    return [(_free(cell) or 0) * 1024 for cell in numbers]


def memory_stats(cell: int) -> dict[str, int]:
    """virNodeGetMemoryStats: KiB by kind, of one cell or with -1 of all. Raises Misuse."""
    if cell == -1:
        figures = meminfo("/proc/meminfo")
        kinds = {"total": "MemTotal", "free": "MemFree", "buffers": "Buffers", "cached": "Cached"}
    else:
        last = _last_cell()
        if cell > last:
            raise errors.Misuse(f"cellNum in virHostMemGetStats must be less than or equal to {last}")
        figures = meminfo(f"{NODES}/node{cell}/meminfo")
        kinds = {"total": "MemTotal", "free": "MemFree"}
    return {kind: figures[name] for kind, name in kinds.items() if name in figures}


def _last_cell() -> int:
    return max(number_list(read(f"{NODES}/online")), default=0)


def _check_cell(cell: int) -> int:
    """The number of the last cell. Raises InternalError where this one comes after it."""
    last = _last_cell()
    if cell > last:
        raise errors.InternalError(f"start cell {cell} out of range (0-{last})")
    return last


def page_sizes() -> list[int]:
    """The sizes of pages in KiB: ordinary ones, then huge ones, the smaller first."""
    huge = (name.removeprefix("hugepages-").removesuffix("kB") for name in names(HUGE))
    return [os.sysconf("SC_PAGE_SIZE") // 1024, *sorted(int(size) for size in huge if size.isdigit())]


def _pool(cell: int, size: int) -> str:
    """The folder of a pool of huge pages; -1 is the whole host."""
    return f"{HUGE if cell == -1 else f'{NODES}/node{cell}/hugepages'}/hugepages-{size}kB"


def pages(cell: int, size: int) -> int:
    """How many huge pages of a size (KiB) a cell has."""
    return number(f"{_pool(cell, size)}/nr_hugepages") or 0


def free_pages(sizes: list[int], start: int, count: int) -> dict[int, dict[int, int]]:
    """virNodeGetFreePages: by cell (-1 is the whole host) and size in KiB. Raises InternalError, OperationFailed."""
    last = _check_cell(start)
    found: dict[int, dict[int, int]] = {}
    for cell in range(start, min(start + count, last + 1)):
        found[cell] = {}
        for size in sizes:
            if size == page_sizes()[0]:
                free = (free_memory() >> 10 if cell == -1 else _free(cell) or 0) // size
            else:
                huge = number(f"{_pool(cell, size)}/free_hugepages")
                if huge is None:
                    raise _no_such_size(size, cell)
                free = huge
            found[cell][size] = free
    return found


def _sizes_hint() -> str:
    return "this host has pages of " + ", ".join(f"{size} KiB" for size in page_sizes())


def _no_such_size(size: int, cell: int) -> errors.OperationFailed:
    where = "" if cell == -1 else f" on node {cell}"
    return errors.OperationFailed(f"page size {size} is not available{where}", hint=_sizes_hint())


def allocate_pages(wanted: dict[int, int], start: int, count: int, flags: int, do: Callable[[Step], None]) -> int:
    """virNodeAllocPages: change the pools of huge pages (KiB -> how many) of cells; how many pools were changed.

    Each is a step that ``do`` carries out.

    With NodeAllocPagesFlags.SET a pool gets that size, otherwise it grows by so much. Raises OperationUnsupported for
    ordinary pages, OperationFailed where a size is not there or the kernel does not find as many.
    """
    last = _check_cell(start)
    changed = 0
    for cell in range(start, min(start + count, last + 1)):
        for size, number_of_pages in wanted.items():
            do(_resized(cell, size, number_of_pages, add=not flags & NodeAllocPagesFlags.SET))
            changed += 1
    return changed


def _resized(cell: int, size: int, wanted: int, *, add: bool) -> Step:
    if size == page_sizes()[0]:
        raise errors.OperationUnsupported("system pages pool can't be modified", hint=_sizes_hint())
    path = f"{_pool(cell, size)}/nr_hugepages"
    before = number(path)
    if before is None:
        raise _no_such_size(size, cell)
    target = before + wanted if add else wanted

    def resize() -> None:
        _set(path, target, f"Unable to write to: {path}")
        got = number(path) or 0
        if got != target:
            reached = max(got - before, 0) if add else got
            raise errors.OperationFailed(
                f"Unable to allocate {wanted} pages. Allocated only {reached}",
                hint="memory is too scattered or too full; try soon after boot, or hugepages= on the kernel's command"
                " line",
            )

    return Act(resize, f"echo {target} >{kernel.ROOT}{path}")


def _set(path: str, value: int, complaint: str) -> None:
    from virshpy.host import files

    try:
        files.set_kernel_value(kernel.ROOT + path, str(value))
    except OSError as error:
        raise errors.from_os_error(error, complaint) from None


# What libvirt calls the files of the kernel's merging of pages, in its order; those that may be set come with True.
_PARAMETERS = {
    "shm_pages_to_scan": ("pages_to_scan", True), "shm_sleep_millisecs": ("sleep_millisecs", True),
    "shm_pages_shared": ("pages_shared", False), "shm_pages_sharing": ("pages_sharing", False),
    "shm_pages_unshared": ("pages_unshared", False), "shm_pages_volatile": ("pages_volatile", False),
    "shm_full_scans": ("full_scans", False), "shm_merge_across_nodes": ("merge_across_nodes", True),
}  # fmt: skip


def merging() -> dict[str, int]:
    """virNodeGetMemoryParameters: what there is of the kernel's merging of equal pages."""
    found = ((name, number(f"{MERGING}/{file}")) for name, (file, _) in _PARAMETERS.items())
    return {name: value for name, value in found if value is not None}


def set_merging(wanted: dict[str, int], do: Callable[[Step], None]) -> None:
    """virNodeSetMemoryParameters, by steps that ``do`` carries out. Raises InvalidArg for what cannot be set,
    OperationInvalid where the kernel does not merge pages, SystemCallError where it refuses."""
    for name in wanted:
        file, writable = _PARAMETERS.get(name, ("", False))
        if not writable:
            raise errors.InvalidArg(f"parameter '{name}' not supported")
        if number(f"{MERGING}/{file}") is None:
            raise errors.OperationInvalid(f"Parameter '{name}' is not supported by this kernel")
    for name, value in wanted.items():
        path = f"{MERGING}/{_PARAMETERS[name][0]}"
        do(Act(partial(_set, path, value, f"failed to set {name}"), f"echo {value} >{kernel.ROOT}{path}"))


def huge_page_mount(size: int) -> str:
    """Where files are made of huge pages of that many KiB. Raises InternalError where no such place is mounted."""
    for line in (read("/proc/mounts") or "").splitlines():
        words = line.split()
        if len(words) > 3 and words[2] == "hugetlbfs" and _page_size(words[3]) == size:
            return words[1].replace("\\040", " ")
    place = f"/dev/hugepages{size // 1024}M"
    raise errors.InternalError(
        "hugetlbfs filesystem is not mounted or disabled by administrator config",
        hint=f"mount it: mkdir -p {place} && mount -t hugetlbfs -o pagesize={size}K none {place}",
    )


def _page_size(options: str) -> int:
    """KiB, of the options with which huge pages are mounted."""
    word = options.partition("pagesize=")[2].partition(",")[0]
    return int(word[:-1] or 0) * {"K": 1, "M": 1024, "G": 1024**2}.get(word[-1:], 0) if word else 0
