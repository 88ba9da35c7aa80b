"""Rows about domains (virDomain*)."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation
from virshpy.driver.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.stream import Stream
    from virshpy.enums import ControlErrorReason, ControlState, DomainState
    from virshpy.enums.parameters import Parameters


class DomainRef(Record):
    """remote_nonnull_domain: what names a domain to a driver. ``id`` is None while it is inactive."""

    __slots__ = ("name", "uuid", "id")
    name: str
    uuid: str
    id: int | None


class DomainInfo(Record):
    """virDomainInfo: state (DomainState), max_memory and memory in KiB, vcpus, cpu_time in nanoseconds."""

    __slots__ = ("state", "max_memory", "memory", "vcpus", "cpu_time")
    state: DomainState | int
    max_memory: int
    memory: int
    vcpus: int
    cpu_time: int


class ControlInfo(Record):
    """virDomainControlInfo: state (ControlState), details (ControlErrorReason), state_time in milliseconds."""

    __slots__ = ("state", "details", "state_time")
    state: ControlState | int
    details: ControlErrorReason | int
    state_time: int


class SecurityLabel(Record):
    """virSecurityLabel with its model (virSecurityModel): model, doi, label, enforcing."""

    __slots__ = ("model", "doi", "label", "enforcing")
    model: str
    doi: str
    label: str
    enforcing: bool


class DomainOperations(Contract):
    """What is asked of domains, one or all. A DomainRef that no longer exists raises NoDomain."""

    # finding
    @operation("virDomainLookupByName")
    def domain_lookup_by_name(self, name: str) -> DomainRef: ...

    @operation("virDomainLookupByUUIDString", plain="virDomainLookupByUUID")
    def domain_lookup_by_uuid_string(self, uuid: str) -> DomainRef: ...

    @operation("virDomainLookupByID")
    def domain_lookup_by_id(self, id: int) -> DomainRef: ...

    @operation("virConnectListAllDomains", flags="ListDomainsFlags", plain="virConnectNumOfDomains")
    def connect_list_all_domains(self, *, flags: int = 0) -> list[DomainRef]:
        """Domains that match; flags of one group are alternatives, groups narrow each other."""

    @operation("virConnectGetAllDomainStats", flags="GetAllDomainStatsFlags", params="DomainStats")
    def connect_get_all_domain_stats(
        self, domains: list[DomainRef] | None, stats: int, *, flags: int = 0
    ) -> list[tuple[DomainRef, Parameters]]:
        """Per domain the typed parameters of virsh domstats, keyed ``state.state`` and so on; one call for all."""

    # asking
    @operation("virDomainGetState")
    def domain_get_state(self, domain: DomainRef) -> tuple[int, int]:
        """(DomainState, reason): the reason's enumeration is the one of that state."""

    @operation("virDomainGetInfo")
    def domain_get_info(self, domain: DomainRef) -> DomainInfo: ...

    @operation("virDomainGetXMLDesc", flags="XMLFlags", secure="SECURE MIGRATABLE")
    def domain_get_xml_desc(self, domain: DomainRef, *, flags: int = 0) -> str: ...

    @operation("virDomainGetOSType")
    def domain_get_os_type(self, domain: DomainRef) -> str: ...

    @operation("virDomainGetAutostart")
    def domain_get_autostart(self, domain: DomainRef) -> bool: ...

    @operation("virDomainIsActive")
    def domain_is_active(self, domain: DomainRef) -> bool: ...

    @operation("virDomainIsPersistent")
    def domain_is_persistent(self, domain: DomainRef) -> bool: ...

    @operation("virDomainIsUpdated")
    def domain_is_updated(self, domain: DomainRef) -> bool: ...

    @operation("virDomainHasManagedSaveImage")
    def domain_has_managed_save_image(self, domain: DomainRef) -> bool: ...

    @operation("virDomainGetControlInfo")
    def domain_get_control_info(self, domain: DomainRef) -> ControlInfo: ...

    @operation("virDomainGetMessages")
    def domain_get_messages(self, domain: DomainRef) -> list[str]: ...

    @operation("virDomainGetSecurityLabelList")
    def domain_get_security_label_list(self, domain: DomainRef) -> list[SecurityLabel]: ...

    # reaching in
    @operation("virDomainOpenConsole", writes=True, flags="ConsoleFlags", carries="stream")
    def domain_open_console(self, domain: DomainRef, device: str | None = None, *, flags: int = 0) -> Stream:
        """A stream to the console with alias ``device`` (None: the first console or serial port)."""
