"""Checkpoints of domains."""

from __future__ import annotations

from virshpy.api import kinds
from virshpy.api.calls import calls, gives, lists
from virshpy.api.handle import Moment
from virshpy.driver.registry import Driver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.domain.checkpoint import CheckpointRef


class DomainCheckpoint(Moment):
    """A checkpoint of a domain (virDomainCheckpointPtr)."""

    ref: CheckpointRef

    delete = calls(Driver.domain_checkpoint_delete)
    xml_desc = calls(Driver.domain_checkpoint_get_xml_desc)
    parent = gives(Driver.domain_checkpoint_get_parent, kinds.checkpoint)
    list_children = lists(Driver.domain_checkpoint_list_all_children, kinds.checkpoint)
