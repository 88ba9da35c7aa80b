"""Rows about a domain's life: what defines it, starts it and stops it."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.domain import DomainRef


class LifeOperations(Contract):
    """Definitions and power. A DomainRef that no longer exists raises NoDomain."""

    # definitions
    @operation("virDomainDefineXMLFlags", writes=True, flags="DefineFlags", plain="virDomainDefineXML")
    def domain_define_xml_flags(self, xml: str, *, flags: int = 0) -> DomainRef: ...

    @operation("virDomainUndefineFlags", writes=True, flags="UndefineFlags", plain="virDomainUndefine")
    def domain_undefine_flags(self, domain: DomainRef, *, flags: int = 0) -> None: ...

    @operation("virDomainRename", writes=True)
    def domain_rename(self, domain: DomainRef, new_name: str) -> DomainRef: ...

    @operation("virDomainSetAutostart", writes=True)
    def domain_set_autostart(self, domain: DomainRef, autostart: bool) -> None: ...

    @operation("virDomainSetMetadata", writes=True, flags="ModificationImpact")
    def domain_set_metadata(
        self,
        domain: DomainRef,
        kind: int,
        text: str | None,
        key: str | None = None,
        uri: str | None = None,
        *,
        flags: int = 0,
    ) -> None:
        """Set (or, with None, remove) title, description or one <metadata> element (kind is a MetadataType)."""

    @operation("virDomainGetMetadata", flags="ModificationImpact")
    def domain_get_metadata(self, domain: DomainRef, kind: int, uri: str | None = None, *, flags: int = 0) -> str:
        """Raises NoDomainMetadata where there is none."""

    # life
    @operation("virDomainCreateXML", writes=True, flags="CreateFlags")
    def domain_create_xml(self, xml: str, *, flags: int = 0) -> DomainRef: ...

    @operation("virDomainCreateWithFlags", writes=True, flags="CreateFlags", plain="virDomainCreate")
    def domain_create_with_flags(self, domain: DomainRef, *, flags: int = 0) -> DomainRef: ...

    @operation("virDomainCreateWithFiles", writes=True, flags="CreateFlags", carries="descriptors")
    def domain_create_with_files(self, domain: DomainRef, files: list[int], *, flags: int = 0) -> DomainRef: ...

    @operation("virDomainCreateXMLWithFiles", writes=True, flags="CreateFlags", carries="descriptors")
    def domain_create_xml_with_files(self, xml: str, files: list[int], *, flags: int = 0) -> DomainRef: ...

    @operation("virDomainDestroyFlags", writes=True, flags="DestroyFlags", plain="virDomainDestroy")
    def domain_destroy_flags(self, domain: DomainRef, *, flags: int = 0) -> None: ...

    @operation("virDomainSuspend", writes=True)
    def domain_suspend(self, domain: DomainRef) -> None: ...

    @operation("virDomainResume", writes=True)
    def domain_resume(self, domain: DomainRef) -> None: ...

    @operation("virDomainShutdownFlags", writes=True, flags="ShutdownFlags", plain="virDomainShutdown")
    def domain_shutdown_flags(self, domain: DomainRef, *, flags: int = 0) -> None: ...

    @operation("virDomainReboot", writes=True, flags="RebootFlags")
    def domain_reboot(self, domain: DomainRef, *, flags: int = 0) -> None: ...

    @operation("virDomainReset", writes=True)
    def domain_reset(self, domain: DomainRef) -> None: ...
