"""Numbers about events."""

from __future__ import annotations

from virshpy.enums.numbers import IntEnum, IntFlag


class DomainEventID(IntEnum):
    """virDomainEventID"""

    LIFECYCLE = 0
    REBOOT = 1
    RTC_CHANGE = 2
    WATCHDOG = 3
    IO_ERROR = 4
    GRAPHICS = 5
    IO_ERROR_REASON = 6
    CONTROL_ERROR = 7
    BLOCK_JOB = 8
    DISK_CHANGE = 9
    TRAY_CHANGE = 10
    PMWAKEUP = 11
    PMSUSPEND = 12
    BALLOON_CHANGE = 13
    PMSUSPEND_DISK = 14
    DEVICE_REMOVED = 15
    BLOCK_JOB_2 = 16
    TUNABLE = 17
    AGENT_LIFECYCLE = 18
    DEVICE_ADDED = 19
    MIGRATION_ITERATION = 20
    JOB_COMPLETED = 21
    DEVICE_REMOVAL_FAILED = 22
    METADATA_CHANGE = 23
    BLOCK_THRESHOLD = 24
    MEMORY_FAILURE = 25
    MEMORY_DEVICE_SIZE_CHANGE = 26


class EventDefinedDetail(IntEnum):
    """virDomainEventDefinedDetailType"""

    ADDED = 0
    UPDATED = 1
    RENAMED = 2
    FROM_SNAPSHOT = 3


class EventUndefinedDetail(IntEnum):
    """virDomainEventUndefinedDetailType"""

    REMOVED = 0
    RENAMED = 1


class EventStartedDetail(IntEnum):
    """virDomainEventStartedDetailType"""

    BOOTED = 0
    MIGRATED = 1
    RESTORED = 2
    FROM_SNAPSHOT = 3
    WAKEUP = 4


class EventSuspendedDetail(IntEnum):
    """virDomainEventSuspendedDetailType"""

    PAUSED = 0
    MIGRATED = 1
    IOERROR = 2
    WATCHDOG = 3
    RESTORED = 4
    FROM_SNAPSHOT = 5
    API_ERROR = 6
    POSTCOPY = 7
    POSTCOPY_FAILED = 8


class EventResumedDetail(IntEnum):
    """virDomainEventResumedDetailType"""

    UNPAUSED = 0
    MIGRATED = 1
    FROM_SNAPSHOT = 2
    POSTCOPY = 3
    POSTCOPY_FAILED = 4


class EventStoppedDetail(IntEnum):
    """virDomainEventStoppedDetailType"""

    SHUTDOWN = 0
    DESTROYED = 1
    CRASHED = 2
    MIGRATED = 3
    SAVED = 4
    FAILED = 5
    FROM_SNAPSHOT = 6


class EventShutdownDetail(IntEnum):
    """virDomainEventShutdownDetailType"""

    FINISHED = 0
    GUEST = 1
    HOST = 2


class EventPMSuspendedDetail(IntEnum):
    """virDomainEventPMSuspendedDetailType"""

    MEMORY = 0
    DISK = 1


class EventCrashedDetail(IntEnum):
    """virDomainEventCrashedDetailType"""

    PANICKED = 0
    CRASHLOADED = 1


class EventWatchdogAction(IntEnum):
    """virDomainEventWatchdogAction"""

    NONE = 0
    PAUSE = 1
    RESET = 2
    POWEROFF = 3
    SHUTDOWN = 4
    DEBUG = 5
    INJECTNMI = 6


class EventIOErrorAction(IntEnum):
    """virDomainEventIOErrorAction"""

    NONE = 0
    PAUSE = 1
    REPORT = 2


class EventGraphicsPhase(IntEnum):
    """virDomainEventGraphicsPhase"""

    CONNECT = 0
    INITIALIZE = 1
    DISCONNECT = 2


class EventGraphicsAddressType(IntEnum):
    """virDomainEventGraphicsAddressType"""

    IPV4 = 0
    IPV6 = 1
    UNIX = 2


class EventDiskChangeReason(IntEnum):
    """virConnectDomainEventDiskChangeReason"""

    CHANGE_MISSING_ON_START = 0
    DROP_MISSING_ON_START = 1


class EventTrayChangeReason(IntEnum):
    """virDomainEventTrayChangeReason"""

    OPEN = 0
    CLOSE = 1


class EventAgentLifecycleState(IntEnum):
    """virConnectDomainEventAgentLifecycleState"""

    CONNECTED = 1
    DISCONNECTED = 2


class EventAgentLifecycleReason(IntEnum):
    """virConnectDomainEventAgentLifecycleReason"""

    UNKNOWN = 0
    DOMAIN_STARTED = 1
    CHANNEL = 2


class EventMemoryFailureRecipient(IntEnum):
    """virDomainMemoryFailureRecipientType"""

    HYPERVISOR = 0
    GUEST = 1


class EventMemoryFailureAction(IntEnum):
    """virDomainMemoryFailureActionType"""

    IGNORE = 0
    INJECT = 1
    FATAL = 2
    RESET = 3


class EventMemoryFailureFlags(IntFlag):
    """virDomainMemoryFailureFlags"""

    ACTION_REQUIRED = 1
    RECURSIVE = 2


class NetworkEventID(IntEnum):
    """virNetworkEventID"""

    LIFECYCLE = 0


class NetworkEventLifecycleType(IntEnum):
    """virNetworkEventLifecycleType"""

    DEFINED = 0
    UNDEFINED = 1
    STARTED = 2
    STOPPED = 3


class StoragePoolEventID(IntEnum):
    """virStoragePoolEventID"""

    LIFECYCLE = 0
    REFRESH = 1


class StoragePoolEventLifecycleType(IntEnum):
    """virStoragePoolEventLifecycleType"""

    DEFINED = 0
    UNDEFINED = 1
    STARTED = 2
    STOPPED = 3
    CREATED = 4
    DELETED = 5


class NodeDeviceEventID(IntEnum):
    """virNodeDeviceEventID"""

    LIFECYCLE = 0
    UPDATE = 1


class NodeDeviceEventLifecycleType(IntEnum):
    """virNodeDeviceEventLifecycleType"""

    CREATED = 0
    DELETED = 1
    DEFINED = 2
    UNDEFINED = 3


class SecretEventID(IntEnum):
    """virSecretEventID"""

    LIFECYCLE = 0
    VALUE_CHANGED = 1


class SecretEventLifecycleType(IntEnum):
    """virSecretEventLifecycleType"""

    DEFINED = 0
    UNDEFINED = 1


class QemuMonitorEventRegisterFlags(IntFlag):
    """virConnectDomainQemuMonitorEventRegisterFlags"""

    REGEX = 1
    NOCASE = 2
