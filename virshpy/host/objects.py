"""Objects of a kind: what domains, networks, pools and the rest have in common.

An object has a name and a UUID, neither of which another of its kind may have; a definition, which lasts, or none
(transient); while it is active a live document; autostart; and a few columns of its kind's own, copied from its
document so that lists need not read any. :class:`Kind` is what holds for all of them wherever they are kept,
:class:`Objects` keeps them in a site's store:

    networks = Objects(site, Kind("network", "Network"), columns=("bridge",))
"""

from __future__ import annotations

from virshpy import enums, errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, Protocol, TypeVar
    from typing import Generic as Generic

    from virshpy.host.locks import Lock
    from virshpy.host.site import Change, Site

    class Reference(Protocol):
        """What a driver is given to name an object by: a record of the contract's."""

        @property
        def name(self) -> str: ...
        @property
        def uuid(self) -> str: ...

    class Document(Protocol):
        """A complete document of the kind."""

        @property
        def name(self) -> str | None: ...
        @property
        def uuid(self) -> str | None: ...

    class Facts(Protocol):
        """An object, of which lists and verbs ask more."""

        @property
        def name(self) -> str: ...
        @property
        def uuid(self) -> str: ...
        @property
        def active(self) -> bool: ...
        @property
        def persistent(self) -> bool: ...

    F = TypeVar("F", bound=Facts)
    R = TypeVar("R", bound="Row")
else:
    R = None

    class Generic:
        """typing.Generic, without the import of it."""

        def __class_getitem__(cls, item: object) -> type:
            return cls


_LIVE, _CONFIG = 1, 2  # ModificationImpact, and NetworkUpdateFlags

# What list flags ask, and the two flags of each question. Asking both ways asks nothing.
_QUESTIONS = {
    "active": ("ACTIVE", "INACTIVE"),
    "persistent": ("PERSISTENT", "TRANSIENT"),
    "autostart": ("AUTOSTART", "NO_AUTOSTART"),
    "managed_save": ("MANAGEDSAVE", "NO_MANAGEDSAVE"),
    "snapshots": ("HAS_SNAPSHOT", "NO_SNAPSHOT"),
    "checkpoints": ("HAS_CHECKPOINT", "NO_CHECKPOINT"),
    "ephemeral": ("EPHEMERAL", "NO_EPHEMERAL"),
    "private": ("PRIVATE", "NO_PRIVATE"),
}


class Kind:
    """A kind of object, and the rules that hold for every kind.

    ``noun`` is what errors call one ("pool"), ``label`` what they call it where none is found ("storage pool"); ``api``
    is libvirt's word for it in names of functions, errors and flags ("StoragePool"), ``rename`` the operation that
    gives one another name, if there is any.
    """

    def __init__(self, noun: str, api: str, *, label: str | None = None, rename: str | None = None) -> None:
        self.noun = noun
        self.api = api
        self.label = label or noun
        self._rename = rename

    def error(self, name: str) -> type[errors.Error]:
        """A class of errors that libvirt has for each kind: ``No{}``, ``No{}Metadata``."""
        found: type[errors.Error] = getattr(errors, name.format(self.api))
        return found

    def absent(self, what: str, value: object, *, also: str = "", **advice: Any) -> errors.Error:
        """The error of a lookup by ``what`` (name, uuid) that found nothing. ``advice``: a hint and an action."""
        return self.error("No{}")(f"no {self.label} with matching {what} '{value}'{also}", **advice)

    def gone(self, ref: Reference) -> errors.Error:
        """The error for a reference to an object that is there no more."""
        return self.absent("uuid", ref.uuid, also=f" ({ref.name})" if ref.name else "")

    def refuse_clash(self, uuid: str, name: str, same_uuid: Facts | None, same_name: Facts | None) -> None:
        """Refuse a document whose name or UUID belongs to another object (virObjectList's rule)."""
        if same_uuid is not None and same_uuid.name != name:
            raise errors.OperationFailed(
                f"{self.noun} '{same_uuid.name}' is already defined with uuid {uuid}",
                hint="leave out <uuid> to have a new one made" + (", or rename that one" if self._rename else ""),
                action=(self._rename, same_uuid.name, name) if self._rename else None,
            )
        if same_name is not None and same_name.uuid != uuid:
            raise errors.OperationFailed(
                f"{self.noun} '{name}' already exists with uuid {same_name.uuid}",
                hint=f"put <uuid>{same_name.uuid}</uuid> into the document to change that {self.noun};"
                " for a second one choose another <name>",
            )

    def affected(self, one: Facts, flags: int) -> tuple[bool, bool]:
        """(live, config): what flags of ModificationImpact mean for an object as it stands. Raises OperationInvalid."""
        live, config = bool(flags & _LIVE), bool(flags & _CONFIG)
        if not live and not config:
            live, config = one.active, not one.active
        if live and not one.active:
            raise errors.OperationInvalid(
                f"{self.noun} is not running", hint="leave out --live to change the definition"
            )
        if config and not one.persistent:
            raise errors.OperationInvalid(f"transient {self.noun}s do not have any persistent config")
        return live, config

    def asked(self, flags: int) -> dict[str, bool]:
        """The questions that list flags ask, each with the answer that is wanted."""
        if not flags:
            return {}
        known = getattr(enums, f"List{self.api}sFlags").__members__
        found = {}
        for fact, (yes, no) in _QUESTIONS.items():
            wanted, unwanted = flags & known.get(yes, 0), flags & known.get(no, 0)
            if bool(wanted) != bool(unwanted):
                found[fact] = bool(wanted)
        return found

    def chosen(self, objects: Iterable[F], flags: int) -> list[F]:
        """Those of some objects, held in memory, that list flags ask for."""
        asked = self.asked(flags).items()
        return [one for one in objects if all(bool(getattr(one, fact)) == wanted for fact, wanted in asked)]


class Row:
    """One object as it stands: the columns of the query as attributes."""

    name: str
    uuid: str
    persistent: bool
    autostart: bool
    active: bool
    journal: str

    def __init__(self, row: Any) -> None:
        vars(self).update(zip(row.keys(), row, strict=True))


class Objects(Generic[R]):
    """The objects of one kind in a site's store.

    ``columns`` are the kind's own; :meth:`columns_of` reads them from a document. A column that is added at the end is
    a migration by itself.
    """

    row: type[R] = Row  # type: ignore[assignment]
    live = ""  # the table of live objects
    live_columns: tuple[str, ...] = ("journal",)
    more_columns: tuple[str, ...] = ()  # further expressions of every query
    up = "a.uuid IS NOT NULL"  # when the row of a live object says that it is active

    def __init__(self, site: Site, kind: Kind, *, columns: Sequence[str] = ()) -> None:
        self.site = site
        self.store = site.store
        self.kind = kind
        self.columns = columns
        self.live = self.live or f"run.{kind.noun}_active"
        self.facts = {
            "active": self.up,
            "persistent": "d.uuid IS NOT NULL",
            "autostart": "coalesce(d.autostart, 0)",
        }
        self._selected = ", ".join(
            (
                "coalesce(d.uuid, a.uuid) AS uuid, coalesce(a.name, d.name) AS name, d.uuid IS NOT NULL AS persistent",
                f"coalesce(d.autostart, 0) AS autostart, coalesce({self.up}, 0) AS active",
                *(f"a.{column}" for column in self.live_columns),
                *(f"CASE WHEN {self.up} THEN a.{column} ELSE d.{column} END AS {column}" for column in columns),
                *self.more_columns,
            )
        )
        self.include()

    def include(self) -> None:
        """Have the tables: definitions in state.db, live objects in run.db."""
        noun = self.kind.noun
        self.store.include(
            noun,
            state=[
                f"CREATE TABLE main.{noun} (uuid TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
                " autostart INTEGER NOT NULL DEFAULT 0, xml TEXT NOT NULL) WITHOUT ROWID",
                *(f"ALTER TABLE main.{noun} ADD COLUMN {column}" for column in self.columns),
            ],
            run=[
                f"CREATE TABLE {self.live} (uuid TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
                " journal TEXT NOT NULL REFERENCES journal(id) ON DELETE CASCADE, xml TEXT) WITHOUT ROWID",
                *(f"ALTER TABLE {self.live} ADD COLUMN {column}" for column in self.columns),
            ],
        )

    # locks and changes
    def lock(self, uuid: str, verb: str) -> Lock:
        return self.site.lock(self.kind.noun, uuid, verb)

    def try_lock(self, uuid: str, verb: str) -> Lock | None:
        return self.site.try_lock(self.kind.noun, uuid, verb)

    def change(
        self, verb: str, uuid: str, *, lasting: bool = False, undone: Callable[[], object] | None = None
    ) -> Change:
        """:meth:`Site.change` of one of these."""
        return self.site.change(verb, self.kind.noun, uuid, lasting=lasting, undone=undone)

    def changing(self, verb: str, uuid: str) -> Change:
        """A change of what lasts, under the object's lock."""
        return self.site.change(verb, self.kind.noun, uuid, lasting=True, locked=True)

    # lookups
    def query(self, where: str = "1", *values: Any, live: str | None = None, also: str | None = None) -> list[R]:
        """The rows for which a condition on d (definition) and a (live row) holds, with ``also`` as one more column.

        ``live`` is that condition for transient objects, where indices want it put in other words.
        """
        d, live = f"main.{self.kind.noun}", where if live is None else live
        columns = f"{self._selected}, {also}" if also else self._selected
        sql = (
            f"SELECT {columns} FROM {d} d LEFT JOIN {self.live} a ON a.uuid = d.uuid AND {self.up} WHERE {where}"
            f" UNION ALL SELECT {columns} FROM {self.live} a LEFT JOIN {d} d ON d.uuid = a.uuid"
            f" WHERE {self.up} AND d.uuid IS NULL AND ({live})"
        )
        return [self.row(row) for row in self.store.all(sql, *values, *values)]

    def by_uuid(self, uuid: str) -> R | None:
        return next(iter(self.query("d.uuid = ?", uuid, live="a.uuid = ?")), None)

    def by_name(self, name: str) -> R | None:
        return next(iter(self.query("d.name = ?", name, live="a.name = ?")), None)

    def find(self, ref: Reference) -> R:
        """The row that a reference means. Raises the error of the kind for one that is gone."""
        row = self.by_uuid(ref.uuid)
        if row is None:
            raise self.kind.gone(ref)
        return row

    def select(self, flags: int = 0) -> list[R]:
        """The rows that list flags ask for."""
        asked = self.kind.asked(flags).items()
        return self.query(" AND ".join(f"({self.facts[fact]}) = {wanted:d}" for fact, wanted in asked) or "1")

    # documents
    def definition(self, uuid: str) -> str | None:
        row = self.store.one(f"SELECT xml FROM main.{self.kind.noun} WHERE uuid = ?", uuid)
        return None if row is None else str(row[0])

    def live_document(self, uuid: str) -> str | None:
        row = self.store.one(f"SELECT a.xml FROM {self.live} a WHERE a.uuid = ? AND {self.up}", uuid)
        return None if row is None else str(row[0])

    def columns_of(self, document: Any) -> dict[str, Any]:
        """The values of the kind's own columns for a document."""
        return {column: getattr(document, column) for column in self.columns}

    def text(self, row: R, *, inactive: bool = False) -> str:
        """An object's document: the live one while it is active; its definition where that is asked for."""
        live = None if inactive and row.persistent else self.live_document(row.uuid)
        text = self.definition(row.uuid) if live is None else live
        if text is None:
            raise self.kind.gone(row)
        return text

    # changes
    def admit(self, document: Document) -> None:
        """Refuse a document whose name or UUID belongs to another object. Call in the transaction that saves it."""
        assert document.uuid and document.name
        uuid, name = document.uuid, document.name
        self.kind.refuse_clash(uuid, name, self.by_uuid(uuid), self.by_name(name))

    def save(self, document: Document, text: str) -> None:
        """Put a definition down, new or in place of the one that is there."""
        values = {"name": document.name, **self.columns_of(document), "xml": text}
        self.write(f"main.{self.kind.noun}", document.uuid, **values)

    def write(self, table: str, uuid: str | None, **values: Any) -> None:
        """Write columns of one object's row, which is made where there is none."""
        self.store.execute(
            f"INSERT INTO {table} (uuid, {', '.join(values)}) VALUES (?{', ?' * len(values)})"
            f" ON CONFLICT (uuid) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in values)}",
            uuid,
            *values.values(),
        )

    def update(self, table: str, uuid: str | None, **values: Any) -> None:
        """Write columns of one object's row, where there is one."""
        changes = ", ".join(f"{name} = ?" for name in values)
        self.store.execute(f"UPDATE {table} SET {changes} WHERE uuid = ?", *values.values(), uuid)

    def define(self, document: Any, text: str | None = None) -> R:
        """The whole of a definition that touches nothing of the host but the store. ``text`` is what to store, where
        that is not the document as it is written."""

        def save() -> None:
            self.admit(document)
            self.save(document, document.format(secure=True) if text is None else text)

        with self.changing("define", document.uuid) as entry:
            known = self.site.rehearsing and self.by_uuid(document.uuid)
            entry.finish(save, self.note("replace" if known else "write", document))
        return self.find(document)

    def undefine(self, ref: Reference) -> None:
        """The whole of undefining where nothing of the host belongs to a definition. Raises OperationInvalid."""
        with self.changing("undefine", ref.uuid) as entry:
            row = self.find(ref)
            if not row.persistent:
                raise errors.OperationInvalid(
                    f"cannot undefine transient {self.kind.noun}",
                    hint="it has no definition, and is gone when it stops",
                )
            entry.finish(lambda: self.forget(row), self.note("forget", row))

    def modify(
        self,
        verb: str,
        ref: Reference,
        flags: int,
        read: Callable[[str], Any],
        edit: Callable[[Any], object],
        also: Callable[[str], object] | None = None,
    ) -> None:
        """Apply ``edit`` to the documents that flags of ModificationImpact mean, to all of them or to none; ``also``
        gets the UUID in the transaction that does so."""
        with self.changing(verb, ref.uuid) as entry:
            row = self.find(ref)
            live, config = self.kind.affected(row, flags)
            wanted = {
                f"main.{self.kind.noun}": self.definition(row.uuid) if config else None,
                self.live: self.live_document(row.uuid) if live else None,
            }
            changed = {table: read(text) for table, text in wanted.items() if text is not None}
            for document in changed.values():
                edit(document)

            def save() -> None:
                for table, document in changed.items():
                    text = document.format(secure=True)
                    self.update(table, document.uuid, **self.columns_of(document), xml=text)
                if also is not None:
                    also(row.uuid)

            entry.finish(save, self.note(f"change {verb} in", row))

    def forget(self, row: Facts) -> None:
        """Remove a definition; an active object stays, as a transient one."""
        self.store.execute(f"DELETE FROM main.{self.kind.noun} WHERE uuid = ?", row.uuid)

    def set_autostart(self, ref: Reference, autostart: bool) -> None:
        """Raises OperationInvalid for a transient object."""
        with self.changing("autostart", ref.uuid) as entry:
            row = self.find(ref)
            if not row.persistent:
                raise errors.OperationInvalid(f"cannot set autostart for transient {self.kind.noun}")
            entry.finish(
                lambda: self.update(f"main.{self.kind.noun}", row.uuid, autostart=autostart),
                self.note("set autostart in" if autostart else "clear autostart in", row),
            )

    def note(self, what: str, about: Document | Facts) -> str:
        """What a rehearsal says of a change of the store."""
        return f"{what} the definition of {self.kind.noun} '{about.name}' in {self.place('main')}"

    def place(self, db: str) -> str:
        """The path of a database."""
        return f"{self.site.directories.state}/state.db" if db == "main" else f"{self.site.directories.run}/run.db"
