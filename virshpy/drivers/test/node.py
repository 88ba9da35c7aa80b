"""The imaginary host's processors and memory."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.node import CPUMap, NodeInfo, NodeOperations, SecurityModel
from virshpy.driver.processors import ProcessorOperations
from virshpy.drivers.test.host import Part

# As libvirt's own test driver has it.
NODE = NodeInfo("i686", 3 << 20, 16, 1400, 2, 2, 2, 2)


class Node(Part, NodeOperations):
    """virNode*"""

    def node_get_info(self) -> NodeInfo:
        return self.host.node or NODE

    def node_get_security_model(self) -> SecurityModel:
        return SecurityModel("testSecurity", "")

    def node_get_free_memory(self) -> int:
        # libvirt's test driver takes its kibibytes for bytes.
        return sum(cell.memory for cell in self.host.cells) // 2

    def node_get_cells_free_memory(self, start_cell: int, max_cells: int) -> list[int]:
        if start_cell >= len(self.host.cells):
            raise errors.InvalidArg("Range exceeds available cells")
        return [cell.memory for cell in self.host.cells[start_cell : start_cell + max_cells]]

    def node_get_free_pages(self, pages: list[int], start_cell: int, cell_count: int) -> dict[int, dict[int, int]]:
        answer: dict[int, dict[int, int]] = {}
        for cell in range(start_cell, start_cell + cell_count):
            count = 6
            answer[cell] = counts = {}
            for size in pages:
                count = count * 2 + 7
                counts[size] = count
        return answer

    def node_get_cpu_map(self) -> CPUMap:
        return CPUMap(8, [0, 2, 4])

    def node_get_cpu_stats(self, cpu_num: int) -> dict[str, int]:
        return {"user": 9797400000, "kernel": 34678723400000, "idle": 87264900000, "iowait": 763600000}


class Processors(Part, ProcessorOperations):
    """The names of processors."""

    def connect_get_cpu_model_names(self, arch: str) -> list[str]:
        from virshpy.drivers.cpu.models import ARCHITECTURES, model_names

        if arch not in ARCHITECTURES:
            raise errors.InvalidArg(f"cannot find architecture {arch}")
        return list(model_names(arch) or ())
