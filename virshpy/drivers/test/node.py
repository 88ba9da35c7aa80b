"""The imaginary host's processors and memory."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.host import HostOperations
from virshpy.driver.structures import CPUMap
from virshpy.drivers.cpu.models import ARCHITECTURES, model_names
from virshpy.drivers.test.host import Host


class NodeFigures(HostOperations):
    """virNode* and the names of processors."""

    host: Host

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

    def connect_get_cpu_model_names(self, arch: str) -> list[str]:
        if arch not in ARCHITECTURES:
            raise errors.InvalidArg(f"cannot find architecture {arch}")
        return list(model_names(arch) or ())
