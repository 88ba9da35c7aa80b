"""The host behind a connection."""

from __future__ import annotations

from virshpy import errors
from virshpy.api.handle import ConnectionHandle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from virshpy.driver.structures import CPUMap


class HostMethods(ConnectionHandle):
    """A connection's methods about the host itself."""

    def node_cells_free_memory(self, start_cell: int, max_cells: int) -> list[int]:
        """virNodeGetCellsFreeMemory: free bytes of each NUMA cell from ``start_cell`` on."""
        return self.driver.node_get_cells_free_memory(start_cell, max_cells)

    def node_free_pages(self, pages: list[int], start_cell: int, cell_count: int) -> dict[int, dict[int, int]]:
        """virNodeGetFreePages: free pages by cell and page size in KiB."""
        return self.driver.node_get_free_pages(pages, start_cell, cell_count)

    def node_alloc_pages(self, pages: dict[int, int], start_cell: int, cell_count: int, flags: int = 0) -> int:
        """virNodeAllocPages: change the pools of huge pages (size in KiB -> count); how many cells changed."""
        return self.driver.node_alloc_pages(pages, start_cell, cell_count, flags=flags)

    def node_cpu_map(self) -> CPUMap:
        """virNodeGetCPUMap: which host processors there are and which are online."""
        return self.driver.node_get_cpu_map()

    def node_cpu_stats(self, cpu_num: int) -> dict[str, int]:
        """virNodeGetCPUStats: nanoseconds by kind for one processor, or all with -1."""
        _check_negative(cpu_num, "cpuNum in virNodeGetCPUStats")
        return self.driver.node_get_cpu_stats(cpu_num)

    def node_memory_stats(self, cell_num: int) -> dict[str, int]:
        """virNodeGetMemoryStats: kiB by kind for one cell, or all with -1."""
        _check_negative(cell_num, "cellNum in virNodeGetMemoryStats")
        return self.driver.node_get_memory_stats(cell_num)

    def node_memory_parameters(self, flags: int = 0) -> dict[str, Any]:
        """virNodeGetMemoryParameters"""
        return self.driver.node_get_memory_parameters(flags=flags)

    def node_set_memory_parameters(self, params: dict[str, Any], flags: int = 0) -> None:
        """virNodeSetMemoryParameters"""
        self.driver.node_set_memory_parameters(params, flags=flags)

    def node_sev_info(self) -> dict[str, Any]:
        """virNodeGetSEVInfo"""
        return self.driver.node_get_sev_info()

    def node_suspend_for_duration(self, target: int, duration: int) -> None:
        """virNodeSuspendForDuration: ``target`` is a NodeSuspendTarget, ``duration`` in seconds."""
        self.driver.node_suspend_for_duration(target, duration)

    def cpu_model_names(self, arch: str) -> list[str]:
        """virConnectGetCPUModelNames"""
        return self.driver.connect_get_cpu_model_names(arch)

    def compare_cpu(self, xml: str, flags: int = 0) -> int:
        """virConnectCompareCPU: A CPUCompareResult."""
        return self.driver.connect_compare_cpu(xml, flags=flags)

    def compare_hypervisor_cpu(
        self,
        emulator: str | None,
        arch: str | None,
        machine: str | None,
        virt_type: str,
        xml_cpu: str,
        flags: int = 0,
    ) -> int:
        """virConnectCompareHypervisorCPU: A CPUCompareResult."""
        return self.driver.connect_compare_hypervisor_cpu(emulator, arch, machine, virt_type, xml_cpu, flags=flags)

    def baseline_cpu(self, cpus: list[str], flags: int = 0) -> str:
        """virConnectBaselineCPU"""
        return self.driver.connect_baseline_cpu(cpus, flags=flags)

    def baseline_hypervisor_cpu(
        self,
        emulator: str | None,
        arch: str | None,
        machine: str | None,
        virttype: str | None,
        cpus: list[str],
        flags: int = 0,
    ) -> str:
        """virConnectBaselineHypervisorCPU"""
        return self.driver.connect_baseline_hypervisor_cpu(emulator, arch, machine, virttype, cpus, flags=flags)

    def hypervisor_cpu_model_names(
        self,
        emulator: str | None = None,
        arch: str | None = None,
        machine: str | None = None,
        virttype: str | None = None,
    ) -> list[str]:
        """virConnectGetHypervisorCPUModelNames: since libvirt 11.3."""
        return self.driver.connect_get_hypervisor_cpu_model_names(emulator, arch, machine, virttype)

    def set_keep_alive(self, interval: int, count: int) -> int:
        """virConnectSetKeepAlive: 0 where it is on, 1 where the peer has none."""
        return self.driver.connect_set_keep_alive(interval, count)

    def set_identity(self, params: dict[str, Any]) -> None:
        """virConnectSetIdentity"""
        self.driver.connect_set_identity(params)

    def register_close_callback(self, callback: Callable[[int], None]) -> None:
        """virConnectRegisterCloseCallback"""
        self.driver.connect_register_close_callback(callback)

    def unregister_close_callback(self, callback: Callable[[int], None]) -> None:
        """virConnectUnregisterCloseCallback"""
        self.driver.connect_unregister_close_callback(callback)


def _check_negative(number: int, what: str) -> None:
    if number < -1:
        raise errors.Misuse(f"{what} only accepts -1 as a negative value")
