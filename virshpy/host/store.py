"""The two SQLite files of a connection: ``state.db``, which lasts, and ``run.db``, which is about this boot.

One database connection sees both: tables of ``state.db`` by their bare names, those of ``run.db`` as ``run.NAME``.
A transaction takes the write lock of both at once, so that a look at one may guard a change of the other. Commits are
atomic in each file, not across them: whoever needs one moment of truth changes one file in it (see journal.py).

Nothing here needs space to look, nor to take something back: ``run.db`` keeps its rollback journal, and for
``state.db``, whose write-ahead log is made anew by each first opener, some space is set aside (reserve.py).
"""

from __future__ import annotations

import os
from _thread import RLock  # threading's own, without the rest of it

from virshpy import errors
from virshpy.host import files, schema
from virshpy.host.processes import boot_id
from virshpy.host.reserve import Reserve
from virshpy.host.schema import Schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Any

    from virshpy.host.directories import Directories

# Called with the name of each moment at which a process could die: the crash tests do die there.
observers: list[Callable[[str], None]] = []

_PATIENCE = 10  # seconds for another process's transaction to end

_ELSEWHERE = "choose a connection whose files you may open: qemu:///session, or qemu:///embed?root=DIR"
_DAMAGED = "restore the file from a copy, or move it away and define again what was in it"
_RUN_DAMAGED = "move the file away: guests that are running will be found again"
_GONE = "connect again: what is under that name now is another file, or none"


def crash_point(name: str) -> None:
    for observer in observers:
        observer(name)


class Store:
    """Both files, open. Safe to use from several threads; each statement or transaction runs alone.

    ``readonly``: it will do with what it may read, and finds nothing where nothing is and nothing may be made.
    """

    def __init__(self, directories: Directories, *, readonly: bool = False) -> None:
        self.directories = directories
        self._readonly = readonly
        self._guard = RLock()
        self._whole = True
        # The directory whose run.db of this boot is gone, until somebody has looked what of it is still there.
        self.lost_run: str | None = None
        state = f"{directories.state}/state.db"
        self._files: tuple[str, ...] = (state,)
        self._opened: list[tuple[int, int] | None] = []
        self._reserve = Reserve(directories.state, 3)
        self._run_reserve = Reserve(directories.run, 1)
        self._schema = Schema(self)
        found = self._ready(state, "main", wal=True)
        self._db = self._open(state if found else ":memory:")
        self._use("main", found)
        self._attach()
        self._opened = self._identities()
        if not readonly:
            self._reserve.replenish()
            self._run_reserve.replenish()

    # opening
    def _open(self, state: str) -> sqlite3.Connection:
        """The connection, with ``state.db``: only to look, as it is, where nothing can be written beside it."""
        from virshpy.host.sqlite import Error

        self.make_room()
        try:
            try:
                return self._connected(state)
            except Error:
                if state == ":memory:" or not (self._readonly or self.is_full()):
                    raise
                from urllib.parse import quote

                return self._connected(f"file:{quote(state)}?immutable=1", uri=True)
        except Error as error:
            raise self._complaint(error) from None

    def _connected(self, state: str, *, uri: bool = False) -> sqlite3.Connection:
        from virshpy.host import sqlite

        db = sqlite.connect(state, timeout=_PATIENCE, isolation_level=None, check_same_thread=False, uri=uri)
        db.row_factory = sqlite.Row
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA main.synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")  # there may be secrets in what is deleted
        db.execute("SELECT 1 FROM main.sqlite_master").fetchone()
        return db

    def _attach(self) -> None:
        """Find ``run.db``, make it where there is none, and look at it through the same connection."""
        self._find_run()
        try:
            self.directories.prepare_run()
        except errors.SystemCallError:
            if not self._readonly:
                raise
        run = f"{self.directories.run}/run.db"
        if os.path.exists(run) and not os.path.getsize(run):
            files.remove(run)  # what was in it is gone: it is the same as none
            self._lose_run()
        found = self._ready(run, "run", wal=False)
        self._files = (*self._files, run)
        self._run_reserve = Reserve(self.directories.run, 1)
        self._run_reserve.make_room()
        self.execute("ATTACH ? AS run", run if found else ":memory:")
        self.execute("PRAGMA run.synchronous = OFF")  # what it says is void after a power cut
        self._use("run", found)
        self._notice_reboot()
        # From here on its rollback journal stays, so that taking something back needs no space. The one of a reboot
        # goes: it holds what is void, and there may be secrets in it.
        self.execute("PRAGMA run.journal_mode = PERSIST")

    def _find_run(self) -> None:
        """One ``state.db`` has one ``run.db`` at a time, whatever the environment of the next command says.

        The one of this boot is used as long as it is there, so that there is one set of locks, ids and guests.
        """
        boot = boot_id()
        place = self._place()
        if place is not None and place["boot"] == boot and os.path.exists(f"{place['run']}/run.db"):
            self.directories.run = place["run"]
            self.lost_run = place["lost"]
            return
        if self._readonly:
            return
        self.lost_run = place["run"] if place is not None and place["boot"] == boot else None
        with self.transaction():
            again = self._place()
            same = again is None if place is None else again is not None and tuple(again) == tuple(place)
            if same:
                self.execute("DELETE FROM main.place")
                self.execute("INSERT INTO main.place VALUES (?, ?, ?)", self.directories.run, boot, self.lost_run)
                return
        self._find_run()

    def _place(self) -> Any:
        return self.one("SELECT run, boot, lost FROM main.place")

    def _lose_run(self) -> None:
        self.execute("UPDATE main.place SET lost = run")
        self.lost_run = self.directories.run

    def found_again(self) -> None:
        """What could be learned of the lost ``run.db`` is in the new one."""
        self.execute("UPDATE main.place SET lost = NULL")
        self.lost_run = None

    def _ready(self, path: str, name: str, *, wal: bool) -> bool:
        """Whether there is a database under a path; it is made where there is none. Raises SystemCallError."""
        if os.path.exists(path):
            if not os.path.getsize(path):
                raise errors.SystemCallError(f"Failed to use {path}: it is empty", hint=_DAMAGED)
            return True
        from virshpy.host import database

        try:
            database.make(path, name, _new(name), wal=wal, patience=_PATIENCE)
        except database.CannotBeMade as error:
            if self._readonly:
                return False
            raise errors.SystemCallError(f"Failed to open {path}: {error}", hint=_ELSEWHERE) from None
        return True

    def _use(self, name: str, found: bool) -> None:
        """Know a file's tables, once it is open; where no file could be made, they are in memory."""
        if not found:
            for statement in _new(name):
                self.execute(statement)
        self._schema.open(name)

    def _notice_reboot(self) -> None:
        """Where run.db outlived a reboot, its processes have not: mark every journal for undoing, without them."""
        if self._is_of_this_boot():
            return
        with self.transaction():
            if self._is_of_this_boot():
                return  # somebody else has seen it, and may be at work since
            self._schema.forget_boot()
            self.execute("UPDATE run.journal SET phase = 'undoing'")
            self.execute("UPDATE run.step SET data = json_replace(data, '$.pid', 0) WHERE json_valid(data)")
            self.execute("DELETE FROM run.boot")
            self.execute("INSERT INTO run.boot VALUES (?)", boot_id())

    def _is_of_this_boot(self) -> bool:
        known = self.one("SELECT id FROM run.boot")
        return known is not None and known[0] == boot_id()

    def include(self, part: str, *, state: Sequence[str] = (), run: Sequence[str] = ()) -> None:
        """Have the tables of a kind of object, in ``state.db`` and in ``run.db``, as this release knows them.

        Each is a list of SQL scripts, of which the first makes the part's tables and each further one changes what the
        one before it left; those that a file has not seen are run (schema.py). Those of ``run.db`` begin with every
        boot. Raises InternalError where a newer release has written the file.
        """
        self._schema.include("main", part, state)
        self._schema.include("run", part, run)

    def execute(self, sql: str, *values: Any) -> int:
        """Run one statement; the number of rows it changed. Raises Full where there is no space for it."""
        self.make_room()
        return int(self._query(sql, values, lambda cursor: cursor.rowcount))

    def all(self, sql: str, *values: Any) -> list[Any]:
        """Every row of a query; a row is indexed by column name or number."""
        rows: list[Any] = self._query(sql, values, lambda cursor: cursor.fetchall())
        return rows

    def one(self, sql: str, *values: Any) -> Any:
        """The first row of a query, or None."""
        return self._query(sql, values, lambda cursor: cursor.fetchone())

    def _query(self, sql: str, values: Sequence[Any], take: Callable[[sqlite3.Cursor], Any]) -> Any:
        with self._guard:
            try:
                return take(self._db.execute(sql, values))
            except self._db.Error as error:
                raise self._complaint(error) from None

    def _complaint(self, error: sqlite3.Error) -> errors.Error:
        """What SQLite says (no space, no right, no database), as an error of ours."""
        from virshpy.host.sqlite import CANTOPEN, FULL, IOERR, DatabaseError

        damaged = type(error) is DatabaseError  # everything else has a class of its own
        self._whole = self._whole and not damaged
        told = f"Failed to use {' and '.join(self._files)}: {error}"
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == FULL or (code in (IOERR, CANTOPEN) and self.is_full()):
            from virshpy.host.full import Full

            return Full(told, hint=f"make room on the file systems of {' and '.join(self._files)}")
        if damaged and len(self._files) == 2 and self._is_damaged("run"):
            return errors.SystemCallError(told, hint=_RUN_DAMAGED)
        return errors.SystemCallError(told, hint=_DAMAGED if damaged else _ELSEWHERE)

    def _is_damaged(self, name: str) -> bool:
        try:
            return bool(self._db.execute(f"PRAGMA {name}.quick_check(1)").fetchone()[0] != "ok")
        except self._db.Error:
            return True

    def is_full(self) -> bool:
        """Whether a file system of ours has no space left, or no names."""
        return self._reserve.is_full() or self._run_reserve.is_full()

    def is_whole(self) -> bool:
        """Whether the files are those that were opened, under their names, and nothing showed that they are damaged."""
        return self._whole and self._identities() == self._opened

    def require_whole(self) -> None:
        """Raise SystemCallError where the files are not what they were: what is written to them would be lost."""
        for path, before, now in zip(self._files, self._opened, self._identities(), strict=False):
            if now != before:
                how = "removed" if now is None else "replaced"
                raise errors.SystemCallError(f"{path} was {how} while it was open", hint=_GONE)

    def _identities(self) -> list[tuple[int, int] | None]:
        found: list[tuple[int, int] | None] = []
        for path in self._files:
            try:
                status = os.stat(path)
            except OSError:
                found.append(None)
            else:
                found.append((status.st_dev, status.st_ino))
        return found

    def is_settled(self) -> bool:
        """Whether each journal is an active object's: then nobody has left anything half done (journal.py)."""
        doing = "SELECT 1 FROM {}.journal WHERE phase <> 'held'"
        lasting = "journal NOT IN (SELECT id FROM main.journal) AND journal NOT IN (SELECT id FROM run.journal)"
        parts = [doing.format("run"), doing.format("main"), f"SELECT 1 FROM main.step WHERE {lasting}"]
        return self.one(" UNION ALL ".join(parts)) is None

    def make_room(self) -> None:
        """Where a file system is full, give up what is set aside for that day."""
        self._reserve.make_room()
        self._run_reserve.make_room()

    def transaction(self) -> Transaction:
        """A context in which statements take effect together or not at all."""
        return Transaction(self)

    def unhurried(self) -> Unhurried:
        """A context in which nothing that is written waits for the storage: what a power cut may take back, as whoever
        comes next does it again. It gets there with the next thing that waits."""
        return Unhurried(self)

    def next(self, counter: str) -> int:
        """The next number of a named series that begins at 1 with every boot."""
        row = self.one(
            "INSERT INTO run.counter VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            counter,
        )
        return int(row[0])

    def close(self) -> None:
        with self._guard:
            self._db.close()


class _Alone:
    """A context in which this thread alone uses the store; within a transaction, that one decides all the rest."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._db = store._db
        self._guard = store._guard

    def __enter__(self) -> None:
        self._guard.acquire()
        self._inner = self._db.in_transaction
        if not self._inner:
            try:
                self._begin()
            except BaseException:
                self._guard.release()
                raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if not self._inner:
                self._end(failed=kind is not None)
        finally:
            self._guard.release()

    def _begin(self) -> None:
        raise NotImplementedError

    def _end(self, *, failed: bool) -> None:
        raise NotImplementedError


class Transaction(_Alone):
    """BEGIN IMMEDIATE … COMMIT; joins the one that is open already."""

    def _begin(self) -> None:
        self._store.require_whole()
        self._store.execute("BEGIN IMMEDIATE")

    def _end(self, *, failed: bool) -> None:
        crash_point("transaction full")
        try:
            if not failed:
                self._store.execute("COMMIT")
        finally:
            # After some failures SQLite has done so itself.
            if self._db.in_transaction:
                self._store.execute("ROLLBACK")
        crash_point("transaction over")


class Unhurried(_Alone):
    """``state.db`` without a flush at each commit."""

    def _begin(self) -> None:
        self._db.execute("PRAGMA main.synchronous = NORMAL")

    def _end(self, *, failed: bool) -> None:
        self._db.execute("PRAGMA main.synchronous = FULL")


def _new(name: str) -> list[str]:
    """What makes a new file."""
    boot = [f"INSERT INTO run.boot VALUES ('{boot_id()}')"] if name == "run" else []
    return [*schema.new(name), *boot]
