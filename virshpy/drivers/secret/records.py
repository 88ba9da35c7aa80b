"""What is on record about secrets: the tables, and what other drivers ask of them.

A secret's document and its value are rows of different tables, so that no list and no document ever reads a value. Both
files are mode 0600. An ephemeral secret is only in ``run.db``, which is gone with the boot.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.structures import SecretRef
from virshpy.enums import SecretUsageType
from virshpy.host import locks
from virshpy.xml.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.host.store import Store

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
_PATIENCE = 30


def file_of(ephemeral: object) -> str:
    return "run" if ephemeral else "main"


class Secrets:
    """The secrets of one store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        store.include("secret", state=[_TABLES.format(db="main")], run=[_TABLES.format(db="run")])

    def lock(self, uuid: str, verb: str) -> locks.Lock:
        return locks.acquire(self.store.directories.locks, f"secret-{uuid}", verb, timeout=_PATIENCE)

    # lookups
    def all(self) -> list[Any]:
        """A row for each: uuid, usage_type, usage_id, private, ephemeral."""
        return self.store.all(f"SELECT uuid, usage_type, usage_id, private, ephemeral FROM {_SECRETS} ORDER BY uuid")

    def by_uuid(self, uuid: str) -> Any:
        """The row of a secret, or None."""
        return self.store.one(f"SELECT * FROM {_SECRETS} WHERE uuid = ?", uuid)

    def by_usage(self, usage_type: int, usage_id: str | None) -> Any:
        """The row of the secret for that use, or None."""
        sql = f"SELECT * FROM {_SECRETS} WHERE usage_type = ? AND usage_id = ?"
        return self.store.one(sql, int(usage_type), usage_id)

    def require(self, uuid: str) -> Any:
        """The row of a secret. Raises NoSecret."""
        row = self.by_uuid(uuid)
        if row is None:
            raise _no_secret(f"no secret with matching uuid '{uuid}'", "<uuid>", uuid)
        return row

    def require_usage(self, usage_type: int, usage_id: str) -> Any:
        """The row of the secret for that use. Raises NoSecret."""
        row = self.by_usage(usage_type, usage_id)
        if row is None:
            use = f"<usage type='{SecretUsageType(usage_type).name.lower()}'>"
            raise _no_secret(f"no secret with matching usage '{usage_id}'", use, usage_id)
        return row

    def value(self, row: Any) -> bytes:
        """The value of a secret. Raises NoSecret where none was set."""
        sql = f"SELECT value FROM {file_of(row['ephemeral'])}.secret_value WHERE uuid = ?"
        found = self.store.one(sql, row["uuid"])
        if found is None:
            uuid = row["uuid"]
            raise errors.NoSecret(
                f"secret '{uuid}' does not have a value",
                hint="give it one",
                action=("secret_set_value", uuid),
            )
        return bytes(found[0])

    def wanted(self, usage_type: SecretUsageType, uuid: str | None, usage: str | None) -> bytes:
        """The value that a document asks for, by UUID or by usage, private or not. Raises NoSecret, InvalidArg."""
        if uuid is None:
            return self.value(self.require_usage(usage_type, usage or ""))
        row = self.require(uuid)
        if row["usage_type"] != usage_type:
            found = SecretUsageType(row["usage_type"]).name.lower()
            expected = usage_type.name.lower()
            raise errors.InvalidArg(
                f"secret with uuid {uuid} is of type '{found}' not expected '{expected}' type",
                hint=f"name a secret that was defined with <usage type='{expected}'>",
            )
        return self.value(row)

    # changes
    def save(self, document: Secret) -> None:
        """Put a document down, new or in place of the old one, whose value stays. Raises InternalError for clashes."""
        assert document.uuid is not None
        with self.lock(document.uuid, "secret-define"):
            file, other = file_of(document.ephemeral), file_of(not document.ephemeral)
            with self.store.transaction():
                old = self.by_uuid(document.uuid)
                self._refuse_clash(document, old)
                self._write(document, file)
                if old is not None and file_of(old["ephemeral"]) == other:
                    self.store.execute(
                        f"INSERT OR REPLACE INTO {file}.secret_value SELECT * FROM {other}.secret_value WHERE uuid = ?",
                        document.uuid,
                    )
            # Not in the same transaction: commits of two files are two moments, and in neither it must not be.
            self.store.execute(f"DELETE FROM {other}.secret WHERE uuid = ?", document.uuid)

    def _write(self, document: Secret, file: str) -> None:
        usage = usage_of(document)
        self.store.execute(
            f"INSERT INTO {file}.secret (uuid, usage_type, usage_id, private, xml) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (uuid) DO UPDATE SET usage_type = excluded.usage_type, usage_id = excluded.usage_id,"
            " private = excluded.private, xml = excluded.xml",
            document.uuid, int(usage[0]), usage[1], bool(document.private), document.format(),
        )  # fmt: skip

    def _refuse_clash(self, document: Secret, old: Any) -> None:
        usage_type, usage_id = usage_of(document)
        if old is None:
            if (same := self.by_usage(usage_type, usage_id)) is not None:
                raise errors.InternalError(
                    f"a secret with UUID {same['uuid']} already defined for use with {usage_id}",
                    hint="to change that one, give its <uuid>; else undefine it first",
                    action=("secret_undefine", same["uuid"]),
                )
            return
        again, undefine = "undefine it first", ("secret_undefine", document.uuid or "")
        if old["usage_id"] != usage_id:
            used = old["usage_id"] or "(null)"
            raise errors.InternalError(
                f"a secret with UUID {document.uuid} is already defined for use with {used}",
                hint=again,
                action=undefine,
            )
        if old["private"] and not document.private:
            raise errors.InternalError("cannot change private flag on existing secret", hint=again, action=undefine)

    def set_value(self, uuid: str, value: bytes) -> None:
        with self.lock(uuid, "secret-set-value"), self.store.transaction():
            file = file_of(self.require(uuid)["ephemeral"])
            self.store.execute(f"INSERT OR REPLACE INTO {file}.secret_value VALUES (?, ?)", uuid, value)

    def remove(self, uuid: str) -> None:
        with self.lock(uuid, "secret-undefine"):
            self.require(uuid)
            for file in ("main", "run"):
                self.store.execute(f"DELETE FROM {file}.secret WHERE uuid = ?", uuid)


def usage_of(document: Secret) -> tuple[SecretUsageType, str | None]:
    if document.usage is None:
        return SecretUsageType.NONE, None
    return SecretUsageType[(document.usage.type or "none").upper()], document.usage.id


def reference(row: Any) -> SecretRef:
    return SecretRef(row["uuid"], row["usage_type"], row["usage_id"] or "")


def _no_secret(detail: str, reference: str, value: str) -> errors.Error:
    """No secret is what a document refers to by ``reference``, an element."""
    return errors.NoSecret(
        detail,
        hint=f"define one with {reference} and '{value}', and give it a value",
        action=("secret_define_xml", "FILE"),
    )
