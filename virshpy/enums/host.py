"""Numbers about the host."""

from __future__ import annotations

from virshpy.enums.numbers import IntEnum, IntFlag


class BaselineCPUFlags(IntFlag):
    """virConnectBaselineCPUFlags"""

    EXPAND_FEATURES = 1
    MIGRATABLE = 2


class CompareCPUFlags(IntFlag):
    """virConnectCompareCPUFlags"""

    FAIL_INCOMPATIBLE = 1
    VALIDATE_XML = 2


class DomainCapabilitiesFlags(IntFlag):
    """virConnectGetDomainCapabilitiesFlags: since libvirt 10.9"""

    DISABLE_DEPRECATED_FEATURES = 1


class CPUCompareResult(IntEnum):
    """virCPUCompareResult"""

    ERROR = -1
    INCOMPATIBLE = 0
    IDENTICAL = 1
    SUPERSET = 2


class NodeSuspendTarget(IntEnum):
    """virNodeSuspendTarget"""

    MEM = 0
    DISK = 1
    HYBRID = 2


class ConnectCloseReason(IntEnum):
    """virConnectCloseReason"""

    ERROR = 0
    EOF = 1
    KEEPALIVE = 2
    CLIENT = 3


class NodeAllocPagesFlags(IntFlag):
    """virNodeAllocPagesFlags"""

    ADD = 0
    SET = 1
