"""How guests end: taken down by a verb, or found gone by whoever looks next."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.driver.domain import DomainRef
from virshpy.drivers.qemu.records import Domains, Record
from virshpy.enums import ModificationImpact, ShutoffReason
from virshpy.host import files, processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain import Domain

# What `active.expect` says of a guest that somebody has begun to destroy.
DESTROY = "destroy"


def take_down(domains: Domains, record: Record, reason: int) -> None:
    """Undo what a guest's start did, under its lock, and put down why it ended.

    What could not be taken back, or not be recorded, is said and tried again by whoever comes next: the guest is gone.
    """
    try:
        begun = None if record.ending else lambda: domains.set_outcome(record.uuid, reason)
        domains.site.held(record.journal).undo(begun)
    except errors.Error as error:
        if record.alive:
            raise
        domains.site.warn(f"domain '{record.name}' has ended, and something of it is left: {error}")
    _end_unused(domains)
    note(domains, record.name, reason)


def note(domains: Domains, name: str, reason: int) -> None:
    files.append_line(domains.log(name), f"shutting down, reason={ShutoffReason(reason).name.lower()}")


def refresh(domains: Domains, records: list[Record] | None = None) -> bool:
    """Take note of guests that ended while nobody looked; True where something changed.

    A guest whose QEMU is gone has its list undone; an autodestroy guest whose owner is gone is destroyed. Each guest is
    for itself: where something goes wrong with one it is said, and the others are looked after. A rehearsal leaves
    them as they are.
    """
    if domains.site.rehearsing:
        return False
    changed = False
    for record in domains.running() if records is None else records:
        if not record.active or (record.alive and not _orphaned(record) and not _unwatched(record)):
            continue
        try:
            changed = _look_after(domains, record) or changed
        except errors.Error as error:
            domains.site.warn(f"domain '{record.name}' cannot be looked after: {error}")
        except Exception as error:
            domains.site.warn(f"domain '{record.name}' cannot be looked after: {type(error).__name__}: {error}")
    return changed


def current(domains: Domains, ref: DomainRef) -> Record:
    """The guest as it is now: one that ended while nobody looked is taken note of first. Raises NoDomain."""
    record = domains.find(ref)
    return domains.find(ref) if refresh(domains, [record]) else record


def document_of(domains: Domains, ref: DomainRef, flags: int) -> Domain:
    """The one document, of a domain as it is now, that flags of ModificationImpact mean.

    Raises InvalidArg, OperationInvalid, NoDomain.
    """
    from virshpy.drivers.qemu import reading

    if flags & ModificationImpact.LIVE and flags & ModificationImpact.CONFIG:
        raise errors.InvalidArg("flags 'VIR_DOMAIN_AFFECT_LIVE' and 'VIR_DOMAIN_AFFECT_CONFIG' are mutually exclusive")
    record = current(domains, ref)
    live, _ = domains.kind.affected(record, flags & (ModificationImpact.LIVE | ModificationImpact.CONFIG))
    return reading.parse(domains.live_document(record.uuid) if live else domains.definition(record.uuid))


def _look_after(domains: Domains, record: Record) -> bool:
    lock = domains.try_lock(record.uuid, "clean up")
    if lock is None:
        return False  # somebody is at it
    with lock:
        again = domains.by_uuid(record.uuid)
        if again is None or again.journal != record.journal:
            return True
        if again.alive and not _orphaned(again):
            from virshpy.drivers.qemu import watch

            watch.react(domains, again)
            return False
        take_down(domains, again, ShutoffReason.DESTROYED if again.alive else _ending(domains, again))
        return True


def _orphaned(record: Record) -> bool:
    return record.owner is not None and not processes.is_running(record.owner, record.owner_started)


def _unwatched(record: Record) -> bool:
    """Whether the guest's watcher is gone: then who looks acts in its place."""
    return record.watcher is not None and not processes.is_running(record.watcher, record.watcher_started)


def _ending(domains: Domains, record: Record) -> int:
    assert record.id is not None
    if record.expect == DESTROY:
        return ShutoffReason.DESTROYED
    from virshpy.drivers.qemu.eventlog import GuestState, follow

    return follow(GuestState.load(record.mark), domains.event_log(record.id), record.uid).ending


def recover(domains: Domains) -> None:
    """What opening a connection begins with: finish what the dead left, note what ended meanwhile."""
    if domains.store.lost_run and not domains.site.readonly:
        from virshpy.drivers.qemu import adoption

        adoption.adopt(domains)
    domains.site.recover()
    refresh(domains)
    _end_unused(domains)


def _end_unused(domains: Domains) -> None:
    """End the namespace of an ordinary user's networks where the last that was in it has gone."""
    if os.geteuid() != 0 and domains.store.one("SELECT 1 FROM run.journal WHERE subject GLOB 'namespace.*'"):
        from virshpy.drivers.network import surroundings

        surroundings.end_unused(domains.site)
