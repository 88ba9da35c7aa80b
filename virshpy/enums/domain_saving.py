"""Numbers about saving, dumping, jobs and migration."""

from __future__ import annotations

from virshpy.enums.numbers import IntEnum, IntFlag


class SaveRestoreFlags(IntFlag):
    """virDomainSaveRestoreFlags"""

    BYPASS_CACHE = 1
    RUNNING = 2
    PAUSED = 4
    RESET_NVRAM = 8


class SaveImageXMLFlags(IntFlag):
    """virDomainSaveImageXMLFlags"""

    SECURE = 1


class CoreDumpFlags(IntFlag):
    """virDomainCoreDumpFlags"""

    CRASH = 1
    LIVE = 2
    BYPASS_CACHE = 4
    RESET = 8
    MEMORY_ONLY = 16


class CoreDumpFormat(IntEnum):
    """virDomainCoreDumpFormat"""

    RAW = 0
    KDUMP_ZLIB = 1
    KDUMP_LZO = 2
    KDUMP_SNAPPY = 3
    WIN_DMP = 4


class JobType(IntEnum):
    """virDomainJobType"""

    NONE = 0
    BOUNDED = 1
    UNBOUNDED = 2
    COMPLETED = 3
    FAILED = 4
    CANCELLED = 5


class JobOperation(IntEnum):
    """virDomainJobOperation"""

    UNKNOWN = 0
    START = 1
    SAVE = 2
    RESTORE = 3
    MIGRATION_IN = 4
    MIGRATION_OUT = 5
    SNAPSHOT = 6
    SNAPSHOT_REVERT = 7
    DUMP = 8
    BACKUP = 9
    SNAPSHOT_DELETE = 10


class JobStatsFlags(IntFlag):
    """virDomainGetJobStatsFlags"""

    COMPLETED = 1
    KEEP_COMPLETED = 2


class AbortJobFlags(IntFlag):
    """virDomainAbortJobFlagsValues"""

    POSTCOPY = 1


class MigrateFlags(IntFlag):
    """virDomainMigrateFlags"""

    LIVE = 1
    PEER2PEER = 2
    TUNNELLED = 4
    PERSIST_DEST = 8
    UNDEFINE_SOURCE = 16
    PAUSED = 32
    NON_SHARED_DISK = 64
    NON_SHARED_INC = 128
    CHANGE_PROTECTION = 256
    UNSAFE = 512
    OFFLINE = 1024
    COMPRESSED = 2048
    ABORT_ON_ERROR = 4096
    AUTO_CONVERGE = 8192
    RDMA_PIN_ALL = 16384
    POSTCOPY = 32768
    TLS = 65536
    PARALLEL = 131072
    NON_SHARED_SYNCHRONOUS_WRITES = 262144
    POSTCOPY_RESUME = 524288
    ZEROCOPY = 1048576


class MigrateMaxSpeedFlags(IntFlag):
    """virDomainMigrateMaxSpeedFlags"""

    POSTCOPY = 1
