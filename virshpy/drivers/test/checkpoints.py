"""Checkpoints of imaginary domains."""

from __future__ import annotations

import time

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.domain import DomainRef
from virshpy.driver.domain.checkpoint import CheckpointOperations, CheckpointRef
from virshpy.drivers.test.guest import Guest
from virshpy.drivers.test.host import Guests
from virshpy.drivers.test.moments import Moments
from virshpy.enums import CheckpointCreateFlags, CheckpointDeleteFlags, CheckpointListFlags, CheckpointXMLFlags
from virshpy.xml.moment import Checkpoint, CheckpointDisk, CheckpointDisks, Parent

L = CheckpointListFlags


class Checkpoints(Guests, CheckpointOperations):
    """virDomainCheckpoint*"""

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

    def domain_checkpoint_lookup_by_name(self, domain: DomainRef, name: str) -> CheckpointRef:
        self._checkpoints(domain).find(name)
        return CheckpointRef(name, domain)

    def domain_list_all_checkpoints(self, domain: DomainRef, *, flags: int = 0) -> list[CheckpointRef]:
        return self._below(domain, None, flags, deep=not flags & L.ROOTS)

    def domain_checkpoint_list_all_children(self, checkpoint: CheckpointRef, *, flags: int = 0) -> list[CheckpointRef]:
        self._checkpoints(checkpoint.domain).find(checkpoint.name)
        return self._below(checkpoint.domain, checkpoint.name, flags, deep=bool(flags & L.DESCENDANTS))

    def _below(self, domain: DomainRef, name: str | None, flags: int, *, deep: bool) -> list[CheckpointRef]:
        checkpoints = self._checkpoints(domain)
        names = checkpoints.listed(name, deep=deep, leaves=bool(flags & L.LEAVES), inner=bool(flags & L.NO_LEAVES))
        return [CheckpointRef(each, domain) for each in names]

    def domain_checkpoint_get_parent(self, checkpoint: CheckpointRef) -> CheckpointRef:
        parent = self._checkpoints(checkpoint.domain).parent(checkpoint.name)
        if parent is None:
            raise errors.NoDomainCheckpoint(f"checkpoint '{checkpoint.name}' does not have a parent")
        return CheckpointRef(parent, checkpoint.domain)

    def domain_checkpoint_get_xml_desc(self, checkpoint: CheckpointRef, *, flags: int = 0) -> str:
        document: Checkpoint = self._checkpoints(checkpoint.domain).find(checkpoint.name)
        if flags & CheckpointXMLFlags.NO_DOMAIN:
            document = document.copy()
            document.domain = None
        return document.format(inactive=True, secure=bool(flags & CheckpointXMLFlags.SECURE))

    def domain_checkpoint_delete(self, checkpoint: CheckpointRef, *, flags: int = 0) -> None:
        checkpoints = self._checkpoints(checkpoint.domain)
        checkpoints.find(checkpoint.name)
        only = bool(flags & CheckpointDeleteFlags.CHILDREN_ONLY)
        if only or flags & CheckpointDeleteFlags.CHILDREN:
            checkpoints.remove_below(checkpoint.name, itself=not only)
        else:
            checkpoints.remove(checkpoint.name)

    def _checkpoints(self, domain: DomainRef) -> Moments:
        return self.guest(domain).checkpoints or Moments("checkpoint")


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
