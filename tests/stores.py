"""The databases of a test's connection, opened beside it."""

from __future__ import annotations

from pathlib import Path

from virshpy.host.directories import directories
from virshpy.host.journal import Journal
from virshpy.host.store import Store
from virshpy.uri import URI


def open_store(root: Path) -> Store:
    """``run.db`` and ``state.db`` below ``root``, made where they are not there."""
    places = directories(URI(f"qemu:///embed?root={root}"))
    places.prepare()
    return Store(places)


def written_journal(store: Store, verb: str, subject: str, *, lasting: bool) -> Journal:
    """A journal that is on record before its first step."""
    entry = Journal.new(store, verb, subject, lasting=lasting)
    entry.write()
    return entry
