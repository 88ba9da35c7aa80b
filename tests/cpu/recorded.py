"""Hosts as hosts/*.txt describes them: what CPUID answers there, what the kernel says, and what libvirt 9.0 says of it.

The registers are put together from what QEMU's models and the processors' makers say that such a processor has; those
of `epyc-guest` are of a machine that was there. A line ``cpuid 7.0 …`` has eax, ebx, ecx and edx of leaf 7, subleaf 0.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from virshpy.drivers.cpu.host import HostCPU

HOSTS = Path(__file__).parent / "hosts"


class Recorded:
    """``name``, ``answers`` of CPUID, ``capabilities`` (register 0x10a) or None, ``kernel`` (/proc/cpuinfo); the
    ``model`` that libvirt takes it for, and the ``features`` that it names beside that."""

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self.answers: dict[tuple[int, int], tuple[int, int, int, int]] = {}
        self.capabilities: int | None = None
        self.kernel = ""
        self.model = ""
        self.features: list[str] = []
        for line in path.read_text().splitlines():
            kind, _, rest = line.partition(" ")
            words = rest.split()
            if kind == "cpuid":
                leaf, subleaf = words[0].split(".")
                eax, ebx, ecx, edx = (int(word, 16) for word in words[1:])
                self.answers[int(leaf, 16), int(subleaf, 16)] = (eax, ebx, ecx, edx)
            elif kind == "msr":
                self.capabilities = int(words[1], 16)
            elif kind == "kernel":
                self.kernel += f"{rest.replace(':', '	:', 1)}\n"
            elif kind == "model":
                self.model = rest
            elif kind == "feature":
                self.features += words

    def cpu(self, *, cpuid: bool = True) -> HostCPU:
        """What we make of it, with or without CPUID."""
        return HostCPU("x86_64", self.kernel, self.answers if cpuid else None, lambda: self.capabilities)


@cache
def hosts() -> dict[str, Recorded]:
    return {path.stem: Recorded(path) for path in sorted(HOSTS.glob("*.txt"))}
