"""The two SQLite files of a connection: ``state.db``, which lasts, and ``run.db``, which is about this boot.

One database connection sees both: tables of ``state.db`` by their bare names, those of ``run.db`` as ``run.NAME``.
A transaction takes the write lock of both at once, so that a look at one may guard a change of the other. Commits are
atomic in each file, not across them: whoever needs one moment of truth changes one file in it (see journal.py).
"""

from __future__ import annotations

import os
from _thread import RLock  # threading's own, without the rest of it

from virshpy import errors
from virshpy.host.processes import boot_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Any

    from virshpy.host.directories import Directories

# Called with the name of each moment at which a process could die: the crash tests do die there.
observers: list[Callable[[str], None]] = []

_JOURNAL_TABLES = """
CREATE TABLE {db}.journal (
    id TEXT PRIMARY KEY, verb TEXT NOT NULL, subject TEXT NOT NULL, phase TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE {db}.step (
    journal TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (journal, seq)) WITHOUT ROWID;
"""
_RUN_TABLES = """
CREATE TABLE run.boot (id TEXT NOT NULL);
CREATE TABLE run.counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
_PART_TABLE = (
    "CREATE TABLE IF NOT EXISTS {db}.part (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID"
)


_ELSEWHERE = "choose a connection whose files you may open: qemu:///session, or qemu:///embed?root=DIR"
_DAMAGED = "restore the file from a copy, or move it away and define again what was in it"
_GONE = "connect again: what is under that name now is another file, or none"


def moment(name: str) -> None:
    for observer in observers:
        observer(name)


class Store:
    """Both files, open. Safe to use from several threads; each statement or transaction runs alone.

    ``schema`` is the resource driver's own: statements that create its tables, once in a file's life.
    """

    def __init__(self, directories: Directories, *, state_schema: str, run_schema: str, version: int) -> None:
        self.directories = directories
        self._guard = RLock()
        self._files = (f"{directories.state}/state.db", f"{directories.run}/run.db")
        self._whole = True
        self._db = self._open(*self._files)
        self._opened = self._identities()
        self._create("main", version, _JOURNAL_TABLES.format(db="main") + state_schema)
        self._create("run", version, _JOURNAL_TABLES.format(db="run") + _RUN_TABLES + run_schema)
        self._notice_reboot()

    def _open(self, state: str, run: str) -> sqlite3.Connection:
        import sqlite3

        try:
            for path in (state, run):
                # SQLite would make them by the umask; its side files take after the main one.
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            db = sqlite3.connect(state, timeout=30, isolation_level=None, check_same_thread=False)
            db.execute("ATTACH ? AS run", (run,))
            db.execute("PRAGMA foreign_keys = ON")
            # What run.db says is void after a power cut, so it need not survive one.
            db.execute("PRAGMA run.synchronous = OFF")
            db.execute("PRAGMA main.synchronous = FULL")
        except OSError as error:
            raise errors.SystemCallError(f"Failed to open {path}: {error.strerror}", hint=_ELSEWHERE) from None
        except sqlite3.Error as error:
            raise self._complaint(error) from None
        db.row_factory = sqlite3.Row
        return db

    def _create(self, name: str, version: int, script: str) -> None:
        found = self.one(f"PRAGMA {name}.user_version")[0]
        if found == version:
            return
        if found > version:
            self._refuse_newer()
        self.execute(f"PRAGMA {name}.journal_mode = WAL")
        with self.transaction():
            if self.one(f"PRAGMA {name}.user_version")[0] == 0:
                for statement in filter(str.strip, script.split(";")):
                    self.execute(statement)
                self.execute(f"PRAGMA {name}.user_version = {version}")

    def _refuse_newer(self) -> None:
        raise errors.InternalError(f"{self.directories.state} was written by a newer virshpy", hint="use that version")

    def _notice_reboot(self) -> None:
        """Where run.db outlived a reboot, its processes have not: mark every journal for undoing, without them."""
        current = boot_id()
        known = self.one("SELECT id FROM run.boot")
        if known is not None and known[0] == current:
            return
        with self.transaction():
            if known is not None:
                self._empty_parts()
                self.execute("UPDATE run.journal SET phase = 'undoing'")
                self.execute("UPDATE run.step SET data = json_set(data, '$.pid', 0) WHERE kind LIKE 'process.%'")
            self.execute("DELETE FROM run.boot")
            self.execute("INSERT INTO run.boot VALUES (?)", current)

    def include(self, part: str, version: int, *, state: str, run: str) -> None:
        """Have the tables of a further kind of resource: ``PART`` and ``PART_…`` in one file or in both.

        They are made when that kind is first used, those of ``run.db`` with every boot. What is deleted from then on is
        overwritten, as there may be secrets in it.
        """
        self.execute("PRAGMA secure_delete = ON")
        for db, script in (("main", state), ("run", run)):
            self.execute(_PART_TABLE.format(db=db))
            if self._has_part(db, part, version):
                continue
            with self.transaction():
                if not self._has_part(db, part, version):
                    for statement in filter(str.strip, script.split(";")):
                        self.execute(statement)
                    self.execute(f"INSERT INTO {db}.part VALUES (?, ?)", part, version)

    def _has_part(self, db: str, part: str, version: int) -> bool:
        row = self.one(f"SELECT version FROM {db}.part WHERE name = ?", part)
        if row is not None and row[0] > version:
            self._refuse_newer()
        return row is not None

    def _empty_parts(self) -> None:
        """What further kinds of resource had in run.db is void after a reboot."""
        self.execute(_PART_TABLE.format(db="run"))
        for part in self.all("SELECT name FROM run.part"):
            tables = "SELECT name FROM run.sqlite_master WHERE type = 'table' AND (name = ?1 OR name GLOB ?1 || '_*')"
            for table in self.all(tables, part[0]):
                self.execute(f"DROP TABLE run.{table[0]}")
        self.execute("DELETE FROM run.part")

    def execute(self, sql: str, *values: Any) -> int:
        """Run one statement; the number of rows it changed."""
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
        from sqlite3 import DatabaseError

        damaged = type(error) is DatabaseError  # everything else has a class of its own
        self._whole = self._whole and not damaged
        told = f"Failed to use {' and '.join(self._files)}: {error}"
        return errors.SystemCallError(told, hint=_DAMAGED if damaged else _ELSEWHERE)

    def is_whole(self) -> bool:
        """Whether the files are those that were opened, under their names, and nothing showed that they are damaged."""
        return self._whole and self._identities() == self._opened

    def require_whole(self) -> None:
        """Raise SystemCallError where the files are not what they were: what is written to them would be lost."""
        for path, before, now in zip(self._files, self._opened, self._identities(), strict=True):
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

    def transaction(self) -> Transaction:
        """A context in which statements take effect together or not at all."""
        return Transaction(self)

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


class Transaction:
    """BEGIN IMMEDIATE … COMMIT; joins the one that is open already."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._db = store._db
        self._guard = store._guard

    def __enter__(self) -> None:
        self._guard.acquire()
        self._inner = self._db.in_transaction
        if not self._inner:
            try:
                self._store.require_whole()
                self._store.execute("BEGIN IMMEDIATE")
            except BaseException:
                self._guard.release()
                raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if not self._inner:
                moment("transaction full")
                try:
                    if kind is None:
                        self._store.execute("COMMIT")
                finally:
                    # After some failures SQLite has done so itself.
                    if self._db.in_transaction:
                        self._store.execute("ROLLBACK")
                moment("transaction over")
        finally:
            self._guard.release()
