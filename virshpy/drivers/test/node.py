"""The imaginary host's processors and memory."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.host import HostOperations
from virshpy.driver.structures import CPUMap, SecurityModel
from virshpy.drivers.test.host import Host

_X86_TEXT = """
486 pentium pentium2 pentium3 pentiumpro coreduo n270 core2duo qemu32 kvm32 cpu64-rhel5 cpu64-rhel6 qemu64 kvm64
Conroe Penryn Nehalem Nehalem-IBRS Westmere Westmere-IBRS SandyBridge SandyBridge-IBRS IvyBridge IvyBridge-IBRS
Haswell-noTSX Haswell-noTSX-IBRS Haswell Haswell-IBRS Broadwell-noTSX Broadwell-noTSX-IBRS Broadwell Broadwell-IBRS
Skylake-Client Skylake-Client-IBRS Skylake-Client-noTSX-IBRS Skylake-Server Skylake-Server-IBRS
Skylake-Server-noTSX-IBRS Cascadelake-Server Cascadelake-Server-noTSX Icelake-Client Icelake-Client-noTSX
Icelake-Server Icelake-Server-noTSX Cooperlake Snowridge athlon phenom Opteron_G1 Opteron_G2 Opteron_G3 Opteron_G4
Opteron_G5 EPYC EPYC-IBPB EPYC-Rome EPYC-Milan Dhyana
"""
_X86 = _X86_TEXT.split()
_POWER = ["POWER6", "POWER7", "POWER8", "POWER9", "POWER10", "POWERPC_e5500", "POWERPC_e6500"]
_MODELS = {"x86_64": _X86, "i686": _X86, "ppc64": _POWER, "ppc64le": _POWER}
# Architectures that libvirt knows by name; those without a list of their own take any model.
_ARCHITECTURES_TEXT = """
alpha armv6l armv7l armv7b aarch64 cris i686 ia64 lm32 loongarch64 m68k microblaze microblazeel mips mipsel mips64
mips64el openrisc parisc parisc64 ppc ppcle ppc64 ppc64le ppcemb riscv32 riscv64 s390 s390x sh4 sh4eb sparc sparc64
unicore32 x86_64 xtensa xtensaeb
"""
_ARCHITECTURES = _ARCHITECTURES_TEXT.split()


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

    def node_get_security_model(self) -> SecurityModel:
        return SecurityModel("testSecurity", "")

    def connect_get_cpu_model_names(self, arch: str) -> list[str]:
        if arch not in _ARCHITECTURES:
            raise errors.InvalidArg(f"cannot find architecture {arch}")
        return list(_MODELS.get(arch, ()))
