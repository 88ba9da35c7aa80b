"""Numbers about the guest's agent."""

from __future__ import annotations

from virshpy.enums.numbers import IntEnum, IntFlag


class AgentResponseTimeout(IntEnum):
    """virDomainAgentResponseTimeoutValues"""

    BLOCK = -2
    DEFAULT = -1
    NOWAIT = 0


class AuthorizedSSHKeysSetFlags(IntFlag):
    """virDomainAuthorizedSSHKeysSetFlags"""

    APPEND = 1
    REMOVE = 2


class GuestInfoTypes(IntFlag):
    """virDomainGuestInfoTypes"""

    USERS = 1
    OS = 2
    TIMEZONE = 4
    HOSTNAME = 8
    FILESYSTEM = 16
    DISKS = 32
    INTERFACES = 64


class GetHostnameFlags(IntFlag):
    """virDomainGetHostnameFlags"""

    LEASE = 1
    AGENT = 2


class SetTimeFlags(IntFlag):
    """virDomainSetTimeFlags"""

    SYNC = 1


class SetUserPasswordFlags(IntFlag):
    """virDomainSetUserPasswordFlags"""

    ENCRYPTED = 1
