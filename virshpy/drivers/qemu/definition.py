"""Definitions: define, undefine, rename, autostart, title, description and metadata."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.domain import DomainOperations
from virshpy.driver.types import DomainRef
from virshpy.drivers.qemu.records import Domains, Record, shell_name
from virshpy.enums import DefineFlags, MetadataType, ModificationImpact, UndefineFlags
from virshpy.host.journal import Journal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.host.steps import Step
    from virshpy.xml.domain import Domain


def ensure_free(domains: Domains, uuid: str, name: str) -> None:
    """Refuse a document whose name or UUID belongs to another domain (virDomainObjListAdd). Call in a transaction."""
    if (same := domains.by_uuid(uuid)) is not None and same.name != name:
        raise errors.OperationFailed(
            f"domain '{same.name}' is already defined with uuid {uuid}",
            hint="leave out <uuid> to have a new one made, or rename the domain:"
            f" virshpy domrename {shell_name(same.name)} {shell_name(name)}",
        )
    starting = domains.store.one("SELECT uuid FROM run.active WHERE name = ? AND pid IS NULL AND uuid <> ?", name, uuid)
    if starting is not None:
        raise errors.OperationFailed(
            f"domain '{name}' already exists with uuid {starting[0]}", hint="it is being started by another command"
        )
    if (same := domains.by_name(name)) is not None and same.uuid != uuid:
        raise errors.OperationFailed(
            f"domain '{name}' already exists with uuid {same.uuid}",
            hint=f"put <uuid>{same.uuid}</uuid> into the document to change that domain;"
            " for a second one choose another <name>",
        )


class Definitions(DomainOperations):
    """The rows about what is saved. A definition is a row of state.db; each change of it is one transaction."""

    domains: Domains

    @accepts(DefineFlags.VALIDATE)
    def domain_define_xml_flags(self, xml: str, *, flags: int = 0) -> DomainRef:
        from virshpy.drivers.qemu import documents

        domain, _ = documents.read(self.domains, xml, strict=bool(flags & DefineFlags.VALIDATE))
        assert domain.uuid and domain.name
        store = self.domains.store
        with self.domains.lock(domain.uuid, "define"), store.transaction():
            # No journal: a definition touches nothing of the host but this row.
            ensure_free(self.domains, domain.uuid, domain.name)
            self._save(domain)
        record = self.domains.by_uuid(domain.uuid)
        assert record is not None
        return reference(record)

    def _save(self, domain: Domain) -> None:
        from virshpy.drivers.qemu import documents

        self.domains.store.execute(
            "INSERT INTO domain (uuid, name, title, xml) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (uuid) DO UPDATE SET name = excluded.name, title = excluded.title, xml = excluded.xml",
            domain.uuid,
            domain.name,
            domain.title,
            documents.saved(domain),
        )

    def domain_undefine_flags(self, domain: DomainRef, *, flags: int = 0) -> None:
        with self.domains.lock(domain.uuid, "undefine"):
            record = self.domains.find(domain)
            steps = undefine_steps(self.domains, record, flags)
            store = self.domains.store
            journal = Journal.begin(store, "undefine", record.uuid, lasting=True)
            try:
                for step in steps:
                    journal.do(step)
                journal.finish(lambda: forget(self.domains, record))
            except BaseException:
                journal.abandon()
                raise

    def domain_rename(self, domain: DomainRef, new_name: str) -> DomainRef:
        from virshpy.drivers.qemu import documents

        with self.domains.lock(domain.uuid, "rename"):
            record = self.domains.find(domain)
            if record.active:
                raise errors.OperationInvalid(
                    "cannot rename active domain",
                    hint=f"shut it down first: virshpy shutdown {shell_name(record.name)}",
                )
            if new_name == record.name:
                raise errors.OperationInvalid("Can't rename domain to itself")
            document = documents.parse(self.domains.definition(record.uuid))
            document.name = new_name
            # Read back, so that a name that no document may have is refused in the document's words.
            document = documents.parse(documents.saved(document))
            with self.domains.store.transaction():
                if self.domains.by_name(new_name) is not None:
                    raise errors.OperationInvalid(f"domain with name '{new_name}' already exists")
                self._save(document)
        return DomainRef(new_name, record.uuid, None)

    def domain_set_autostart(self, domain: DomainRef, autostart: bool) -> None:
        record = self.domains.find(domain)
        if not record.persistent:
            raise errors.OperationInvalid("cannot set autostart for transient domain")
        self.domains.store.execute("UPDATE domain SET autostart = ? WHERE uuid = ?", autostart, record.uuid)

    def domain_get_autostart(self, domain: DomainRef) -> bool:
        return bool(self.domains.find(domain).autostart)

    @accepts(ModificationImpact.LIVE | ModificationImpact.CONFIG)
    def domain_set_metadata(
        self,
        domain: DomainRef,
        kind: int,
        text: str | None,
        key: str | None = None,
        uri: str | None = None,
        *,
        flags: int = 0,
    ) -> None:
        from virshpy.drivers.qemu import documents

        with self.domains.lock(domain.uuid, "metadata"):
            record = self.domains.find(domain)
            live, config = affected(record, flags)
            store = self.domains.store
            changed: list[tuple[str, Domain]] = []
            for wanted, table, xml in (
                (config, "domain", self.domains.definition(record.uuid)),
                (live, "run.active", self.domains.live_document(record.uuid)),
            ):
                if wanted and xml is not None:
                    document = documents.parse(xml)
                    _set_metadata(document, kind, text, key, uri)
                    changed.append((table, document))
            with store.transaction():
                for table, document in changed:
                    update = f"UPDATE {table} SET xml = ?, title = ? WHERE uuid = ?"
                    store.execute(update, document.format(secure=True), document.title, record.uuid)

    @accepts(ModificationImpact.LIVE | ModificationImpact.CONFIG)
    def domain_get_metadata(self, domain: DomainRef, kind: int, uri: str | None = None, *, flags: int = 0) -> str:
        from virshpy.drivers.qemu import documents

        record = self.domains.find(domain)
        live, _ = affected(record, flags)
        text = self.domains.live_document(record.uuid) if live else self.domains.definition(record.uuid)
        found = _get_metadata(documents.parse(text or ""), kind, uri)
        if found is None:
            raise errors.NoDomainMetadata(_NO_METADATA[MetadataType(kind)])
        return found


def reference(record: Record) -> DomainRef:
    return DomainRef(record.name, record.uuid, record.id)


def affected(record: Record, flags: int) -> tuple[bool, bool]:
    """(live, config): what flags of ModificationImpact mean for a domain as it stands. Raises OperationInvalid."""
    live, config = bool(flags & ModificationImpact.LIVE), bool(flags & ModificationImpact.CONFIG)
    if not live and not config:
        live, config = record.active, not record.active
    if live and not record.active:
        raise errors.OperationInvalid("domain is not running", hint="leave out --live to change the definition")
    if config and not record.persistent:
        raise errors.OperationInvalid("transient domains do not have any persistent config")
    return live, config


def _set_metadata(document: Domain, kind: int, text: str | None, key: str | None, uri: str | None) -> None:
    from virshpy.drivers.qemu import documents

    if kind == MetadataType.TITLE:
        documents.set_title(document, text)
    elif kind == MetadataType.DESCRIPTION:
        document.description = text or None
    else:
        documents.set_element(document, text, key, uri or "")


def _get_metadata(document: Domain, kind: int, uri: str | None) -> str | None:
    from virshpy.drivers.qemu import documents

    if kind == MetadataType.TITLE:
        return document.title
    if kind == MetadataType.DESCRIPTION:
        return document.description
    return documents.get_element(document, uri or "")


_NO_METADATA = {
    MetadataType.DESCRIPTION: "no domain description",
    MetadataType.TITLE: "no domain title",
    MetadataType.ELEMENT: "Requested metadata element is not present",
}


def undefine_steps(domains: Domains, record: Record, flags: int) -> list[Step]:
    """What undefine removes beside the definition. Raises where the flags do not say what is to become of a file."""
    if not record.persistent:
        raise errors.OperationInvalid("cannot undefine transient domain")
    if flags & UndefineFlags.NVRAM and flags & UndefineFlags.KEEP_NVRAM:
        raise errors.OperationInvalid("cannot both keep and delete nvram")
    if flags & UndefineFlags.TPM and flags & UndefineFlags.KEEP_TPM:
        raise errors.OperationInvalid("cannot both keep and delete TPM")
    if record.active:
        return []  # the running guest goes on using its files
    nvram = _nvram_of(domains, record)
    lost = []
    if nvram and os.path.exists(nvram):
        if flags & UndefineFlags.NVRAM:
            lost.append(nvram)
        elif not flags & UndefineFlags.KEEP_NVRAM:
            raise errors.OperationInvalid(
                "cannot undefine domain with nvram", hint=f"say --nvram to remove {nvram}, or --keep-nvram to leave it"
            )
    tpm = domains.tpm_state(record.uuid)
    if os.path.exists(tpm) and not flags & UndefineFlags.KEEP_TPM:
        lost.append(tpm)
    if not lost:
        return []
    from virshpy.host.steps.filesystem import RemoveFile

    return [RemoveFile(path) for path in lost]


def _nvram_of(domains: Domains, record: Record) -> str | None:
    """The variable store that a definition names. One that cannot be read is no reason to keep it."""
    from virshpy.drivers.qemu import documents

    try:
        document = documents.parse(domains.definition(record.uuid))
    except errors.NoDomain:
        raise
    except errors.Error as error:
        domains.warn(f"the definition of '{record.name}' cannot be read, an NVRAM file of it would stay: {error}")
        return None
    return document.os.nvram.path if document.os and document.os.nvram else None


def forget(domains: Domains, record: Record) -> None:
    """Remove a definition; a running guest stays, as a transient domain."""
    domains.store.execute("DELETE FROM domain WHERE uuid = ?", record.uuid)
    if not record.active:
        domains.store.execute("DELETE FROM run.outcome WHERE uuid = ?", record.uuid)
