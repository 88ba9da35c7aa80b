"""Numbers about a domain's processors and memory."""

from __future__ import annotations

from virshpy.enums.numbers import IntEnum, IntFlag


class MemoryModFlags(IntFlag):
    """virDomainMemoryModFlags"""

    CURRENT = 0
    LIVE = 1
    CONFIG = 2
    MAXIMUM = 4


class MemoryFlags(IntFlag):
    """virDomainMemoryFlags"""

    VIRTUAL = 1
    PHYSICAL = 2


class MemoryStatTags(IntEnum):
    """virDomainMemoryStatTags"""

    SWAP_IN = 0
    SWAP_OUT = 1
    MAJOR_FAULT = 2
    MINOR_FAULT = 3
    UNUSED = 4
    AVAILABLE = 5
    ACTUAL_BALLOON = 6
    RSS = 7
    USABLE = 8
    LAST_UPDATE = 9
    DISK_CACHES = 10
    HUGETLB_PGALLOC = 11
    HUGETLB_PGFAIL = 12


class VcpuFlags(IntFlag):
    """virDomainVcpuFlags"""

    CURRENT = 0
    LIVE = 1
    CONFIG = 2
    MAXIMUM = 4
    GUEST = 8
    HOTPLUGGABLE = 16


class VcpuState(IntEnum):
    """virVcpuState"""

    OFFLINE = 0
    RUNNING = 1
    BLOCKED = 2


class VcpuHostCpuState(IntEnum):
    """virVcpuHostCpuState"""

    UNAVAILABLE = -2
    OFFLINE = -1


class Lifecycle(IntEnum):
    """virDomainLifecycle"""

    POWEROFF = 0
    REBOOT = 1
    CRASH = 2


class LifecycleAction(IntEnum):
    """virDomainLifecycleAction"""

    DESTROY = 0
    RESTART = 1
    RESTART_RENAME = 2
    PRESERVE = 3
    COREDUMP_DESTROY = 4
    COREDUMP_RESTART = 5


class DirtyRateCalcFlags(IntFlag):
    """virDomainDirtyRateCalcFlags"""

    PAGE_SAMPLING = 0
    DIRTY_BITMAP = 1
    DIRTY_RING = 2


class DirtyRateStatus(IntEnum):
    """virDomainDirtyRateStatus"""

    UNSTARTED = 0
    MEASURING = 1
    MEASURED = 2


class NumatuneMemMode(IntEnum):
    """virDomainNumatuneMemMode"""

    STRICT = 0
    PREFERRED = 1
    INTERLEAVE = 2
    RESTRICTIVE = 3
