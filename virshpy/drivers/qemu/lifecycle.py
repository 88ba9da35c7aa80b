"""Start and stop: a guest is up when its journal is held, and down when that list has been undone."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.driver.types import DomainRef
from virshpy.drivers.qemu import documents, endings, live, taint, watch
from virshpy.drivers.qemu.argv import settings
from virshpy.drivers.qemu.definition import ensure_free
from virshpy.drivers.qemu.eventlog import starting
from virshpy.drivers.qemu.holders import writer_of_an_image
from virshpy.drivers.qemu.identity import guest_identity
from virshpy.drivers.qemu.plan import StartPlan, needs_watcher, start_plan
from virshpy.drivers.qemu.postparse.validate import require_accelerator
from virshpy.drivers.qemu.qmp import Closed, Visit
from virshpy.drivers.qemu.records import Domains
from virshpy.drivers.qemu.unkept import unkept
from virshpy.drivers.qemu.vcpus import plug_processors
from virshpy.enums import CreateFlags, ShutoffReason
from virshpy.host import files, locks, processes
from virshpy.host.journal import Journal
from virshpy.host.steps.process import Spawn
from virshpy.xml.domain import Domain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps


_TRIES = 4
# Seconds for whoever holds a guest's lock to see that its QEMU has been killed.
_AFTER_KILLING = 3
_DESTROYED = "another command destroyed it while it was being started"


def start_defined(domains: Domains, ref: DomainRef, flags: int) -> DomainRef:
    """Start a persistent domain (virDomainCreateWithFlags)."""
    with domains.lock(ref.uuid, "start"):
        record = domains.find(ref)
        if record.active:
            raise errors.OperationInvalid("domain is already running")
        domain = Domain.parse(domains.definition(record.uuid) or "")
        caps = documents.capabilities_for(domains, domain)
        return _started(domains, domain, caps, flags)


def start_transient(domains: Domains, xml: str, flags: int) -> DomainRef:
    """Start a domain from its document (virDomainCreateXML)."""
    domain, caps = documents.read(domains, xml, strict=bool(flags & CreateFlags.START_VALIDATE))
    assert domain.uuid and domain.name
    with domains.lock(domain.uuid, "create"):
        record = domains.by_uuid(domain.uuid)
        if record is not None and record.active and record.name == domain.name:
            raise errors.OperationInvalid(f"domain '{domain.name}' is already active")
        return _started(domains, domain, caps, flags)


def _started(domains: Domains, domain: Domain, caps: QemuCaps, flags: int) -> DomainRef:
    """Start a complete document, and say which of its elements have no effect."""
    require_accelerator(domain, caps)
    started = _tried(domains, domain, caps, flags)
    if elements := unkept(domain):
        domains.warn(f"without effect, as virshpy does not do it yet: {', '.join(elements)}")
    return started


def _tried(domains: Domains, domain: Domain, caps: QemuCaps, flags: int) -> DomainRef:
    """Start it, and once more where a port or an address chosen for it has been taken meanwhile."""
    for _ in range(_TRIES):
        try:
            return _start(domains, domain.copy(), caps, flags)
        except errors.InternalError as error:
            vsock = domain.devices.vsock
            chosen = any(graphics.autoport for graphics in domain.devices.graphics) or bool(vsock and vsock.cid)
            if not chosen or "Address already in use" not in str(error):
                raise
    return _start(domains, domain, caps, flags)


def _start(domains: Domains, domain: Domain, caps: QemuCaps, flags: int) -> DomainRef:
    """Start a complete document under its lock. After any failure the host is as it was before."""
    assert domain.uuid and domain.name
    owner = os.getpid() if flags & CreateFlags.START_AUTODESTROY else None
    with domains.store.transaction():
        ensure_free(domains, domain.uuid, domain.name)
        id = domains.store.next("domain")
        identity = guest_identity(domains, id)
        entry = Journal.begin(domains.store, "start", domain.uuid, lasting=False)
        domains.store.execute(
            "INSERT INTO run.active (uuid, id, name, journal, uid, owner, owner_started) VALUES (?, ?, ?, ?, ?, ?, ?)",
            domain.uuid, id, domain.name, entry.id, identity.uid, owner, owner and processes.start_time(owner),
        )  # fmt: skip
    try:
        live.prepare(domains, domain, entry.id, id, identity)
        plan = start_plan(domains, domain, caps, id, identity, flags)
        files.rotate(domains.log(domain.name), domains.config.log_size)
        for step in plan.steps:
            entry.do(step)
        _bring_up(domains, domain, id, plan.spawn.pid, paused=bool(flags & CreateFlags.START_PAUSED))
        if owner is not None or needs_watcher(domain):
            watch.ensure(domains, entry, domain.uuid)
        entry.hold(lambda: _state_active(domains, domain, plan, flags))
    except Closed:
        try:
            explained = _explained(domains, domain, plan)
        finally:
            _take_back(domains, domain, entry)
        raise explained from None
    except BaseException:
        _take_back(domains, domain, entry)
        raise
    return DomainRef(domain.name, domain.uuid, id)


def _take_back(domains: Domains, domain: Domain, entry: Journal) -> None:
    """Undo a start that failed; why it did is what the user is told, what is left of it is said beside that."""
    uuid, name = domain.uuid or "", domain.name or ""
    try:
        entry.undo(lambda: domains.set_outcome(uuid, ShutoffReason.FAILED))
    except errors.Error as error:
        domains.warn(f"something is left of a start of '{name}' that failed: {error}")
    endings.note(domains, name, ShutoffReason.FAILED)


def _bring_up(domains: Domains, domain: Domain, id: int, pid: int, *, paused: bool) -> None:
    """Greet a fresh QEMU, hand over what must not be in its argv, learn what it chose, and let the guest run."""
    with Visit(domains.monitor(id), domains.config.monitor_timeout, pids=(pid, os.getpid())) as visit:
        plug_processors(domain, visit)
        if domain.cputune is not None or (domain.vcpu is not None and domain.vcpu.cpuset):
            from virshpy.drivers.qemu import pins

            pins.pin_threads(domain, visit, pid)
        live.hand_over_secrets(domain, visit)
        live.learn_terminals(domain, visit)
        for command, arguments in settings(domain):
            visit.execute(command, **arguments)
        if not paused:
            visit.execute("cont")


def _state_active(domains: Domains, domain: Domain, plan: StartPlan, flags: int) -> None:
    mark = starting(paused=bool(flags & CreateFlags.START_PAUSED)).dump()
    domains.store.execute(
        "UPDATE run.active SET taint = ?, pid = ?, started = ?, mark = ?, title = ?, xml = ? WHERE uuid = ?",
        " ".join(taint.of_document(domain)),
        plan.spawn.pid, plan.spawn.started, mark, domain.title, domain.format(secure=True), domain.uuid,
    )  # fmt: skip
    domains.store.execute("DELETE FROM run.outcome WHERE uuid = ?", domain.uuid)


def _explained(domains: Domains, domain: Domain, plan: StartPlan) -> errors.Error:
    """Why QEMU left: its own words and what helps, or those of a companion that left before it."""
    from virshpy.drivers.qemu import lastwords

    row = domains.store.one("SELECT expect FROM run.active WHERE uuid = ?", domain.uuid)
    if row is not None and row[0] == endings.DESTROY:
        return errors.OperationFailed("domain is no longer running", hint=_DESTROYED)
    processes.wait_gone(plan.spawn.pid, plan.spawn.started, timeout=domains.config.stop_patience)
    said = lastwords.complaint(plan.spawn.said())
    for spawn in plan.companions:
        ending = processes.ending(spawn.pid, spawn.started)
        socket = spawn.descriptors["socket"].shown("socket").removeprefix("path=")
        if ending is not None and lastwords.is_about(said, socket, ending):
            return lastwords.of_companion(spawn.argv[0], ending, spawn.said(), spawn.log)
    hint = lastwords.hint_of(said, domain)
    if 'Failed to get "write" lock' in said or 'Failed to get shared "write" lock' in said:
        hint = writer_of_an_image(domains, domain)
    return errors.InternalError(
        f"qemu unexpectedly closed the monitor: {said}", hint=hint or f"the whole story is in {plan.spawn.log}"
    )


def stop(domains: Domains, ref: DomainRef, *, force: bool) -> None:
    """Stop a guest at once (virDomainDestroyFlags); without ``force``, only if SIGTERM is enough.

    A guest does not live on because somebody is at work on it: with ``force`` it is killed first where its lock is
    taken, and who holds the lock sees the end of its QEMU.
    """
    killed = False
    lock = locks.try_acquire(domains.directories.locks, ref.uuid, "destroy")
    if lock is None and force:
        killed = _kill_first(domains, ref)
    if lock is None and killed:
        try:
            lock = locks.acquire(domains.directories.locks, ref.uuid, "destroy", timeout=_AFTER_KILLING)
        except errors.OperationTimeout as error:
            domains.warn(f"domain '{ref.name}' is destroyed; what it leaves is cleared away later: {error.hint}")
            return
    with domains.took(ref.uuid, lock) if lock is not None else domains.lock(ref.uuid, "destroy"):
        record = domains.by_uuid(ref.uuid)
        if killed and (record is None or not record.active):
            return  # whoever held the lock has cleared away
        record = domains.require_active(ref)
        patience = domains.config.stop_patience
        if not force:
            processes.kill(record.pid or 0, record.started, patience=patience, force=False)
        endings.take_down(domains, record, ShutoffReason.DESTROYED)


def _kill_first(domains: Domains, ref: DomainRef) -> bool:
    """Kill a guest that runs or is being started, without its lock; False where it has no QEMU."""
    row = domains.store.one("SELECT pid, started, journal FROM run.active WHERE uuid = ?", ref.uuid)
    if row is None:
        return False
    pid, started = row["pid"], row["started"]
    if pid is None:
        steps = Journal.load(domains.store, row["journal"]).steps.values()
        spawned = [step for step in steps if isinstance(step, Spawn)]
        pid, started = (spawned[-1].pid, spawned[-1].started) if spawned else (0, 0)
    if not pid:
        return False
    try:
        domains.store.execute("UPDATE run.active SET expect = ? WHERE uuid = ?", endings.DESTROY, ref.uuid)
    except errors.SystemCallError:
        pass  # whoever looks at its end takes it for a crash
    processes.kill(pid, started, patience=domains.config.stop_patience)
    return True
