"""The databases of a test's connection, opened beside it."""

from __future__ import annotations

from pathlib import Path

from virshpy.host.directories import directories
from virshpy.host.store import Store
from virshpy.uri import URI


def open_store(root: Path) -> Store:
    """``run.db`` and ``state.db`` below ``root``, made where they are not there."""
    places = directories(URI(f"qemu:///embed?root={root}"))
    places.prepare()
    return Store(places)
