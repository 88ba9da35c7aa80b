"""Numbers about domains: what every list needs, and states with their reasons."""

from __future__ import annotations

from virshpy.enums.numbers import IntEnum, IntFlag


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
