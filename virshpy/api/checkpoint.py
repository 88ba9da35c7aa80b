"""Checkpoints of domains."""

from __future__ import annotations

from virshpy.api.handle import DomainHandle, SnapshotHandle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.structures import CheckpointRef


class DomainCheckpoint(SnapshotHandle):
    """A checkpoint of a domain (virDomainCheckpointPtr)."""

    ref: CheckpointRef

    @property
    def name(self) -> str:
        return self.ref.name

    def list_children(self, flags: int = 0) -> list[DomainCheckpoint]:
        """virDomainCheckpointListAllChildren"""
        refs = self._driver.domain_checkpoint_list_all_children(self.ref, flags=flags)
        return [DomainCheckpoint(self.domain, ref) for ref in refs]

    def parent(self) -> DomainCheckpoint:
        """virDomainCheckpointGetParent"""
        return DomainCheckpoint(self.domain, self._driver.domain_checkpoint_get_parent(self.ref))

    def xml_desc(self, flags: int = 0) -> str:
        """virDomainCheckpointGetXMLDesc"""
        return self._driver.domain_checkpoint_get_xml_desc(self.ref, flags=flags)

    def delete(self, flags: int = 0) -> None:
        """virDomainCheckpointDelete"""
        self._driver.domain_checkpoint_delete(self.ref, flags=flags)


class CheckpointMethods(DomainHandle):
    """A domain's methods about checkpoints."""

    def checkpoint_create_xml(self, xml: str, flags: int = 0) -> DomainCheckpoint:
        """virDomainCheckpointCreateXML"""
        return DomainCheckpoint(self, self._driver.domain_checkpoint_create_xml(self.ref, xml, flags=flags))

    def checkpoint_lookup_by_name(self, name: str) -> DomainCheckpoint:
        """virDomainCheckpointLookupByName"""
        return DomainCheckpoint(self, self._driver.domain_checkpoint_lookup_by_name(self.ref, name))

    def list_checkpoints(self, flags: int = 0) -> list[DomainCheckpoint]:
        """virDomainListAllCheckpoints"""
        return [DomainCheckpoint(self, ref) for ref in self._driver.domain_list_all_checkpoints(self.ref, flags=flags)]
