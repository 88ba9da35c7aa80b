"""Numbers about secrets."""

from __future__ import annotations

from virshpy.enums.numbers import IntEnum, IntFlag


class ListSecretsFlags(IntFlag):
    """virConnectListAllSecretsFlags"""

    EPHEMERAL = 1
    NO_EPHEMERAL = 2
    PRIVATE = 4
    NO_PRIVATE = 8


class SecretUsageType(IntEnum):
    """virSecretUsageType"""

    NONE = 0
    VOLUME = 1
    CEPH = 2
    ISCSI = 3
    TLS = 4
    VTPM = 5


class SecretDefineFlags(IntFlag):
    """virSecretDefineFlags"""

    VALIDATE = 1
