"""Rows: checkpoints of a domain: points in time for incremental backup."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation
from virshpy.driver.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.domain import DomainRef


class CheckpointRef(Record):
    """remote_nonnull_domain_checkpoint: what names a checkpoint to a driver."""

    __slots__ = ("name", "domain")
    name: str
    domain: DomainRef


class CheckpointOperations(Contract):
    """Checkpoints of a domain: points in time for incremental backup."""

    @operation("virDomainCheckpointCreateXML", writes=True, flags="CheckpointCreateFlags")
    def domain_checkpoint_create_xml(self, domain: DomainRef, xml: str, *, flags: int = 0) -> CheckpointRef: ...

    @operation("virDomainCheckpointLookupByName")
    def domain_checkpoint_lookup_by_name(self, domain: DomainRef, name: str) -> CheckpointRef: ...

    @operation("virDomainListAllCheckpoints", flags="CheckpointListFlags")
    def domain_list_all_checkpoints(self, domain: DomainRef, *, flags: int = 0) -> list[CheckpointRef]: ...

    @operation("virDomainCheckpointListAllChildren", flags="CheckpointListFlags")
    def domain_checkpoint_list_all_children(
        self, checkpoint: CheckpointRef, *, flags: int = 0
    ) -> list[CheckpointRef]: ...

    @operation("virDomainCheckpointGetParent")
    def domain_checkpoint_get_parent(self, checkpoint: CheckpointRef) -> CheckpointRef: ...

    @operation("virDomainCheckpointGetXMLDesc", flags="CheckpointXMLFlags", secure="SECURE")
    def domain_checkpoint_get_xml_desc(self, checkpoint: CheckpointRef, *, flags: int = 0) -> str: ...

    @operation("virDomainCheckpointDelete", writes=True, flags="CheckpointDeleteFlags")
    def domain_checkpoint_delete(self, checkpoint: CheckpointRef, *, flags: int = 0) -> None: ...
