"""Guests that run, and that no record of this boot knows: ``run.db`` was removed, or its directory was.

They are found among the host's processes by their command lines, which name the directory of the run, and get a record
with what that tells: they are listed, and can be destroyed. Their documents are those of their definitions.
"""

from __future__ import annotations

import os
import re

from virshpy.drivers.qemu import reading
from virshpy.drivers.qemu.eventlog import GuestState
from virshpy.enums import DomainState, RunningReason
from virshpy.host import processes
from virshpy.host.journal import Journal
from virshpy.host.steps.filesystem import BoundedDirectory
from virshpy.host.steps.process import Spawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.drivers.qemu.records import Domains

_NAME = re.compile(r"guest=((?:[^,]|,,)*)")


class _Found:
    """A QEMU of ours: its process, the number of its guest, and what its command line says of it."""

    def __init__(self, pid: int, uid: int, words: list[str], id: int) -> None:
        self.pid = pid
        self.started = processes.start_time(pid) or 0
        self.id = id
        self.uid = uid
        self.uuid = words[words.index("-uuid") + 1]
        named = _NAME.match(words[words.index("-name") + 1])
        self.name = named[1].replace(",,", ",") if named else self.uuid


def adopt(domains: Domains) -> None:
    """Give every such guest a record again, unless it has one by now. Its network, where that was in a namespace, ends:
    what of it is where, nobody knows any more."""
    place = domains.store.lost_run or ""
    if os.geteuid() != 0:
        from virshpy.drivers.network import surroundings

        surroundings.end_lost(place)
    for found in _search(domains, place):
        lock = domains.try_lock(found.uuid, "adoption")
        if lock is not None:
            with lock:
                _record(domains, found, place)
    domains.store.found_again()


def _search(domains: Domains, place: str) -> Iterator[_Found]:
    key = re.compile(re.escape(place) + r"/guests/(\d+)/master-key\.aes")
    first, count = domains.site.config.guest_uids
    for pid, uid, words in processes.command_lines():
        match = key.search(" ".join(words[:8])) if "-uuid" in words else None
        if match and (uid == os.geteuid() or first <= uid < first + count):
            try:
                yield _Found(pid, uid, words, int(match[1]))
            except (ValueError, IndexError):
                continue  # it is no QEMU


def _record(domains: Domains, found: _Found, place: str) -> None:
    store = domains.store
    if store.one("SELECT 1 FROM run.active WHERE uuid = ? OR name = ? OR id = ?", found.uuid, found.name, found.id):
        return
    # Its lasting steps, if it has any, are still on record, under the name of the journal that is lost.
    kept = store.one("SELECT journal FROM main.step WHERE journal GLOB ? || '.*'", found.uuid)
    entry = Journal.adopt(store, "start", found.uuid, kept and kept[0])
    spawn = Spawn([], log=domains.log(found.name), patience=domains.site.config.stop_patience)
    spawn.pid, spawn.started = found.pid, found.started
    mark = GuestState(DomainState.RUNNING, RunningReason.UNKNOWN).dump()
    row = store.one("SELECT xml, title FROM domain WHERE uuid = ?", found.uuid)
    with store.transaction():
        entry.record(BoundedDirectory(f"{place}/guests/{found.id}"), spawn)
        store.execute(
            "INSERT INTO run.active (uuid, id, name, journal, uid, pid, started, mark, title, xml)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            found.uuid, found.id, found.name, entry.id, found.uid if found.uid != os.geteuid() else None,
            found.pid, found.started, mark, row and row["title"],
            row["xml"] if row else reading.unknown(found.name, found.uuid).format(),
        )  # fmt: skip
        store.execute(
            "INSERT INTO run.counter VALUES ('domain', ?1)"
            " ON CONFLICT (name) DO UPDATE SET value = max(value, ?1)", found.id,
        )  # fmt: skip
    domains.site.warn(
        f"the record of domain '{found.name}' was lost while it ran (process {found.pid}); it has one again"
    )
