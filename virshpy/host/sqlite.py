"""SQLite, by the C module inside of Python's own package: the package loads dates, times and what they need, for types
of columns that we do not have, and takes longer to import than a list of domains takes to answer."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3 as library
else:
    try:
        import _sqlite3 as library
    except ImportError:  # a Python that is built otherwise
        import sqlite3 as library

connect, Row, Error, DatabaseError = library.connect, library.Row, library.Error, library.DatabaseError
CANTOPEN, FULL, IOERR = library.SQLITE_CANTOPEN, library.SQLITE_FULL, library.SQLITE_IOERR
