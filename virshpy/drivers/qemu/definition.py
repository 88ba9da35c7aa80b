"""Definitions: define, undefine, rename, autostart, title, description and metadata."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.domain import DomainRef
from virshpy.driver.domain.life import LifeOperations
from virshpy.drivers.objects import ObjectRows
from virshpy.drivers.qemu.records import Domains, Record
from virshpy.enums import DefineFlags, UndefineFlags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.host.steps import Step
    from virshpy.xml.domain import Domain


class Definitions(ObjectRows, LifeOperations):
    """The rows about what is saved. A definition is a row of state.db; each change of it is one transaction."""

    domains: Domains

    @property
    def objects(self) -> Domains:
        return self.domains

    def read(self, text: str, *, validate: bool = False) -> Domain:
        from virshpy.drivers.qemu import reading

        return reading.parse(text)

    domain_set_autostart = ObjectRows.set_autostart
    domain_get_metadata = ObjectRows.get_metadata
    domain_set_metadata = ObjectRows.set_metadata

    @accepts(DefineFlags.VALIDATE)
    def domain_define_xml_flags(self, xml: str, *, flags: int = 0) -> DomainRef:
        from virshpy.drivers.qemu import reading

        domain, _ = reading.read(self.domains.site, xml, strict=bool(flags & DefineFlags.VALIDATE))
        return self.domains.define(domain, reading.saved(domain)).ref

    def domain_undefine_flags(self, domain: DomainRef, *, flags: int = 0) -> None:
        with self.domains.changing("undefine", domain.uuid) as entry:
            record = self.domains.find(domain)
            for step in undefine_steps(self.domains, record, flags):
                entry.do(step)
            entry.finish(lambda: self.domains.forget(record), self.domains.note("forget", record))

    def domain_rename(self, domain: DomainRef, new_name: str) -> DomainRef:
        from virshpy.drivers.qemu import reading

        with self.domains.changing("rename", domain.uuid) as entry:
            record = self.domains.find(domain)
            if record.active:
                raise errors.OperationInvalid(
                    "cannot rename active domain",
                    hint="shut it down first",
                    action=("domain_shutdown_flags", record.name),
                )
            if new_name == record.name:
                raise errors.OperationInvalid("Can't rename domain to itself")
            document = reading.parse(self.domains.definition(record.uuid))
            document.name = new_name
            # Read back, so that a name that no document may have is refused in the document's words.
            text = reading.saved(reading.parse(reading.saved(document)))

            def save() -> None:
                if self.domains.by_name(new_name) is not None:
                    raise errors.OperationInvalid(f"domain with name '{new_name}' already exists")
                self.domains.save(document, text)

            entry.finish(save, self.domains.note(f"call it '{new_name}' in", record))
        return DomainRef(new_name, record.uuid, None)


def undefine_steps(domains: Domains, record: Record, flags: int) -> list[Step]:
    """What undefine removes beside the definition. Raises where the flags do not say what is to become of a file."""
    if not record.persistent:
        raise errors.OperationInvalid(
            "cannot undefine transient domain",
            hint="it has no definition, and is gone when it stops",
            action=("domain_destroy_flags", record.name),
        )
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
    from virshpy.drivers.qemu import reading

    try:
        document = reading.parse(domains.definition(record.uuid))
    except errors.NoDomain:
        raise
    except errors.Error as error:
        domains.site.warn(f"the definition of '{record.name}' cannot be read, an NVRAM file of it would stay: {error}")
        return None
    return document.os.nvram.path if document.os and document.os.nvram else None
