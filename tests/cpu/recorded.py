"""Hosts as hosts/*.txt describes them: what CPUID answers there, what the kernel says, and what libvirt 9.0 says of it.

The registers are put together from what QEMU's models and the processors' makers say that such a processor has; those
of `epyc-guest` are of a machine that was there. A line ``cpuid 7.0 …`` has eax, ebx, ecx and edx of leaf 7, subleaf 0.
"""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from functools import cache
from pathlib import Path

from virshpy.drivers.cpu.cpuid import places
from virshpy.drivers.cpu.features import CAPABILITIES, REGISTERS
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

    def having(self, names: Collection[str]) -> Recorded:
        """A processor of the same maker and family with these features."""
        other = copy(self)
        first, last = self.answers[0, 0], self.answers[0x80000000, 0]
        other.answers = {(0, 0): (0x20, *first[1:]), (0x80000000, 0): (0x80000020, *last[1:]), (0xF, 0): (0, 0, 0, 2)}
        for leaf, subleaf, register, words in REGISTERS:
            registers = [*other.answers.get((leaf, subleaf), (0, 0, 0, 0))]
            registers[register] |= _bits(words, names)
            other.answers[leaf, subleaf] = (registers[0], registers[1], registers[2], registers[3])
        other.answers[1, 0] = (self.answers[1, 0][0], *other.answers[1, 0][1:])
        other.answers[7, 0] = (1, *other.answers[7, 0][1:])
        other.capabilities = _bits(CAPABILITIES, names)
        return other


def _bits(words: str, names: Collection[str]) -> int:
    return sum(1 << bit for bit, name in places(words) if name in names)


@cache
def hosts() -> dict[str, Recorded]:
    return {path.stem: Recorded(path) for path in sorted(HOSTS.glob("*.txt"))}
