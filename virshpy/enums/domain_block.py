"""Numbers about a domain's disks."""

from __future__ import annotations

from virshpy.enums.numbers import IntEnum, IntFlag


class BlockResizeFlags(IntFlag):
    """virDomainBlockResizeFlags"""

    BYTES = 1


class BlockPullFlags(IntFlag):
    """virDomainBlockPullFlags"""

    BANDWIDTH_BYTES = 64


class BlockRebaseFlags(IntFlag):
    """virDomainBlockRebaseFlags"""

    SHALLOW = 1
    REUSE_EXT = 2
    COPY_RAW = 4
    COPY = 8
    RELATIVE = 16
    COPY_DEV = 32
    BANDWIDTH_BYTES = 64


class BlockCommitFlags(IntFlag):
    """virDomainBlockCommitFlags"""

    SHALLOW = 1
    DELETE = 2
    ACTIVE = 4
    RELATIVE = 8
    BANDWIDTH_BYTES = 16


class BlockCopyFlags(IntFlag):
    """virDomainBlockCopyFlags"""

    SHALLOW = 1
    REUSE_EXT = 2
    TRANSIENT_JOB = 4
    SYNCHRONOUS_WRITES = 8


class BlockJobInfoFlags(IntFlag):
    """virDomainBlockJobInfoFlags"""

    BANDWIDTH_BYTES = 1


class BlockJobAbortFlags(IntFlag):
    """virDomainBlockJobAbortFlags"""

    ASYNC = 1
    PIVOT = 2


class BlockJobSetSpeedFlags(IntFlag):
    """virDomainBlockJobSetSpeedFlags"""

    BANDWIDTH_BYTES = 1


class BlockJobType(IntEnum):
    """virDomainBlockJobType"""

    UNKNOWN = 0
    PULL = 1
    COPY = 2
    COMMIT = 3
    ACTIVE_COMMIT = 4
    BACKUP = 5


class BlockJobStatus(IntEnum):
    """virConnectDomainEventBlockJobStatus"""

    COMPLETED = 0
    FAILED = 1
    CANCELED = 2
    READY = 3


class BackupBeginFlags(IntFlag):
    """virDomainBackupBeginFlags"""

    REUSE_EXTERNAL = 1


class DiskErrorCode(IntEnum):
    """virDomainDiskErrorCode"""

    NONE = 0
    UNSPEC = 1
    NO_SPACE = 2
