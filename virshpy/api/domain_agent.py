"""A domain's methods about the agent inside the guest."""

from __future__ import annotations

from virshpy.api.handle import DomainHandle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.driver.structures import FSInfo


class AgentMethods(DomainHandle):
    """A domain's methods about the agent inside the guest."""

    def agent_set_response_timeout(self, timeout: int) -> None:
        """virDomainAgentSetResponseTimeout: seconds, or an AgentResponseTimeout."""
        self._driver.domain_agent_set_response_timeout(self.ref, timeout)

    def authorized_ssh_keys_get(self, user: str) -> list[str]:
        """virDomainAuthorizedSSHKeysGet"""
        return self._driver.domain_authorized_ssh_keys_get(self.ref, user)

    def authorized_ssh_keys_set(self, user: str, keys: list[str], flags: int = 0) -> None:
        """virDomainAuthorizedSSHKeysSet"""
        self._driver.domain_authorized_ssh_keys_set(self.ref, user, keys, flags=flags)

    def fs_freeze(self, mountpoints: list[str]) -> int:
        """virDomainFSFreeze: how many file systems were frozen."""
        return self._driver.domain_fs_freeze(self.ref, mountpoints)

    def fs_thaw(self, mountpoints: list[str]) -> int:
        """virDomainFSThaw: how many file systems were thawed."""
        return self._driver.domain_fs_thaw(self.ref, mountpoints)

    def fs_trim(self, mount_point: str | None, minimum: int) -> None:
        """virDomainFSTrim"""
        self._driver.domain_fs_trim(self.ref, mount_point, minimum)

    def fs_info(self) -> list[FSInfo]:
        """virDomainGetFSInfo"""
        return self._driver.domain_get_fs_info(self.ref)

    def guest_info(self, types: int) -> dict[str, Any]:
        """virDomainGetGuestInfo: ``types`` is a GuestInfoTypes."""
        return self._driver.domain_get_guest_info(self.ref, types)

    def guest_vcpus(self) -> dict[str, Any]:
        """virDomainGetGuestVcpus"""
        return self._driver.domain_get_guest_vcpus(self.ref)

    def set_guest_vcpus(self, cpumap: str, state: bool) -> None:
        """virDomainSetGuestVcpus"""
        self._driver.domain_set_guest_vcpus(self.ref, cpumap, state)

    def hostname(self, flags: int = 0) -> str:
        """virDomainGetHostname"""
        return self._driver.domain_get_hostname(self.ref, flags=flags)

    def time(self) -> tuple[int, int]:
        """virDomainGetTime: (seconds since 1970, nanoseconds)."""
        return self._driver.domain_get_time(self.ref)

    def set_time(self, seconds: int, nseconds: int, flags: int = 0) -> None:
        """virDomainSetTime"""
        self._driver.domain_set_time(self.ref, seconds, nseconds, flags=flags)

    def set_user_password(self, user: str, password: str, flags: int = 0) -> None:
        """virDomainSetUserPassword"""
        self._driver.domain_set_user_password(self.ref, user, password, flags=flags)

    def qemu_agent_command(self, command: str, timeout: int) -> str:
        """virDomainQemuAgentCommand: ``timeout`` in seconds, or an AgentResponseTimeout."""
        return self._driver.domain_qemu_agent_command(self.ref, command, timeout)
