"""A domain's methods about QEMU's and LXC's own libraries."""

from __future__ import annotations

from virshpy.api.handle import DomainHandle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain


class OtherMethods(DomainHandle):
    """A domain's methods about QEMU's and LXC's own libraries."""

    def qemu_monitor_command_with_files(self, command: str, files: list[int], human: bool) -> tuple[str, list[int]]:
        """virDomainQemuMonitorCommandWithFiles: (answer, open files that came with it)."""
        return self._driver.domain_qemu_monitor_command_with_files(self.ref, command, files, human)

    def create_with_files(self, files: list[int], flags: int = 0) -> Domain:
        """virDomainCreateWithFiles"""
        from virshpy.api.domain import Domain

        return Domain(self.connection, self._driver.domain_create_with_files(self.ref, files, flags=flags))

    def lxc_open_namespace(self) -> list[int]:
        """virDomainLxcOpenNamespace"""
        return self._driver.domain_lxc_open_namespace(self.ref)

    def lxc_enter_namespace(self, fds: list[int]) -> None:
        """virDomainLxcEnterNamespace"""
        self._driver.domain_lxc_enter_namespace(self.ref, fds)
