"""``--dry-run``: what a verb would do to the host, as the commands that an administrator would type."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.drivers.qemu import documents, live
from virshpy.drivers.qemu.definition import ensure_free, undefine_steps
from virshpy.drivers.qemu.identity import guest_identity
from virshpy.drivers.qemu.plan import start_plan
from virshpy.enums import DefineFlags
from virshpy.host.journal import Journal
from virshpy.xml.domain import Domain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.types import DomainRef
    from virshpy.drivers.qemu.records import Domains


class _Rehearsal(Exception):
    """Ends a transaction whose changes were only needed to plan with."""


def plan(domains: Domains, verb: str, target: DomainRef | str, options: int) -> list[str]:
    """The lines for one verb. Raises what the verb itself would raise before its first step."""
    if verb == "define":
        assert isinstance(target, str)
        return _define(domains, target, options)
    assert not isinstance(target, str)
    if verb == "create":
        return _create(domains, target, options)
    if verb == "destroy":
        record = domains.require_active(target)
        steps = Journal.load(domains.store, record.journal).steps
        return [line for _, step in sorted(steps.items(), reverse=True) for line in step.undo_commands()]
    if verb == "undefine":
        record = domains.find(target)
        lines = [line for step in undefine_steps(domains, record, options) for line in step.commands()]
        return [*lines, f"# forget the definition of '{record.name}' in {domains.directories.state}/state.db"]
    raise errors.InvalidArg(f"no plan can be made for '{verb}'")


def _define(domains: Domains, xml: str, options: int) -> list[str]:
    domain, _ = documents.read(domains, xml, strict=bool(options & DefineFlags.VALIDATE))
    assert domain.uuid and domain.name
    ensure_free(domains, domain.uuid, domain.name)
    what = "replace" if domains.by_uuid(domain.uuid) else "write"
    return [f"# {what} the definition of '{domain.name}' ({domain.uuid}) in {domains.directories.state}/state.db"]


def _create(domains: Domains, ref: DomainRef, options: int) -> list[str]:
    record = domains.find(ref)
    if record.active:
        raise errors.OperationInvalid("domain is already running")
    domain = Domain.parse(domains.definition(record.uuid) or "")
    caps = documents.capabilities_for(domains, domain)
    lines: list[str] = []
    try:
        with domains.store.transaction():
            # Ids, ports and names are drawn as for a real start, and put back.
            id = domains.store.next("domain")
            journal = f"rehearsal-{os.getpid()}"
            domains.store.execute("INSERT INTO run.journal VALUES (?, 'start', ?, 'doing')", journal, record.uuid)
            identity = guest_identity(domains, id)
            live.prepare(domains, domain, journal, id, identity)
            lines = start_plan(domains, domain, caps, id, identity, options).commands()
            raise _Rehearsal
    except _Rehearsal:
        return lines
