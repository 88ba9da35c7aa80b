"""What is on record about domains: the tables, and the questions asked of them."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.config import Config
from virshpy.enums import DomainState, ShutdownReason, ShutoffReason
from virshpy.host import files, journal, locks, processes
from virshpy.host.directories import directories as directories_of
from virshpy.host.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from virshpy.driver.types import DomainRef
    from virshpy.drivers.qemu.eventlog import GuestState
    from virshpy.uri import URI

# A definition's XML, and the few columns that lists need without parsing it.
_DEFINITIONS = """
CREATE TABLE main.domain (
    uuid TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT, autostart INTEGER NOT NULL DEFAULT 0,
    xml TEXT NOT NULL) WITHOUT ROWID;
"""

# `active` has a row from the moment a start reserves name, id and uid; `pid` is set when the guest is up, and only then
# is the domain active. The row goes with its journal. `mark` is the guest's state up to a place in its diary; `expect`
# says what the guest's next power-off stands for; `owner` is whose end ends an autodestroy guest.
_GUESTS = """
CREATE TABLE run.active (
    uuid TEXT PRIMARY KEY, id INTEGER NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE,
    journal TEXT NOT NULL REFERENCES journal(id) ON DELETE CASCADE, uid INTEGER UNIQUE, pid INTEGER, started INTEGER,
    owner INTEGER, owner_started INTEGER, watcher INTEGER, watcher_started INTEGER, expect TEXT, mark TEXT, title TEXT,
    taint TEXT, xml TEXT) WITHOUT ROWID;
CREATE TABLE run.outcome (uuid TEXT PRIMARY KEY, reason INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE run.port (
    port INTEGER PRIMARY KEY, journal TEXT NOT NULL REFERENCES journal(id) ON DELETE CASCADE) WITHOUT ROWID;
"""

# Lists need neither document, and a document is most of a row.
_COLUMNS = """
    coalesce(d.uuid, a.uuid) AS uuid, coalesce(a.name, d.name) AS name, d.uuid IS NOT NULL AS persistent,
    coalesce(d.autostart, 0) AS autostart, a.id, a.uid, a.pid, a.started, a.journal, a.owner, a.owner_started,
    a.watcher, a.watcher_started, a.expect, a.mark, (SELECT reason FROM run.outcome o WHERE o.uuid = d.uuid) AS outcome,
    CASE WHEN a.pid THEN a.title ELSE d.title END AS title,
    (SELECT j.phase = 'undoing' FROM run.journal j WHERE j.id = a.journal) AS ending
"""
_SOURCES = (
    "FROM domain d LEFT JOIN run.active a ON a.uuid = d.uuid AND a.pid IS NOT NULL",
    "FROM run.active a LEFT JOIN domain d ON d.uuid = a.uuid WHERE a.pid IS NOT NULL AND d.uuid IS NULL",
)


class Record:
    """One domain as it stands: the columns of the query as attributes."""

    uuid: str
    name: str
    persistent: bool
    autostart: bool
    title: str | None
    outcome: int | None
    id: int | None
    uid: int | None
    pid: int | None
    started: int
    journal: str
    owner: int | None
    owner_started: int
    watcher: int | None
    watcher_started: int
    expect: str | None
    mark: str | None
    ending: bool | None  # what its start did is being taken back

    def __init__(self, row: Any) -> None:
        vars(self).update(zip(row.keys(), row, strict=True))

    @property
    def pids(self) -> tuple[int, ...]:
        """Who listens on the guest's sockets."""
        return () if self.pid is None else (self.pid,)

    @property
    def active(self) -> bool:
        return self.pid is not None

    @property
    def alive(self) -> bool:
        """Whether an active domain's QEMU still runs."""
        return self.pid is not None and processes.is_running(self.pid, self.started)


class Domains:
    """The domains of one connection: its store, directories and settings, and the lookups."""

    def __init__(self, uri: URI, *, readonly: bool = False) -> None:
        self.uri = uri
        directories = directories_of(uri)
        directories.prepare()
        self.directories = directories
        self.config = Config(directories.config)
        self.store = Store(directories, readonly=readonly)
        self.store.include("domain", state=[_DEFINITIONS], run=[_GUESTS])
        self.readonly = readonly
        self._unheard: list[str] = []
        self._hear: Callable[[str], None] | None = None

    def warn(self, message: str) -> None:
        """Tell the user something that is no error; what comes before anybody listens is told when somebody does."""
        self._hear(message) if self._hear is not None else self._unheard.append(message)

    def on_warning(self, hear: Callable[[str], None]) -> None:
        self._hear = hear
        while self._unheard:
            hear(self._unheard.pop(0))

    # places
    def guest_directory(self, id: int) -> str:
        return f"{self.directories.guests}/{id}"

    def monitor(self, id: int) -> str:
        return f"{self.guest_directory(id)}/monitor.sock"

    def diary(self, id: int) -> str:
        return f"{self.guest_directory(id)}/events.out"

    def own_directory(self, id: int) -> str:
        """What a guest's QEMU may fill as it likes: its home, and the sockets that it makes itself."""
        return f"{self.guest_directory(id)}/own"

    def memory_directory(self, id: int) -> str:
        """Where a guest's memory is a file, outside of what has a bound."""
        return f"{self.directories.guests}/{id}.memory"

    def tpm_state(self, uuid: str) -> str:
        """What a guest's TPM remembers; kept when the guest stops."""
        return f"{self.directories.state}/swtpm/{uuid}"

    def log(self, name: str) -> str:
        return f"{self.directories.log}/{name}.log"

    # locks
    def lock(self, uuid: str, verb: str) -> locks.Lock:
        """A domain's lock, with nothing left half done by one who had it before and died."""
        return self.took(uuid, locks.acquire(self.directories.locks, uuid, verb, timeout=self.config.lock_timeout))

    def took(self, uuid: str, lock: locks.Lock) -> locks.Lock:
        try:
            journal.finish_for(self.store, uuid)
        except BaseException:
            lock.release()
            raise
        return lock

    # lookups
    def query(self, defined: str = "1", active: str | None = None, *values: Any) -> list[Record]:
        """Domains for which a condition on d (definition) and a (active row) holds.

        ``active`` is the same condition for transient domains, where indices want it put in other words.
        """
        (first, second), transient = _SOURCES, defined if active is None else active
        sql = f"SELECT {_COLUMNS} {first} WHERE {defined} UNION ALL SELECT {_COLUMNS} {second} AND ({transient})"
        return [Record(row) for row in self.store.all(sql, *values, *values)]

    def by_uuid(self, uuid: str) -> Record | None:
        return next(iter(self.query("d.uuid = ?", "a.uuid = ?", uuid)), None)

    def by_name(self, name: str) -> Record | None:
        return next(iter(self.query("d.name = ?", "a.name = ?", name)), None)

    def by_id(self, id: int) -> Record | None:
        return next(iter(self.query("a.id = ?", None, id)), None)

    def find(self, ref: DomainRef) -> Record:
        """The record that a reference means. Raises NoDomain."""
        record = self.by_uuid(ref.uuid)
        if record is None:
            raise errors.NoDomain(f"no domain with matching uuid '{ref.uuid}' ({ref.name})")
        return record

    def require_active(self, ref: DomainRef) -> Record:
        """The record of a running domain. Raises NoDomain, OperationInvalid."""
        record = self.find(ref)
        if not record.active:
            raise errors.OperationInvalid(
                "domain is not running", hint=f"start it first: virshpy start {shell_name(record.name)}"
            )
        return record

    # documents
    def definition(self, uuid: str) -> str | None:
        row = self.store.one("SELECT xml FROM domain WHERE uuid = ?", uuid)
        return None if row is None else str(row[0])

    def live_document(self, uuid: str) -> str | None:
        row = self.store.one("SELECT xml FROM run.active WHERE uuid = ? AND pid IS NOT NULL", uuid)
        return None if row is None else str(row[0])

    # state
    def guest_state(self, record: Record) -> GuestState:
        """What an active domain's diary says now; what has grown long, it and the log, is cut on the way."""
        from virshpy.drivers.qemu.eventlog import GuestState, follow

        assert record.id is not None
        guest = GuestState.load(record.mark)
        marked = guest.position
        path = self.diary(record.id)
        follow(guest, path, record.uid)
        if not self.readonly:
            files.rotate(self.log(record.name), self.config.log_size, in_use=True)
            if guest.position - marked > 1 << 16:
                self._trim(record, guest, path)
        return guest

    def _trim(self, record: Record, guest: GuestState, path: str) -> None:
        from virshpy.drivers.qemu.eventlog import trim

        try:
            self.store.execute("UPDATE run.active SET mark = ? WHERE uuid = ?", guest.dump(), record.uuid)
        except errors.SystemCallError:
            return
        if trim(path, record.uid, guest.position):
            self._ask_after(record, guest)

    def _ask_after(self, record: Record, guest: GuestState) -> None:
        """The diary was full, and may lack what came last: QEMU itself says what its guest does."""
        assert record.id is not None
        from virshpy.drivers.qemu.qmp import Visit

        try:
            with Visit(self.monitor(record.id), 2, pids=record.pids) as visit:
                guest.correct(visit.status())
            self.store.execute("UPDATE run.active SET mark = ? WHERE uuid = ?", guest.dump(), record.uuid)
        except errors.Error:
            return  # whoever looks next asks again

    def state(self, record: Record) -> tuple[int, int]:
        """(DomainState, reason) of a domain."""
        if not record.active:
            return int(DomainState.SHUTOFF), int(record.outcome or ShutoffReason.UNKNOWN)
        # Its end could not be recorded, or somebody is about to; or it cannot be killed.
        if record.ending or not record.alive:
            return int(DomainState.SHUTDOWN), int(ShutdownReason.UNKNOWN)
        guest = self.guest_state(record)
        return guest.state, guest.reason

    def set_outcome(self, uuid: str, reason: int) -> None:
        """Put down why a persistent domain went off; of others nothing remains."""
        self.store.execute(
            "INSERT OR REPLACE INTO run.outcome SELECT uuid, ? FROM domain WHERE uuid = ?", int(reason), uuid
        )


def shell_name(name: str) -> str:
    """A name as one word of a command line."""
    import shlex

    return shlex.quote(name)
