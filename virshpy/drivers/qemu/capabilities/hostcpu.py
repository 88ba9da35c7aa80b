"""Finding out about the host's processor."""

from __future__ import annotations

import os

from virshpy.drivers.cpu.cpuid import QUESTIONS
from virshpy.drivers.cpu.host import HostCPU
from virshpy.drivers.qemu.capabilities import kvm
from virshpy.drivers.qemu.node.kernel import read
from virshpy.host import cpuid

# The model specific register of architectural capabilities.
_CAPABILITIES = 0x10A


def host_cpu() -> HostCPU:
    """The first processor of the host: by CPUID, and where that cannot be executed, as the kernel tells it."""
    answers = cpuid.ask(QUESTIONS)
    return HostCPU(os.uname().machine, read("/proc/cpuinfo") or "", answers, _capabilities)


def _capabilities() -> int | None:
    value = cpuid.read_register(_CAPABILITIES)
    return kvm.feature_register(_CAPABILITIES) if value is None else value
