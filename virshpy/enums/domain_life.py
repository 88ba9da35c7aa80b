"""Numbers about a domain's life, its definition and what is asked of it."""

from __future__ import annotations

from virshpy.enums.numbers import IntEnum, IntFlag


class ControlState(IntEnum):
    """virDomainControlState"""

    OK = 0
    JOB = 1
    OCCUPIED = 2
    ERROR = 3


class ControlErrorReason(IntEnum):
    """virDomainControlErrorReason"""

    NONE = 0
    UNKNOWN = 1
    MONITOR = 2
    INTERNAL = 3


class CreateFlags(IntFlag):
    """virDomainCreateFlags"""

    NONE = 0
    START_PAUSED = 1
    START_AUTODESTROY = 2
    START_BYPASS_CACHE = 4
    START_FORCE_BOOT = 8
    START_VALIDATE = 16
    START_RESET_NVRAM = 32


class DefineFlags(IntFlag):
    """virDomainDefineFlags"""

    VALIDATE = 1


class UndefineFlags(IntFlag):
    """virDomainUndefineFlagsValues"""

    MANAGED_SAVE = 1
    SNAPSHOTS_METADATA = 2
    NVRAM = 4
    KEEP_NVRAM = 8
    CHECKPOINTS_METADATA = 16
    TPM = 32
    KEEP_TPM = 64


class DestroyFlags(IntFlag):
    """virDomainDestroyFlagsValues"""

    DEFAULT = 0
    GRACEFUL = 1
    REMOVE_LOGS = 2


class ShutdownFlags(IntFlag):
    """virDomainShutdownFlagValues"""

    DEFAULT = 0
    ACPI_POWER_BTN = 1
    GUEST_AGENT = 2
    INITCTL = 4
    SIGNAL = 8
    PARAVIRT = 16


class RebootFlags(IntFlag):
    """virDomainRebootFlagValues"""

    DEFAULT = 0
    ACPI_POWER_BTN = 1
    GUEST_AGENT = 2
    INITCTL = 4
    SIGNAL = 8
    PARAVIRT = 16


class XMLFlags(IntFlag):
    """virDomainXMLFlags"""

    SECURE = 1
    INACTIVE = 2
    UPDATE_CPU = 4
    MIGRATABLE = 8


class ModificationImpact(IntFlag):
    """virDomainModificationImpact"""

    CURRENT = 0
    LIVE = 1
    CONFIG = 2


class MetadataType(IntEnum):
    """virDomainMetadataType"""

    DESCRIPTION = 0
    TITLE = 1
    ELEMENT = 2


class ConsoleFlags(IntFlag):
    """virDomainConsoleFlags"""

    FORCE = 1
    SAFE = 2


class StatsTypes(IntFlag):
    """virDomainStatsTypes"""

    STATE = 1
    CPU_TOTAL = 2
    BALLOON = 4
    VCPU = 8
    INTERFACE = 16
    BLOCK = 32
    PERF = 64
    IOTHREAD = 128
    MEMORY = 256
    DIRTYRATE = 512
    VM = 1024


class GetAllDomainStatsFlags(IntFlag):
    """virConnectGetAllDomainStatsFlags"""

    ACTIVE = 1
    INACTIVE = 2
    PERSISTENT = 4
    TRANSIENT = 8
    RUNNING = 16
    PAUSED = 32
    SHUTOFF = 64
    OTHER = 128
    NOWAIT = 536870912
    BACKING = 1073741824
    ENFORCE_STATS = 2147483648


class EventType(IntEnum):
    """virDomainEventType"""

    DEFINED = 0
    UNDEFINED = 1
    STARTED = 2
    SUSPENDED = 3
    RESUMED = 4
    STOPPED = 5
    SHUTDOWN = 6
    PMSUSPENDED = 7
    CRASHED = 8
