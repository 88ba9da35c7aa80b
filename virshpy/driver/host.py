"""Rows: the host itself (virNode*): processors, memory, suspend."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from virshpy.driver.structures import CPUMap


class HostOperations(Contract):
    """The host itself (virNode*): processors, memory, suspend."""

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

    @operation("virNodeGetMemoryParameters", flags="ModificationImpact")
    def node_get_memory_parameters(self, *, flags: int = 0) -> dict[str, Any]: ...

    @operation("virNodeSetMemoryParameters", writes=True, flags="ModificationImpact")
    def node_set_memory_parameters(self, params: dict[str, Any], *, flags: int = 0) -> None: ...

    @operation("virNodeGetSEVInfo", writes=True)
    def node_get_sev_info(self) -> dict[str, Any]: ...

    @operation("virNodeSuspendForDuration", writes=True)
    def node_suspend_for_duration(self, target: int, duration: int) -> None:
        """``target`` is a NodeSuspendTarget, ``duration`` in seconds."""

    @operation("virConnectGetCPUModelNames")
    def connect_get_cpu_model_names(self, arch: str) -> list[str]: ...

    @operation("virConnectCompareCPU", flags="CompareCPUFlags")
    def connect_compare_cpu(self, xml: str, *, flags: int = 0) -> int:
        """A CPUCompareResult."""

    @operation("virConnectCompareHypervisorCPU", writes=True, flags="CompareCPUFlags")
    def connect_compare_hypervisor_cpu(
        self,
        emulator: str | None,
        arch: str | None,
        machine: str | None,
        virt_type: str,
        xml_cpu: str,
        *,
        flags: int = 0,
    ) -> int:
        """A CPUCompareResult."""

    @operation("virConnectBaselineCPU", flags="BaselineCPUFlags")
    def connect_baseline_cpu(self, cpus: list[str], *, flags: int = 0) -> str: ...

    @operation("virConnectBaselineHypervisorCPU", writes=True, flags="BaselineCPUFlags")
    def connect_baseline_hypervisor_cpu(
        self,
        emulator: str | None,
        arch: str | None,
        machine: str | None,
        virttype: str | None,
        cpus: list[str],
        *,
        flags: int = 0,
    ) -> str: ...

    @operation("virConnectGetHypervisorCPUModelNames")
    def connect_get_hypervisor_cpu_model_names(
        self, emulator: str | None, arch: str | None, machine: str | None, virttype: str | None
    ) -> list[str]:
        """Since libvirt 11.3."""

    @operation("virConnectSetKeepAlive")
    def connect_set_keep_alive(self, interval: int, count: int) -> int:
        """0 where it is on, 1 where the peer has none."""

    @operation("virConnectSetIdentity")
    def connect_set_identity(self, params: dict[str, Any]) -> None: ...

    @operation("virConnectRegisterCloseCallback")
    def connect_register_close_callback(self, callback: Callable[[int], None]) -> None: ...

    @operation("virConnectUnregisterCloseCallback")
    def connect_unregister_close_callback(self, callback: Callable[[int], None]) -> None: ...
