"""Rows: rows of QEMU's and LXC's own libraries."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.types import DomainRef


class OtherDomainOperations(Contract):
    """Rows of QEMU's and LXC's own libraries."""

    @operation("virDomainQemuAttach", writes=True)
    def domain_qemu_attach(self, pid_value: int) -> DomainRef: ...

    @operation("virDomainQemuMonitorCommandWithFiles", writes=True)
    def domain_qemu_monitor_command_with_files(
        self, domain: DomainRef, command: str, files: list[int], human: bool
    ) -> tuple[str, list[int]]:
        """(answer, open files that came with it)."""

    @operation("virDomainCreateWithFiles", writes=True, flags="CreateFlags")
    def domain_create_with_files(self, domain: DomainRef, files: list[int], *, flags: int = 0) -> DomainRef: ...

    @operation("virDomainCreateXMLWithFiles", writes=True, flags="CreateFlags")
    def domain_create_xml_with_files(self, xml: str, files: list[int], *, flags: int = 0) -> DomainRef: ...

    @operation("virDomainLxcOpenNamespace", writes=True)
    def domain_lxc_open_namespace(self, domain: DomainRef) -> list[int]: ...

    @operation("virDomainLxcEnterNamespace", writes=True)
    def domain_lxc_enter_namespace(self, domain: DomainRef, fds: list[int]) -> None: ...
