"""How guests end: taken down by a verb, or found gone by whoever looks next."""

from __future__ import annotations

from virshpy.drivers import qemu
from virshpy.drivers.qemu.eventlog import GuestState, follow
from virshpy.drivers.qemu.records import Domains, Record
from virshpy.enums import ShutoffReason
from virshpy.host import files, journal, locks, processes
from virshpy.host.journal import Journal


def take_down(domains: Domains, record: Record, reason: int) -> None:
    """Undo what a guest's start did, under its lock, and put down why it ended."""

    Journal.load(domains.store, record.journal).undo(lambda: domains.set_outcome(record.uuid, reason))
    note(domains, record.name, reason)


def note(domains: Domains, name: str, reason: int) -> None:
    files.append_line(domains.log(name), f"shutting down, reason={ShutoffReason(reason).name.lower()}")


def refresh(domains: Domains, records: list[Record] | None = None) -> bool:
    """Take note of guests that ended while nobody looked; True where something changed.

    A guest whose QEMU is gone has its list undone; an autodestroy guest whose owner is gone is destroyed.
    """
    changed = False
    for record in domains.query("a.pid IS NOT NULL") if records is None else records:
        if not record.active or (record.alive and not _orphaned(record) and not _unwatched(record)):
            continue
        lock = locks.try_acquire(domains.directories.locks, record.uuid, "clean up")
        if lock is None:
            continue  # somebody is at it
        with lock:
            again = domains.by_uuid(record.uuid)
            if again is None or again.journal != record.journal:
                changed = True
            elif _orphaned(again) and again.alive:
                take_down(domains, again, ShutoffReason.DESTROYED)
                changed = True
            elif again.alive:
                qemu.watch.react(domains, again)
            else:
                take_down(domains, again, _ending(domains, again))
                changed = True
    return changed


def _orphaned(record: Record) -> bool:
    return record.owner is not None and not processes.is_running(record.owner, record.owner_started)


def _unwatched(record: Record) -> bool:
    """Whether the guest's watcher is gone: then who looks acts in its place."""
    return record.watcher is not None and not processes.is_running(record.watcher, record.watcher_started)


def _ending(domains: Domains, record: Record) -> int:
    assert record.id is not None
    return follow(GuestState.load(record.mark), domains.diary(record.id)).ending


def recover(domains: Domains) -> None:
    """What opening a connection begins with: finish what the dead left, note what ended meanwhile."""
    journal.recover(domains.store)
    refresh(domains)
