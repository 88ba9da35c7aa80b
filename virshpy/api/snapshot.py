"""Snapshots of domains."""

from __future__ import annotations

from virshpy.api import kinds
from virshpy.api.calls import calls, gives, lists
from virshpy.api.handle import Moment
from virshpy.driver.registry import Driver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.domain.snapshot import SnapshotRef


class DomainSnapshot(Moment):
    """A snapshot of a domain (virDomainSnapshotPtr)."""

    ref: SnapshotRef

    revert = calls(Driver.domain_revert_to_snapshot)
    delete = calls(Driver.domain_snapshot_delete)
    xml_desc = calls(Driver.domain_snapshot_get_xml_desc)
    has_metadata = calls(Driver.domain_snapshot_has_metadata)
    is_current = calls(Driver.domain_snapshot_is_current)
    parent = gives(Driver.domain_snapshot_get_parent, kinds.snapshot)
    list_children = lists(Driver.domain_snapshot_list_all_children, kinds.snapshot)
