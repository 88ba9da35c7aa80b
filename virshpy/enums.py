"""libvirt's numbers: enumerations and flag sets, named and valued as in libvirt's public API.

The member is the C constant without its prefix: ``VIR_DOMAIN_PAUSED_IOERROR`` is ``PausedReason.IOERROR``.
"""
from __future__ import annotations

from enum import IntEnum, IntFlag


class ConnectFlags(IntFlag):
    """virConnectFlags"""

    RO = 1
    NO_ALIASES = 2


class ListDomainsFlags(IntFlag):
    """virConnectListAllDomainsFlags"""

    ACTIVE = 1
    INACTIVE = 2
    PERSISTENT = 4
    TRANSIENT = 8
    RUNNING = 16
    PAUSED = 32
    SHUTOFF = 64
    OTHER = 128
    MANAGEDSAVE = 256
    NO_MANAGEDSAVE = 512
    AUTOSTART = 1024
    NO_AUTOSTART = 2048
    HAS_SNAPSHOT = 4096
    NO_SNAPSHOT = 8192
    HAS_CHECKPOINT = 16384
    NO_CHECKPOINT = 32768


class DomainState(IntEnum):
    """virDomainState"""

    NOSTATE = 0
    RUNNING = 1
    BLOCKED = 2
    PAUSED = 3
    SHUTDOWN = 4
    SHUTOFF = 5
    CRASHED = 6
    PMSUSPENDED = 7


class RunningReason(IntEnum):
    """virDomainRunningReason"""

    UNKNOWN = 0
    BOOTED = 1
    MIGRATED = 2
    RESTORED = 3
    FROM_SNAPSHOT = 4
    UNPAUSED = 5
    MIGRATION_CANCELED = 6
    SAVE_CANCELED = 7
    WAKEUP = 8
    CRASHED = 9
    POSTCOPY = 10
    POSTCOPY_FAILED = 11


class BlockedReason(IntEnum):
    """virDomainBlockedReason"""

    UNKNOWN = 0


class PausedReason(IntEnum):
    """virDomainPausedReason"""

    UNKNOWN = 0
    USER = 1
    MIGRATION = 2
    SAVE = 3
    DUMP = 4
    IOERROR = 5
    WATCHDOG = 6
    FROM_SNAPSHOT = 7
    SHUTTING_DOWN = 8
    SNAPSHOT = 9
    CRASHED = 10
    STARTING_UP = 11
    POSTCOPY = 12
    POSTCOPY_FAILED = 13


class ShutdownReason(IntEnum):
    """virDomainShutdownReason"""

    UNKNOWN = 0
    USER = 1


class ShutoffReason(IntEnum):
    """virDomainShutoffReason"""

    UNKNOWN = 0
    SHUTDOWN = 1
    DESTROYED = 2
    CRASHED = 3
    MIGRATED = 4
    SAVED = 5
    FAILED = 6
    FROM_SNAPSHOT = 7
    DAEMON = 8


class CrashedReason(IntEnum):
    """virDomainCrashedReason"""

    UNKNOWN = 0
    PANICKED = 1


class PMSuspendedReason(IntEnum):
    """virDomainPMSuspendedReason"""

    UNKNOWN = 0


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
