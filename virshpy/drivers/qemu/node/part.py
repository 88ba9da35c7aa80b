"""Rows about the host: its processors' time, its memory, its sleep."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.node import NodeInfo, NodeOperations, SecurityModel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.driver.node import CPUMap
    from virshpy.host.site import Change, Site


class NodeRows(NodeOperations):
    """virNode*."""

    place: Site

    def node_get_info(self) -> NodeInfo:
        from virshpy.drivers.qemu.node import identity

        return identity.node_info()

    def node_get_security_model(self) -> SecurityModel:
        # Each guest of root's has a user of its own; those of others are theirs.
        return SecurityModel("dac" if os.geteuid() == 0 else "none", "0")

    def node_get_free_memory(self) -> int:
        from virshpy.drivers.qemu.node import memory

        return memory.free_memory()

    def node_get_cpu_map(self) -> CPUMap:
        from virshpy.drivers.qemu.node import processors

        return processors.cpu_map()

    def node_get_cpu_stats(self, cpu_num: int) -> dict[str, int]:
        from virshpy.drivers.qemu.node import processors

        return processors.cpu_stats(cpu_num)

    def node_get_memory_stats(self, cell_num: int) -> dict[str, int]:
        from virshpy.drivers.qemu.node import memory

        return memory.memory_stats(cell_num)

    def node_get_cells_free_memory(self, start_cell: int, max_cells: int) -> list[int]:
        from virshpy.drivers.qemu.node import memory

        return memory.cells_free_memory(start_cell, max_cells)

    def node_get_free_pages(self, pages: list[int], start_cell: int, cell_count: int) -> dict[int, dict[int, int]]:
        from virshpy.drivers.qemu.node import memory

        return memory.free_pages(pages, start_cell, cell_count)

    def node_alloc_pages(self, pages: dict[int, int], start_cell: int, cell_count: int, *, flags: int = 0) -> int:
        from virshpy.drivers.qemu.node import memory

        with self._change("allocpages") as entry:
            return memory.allocate_pages(pages, start_cell, cell_count, flags, entry.do)

    @accepts(0)
    def node_get_memory_parameters(self, *, flags: int = 0) -> dict[str, Any]:
        from virshpy.drivers.qemu.node import memory

        return dict(memory.merging())

    @accepts(0)
    def node_set_memory_parameters(self, params: dict[str, Any], *, flags: int = 0) -> None:
        from virshpy.drivers.qemu.node import memory

        with self._change("node-memory-tune") as entry:
            memory.set_merging(params, entry.do)

    def node_get_sev_info(self) -> dict[str, Any]:
        raise errors.OperationUnsupported(
            "QEMU does not support SEV guest", hint="SEV takes an AMD EPYC; virshpy starts no such guests yet"
        )

    def node_suspend_for_duration(self, target: int, duration: int) -> None:
        from virshpy.drivers.qemu.node.suspend import suspend

        with self._change("nodesuspend") as entry:
            suspend(target, duration, entry.do)

    def _change(self, verb: str) -> Change:
        return self.place.change(verb, "node", "host")
