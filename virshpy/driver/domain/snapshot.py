"""Rows: snapshots of a domain."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation
from virshpy.driver.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.domain import DomainRef


class SnapshotRef(Record):
    """remote_nonnull_domain_snapshot: what names a snapshot to a driver."""

    __slots__ = ("name", "domain")
    name: str
    domain: DomainRef


class SnapshotOperations(Contract):
    """Snapshots of a domain."""

    @operation("virDomainSnapshotCreateXML", writes=True, flags="SnapshotCreateFlags")
    def domain_snapshot_create_xml(self, domain: DomainRef, xml: str, *, flags: int = 0) -> SnapshotRef: ...

    @operation("virDomainSnapshotLookupByName")
    def domain_snapshot_lookup_by_name(self, domain: DomainRef, name: str) -> SnapshotRef: ...

    @operation("virDomainSnapshotCurrent")
    def domain_snapshot_current(self, domain: DomainRef) -> SnapshotRef: ...

    @operation("virDomainHasCurrentSnapshot")
    def domain_has_current_snapshot(self, domain: DomainRef) -> bool: ...

    @operation("virDomainListAllSnapshots", flags="SnapshotListFlags", plain="virDomainSnapshotNum")
    def domain_list_all_snapshots(self, domain: DomainRef, *, flags: int = 0) -> list[SnapshotRef]: ...

    @operation("virDomainSnapshotListAllChildren", flags="SnapshotListFlags", plain="virDomainSnapshotNumChildren")
    def domain_snapshot_list_all_children(self, snapshot: SnapshotRef, *, flags: int = 0) -> list[SnapshotRef]: ...

    @operation("virDomainSnapshotGetParent")
    def domain_snapshot_get_parent(self, snapshot: SnapshotRef) -> SnapshotRef: ...

    @operation("virDomainSnapshotGetXMLDesc", flags="SnapshotXMLFlags", secure="SECURE")
    def domain_snapshot_get_xml_desc(self, snapshot: SnapshotRef, *, flags: int = 0) -> str: ...

    @operation("virDomainSnapshotHasMetadata")
    def domain_snapshot_has_metadata(self, snapshot: SnapshotRef) -> bool: ...

    @operation("virDomainSnapshotIsCurrent")
    def domain_snapshot_is_current(self, snapshot: SnapshotRef) -> bool: ...

    @operation("virDomainRevertToSnapshot", writes=True, flags="SnapshotRevertFlags")
    def domain_revert_to_snapshot(self, snapshot: SnapshotRef, *, flags: int = 0) -> None: ...

    @operation("virDomainSnapshotDelete", writes=True, flags="SnapshotDeleteFlags")
    def domain_snapshot_delete(self, snapshot: SnapshotRef, *, flags: int = 0) -> None: ...
