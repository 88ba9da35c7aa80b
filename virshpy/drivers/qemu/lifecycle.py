"""Start and stop: a guest is up when its journal is held, and down when that list has been undone.

What is not needed before QEMU runs is loaded while it gets ready.
"""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.driver.domain import DomainRef
from virshpy.drivers.qemu import endings, reading, taint
from virshpy.drivers.qemu.identity import guest_identity
from virshpy.drivers.qemu.postparse.accelerator import require_accelerator
from virshpy.drivers.qemu.qmp import Closed
from virshpy.drivers.qemu.start.prepare import prepare
from virshpy.drivers.qemu.start.steps import needs_watcher, start_plan
from virshpy.enums import CreateFlags, ShutoffReason
from virshpy.host import locks, processes
from virshpy.host.journal import Journal
from virshpy.host.steps.process import Spawn, Terminate
from virshpy.xml.domain import Domain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.drivers.qemu.identity import Identity
    from virshpy.drivers.qemu.records import Domains
    from virshpy.drivers.qemu.start.steps import StartPlan
    from virshpy.drivers.qemu.start.volumes import Volumes


_TRIES = 4
# Seconds for whoever holds a guest's lock to see that its QEMU has been killed.
_AFTER_KILLING = 3


def start_defined(domains: Domains, ref: DomainRef, flags: int) -> DomainRef:
    """Start a persistent domain (virDomainCreateWithFlags)."""
    with domains.lock(ref.uuid, "start"):
        record, text = domains.find_with_definition(ref)
        if record.active:
            raise errors.OperationInvalid("domain is already running")
        domain = Domain.parse(text)
        return _started(domains, domain, reading.capabilities_for(domains.site, domain), flags, admitted=True)


def start_transient(domains: Domains, xml: str, flags: int) -> DomainRef:
    """Start a domain from its document (virDomainCreateXML)."""
    domain, caps = reading.read(domains.site, xml, strict=bool(flags & CreateFlags.START_VALIDATE))
    assert domain.uuid and domain.name
    with domains.lock(domain.uuid, "create"):
        record = domains.by_uuid(domain.uuid)
        if record is not None and record.active and record.name == domain.name:
            raise errors.OperationInvalid(f"domain '{domain.name}' is already active")
        return _started(domains, domain, caps, flags, admitted=False)


def _started(domains: Domains, domain: Domain, caps: QemuCaps, flags: int, *, admitted: bool) -> DomainRef:
    """Start a complete document, and say which of its elements have no effect. ``admitted``: it is a definition, so
    that its name and UUID are known to be its own."""
    require_accelerator(domain, caps)
    started = _tried(domains, domain, caps, flags, admitted)
    from virshpy.drivers.qemu.start.unkept import unkept

    if elements := unkept(domain):
        domains.site.warn(f"without effect, as virshpy does not do it yet: {', '.join(elements)}")
    return started


def _tried(domains: Domains, domain: Domain, caps: QemuCaps, flags: int, admitted: bool) -> DomainRef:
    """Start it, and once more where a port or an address chosen for it has been taken meanwhile."""
    vsock = domain.devices.vsock
    chosen = any(graphics.autoport for graphics in domain.devices.graphics) or bool(vsock and vsock.cid)
    for _ in range(_TRIES if chosen else 0):
        try:
            return _start(domains, domain.copy(), caps, flags, admitted)
        except errors.InternalError as error:
            if "Address already in use" not in str(error):
                raise
    return _start(domains, domain, caps, flags, admitted)


def _start(domains: Domains, domain: Domain, caps: QemuCaps, flags: int, admitted: bool) -> DomainRef:
    """Start a complete document under its lock. After any failure the host is as it was before."""
    assert domain.uuid and domain.name
    uuid, name = domain.uuid, domain.name
    with domains.change("start", uuid, undone=lambda: _state_failed(domains, uuid, name)) as entry:
        id, identity = _reserve(domains, domain, entry, flags, admitted)
        volumes = prepare(domains, domain, entry.id, id, identity)
        plan = start_plan(domains, domain, caps, id, identity, flags)
        monitor = plan.monitor(domains.site.config.monitor_timeout)
        paused = bool(flags & CreateFlags.START_PAUSED)
        try:
            with monitor:
                for step in plan.steps:
                    entry.do(step)
                from virshpy.drivers.qemu.start.bringup import bring_up_steps

                for step in (*bring_up_steps(domain, monitor, plan.spawn, paused=paused), *plan.last):
                    entry.do(step)
        except Closed:
            from virshpy.drivers.qemu.start.diagnosis import explained

            raise explained(domains, domain, plan) from None
        if flags & CreateFlags.START_AUTODESTROY or needs_watcher(domain) or plan.last:
            from virshpy.drivers.qemu import watch

            watch.ensure(domains, entry, uuid)
        entry.hold(
            lambda: _state_active(domains, domain, plan, volumes, paused=paused),
            f"write what takes this back, for the day on which '{name}' stops, into {domains.place('run')}",
        )
    return DomainRef(name, uuid, id)


def _reserve(domains: Domains, domain: Domain, entry: Journal, flags: int, admitted: bool) -> tuple[int, Identity]:
    """Have a number, a user and the name, before anything is done on the host."""
    owner = os.getpid() if flags & CreateFlags.START_AUTODESTROY else None
    with domains.store.transaction():
        if not admitted:
            domains.admit(domain)
        id = domains.store.next("domain")
        identity = guest_identity(domains, id)
        entry.write()
        domains.write(
            domains.live,
            domain.uuid,
            id=id,
            name=domain.name,
            journal=entry.id,
            uid=identity.uid,
            owner=owner,
            owner_started=owner and processes.start_time(owner),
        )
    return id, identity


def _state_failed(domains: Domains, uuid: str, name: str) -> None:
    domains.set_outcome(uuid, ShutoffReason.FAILED)
    endings.note(domains, name, ShutoffReason.FAILED)


def _state_active(domains: Domains, domain: Domain, plan: StartPlan, volumes: Volumes | None, *, paused: bool) -> None:
    from virshpy.drivers.qemu.eventlog import starting

    domains.update(
        domains.live,
        domain.uuid,
        taint=" ".join(taint.of_document(domain)),
        pid=plan.spawn.pid,
        started=plan.spawn.started,
        mark=starting(paused=paused).dump(),
        xml=domain.format(secure=True) if volumes is None else volumes.text(domain),
        **domains.columns_of(domain),
    )
    domains.store.execute("DELETE FROM run.outcome WHERE uuid = ?", domain.uuid)


def stop(domains: Domains, ref: DomainRef, *, force: bool) -> None:
    """Stop a guest at once (virDomainDestroyFlags); without ``force``, only if SIGTERM is enough.

    A guest does not live on because somebody is at work on it: with ``force`` it is killed first where its lock is
    taken, and who holds the lock sees the end of its QEMU.
    """
    site = domains.site
    killed = False
    lock = domains.try_lock(ref.uuid, "destroy")
    if lock is None and force and not site.rehearsing:
        killed = _kill_first(domains, ref)
    if lock is None and killed:
        try:
            lock = locks.acquire(site.directories.locks, ref.uuid, "destroy", timeout=_AFTER_KILLING)
        except errors.OperationTimeout as error:
            site.warn(f"domain '{ref.name}' is destroyed; what it leaves is cleared away later: {error.hint}")
            return
    with site.took(ref.uuid, lock) if lock is not None else domains.lock(ref.uuid, "destroy"):
        record = domains.by_uuid(ref.uuid)
        if killed and (record is None or not record.active):
            return  # whoever held the lock has cleared away
        record = domains.require_active(ref)
        with domains.change("destroy", record.uuid) as entry:
            if not force:
                entry.do(Terminate(record.pid or 0, record.started, site.config.stop_patience))
            endings.take_down(domains, record, ShutoffReason.DESTROYED)


def _kill_first(domains: Domains, ref: DomainRef) -> bool:
    """Kill a guest that runs or is being started, without its lock; False where it has no QEMU."""
    with domains.store.transaction():  # a start that is being taken back loses its list between two looks
        pid, started = _process_of(domains, ref)
    if not pid:
        return False
    try:
        domains.update(domains.live, ref.uuid, expect=endings.DESTROY)
    except errors.SystemCallError:
        pass  # whoever looks at its end takes it for a crash
    processes.kill(pid, started, patience=domains.site.config.stop_patience)
    return True


def _process_of(domains: Domains, ref: DomainRef) -> tuple[int, int]:
    """(pid, start time) of a guest's QEMU, also of one that is being started; zeros where there is none."""
    row = domains.store.one("SELECT pid, started, journal FROM run.active WHERE uuid = ?", ref.uuid)
    if row is None:
        return 0, 0
    if row["pid"] is not None:
        return row["pid"], row["started"]
    steps = Journal.load(domains.store, row["journal"]).steps.values()
    spawned = [step for step in steps if isinstance(step, Spawn)]
    return (spawned[-1].pid, spawned[-1].started) if spawned else (0, 0)
