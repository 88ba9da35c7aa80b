"""What is on record about secrets: the tables, and what other drivers ask of them.

A secret's document and its value are rows of different tables, so that no list and no document ever reads a value. Both
files are mode 0600. An ephemeral secret is only in ``run.db``, which is gone with the boot.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.secret import SecretRef
from virshpy.enums import SecretUsageType
from virshpy.host.objects import Kind, Objects, Row
from virshpy.xml.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.host.site import Site

_TABLES = """
CREATE TABLE {db}.secret (
    uuid TEXT PRIMARY KEY, usage_type INTEGER NOT NULL, usage_id TEXT, private INTEGER NOT NULL, xml TEXT NOT NULL,
    UNIQUE (usage_type, usage_id)) WITHOUT ROWID;
CREATE TABLE {db}.secret_value (
    uuid TEXT PRIMARY KEY REFERENCES secret(uuid) ON DELETE CASCADE, value BLOB NOT NULL) WITHOUT ROWID;
"""
# A secret that changes between lasting and ephemeral is in both files for a moment: then that of run.db is meant.
_SECRETS = """
    (SELECT 1 AS ephemeral, * FROM run.secret UNION ALL
     SELECT 0, * FROM main.secret WHERE uuid NOT IN (SELECT uuid FROM run.secret))
"""


class SecretRow(Row):
    """One secret: all of it but its value."""

    usage_type: int
    usage_id: str | None
    private: int
    ephemeral: int
    xml: str

    @property
    def ref(self) -> SecretRef:
        return SecretRef(self.uuid, self.usage_type, self.usage_id or "")

    @property
    def file(self) -> str:
        """The database that holds it."""
        return _file(self.ephemeral)


class Secrets(Objects[SecretRow]):
    """The secrets of a site. They have a use in place of a name, and are in one file or in the other."""

    row = SecretRow

    def __init__(self, site: Site) -> None:
        super().__init__(site, Kind("secret", "Secret"))
        self.facts = {"ephemeral": "ephemeral", "private": "private"}

    def include(self) -> None:
        self.store.include("secret", state=[_TABLES.format(db="main")], run=[_TABLES.format(db="run")])

    # lookups
    def query(
        self, where: str = "1", *values: Any, live: str | None = None, also: str | None = None
    ) -> list[SecretRow]:
        sql = f"SELECT * FROM {_SECRETS} WHERE {where} ORDER BY uuid"
        return [self.row(row) for row in self.store.all(sql, *values)]

    def by_uuid(self, uuid: str) -> SecretRow | None:
        return next(iter(self.query("uuid = ?", uuid)), None)

    def by_usage(self, usage_type: int, usage_id: str | None) -> SecretRow | None:
        return next(iter(self.query("usage_type = ? AND usage_id = ?", int(usage_type), usage_id)), None)

    def require(self, uuid: str) -> SecretRow:
        """The secret of a UUID. Raises NoSecret."""
        row = self.by_uuid(uuid)
        if row is None:
            raise self.absent("uuid", uuid, "<uuid>")
        return row

    def require_usage(self, usage_type: int, usage_id: str) -> SecretRow:
        """The secret for that use. Raises NoSecret."""
        row = self.by_usage(usage_type, usage_id)
        if row is None:
            use = f"<usage type='{SecretUsageType(usage_type).name.lower()}'>"
            raise self.absent("usage", usage_id, use)
        return row

    def absent(self, what: str, value: str, element: str) -> errors.Error:
        hint = f"define one with {element} and '{value}', and give it a value"
        return self.kind.absent(what, value, hint=hint, action=("secret_define_xml", "FILE"))

    def find(self, ref: Any) -> SecretRow:
        return self.require(ref.uuid)

    def text(self, row: SecretRow, *, inactive: bool = False) -> str:
        return row.xml

    def value(self, row: SecretRow) -> bytes:
        """The value of a secret. Raises NoSecret where none was set."""
        found = self.store.one(f"SELECT value FROM {row.file}.secret_value WHERE uuid = ?", row.uuid)
        if found is None:
            raise errors.NoSecret(
                f"secret '{row.uuid}' does not have a value",
                hint="give it one",
                action=("secret_set_value", row.uuid),
            )
        return bytes(found[0])

    def wanted(self, usage_type: SecretUsageType, uuid: str | None, usage: str | None) -> bytes:
        """The value that a document asks for, by UUID or by usage, private or not. Raises NoSecret, InvalidArg."""
        if uuid is None:
            return self.value(self.require_usage(usage_type, usage or ""))
        row = self.require(uuid)
        if row.usage_type != usage_type:
            found = SecretUsageType(row.usage_type).name.lower()
            expected = usage_type.name.lower()
            raise errors.InvalidArg(
                f"secret with uuid {uuid} is of type '{found}' not expected '{expected}' type",
                hint=f"name a secret that was defined with <usage type='{expected}'>",
            )
        return self.value(row)

    # changes
    def define(self, document: Secret, text: str | None = None) -> SecretRow:
        """Put a document down, new or in place of the old one, whose value stays. Raises InternalError for clashes."""
        assert document.uuid is not None
        file, other = _file(document.ephemeral), _file(not document.ephemeral)

        def save() -> None:
            old = self.by_uuid(str(document.uuid))
            self._refuse_clash(document, old)
            self._save(document, file)
            if old is not None and old.file == other:
                self.store.execute(
                    f"INSERT OR REPLACE INTO {file}.secret_value SELECT * FROM {other}.secret_value WHERE uuid = ?",
                    document.uuid,
                )

        with self.changing("secret-define", document.uuid) as entry:
            entry.finish(save, f"write the definition of secret {document.uuid} in {self.place(file)}")
            # Not in the same transaction: commits of two files are two moments, and in neither it must not be.
            self.store.execute(f"DELETE FROM {other}.secret WHERE uuid = ?", document.uuid)
        return self.require(document.uuid)

    def _save(self, document: Secret, file: str) -> None:
        usage_type, usage_id = usage_of(document)
        self.write(
            f"{file}.secret",
            document.uuid,
            usage_type=usage_type,
            usage_id=usage_id,
            private=bool(document.private),
            xml=document.format(),
        )

    def _refuse_clash(self, document: Secret, old: SecretRow | None) -> None:
        usage_type, usage_id = usage_of(document)
        if old is not None:
            again, undefine = "undefine it first", ("secret_undefine", document.uuid or "")
            if old.usage_id != usage_id:
                used = old.usage_id or "(null)"
                raise errors.InternalError(
                    f"a secret with UUID {document.uuid} is already defined for use with {used}",
                    hint=again,
                    action=undefine,
                )
            if old.private and not document.private:
                raise errors.InternalError("cannot change private flag on existing secret", hint=again, action=undefine)
        same = self.by_usage(usage_type, usage_id)
        if same is not None and same.uuid != document.uuid:
            raise errors.InternalError(
                f"a secret with UUID {same.uuid} already defined for use with {usage_id}",
                hint="to change that one, give its <uuid>; else undefine it first",
                action=("secret_undefine", same.uuid),
            )

    def set_value(self, uuid: str, value: bytes) -> None:
        def save() -> None:
            file = self.require(uuid).file
            self.store.execute(f"INSERT OR REPLACE INTO {file}.secret_value VALUES (?, ?)", uuid, value)

        with self.changing("secret-set-value", uuid) as entry:
            entry.finish(save, f"write the value of secret {uuid} in {self.place(self.require(uuid).file)}")

    def undefine(self, ref: Any) -> None:
        with self.changing("secret-undefine", ref.uuid) as entry:
            file = self.find(ref).file
            entry.finish(
                lambda: self.store.execute(f"DELETE FROM {file}.secret WHERE uuid = ?", ref.uuid),
                f"forget secret {ref.uuid} and its value in {self.place(file)}",
            )


def usage_of(document: Secret) -> tuple[SecretUsageType, str | None]:
    if document.usage is None:
        return SecretUsageType.NONE, None
    return SecretUsageType[(document.usage.type or "none").upper()], document.usage.id


def _file(ephemeral: object) -> str:
    return "run" if ephemeral else "main"
