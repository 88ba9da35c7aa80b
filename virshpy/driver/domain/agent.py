"""Rows: what is asked of an agent inside the guest."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation
from virshpy.driver.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.domain import DomainRef
    from virshpy.enums.parameters import Parameters


class FSInfo(Record):
    """virDomainFSInfo: a file system of the guest, and the disks' targets beneath it."""

    __slots__ = ("mountpoint", "name", "fstype", "dev_alias")
    mountpoint: str
    name: str
    fstype: str
    dev_alias: list[str]


class AgentOperations(Contract):
    """What is asked of an agent inside the guest."""

    @operation("virDomainAgentSetResponseTimeout", writes=True)
    def domain_agent_set_response_timeout(self, domain: DomainRef, timeout: int) -> None:
        """Seconds, or an AgentResponseTimeout."""

    @operation("virDomainAuthorizedSSHKeysGet", writes=True)
    def domain_authorized_ssh_keys_get(self, domain: DomainRef, user: str) -> list[str]: ...

    @operation("virDomainAuthorizedSSHKeysSet", writes=True, flags="AuthorizedSSHKeysSetFlags")
    def domain_authorized_ssh_keys_set(
        self, domain: DomainRef, user: str, keys: list[str], *, flags: int = 0
    ) -> None: ...

    @operation("virDomainFSFreeze", writes=True)
    def domain_fs_freeze(self, domain: DomainRef, mountpoints: list[str]) -> int:
        """How many file systems were frozen."""

    @operation("virDomainFSThaw", writes=True)
    def domain_fs_thaw(self, domain: DomainRef, mountpoints: list[str]) -> int:
        """How many file systems were thawed."""

    @operation("virDomainFSTrim", writes=True)
    def domain_fs_trim(self, domain: DomainRef, mount_point: str | None, minimum: int) -> None: ...

    @operation("virDomainGetFSInfo", writes=True)
    def domain_get_fs_info(self, domain: DomainRef) -> list[FSInfo]: ...

    @operation("virDomainGetGuestInfo", writes=True, params="GuestInfo")
    def domain_get_guest_info(self, domain: DomainRef, types: int) -> Parameters:
        """``types`` is a GuestInfoTypes."""

    @operation("virDomainGetGuestVcpus", writes=True, params="GuestVcpus")
    def domain_get_guest_vcpus(self, domain: DomainRef) -> Parameters: ...

    @operation("virDomainSetGuestVcpus", writes=True)
    def domain_set_guest_vcpus(self, domain: DomainRef, cpumap: str, state: bool) -> None: ...

    @operation("virDomainGetHostname", writes=True, flags="GetHostnameFlags")
    def domain_get_hostname(self, domain: DomainRef, *, flags: int = 0) -> str: ...

    @operation("virDomainGetTime", writes=True)
    def domain_get_time(self, domain: DomainRef) -> tuple[int, int]:
        """(seconds since 1970, nanoseconds)."""

    @operation("virDomainSetTime", writes=True, flags="SetTimeFlags")
    def domain_set_time(self, domain: DomainRef, seconds: int, nseconds: int, *, flags: int = 0) -> None: ...

    @operation("virDomainSetUserPassword", writes=True, flags="SetUserPasswordFlags")
    def domain_set_user_password(self, domain: DomainRef, user: str, password: str, *, flags: int = 0) -> None: ...

    @operation("virDomainQemuAgentCommand", writes=True)
    def domain_qemu_agent_command(self, domain: DomainRef, command: str, timeout: int) -> str:
        """``timeout`` in seconds, or an AgentResponseTimeout."""
