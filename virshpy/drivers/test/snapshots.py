"""Snapshots of imaginary domains: only what is known of a domain can be kept, and all of it is."""

from __future__ import annotations

import time

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.domain import DomainRef
from virshpy.driver.domain.snapshot import SnapshotOperations, SnapshotRef
from virshpy.drivers.test.guest import Guest
from virshpy.drivers.test.moments import MomentRows, Moments
from virshpy.drivers.test.postparse import complete
from virshpy.enums import (
    DomainState,
    PausedReason,
    RunningReason,
    ShutoffReason,
    SnapshotCreateFlags,
    SnapshotListFlags,
    SnapshotRevertFlags,
)
from virshpy.xml.domain import Domain
from virshpy.xml.moment import Parent, Snapshot, SnapshotDisk, SnapshotDisks, SnapshotMemory

C, L, R = SnapshotCreateFlags, SnapshotListFlags, SnapshotRevertFlags
_WORDS = {state: state.name.lower() for state in DomainState}
_STATES = {word: state for state, word in _WORDS.items()}


class Snapshots(MomentRows, SnapshotOperations):
    """virDomainSnapshot* of the internal kind."""

    word = "snapshot"
    reference = SnapshotRef

    @accepts(C.REDEFINE | C.CURRENT | C.HALT | C.QUIESCE | C.ATOMIC | C.LIVE | C.VALIDATE)
    def domain_snapshot_create_xml(self, domain: DomainRef, xml: str, *, flags: int = 0) -> SnapshotRef:
        guest = self.guest(domain)
        if guest.checkpoints:
            raise errors.OperationUnsupported("cannot create snapshot while checkpoint exists")
        if not guest.persistent and flags & C.HALT:
            raise errors.OperationInvalid("cannot halt after transient domain snapshot")
        snapshot = Snapshot.parse(xml, validate=bool(flags & C.VALIDATE))
        snapshots = guest.snapshots = guest.snapshots or Moments("snapshot")
        if flags & C.REDEFINE:
            return self._redefine(guest, snapshots, snapshot, bool(flags & C.CURRENT), domain)
        snapshot.name = snapshot.name or snapshots.fresh_name()
        if snapshot.name in snapshots:
            raise errors.OperationFailed(f"domain moment {snapshot.name} already exists")
        snapshot.parent = Parent(name=snapshots.current) if snapshots.current else None
        snapshot.state = _WORDS[DomainState(guest.state[0])]
        snapshot.creation_time = int(time.time())
        snapshot.domain = guest.document.copy()
        _align(snapshot, snapshot.domain)
        snapshots.add(snapshot)
        if flags & C.HALT and guest.active:
            guest.stop(self.host, ShutoffReason.FROM_SNAPSHOT)
        return SnapshotRef(snapshot.name, domain)

    def _redefine(
        self, guest: Guest, snapshots: Moments, snapshot: Snapshot, current: bool, domain: DomainRef
    ) -> SnapshotRef:
        if not snapshot.name:
            raise errors.XMLError("a redefined snapshot must have a name")
        if snapshot.creation_time is None:
            raise errors.InternalError("missing creationTime from existing snapshot")
        if not snapshot.state:
            raise errors.InternalError("missing state from existing snapshot")
        if snapshot.domain is None:
            raise errors.InternalError("missing domain in snapshot")
        parent = snapshot.parent_name
        if parent == snapshot.name:
            raise errors.InvalidArg(f"cannot set moment {snapshot.name} as its own parent")
        if parent and parent not in snapshots:
            raise errors.InvalidArg(f"parent {parent} for moment {snapshot.name} not found")
        if snapshot.domain.uuid != guest.uuid:
            raise errors.InvalidArg(f"definition for snapshot {snapshot.name} must use uuid {guest.uuid}")
        complete(snapshot.domain)
        _align(snapshot, snapshot.domain)
        snapshots.pop(snapshot.name, None)
        snapshots.add(snapshot, current=current)
        return SnapshotRef(snapshot.name, domain)

    domain_snapshot_lookup_by_name = MomentRows.lookup_by_name
    domain_list_all_snapshots = MomentRows.list_all
    domain_snapshot_list_all_children = MomentRows.list_all_children
    domain_snapshot_get_parent = MomentRows.get_parent
    domain_snapshot_delete = MomentRows.delete

    def domain_snapshot_current(self, domain: DomainRef) -> SnapshotRef:
        current = self.moments(domain).current
        if current is None:
            raise errors.NoDomainSnapshot("the domain does not have a current snapshot")
        return SnapshotRef(current, domain)

    def domain_has_current_snapshot(self, domain: DomainRef) -> bool:
        return self.moments(domain).current is not None

    def listed(self, domain: DomainRef, name: str | None, flags: int, *, deep: bool) -> list[SnapshotRef]:
        if flags & (L.METADATA | L.NO_METADATA) == L.NO_METADATA:
            return []  # none without
        if flags & (L.INTERNAL | L.EXTERNAL) == L.EXTERNAL:
            return []
        found, kinds = super().listed(domain, name, flags, deep=deep), flags & (L.ACTIVE | L.INACTIVE | L.DISK_ONLY)
        snapshots, known = self.moments(domain), {"shutoff": L.INACTIVE, "disk-snapshot": L.DISK_ONLY}
        return [ref for ref in found if not kinds or kinds & known.get(snapshots[ref.name].state, L.ACTIVE)]

    def domain_snapshot_get_xml_desc(self, snapshot: SnapshotRef, *, flags: int = 0) -> str:
        document: Snapshot = self.moments(snapshot.domain).find(snapshot.name)
        return document.format(inactive=True, secure=bool(flags))

    def domain_snapshot_has_metadata(self, snapshot: SnapshotRef) -> bool:
        self.moments(snapshot.domain).find(snapshot.name)
        return True

    def domain_snapshot_is_current(self, snapshot: SnapshotRef) -> bool:
        snapshots = self.moments(snapshot.domain)
        snapshots.find(snapshot.name)
        return snapshots.current == snapshot.name

    @accepts(R.RUNNING | R.PAUSED | R.FORCE)
    def domain_revert_to_snapshot(self, snapshot: SnapshotRef, *, flags: int = 0) -> None:
        guest = self.guest(snapshot.domain)
        document: Snapshot = self.moments(snapshot.domain).find(snapshot.name)
        if flags & R.RUNNING and flags & R.PAUSED:
            raise errors.InvalidArg(
                "flags VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING and VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED are mutually exclusive"
            )
        was = _STATES[str(document.state)]
        wanted = flags & (R.RUNNING | R.PAUSED)
        assert document.domain is not None
        runs = bool(wanted) or was not in (DomainState.SHUTOFF, DomainState.CRASHED)
        if not guest.persistent and not runs:
            detail = "transient domain needs to request run or pause to revert to inactive snapshot"
            raise errors.OperationInvalid(detail)
        if guest.persistent:
            guest.config = document.domain.copy()
        snapshots = guest.snapshots
        if runs:
            guest.live = document.domain.copy()
            guest.run(self.host, RunningReason.FROM_SNAPSHOT)  # as another one, where it has been running
            paused = wanted == R.PAUSED or (not wanted and was == DomainState.PAUSED)
            guest.state = (
                (DomainState.PAUSED, PausedReason.FROM_SNAPSHOT)
                if paused
                else (DomainState.RUNNING, RunningReason.FROM_SNAPSHOT)
            )
        elif guest.active:
            guest.stop(self.host, ShutoffReason.FROM_SNAPSHOT)
        else:
            guest.state = (DomainState.SHUTOFF, ShutoffReason.FROM_SNAPSHOT)
        if snapshots is not None:
            snapshots.current = snapshot.name


def _align(snapshot: Snapshot, domain: Domain) -> None:
    """Say of the memory and of each disk how they take part: here all are internal, where there is anything to keep."""
    running = snapshot.state not in ("shutoff", "crashed", "disk-snapshot")
    if snapshot.memory is not None and snapshot.memory.snapshot == "external":
        raise errors.ConfigUnsupported("memory state cannot be saved with offline or disk-only snapshot")
    snapshot.memory = SnapshotMemory(snapshot="internal" if running else "no")
    said = {disk.name: disk for disk in (snapshot.disks.disks if snapshot.disks else [])}
    if snapshot.disks and len(snapshot.disks.disks) > len(domain.devices.disks):
        raise errors.ConfigUnsupported("too many disk snapshot requests for domain")
    rows = []
    for disk in domain.devices.disks:
        name = disk.target.dev if disk.target else None
        row = said.pop(name, None) or SnapshotDisk(name=name)
        if row.snapshot == "external" and row.source is None:
            raise errors.ConfigUnsupported(
                f"source for disk '{name}' is not a regular file; refusing to generate external snapshot name"
            )
        if row.snapshot not in (None, "default", "internal"):
            raise errors.ConfigUnsupported(f"disk '{name}' must use snapshot mode 'internal'")
        row.snapshot = "internal"
        rows.append(row)
    if said:
        raise errors.ConfigUnsupported(f"no disk named '{next(iter(said))}'")
    snapshot.disks = SnapshotDisks(disks=rows) if rows else None
