"""Snapshots of domains."""

from __future__ import annotations

from virshpy.api.handle import DomainHandle, SnapshotHandle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.structures import SnapshotRef


class DomainSnapshot(SnapshotHandle):
    """A snapshot of a domain (virDomainSnapshotPtr)."""

    ref: SnapshotRef

    @property
    def name(self) -> str:
        return self.ref.name

    def list_children(self, flags: int = 0) -> list[DomainSnapshot]:
        """virDomainSnapshotListAllChildren"""
        refs = self._driver.domain_snapshot_list_all_children(self.ref, flags=flags)
        return [DomainSnapshot(self.domain, ref) for ref in refs]

    def parent(self) -> DomainSnapshot:
        """virDomainSnapshotGetParent"""
        return DomainSnapshot(self.domain, self._driver.domain_snapshot_get_parent(self.ref))

    def xml_desc(self, flags: int = 0) -> str:
        """virDomainSnapshotGetXMLDesc"""
        return self._driver.domain_snapshot_get_xml_desc(self.ref, flags=flags)

    def has_metadata(self) -> bool:
        """virDomainSnapshotHasMetadata"""
        return self._driver.domain_snapshot_has_metadata(self.ref)

    def is_current(self) -> bool:
        """virDomainSnapshotIsCurrent"""
        return self._driver.domain_snapshot_is_current(self.ref)

    def revert(self, flags: int = 0) -> None:
        """virDomainRevertToSnapshot"""
        self._driver.domain_revert_to_snapshot(self.ref, flags=flags)

    def delete(self, flags: int = 0) -> None:
        """virDomainSnapshotDelete"""
        self._driver.domain_snapshot_delete(self.ref, flags=flags)


class SnapshotMethods(DomainHandle):
    """A domain's methods about snapshots."""

    def snapshot_create_xml(self, xml: str, flags: int = 0) -> DomainSnapshot:
        """virDomainSnapshotCreateXML"""
        return DomainSnapshot(self, self._driver.domain_snapshot_create_xml(self.ref, xml, flags=flags))

    def snapshot_lookup_by_name(self, name: str) -> DomainSnapshot:
        """virDomainSnapshotLookupByName"""
        return DomainSnapshot(self, self._driver.domain_snapshot_lookup_by_name(self.ref, name))

    def snapshot_current(self) -> DomainSnapshot:
        """virDomainSnapshotCurrent"""
        return DomainSnapshot(self, self._driver.domain_snapshot_current(self.ref))

    def has_current_snapshot(self) -> bool:
        """virDomainHasCurrentSnapshot"""
        return self._driver.domain_has_current_snapshot(self.ref)

    def list_snapshots(self, flags: int = 0) -> list[DomainSnapshot]:
        """virDomainListAllSnapshots"""
        return [DomainSnapshot(self, ref) for ref in self._driver.domain_list_all_snapshots(self.ref, flags=flags)]
