"""Rows: what one hypervisor alone can do (libvirt-qemu, libvirt-lxc)."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.domain import DomainRef


class HypervisorOperations(Contract):
    """What one hypervisor alone can do (libvirt-qemu, libvirt-lxc)."""

    @operation("virDomainQemuAttach", writes=True)
    def domain_qemu_attach(self, pid_value: int) -> DomainRef: ...

    @operation("virDomainQemuMonitorCommand", writes=True)
    def domain_qemu_monitor_command(self, domain: DomainRef, command: str, human: bool = False) -> str:
        """One QMP command as JSON text (or, ``human``, one HMP line); the answer as text, as QEMU gave it."""

    @operation("virDomainQemuMonitorCommandWithFiles", writes=True, carries="descriptors")
    def domain_qemu_monitor_command_with_files(
        self, domain: DomainRef, command: str, files: list[int], human: bool
    ) -> tuple[str, list[int]]:
        """(answer, open files that came with it)."""

    @operation("virDomainLxcOpenNamespace", writes=True, carries="descriptors")
    def domain_lxc_open_namespace(self, domain: DomainRef) -> list[int]: ...

    @operation("virDomainLxcEnterNamespace", writes=True, carries="descriptors")
    def domain_lxc_enter_namespace(self, domain: DomainRef, fds: list[int]) -> None: ...
