"""What is on record about domains: the tables, and the questions asked of them."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.domain import DomainRef
from virshpy.enums import DomainState, ShutdownReason, ShutoffReason
from virshpy.host import files, processes
from virshpy.host.objects import Kind, Objects, Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.drivers.qemu.eventlog import GuestState
    from virshpy.host.objects import Document
    from virshpy.host.site import Site
    from virshpy.xml.domain import Domain

# A definition's XML, and the few columns that lists need without parsing it.
_DEFINITIONS = """
CREATE TABLE main.domain (
    uuid TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT, autostart INTEGER NOT NULL DEFAULT 0,
    xml TEXT NOT NULL) WITHOUT ROWID;
"""

# `active` has a row from the moment a start reserves name, id and uid; `pid` is set when the guest is up, and only then
# is the domain active. The row goes with its journal. `mark` is the guest's state up to a place in its event log;
# `expect` says what the guest's next power-off stands for; `owner` is whose end ends an autodestroy guest.
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

# What lists and dominfo tell of a document, read from it when it is stored. What an earlier release has stored has none
# of these.
_FIGURES = ("max_memory", "memory", "vcpus", "os_type")
_MORE = "".join(f"ALTER TABLE {{table}} ADD COLUMN {figure};" for figure in _FIGURES)


class Record(Row):
    """One domain as it stands; memory is in KiB. What is None of the document's figures is read from it."""

    title: str | None
    max_memory: int | None
    memory: int | None
    vcpus: int | None
    os_type: str | None
    outcome: int | None
    id: int | None
    uid: int | None
    pid: int | None
    started: int
    owner: int | None
    owner_started: int
    watcher: int | None
    watcher_started: int
    expect: str | None
    mark: str | None
    ending: bool | None  # what its start did is being taken back
    xml: str | None  # where it was asked for

    @property
    def ref(self) -> DomainRef:
        return DomainRef(self.name, self.uuid, self.id)

    @property
    def pids(self) -> tuple[int, ...]:
        """Who listens on the guest's sockets."""
        return () if self.pid is None else (self.pid,)

    @property
    def alive(self) -> bool:
        """Whether an active domain's QEMU still runs."""
        return self.pid is not None and processes.is_running(self.pid, self.started)


class Domains(Objects[Record]):
    """The domains of a site: their records, places and states."""

    row = Record
    live = "run.active"
    up = "a.pid IS NOT NULL"
    live_columns = (
        *("id", "uid", "pid", "started", "journal", "owner", "owner_started"),
        *("watcher", "watcher_started", "expect", "mark"),
    )
    more_columns = (
        "(SELECT reason FROM run.outcome o WHERE o.uuid = d.uuid) AS outcome",
        "(SELECT j.phase = 'undoing' FROM run.journal j WHERE j.id = a.journal) AS ending",
    )

    def __init__(self, site: Site) -> None:
        super().__init__(site, Kind("domain", "Domain", rename="domain_rename"), columns=("title", *_FIGURES))
        # There is nothing of these kinds yet, so having none is true of all.
        self.facts |= {"managed_save": "0", "snapshots": "0", "checkpoints": "0"}

    def include(self) -> None:
        self.store.include(
            "domain",
            state=[_DEFINITIONS, _MORE.format(table="main.domain")],
            run=[_GUESTS, _MORE.format(table="run.active")],
        )

    def columns_of(self, document: Domain) -> dict[str, Any]:
        maximum = (document.memory and document.memory.value) or 0
        return {
            "title": document.title,
            "max_memory": maximum,
            "memory": document.current_memory or maximum,
            "vcpus": document.current_vcpus,
            "os_type": (document.os and document.os.type and document.os.type.value) or "hvm",
        }

    def admit(self, document: Document) -> None:
        super().admit(document)
        sql = "SELECT uuid FROM run.active WHERE name = ? AND pid IS NULL AND uuid <> ?"
        if starting := self.store.one(sql, document.name, document.uuid):
            raise errors.OperationFailed(
                f"domain '{document.name}' already exists with uuid {starting[0]}",
                hint="it is being started by another command",
            )

    def forget(self, row: Any) -> None:
        super().forget(row)
        if not row.active:
            self.store.execute("DELETE FROM run.outcome WHERE uuid = ?", row.uuid)

    # places
    def guest_directory(self, id: int) -> str:
        return f"{self.site.directories.guests}/{id}"

    def monitor(self, id: int) -> str:
        return f"{self.guest_directory(id)}/monitor.sock"

    def event_log(self, id: int) -> str:
        return f"{self.guest_directory(id)}/events.out"

    def own_directory(self, id: int) -> str:
        """What a guest's QEMU may fill as it likes: its home, and the sockets that it makes itself."""
        return f"{self.guest_directory(id)}/own"

    def memory_directory(self, id: int) -> str:
        """Where a guest's memory is a file, outside of what has a bound."""
        return f"{self.site.directories.guests}/{id}.memory"

    def tpm_state(self, uuid: str) -> str:
        """What a guest's TPM remembers; kept when the guest stops."""
        return f"{self.site.directories.state}/swtpm/{uuid}"

    def log(self, name: str) -> str:
        return f"{self.site.directories.log}/{name}.log"

    # lookups
    def by_id(self, id: int) -> Record | None:
        return next(iter(self.query("a.id = ?", id)), None)

    def running(self) -> list[Record]:
        """Those that are active. Whether there are any is asked first: preparing the whole question takes longer."""
        some = self.store.one(f"SELECT 1 FROM {self.live} a WHERE {self.up} LIMIT 1")
        return self.query(self.up) if some else []

    def find_with_definition(self, ref: DomainRef) -> tuple[Record, str]:
        """The record of a reference and its definition's text, by one query."""
        found = next(iter(self.query("d.uuid = ?", ref.uuid, live="a.uuid = ?", also="d.xml")), None)
        if found is None:
            raise self.kind.gone(ref)
        return found, found.xml or ""

    def require_active(self, ref: DomainRef) -> Record:
        """The record of a running domain. Raises NoDomain, OperationInvalid."""
        record = self.find(ref)
        if not record.active:
            raise errors.OperationInvalid(
                "domain is not running", hint="start it first", action=("domain_create_with_flags", record.name)
            )
        return record

    # state
    def guest_state(self, record: Record) -> GuestState:
        """What an active domain's event log says now; what has grown long, it and the log, is cut on the way."""
        from virshpy.drivers.qemu.eventlog import GuestState, follow

        assert record.id is not None
        guest = GuestState.load(record.mark)
        marked = guest.position
        path = self.event_log(record.id)
        follow(guest, path, record.uid)
        if not (self.site.readonly or self.site.rehearsing):
            files.rotate(self.log(record.name), self.site.config.log_size, in_use=True)
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
        """The event log was full, and may lack what came last: QEMU itself says what its guest does."""
        assert record.id is not None
        from virshpy.drivers.qemu.qmp import MonitorSession

        try:
            with MonitorSession(self.monitor(record.id), 2, pids=record.pids) as session:
                guest.correct(session.status())
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
