"""Checkpoints of imaginary domains."""

from __future__ import annotations

import time

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.domain import DomainRef
from virshpy.driver.domain.checkpoint import CheckpointOperations, CheckpointRef
from virshpy.drivers.test.guest import Guest
from virshpy.drivers.test.moments import MomentRows, Moments
from virshpy.enums import CheckpointCreateFlags, CheckpointXMLFlags
from virshpy.xml.moment import Checkpoint, CheckpointDisk, CheckpointDisks, Parent


class Checkpoints(MomentRows, CheckpointOperations):
    """virDomainCheckpoint*"""

    word = "checkpoint"
    reference = CheckpointRef

    @accepts(CheckpointCreateFlags.REDEFINE | CheckpointCreateFlags.QUIESCE)
    def domain_checkpoint_create_xml(self, domain: DomainRef, xml: str, *, flags: int = 0) -> CheckpointRef:
        guest = self.guest(domain)
        if guest.snapshots:
            raise errors.OperationUnsupported("cannot create checkpoint while snapshot exists")
        if not guest.active:
            raise errors.OperationInvalid("cannot create checkpoint for inactive domain")
        checkpoint = Checkpoint.parse(xml)
        checkpoints = guest.checkpoints = guest.checkpoints or Moments("checkpoint")
        redefine = bool(flags & CheckpointCreateFlags.REDEFINE)
        if redefine:
            if not checkpoint.name:
                raise errors.XMLError("a redefined checkpoint must have a name")
            if checkpoint.creation_time is None:
                raise errors.InternalError("missing creationTime from existing checkpoint")
            checkpoints.pop(checkpoint.name, None)
        else:
            checkpoint.name = checkpoint.name or checkpoints.fresh_name()
            if checkpoint.name in checkpoints:
                raise errors.OperationFailed(f"domain moment {checkpoint.name} already exists")
            checkpoint.parent = Parent(name=checkpoints.current) if checkpoints.current else None
            checkpoint.creation_time = int(time.time())
        checkpoint.domain = (not redefine and None) or checkpoint.domain or guest.document.copy()
        _align(checkpoint, guest)
        checkpoints.add(checkpoint)
        return CheckpointRef(checkpoint.name, domain)

    domain_checkpoint_lookup_by_name = MomentRows.lookup_by_name
    domain_list_all_checkpoints = MomentRows.list_all
    domain_checkpoint_list_all_children = MomentRows.list_all_children
    domain_checkpoint_get_parent = MomentRows.get_parent
    domain_checkpoint_delete = MomentRows.delete

    def domain_checkpoint_get_xml_desc(self, checkpoint: CheckpointRef, *, flags: int = 0) -> str:
        document: Checkpoint = self.moments(checkpoint.domain).find(checkpoint.name)
        if flags & CheckpointXMLFlags.NO_DOMAIN:
            document = document.copy()
            document.domain = None
        return document.format(inactive=True, secure=bool(flags & CheckpointXMLFlags.SECURE))


def _align(checkpoint: Checkpoint, guest: Guest) -> None:
    """Give each disk a bitmap, called after the checkpoint where the document does not say otherwise."""
    given = checkpoint.disks.disks if checkpoint.disks else []
    said = {disk.name: disk for disk in given}
    rows = []
    for disk in guest.document.devices.disks:
        name = disk.target.dev if disk.target else None
        row = said.pop(name, None)
        if row is None:
            takes_part = not given and disk.source is not None and not disk.readonly
            row = CheckpointDisk(name=name, checkpoint="bitmap" if takes_part else "no")
        if row.checkpoint in (None, "default"):
            row.checkpoint = "bitmap"
        if row.checkpoint == "bitmap":
            row.bitmap = row.bitmap or checkpoint.name
        elif row.bitmap:
            raise errors.ConfigUnsupported(f"bitmap for disk '{name}' must match checkpoint mode 'bitmap'")
        rows.append(row)
    if said:
        raise errors.ConfigUnsupported(f"no disk named '{next(iter(said))}'")
    checkpoint.disks = CheckpointDisks(disks=rows) if rows else None
