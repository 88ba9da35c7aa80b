"""Rows: the host itself (virNode*): processors, memory, suspend."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation
from virshpy.driver.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.enums.parameters import Parameters


class NodeInfo(Record):
    """virNodeInfo: CPU model, memory in KiB, number of active CPUs, MHz, and the NUMA/socket/core/thread shape."""

    __slots__ = ("model", "memory", "cpus", "mhz", "nodes", "sockets", "cores", "threads")
    model: str
    memory: int
    cpus: int
    mhz: int
    nodes: int
    sockets: int
    cores: int
    threads: int


class SecurityModel(Record):
    """virSecurityModel: model and domain of interpretation."""

    __slots__ = ("model", "doi")
    model: str
    doi: str


class CPUMap(Record):
    """virNodeGetCPUMap: how many host processors there are, and the numbers of those online."""

    __slots__ = ("present", "online")
    present: int
    online: list[int]


class NodeOperations(Contract):
    """The host itself (virNode*): processors, memory, suspend."""

    @operation("virNodeGetInfo")
    def node_get_info(self) -> NodeInfo: ...

    @operation("virNodeGetSecurityModel")
    def node_get_security_model(self) -> SecurityModel: ...

    @operation("virNodeGetFreeMemory")
    def node_get_free_memory(self) -> int:
        """Free memory of the host in bytes."""

    @operation("virNodeGetCellsFreeMemory")
    def node_get_cells_free_memory(self, start_cell: int, max_cells: int) -> list[int]:
        """Free bytes of each NUMA cell from ``start_cell`` on."""

    @operation("virNodeGetFreePages")
    def node_get_free_pages(self, pages: list[int], start_cell: int, cell_count: int) -> dict[int, dict[int, int]]:
        """Free pages by cell and page size in KiB."""

    @operation("virNodeAllocPages", writes=True, flags="NodeAllocPagesFlags")
    def node_alloc_pages(self, pages: dict[int, int], start_cell: int, cell_count: int, *, flags: int = 0) -> int:
        """Change the pools of huge pages (size in KiB -> count); how many cells changed."""

    @operation("virNodeGetCPUMap")
    def node_get_cpu_map(self) -> CPUMap:
        """Which host processors there are and which are online."""

    @operation("virNodeGetCPUStats")
    def node_get_cpu_stats(self, cpu_num: int) -> dict[str, int]:
        """Nanoseconds by kind for one processor, or all with -1."""

    @operation("virNodeGetMemoryStats")
    def node_get_memory_stats(self, cell_num: int) -> dict[str, int]:
        """KiB by kind for one cell, or all with -1."""

    @operation("virNodeGetMemoryParameters", flags="ModificationImpact", params="NodeMemory")
    def node_get_memory_parameters(self, *, flags: int = 0) -> Parameters: ...

    @operation("virNodeSetMemoryParameters", writes=True, flags="ModificationImpact", params="NodeMemory")
    def node_set_memory_parameters(self, params: Parameters, *, flags: int = 0) -> None: ...

    @operation("virNodeGetSEVInfo", writes=True, params="SEV")
    def node_get_sev_info(self) -> Parameters: ...

    @operation("virNodeSuspendForDuration", writes=True)
    def node_suspend_for_duration(self, target: int, duration: int) -> None:
        """``target`` is a NodeSuspendTarget, ``duration`` in seconds."""
