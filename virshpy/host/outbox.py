"""What has happened to a connection's objects, for whoever listens: rows of ``run.db``, told by whoever changes one.

A verb tells in the transaction of its commit, so that what was taken back was never told. A listener reads on from
where it is, in a thread of its own that the writing of ``run.db`` wakes.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from virshpy.host.site import Site

# Who listens has this many to catch up with; those before are forgotten.
_KEPT = 1000
_TABLE = """
CREATE TABLE run.event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, uuid TEXT NOT NULL, name TEXT NOT NULL,
    id INTEGER NOT NULL, event INTEGER, at REAL NOT NULL)
"""
_LOOK = 0.5  # seconds after which it is looked at all the same, and whether anybody still listens


class Outbox:
    """The events of a site. ``kind`` is the objects' ("pool"), ``id`` libvirt's number of the kind of event."""

    def __init__(self, site: Site) -> None:
        self.store = site.store
        self.store.include("event", run=[_TABLE])

    def tell(self, kind: str, uuid: str, name: str, id: int, event: int | None = None) -> None:
        """Say that something has happened. Call it in the transaction by which it has."""
        from time import time

        self.store.execute(
            "INSERT INTO run.event (kind, uuid, name, id, event, at) VALUES (?, ?, ?, ?, ?, ?)",
            kind, uuid, name, id, event, time(),
        )  # fmt: skip
        self.store.execute("DELETE FROM run.event WHERE seq <= (SELECT max(seq) FROM run.event) - ?", _KEPT)

    def last(self) -> int:
        """The number of the last event; those with higher ones are yet to come."""
        row = self.store.one("SELECT seq FROM run.sqlite_sequence WHERE name = 'event'")
        return int(row[0]) if row is not None else 0

    def since(self, number: int) -> list[Any]:
        """The events after a number, in their order."""
        return self.store.all("SELECT * FROM run.event WHERE seq > ? ORDER BY seq", number)


class Listeners:
    """Callbacks of one connection, each with a number that ends it. They are called in a thread of their own."""

    def __init__(self, site: Site) -> None:
        self._outbox = Outbox(site)
        self._path = f"{site.directories.run}/run.db"
        self._calls: dict[int, tuple[str, str | None, int, Callable[[Any], None]]] = {}
        self._last = 0
        self._seen = 0
        self._runs = False

    def add(self, kind: str, uuid: str | None, id: int, call: Callable[[Any], None]) -> int:
        """Hear of one object (of all, where ``uuid`` is None): ``call`` gets the row of each such event."""
        self._last += 1
        if not self._calls:
            self._seen = self._outbox.last()
        self._calls[self._last] = kind, uuid, id, call
        if not self._runs:
            from threading import Thread

            self._runs = True
            Thread(target=self._listen, daemon=True).start()
        return self._last

    def remove(self, kind: str, number: int) -> bool:
        """False where there is no such callback about objects of that kind."""
        if self._calls.get(number, ("",))[0] != kind:
            return False
        del self._calls[number]
        return True

    def clear(self) -> None:
        self._calls.clear()

    def _listen(self) -> None:
        from virshpy.host.inotify import Watch

        watch = Watch(self._path, ())
        while self._calls:
            for row in self._outbox.since(self._seen):
                self._seen = row["seq"]
                for kind, uuid, id, call in list(self._calls.values()):
                    if (kind, id) == (row["kind"], row["id"]) and uuid in (None, row["uuid"]):
                        call(row)
            watch.wait(_LOOK)
        self._runs = False
