"""The databases of earlier releases, as text: what is in them is brought up to date, and guests that run go on."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from virshpy.host.directories import directories
from virshpy.host.processes import boot_id
from virshpy.host.steps.kinds import CLASSES
from virshpy.uri import URI

# Each earlier shape of the files as its release made it: the whole of them, domains' tables among it.
STATE = {
    "0.1.0 without place": """
        CREATE TABLE main.journal (
            id TEXT PRIMARY KEY, verb TEXT NOT NULL, subject TEXT NOT NULL, phase TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE main.step (
            journal TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL,
            PRIMARY KEY (journal, seq)) WITHOUT ROWID;
        CREATE TABLE domain (
            uuid TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT, autostart INTEGER NOT NULL DEFAULT 0,
            xml TEXT NOT NULL) WITHOUT ROWID;
        PRAGMA user_version = 1;
        """,
}
STATE["0.1.0"] = STATE["0.1.0 without place"] + (
    "CREATE TABLE IF NOT EXISTS main.place (run TEXT NOT NULL, boot TEXT NOT NULL, lost TEXT);"
)
STATE["0.1.0 with secrets"] = (
    STATE["0.1.0"]
    + """
        CREATE TABLE part (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE secret (
            uuid TEXT PRIMARY KEY, usage_type INTEGER NOT NULL, usage_id TEXT, private INTEGER NOT NULL,
            xml TEXT NOT NULL, UNIQUE (usage_type, usage_id)) WITHOUT ROWID;
        CREATE TABLE secret_value (
            uuid TEXT PRIMARY KEY REFERENCES secret(uuid) ON DELETE CASCADE, value BLOB NOT NULL) WITHOUT ROWID;
        INSERT INTO part VALUES ('secret', 1);
        """
)
RUN = """
        CREATE TABLE journal (
            id TEXT PRIMARY KEY, verb TEXT NOT NULL, subject TEXT NOT NULL, phase TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE step (
            journal TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL,
            PRIMARY KEY (journal, seq)) WITHOUT ROWID;
        CREATE TABLE boot (id TEXT NOT NULL);
        CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE active (
            uuid TEXT PRIMARY KEY, id INTEGER NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE,
            journal TEXT NOT NULL REFERENCES journal(id) ON DELETE CASCADE, uid INTEGER UNIQUE, pid INTEGER,
            started INTEGER, owner INTEGER, owner_started INTEGER, watcher INTEGER, watcher_started INTEGER,
            expect TEXT, mark TEXT, title TEXT, taint TEXT, xml TEXT) WITHOUT ROWID;
        CREATE TABLE outcome (uuid TEXT PRIMARY KEY, reason INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE port (
            port INTEGER PRIMARY KEY, journal TEXT NOT NULL REFERENCES journal(id) ON DELETE CASCADE) WITHOUT ROWID;
        PRAGMA user_version = 1;
        """


def write(root: Path, release: str) -> None:
    """The files of an earlier release, with a definition, and with a guest that runs since this boot."""
    places = directories(URI(f"qemu:///embed?root={root}"))
    places.prepare()
    places.prepare_run()
    with sqlite3.connect(f"{places.state}/state.db") as state:
        state.executescript(STATE[release])
        state.execute("INSERT INTO domain VALUES ('d', 'vm', NULL, 1, '<domain/>')")
        if "without" not in release:
            state.execute("INSERT INTO place VALUES (?, ?, NULL)", (places.run, boot_id()))
    with sqlite3.connect(f"{places.run}/run.db") as run:
        run.executescript(RUN)
        run.execute("INSERT INTO boot VALUES (?)", (boot_id(),))
        run.execute("INSERT INTO journal VALUES ('d.1', 'start', 'd', 'held')")
        run.execute("INSERT INTO active (uuid, id, name, journal, pid) VALUES ('d', 7, 'vm', 'd.1', 1)")
    state.close()
    run.close()


def turn_back(root: Path, release: str = "0.1.0") -> None:
    """Make of today's files those that an earlier release would have written, row by row: its guests are these."""
    classes = {kind: name for name, kind in CLASSES.items()}
    for path, script in ((root / "lib/state.db", STATE[release]), (root / "run/run.db", RUN)):
        now, then = sqlite3.connect(path), sqlite3.connect(f"{path}.earlier")
        then.executescript(script)
        for (table,) in then.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = ", ".join(row[1] for row in then.execute(f"PRAGMA table_info({table})"))
            for row in now.execute(f"SELECT {columns} FROM {table}"):
                values = [classes.get(value, value) for value in row]
                then.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)
        then.commit()
        then.close()
        now.close()
        for side in ("-wal", "-shm", "-journal"):
            path.with_name(path.name + side).unlink(missing_ok=True)
        Path(f"{path}.earlier").rename(path)
