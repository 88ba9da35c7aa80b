"""Numbers about snapshots and checkpoints."""

from __future__ import annotations

from virshpy.enums.numbers import IntFlag


class SnapshotCreateFlags(IntFlag):
    """virDomainSnapshotCreateFlags"""

    REDEFINE = 1
    CURRENT = 2
    NO_METADATA = 4
    HALT = 8
    DISK_ONLY = 16
    REUSE_EXT = 32
    QUIESCE = 64
    ATOMIC = 128
    LIVE = 256
    VALIDATE = 512


class SnapshotListFlags(IntFlag):
    """virDomainSnapshotListFlags"""

    DESCENDANTS = 1
    ROOTS = 1
    METADATA = 2
    LEAVES = 4
    NO_LEAVES = 8
    NO_METADATA = 16
    INACTIVE = 32
    ACTIVE = 64
    DISK_ONLY = 128
    INTERNAL = 256
    EXTERNAL = 512
    TOPOLOGICAL = 1024


class SnapshotXMLFlags(IntFlag):
    """virDomainSnapshotXMLFlags"""

    SECURE = 1


class SnapshotRevertFlags(IntFlag):
    """virDomainSnapshotRevertFlags"""

    RUNNING = 1
    PAUSED = 2
    FORCE = 4
    RESET_NVRAM = 8


class SnapshotDeleteFlags(IntFlag):
    """virDomainSnapshotDeleteFlags"""

    CHILDREN = 1
    METADATA_ONLY = 2
    CHILDREN_ONLY = 4


class CheckpointCreateFlags(IntFlag):
    """virDomainCheckpointCreateFlags"""

    REDEFINE = 1
    QUIESCE = 2
    REDEFINE_VALIDATE = 4


class CheckpointListFlags(IntFlag):
    """virDomainCheckpointListFlags"""

    DESCENDANTS = 1
    ROOTS = 1
    TOPOLOGICAL = 2
    LEAVES = 4
    NO_LEAVES = 8


class CheckpointXMLFlags(IntFlag):
    """virDomainCheckpointXMLFlags"""

    SECURE = 1
    NO_DOMAIN = 2
    SIZE = 4


class CheckpointDeleteFlags(IntFlag):
    """virDomainCheckpointDeleteFlags"""

    CHILDREN = 1
    METADATA_ONLY = 2
    CHILDREN_ONLY = 4
