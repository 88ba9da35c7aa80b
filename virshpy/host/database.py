"""Making a database file: it is complete when it has its name, so that an empty one is always a damaged one."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.host import files, locks

# The two bytes at 18 that say that a database has a write-ahead log (SQLite, "Database File Format", 1.3).
_WAL = b"\2\2"


class CannotBeMade(Exception):
    """There is no right to, or no space for it."""


def make(path: str, name: str, schema: list[str], *, wal: bool, patience: float) -> None:
    """Make a database by statements in which its tables are called ``NAME.…``. Raises CannotBeMade."""
    from virshpy.host import sqlite

    new = sqlite.connect(":memory:", isolation_level=None)
    if name != "main":
        new.execute(f"ATTACH ':memory:' AS {name}")
    for statement in schema:
        new.execute(statement)
    content = bytearray(new.serialize(name=name))
    new.close()
    if wal:
        content[18:20] = _WAL
    try:
        with locks.acquire(f"{os.path.dirname(path)}/lock", "making", "open", timeout=patience):
            if not os.path.exists(path):
                for side in ("-wal", "-shm", "-journal"):
                    files.remove(path + side)  # of another file, which is not there any more
                files.write_new(path, bytes(content))
    except OSError as error:
        raise CannotBeMade(error.strerror) from None
    except errors.SystemCallError as error:
        raise CannotBeMade(str(error)) from None
