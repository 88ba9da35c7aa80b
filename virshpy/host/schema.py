"""The tables of the two files. Each kind of object has a part of them, and each part a version, in each file.

A part is a list of scripts, and its version is how many of them were run. A release may add one at the end, and changes
none. A file that an earlier release made is brought up to date by whoever opens it first: each part in a transaction.
"""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from virshpy.host.store import Store

# The store's own part, which every file has from the beginning.
_OWN = "store"
_JOURNAL = """
CREATE TABLE {db}.journal (
    id TEXT PRIMARY KEY, verb TEXT NOT NULL, subject TEXT NOT NULL, phase TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE {db}.step (
    journal TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (journal, seq)) WITHOUT ROWID;
"""
_RUN = """
CREATE TABLE run.boot (id TEXT NOT NULL);
CREATE TABLE run.counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
# Which directory has the run.db of this state.db, since which boot, and which had one of this boot that was lost.
_PLACE = "CREATE TABLE IF NOT EXISTS main.place (run TEXT NOT NULL, boot TEXT NOT NULL, lost TEXT)"
# Why the last attempt to take a journal back has failed.
_PROBLEM = "ALTER TABLE {db}.journal ADD COLUMN problem TEXT"
_SCRIPTS = {
    "main": [_JOURNAL.format(db="main"), _PLACE, _PROBLEM.format(db="main")],
    "run": [_JOURNAL.format(db="run") + _RUN, _PROBLEM.format(db="run")],
}

_OWN_TABLES = ("part", "journal", "step", "boot", "counter")

_PARTS = "CREATE TABLE IF NOT EXISTS {db}.part (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID"
# Of a file whose parts have versions; in one of number 1 these have none, and are at their first.
_FORMAT = 2
_UNVERSIONED = (_OWN, "domain")


class Schema:
    """What a store knows of the parts in its files."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._versions: dict[str, dict[str, int]] = {}

    def open(self, db: str) -> None:
        """See what is in a file that has just been opened. Raises InternalError where a newer release has made it."""
        self._versions[db] = self._read(db)
        self.include(db, _OWN, _SCRIPTS[db])

    def include(self, db: str, part: str, scripts: Sequence[str]) -> None:
        """Bring a part of one file up to date. Where nothing is to be done, nothing is asked nor written."""
        if self._versions[db].get(part, 0) == len(scripts):
            return
        with self._store.transaction():
            self._give_versions(db)
            known = self._versions[db] = self._read(db)
            version = known.get(part, 0)
            if version > len(scripts):
                where = self._store.directories.state
                raise errors.InternalError(f"{where} was written by a newer virshpy", hint="use that version")
            for script in scripts[version:]:
                for statement in statements(script):
                    self._store.execute(statement)
            self._store.execute(f"INSERT OR REPLACE INTO {db}.part VALUES (?, ?)", part, len(scripts))
        known[part] = len(scripts)

    def _read(self, db: str) -> dict[str, int]:
        try:
            return {row[0]: row[1] for row in self._store.all(f"SELECT name, version FROM {db}.part")}
        except errors.SystemCallError:
            if self._store.one(f"SELECT 1 FROM {db}.sqlite_master WHERE name = 'part'"):
                raise
            return {}

    def _give_versions(self, db: str) -> None:
        self._store.execute(_PARTS.format(db=db))
        if self._store.one(f"PRAGMA {db}.user_version")[0] < _FORMAT:
            for part in _UNVERSIONED:
                self._store.execute(f"INSERT OR IGNORE INTO {db}.part VALUES (?, 1)", part)
            self._store.execute(f"PRAGMA {db}.user_version = {_FORMAT}")

    def forget_boot(self) -> None:
        """After a reboot: what the parts had in run.db is void. They are made anew when they are included."""
        for table in self._store.all("SELECT name FROM run.sqlite_master WHERE type = 'table'"):
            if table[0] not in _OWN_TABLES:
                self._store.execute(f"DROP TABLE run.{table[0]}")
        self._store.execute("DELETE FROM run.part WHERE name <> ?", _OWN)
        self._versions["run"] = self._read("run")


def new(db: str) -> list[str]:
    """The statements that make a new file: with the store's own part, and none else."""
    own = f"INSERT INTO {db}.part VALUES ('{_OWN}', {len(_SCRIPTS[db])})"
    return statements(";".join([_PARTS.format(db=db), *_SCRIPTS[db], own, f"PRAGMA {db}.user_version = {_FORMAT}"]))


def statements(script: str) -> list[str]:
    return [statement for statement in script.split(";") if statement.strip()]
