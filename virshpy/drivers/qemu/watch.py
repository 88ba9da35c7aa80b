"""The actor: a small process beside a guest, only while some policy of it needs one.

It follows the guest's event log and does what QEMU cannot do by itself: start it again after it powered off
(``on_poweroff=restart``, and ``reboot`` by ACPI, which is a power-off that is answered by a restart) or panicked
(``on_crash=restart``, ``coredump-*``), end it with its owner (autodestroy), and clear away at once what a guest leaves
that hook scripts are to be told of. It holds nothing that others need: should it be killed, whoever looks next calls
:func:`react` in its place.
"""

from __future__ import annotations

import os
import sys
import time

from virshpy.drivers.qemu import endings
from virshpy.drivers.qemu.qmp import MonitorSession, QMPError
from virshpy.drivers.qemu.steps import GuestMonitor, Told
from virshpy.enums import DomainState, ShutoffReason
from virshpy.host import files, processes, systemd
from virshpy.host.steps.process import Spawn
from virshpy.xml.domain import Domain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.records import Domains, Record
    from virshpy.drivers.qemu.steps import Monitor
    from virshpy.host.journal import Journal

_SOURCE_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def ensure(domains: Domains, journal: Journal, uuid: str) -> None:
    """Have a watcher beside a guest, as one more step of its journal. The caller holds the lock."""
    row = domains.store.one("SELECT name, watcher, watcher_started FROM run.active WHERE uuid = ?", uuid)
    if row["watcher"] and processes.is_running(row["watcher"], row["watcher_started"]):
        return
    pids = [step.pid for step in journal.steps.values() if step.pid]
    step = Spawn(
        [sys.executable, "-m", __name__, str(domains.site.uri), uuid],
        log=domains.log(row["name"]),
        env={"PYTHONPATH": _SOURCE_ROOT, **{name: os.environ[name] for name in _HOME if name in os.environ}},
        scope=systemd.scope_of(pids[0], row["name"], domains.site.warn) if pids else None,
    )
    journal.do(step)
    domains.update(domains.live, uuid, watcher=step.pid, watcher_started=step.started)


# What qemu:///session finds its directories by.
_HOME = ("HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")


_ENDED = (DomainState.SHUTDOWN, DomainState.CRASHED)  # with a QEMU that waits for somebody to act


def react(domains: Domains, record: Record) -> None:
    """Do what the guest's policies ask for in the state that it is in. The caller holds the lock."""
    state = domains.guest_state(record).state
    if state not in _ENDED:
        return
    document = Domain.parse(domains.live_document(record.uuid) or "")
    if state == DomainState.SHUTDOWN and (record.expect == "reboot" or document.on_poweroff == "restart"):
        _start_again(domains, record, document)
    elif state == DomainState.CRASHED and document.on_crash in ("restart", "coredump-restart", "coredump-destroy"):
        if document.on_crash != "restart":
            _dump_core(domains, record)
        if document.on_crash == "coredump-destroy":
            endings.take_down(domains, record, ShutoffReason.CRASHED)
        else:
            _start_again(domains, record, document)


def shutdown_action(monitor: Monitor, document: Domain, *, pause: bool) -> Told:
    """What QEMU does when the guest powers off: stay, for a watcher to act, or exit."""
    stay = pause or document.on_poweroff == "restart"
    return Told(monitor, "set-action", {"shutdown": "pause" if stay else "poweroff"})


def _start_again(domains: Domains, record: Record, document: Domain) -> None:
    with domains.change("restart", record.uuid) as entry, GuestMonitor(domains, record) as monitor:
        entry.do(Told(monitor, "system_reset"))
        if record.expect:
            entry.do(shutdown_action(monitor, document, pause=False))
            domains.update(domains.live, record.uuid, expect=None)
        for _ in range(50):  # the reset takes place on QEMU's next turn
            try:
                entry.do(Told(monitor, "cont"))
                return
            except QMPError:
                time.sleep(0.02)
        entry.do(Told(monitor, "cont"))


def _dump_core(domains: Domains, record: Record) -> None:
    """Save the memory of a crashed guest as an ELF core under ``dump`` of the state directory."""
    assert record.id is not None
    directory = f"{domains.site.directories.state}/dump"
    files.make_directories(directory)
    path = f"{directory}/{record.name}-{time.strftime('%Y-%m-%d-%H:%M:%S')}"
    fd = files.create(path)
    try:
        with MonitorSession(domains.monitor(record.id), 3600, pids=record.pids) as session:
            session.hand_over("dump", fd)
            session.execute("dump-guest-memory", paging=False, protocol="fd:dump")
    finally:
        os.close(fd)


def _needed(domains: Domains, record: Record, document: Domain) -> bool:
    from virshpy.drivers.qemu.start import hooks
    from virshpy.drivers.qemu.start.steps import needs_watcher

    return bool(record.expect or record.owner is not None or needs_watcher(document) or hooks.are_there(domains))


def _watch(uri: str, uuid: str) -> None:
    from virshpy.drivers.qemu.records import Domains
    from virshpy.host.inotify import Watch
    from virshpy.host.site import Site
    from virshpy.uri import URI

    domains = Domains(Site(URI(uri)))
    first = _own_record(domains, uuid)
    if first is None or first.id is None or first.pid is None:
        return
    watch = Watch(domains.event_log(first.id), [first.pid] + ([first.owner] if first.owner else []))
    while True:
        record = domains.by_uuid(uuid)
        if record is None or record.journal != first.journal:
            return
        # Whoever acts on a guest that runs does not find it locked by who only looks.
        if record.alive and domains.guest_state(record).state in _ENDED:
            with domains.lock(uuid, "watch"):
                record = domains.by_uuid(uuid)
                if record is None or record.journal != first.journal:
                    return
                react(domains, record)
        endings.refresh(domains, [record])
        record = domains.by_uuid(uuid)
        live = domains.live_document(uuid)
        if record is None or live is None or not _needed(domains, record, Domain.parse(live)):
            return
        watch.wait(60)


def _own_record(domains: Domains, uuid: str) -> Record | None:
    """The guest's record, once its start is complete: the watcher is born a moment before."""
    with domains.lock(uuid, "watch"):
        return domains.by_uuid(uuid)


def main(uri: str, uuid: str) -> int:
    """Watch until nothing is left to watch. What fails is said in the domain's log, and tried again."""
    for pause in (0.1, 0.5, 1, 2, 5, 10):
        try:
            _watch(uri, uuid)
            return 0
        except Exception as error:
            sys.stderr.write(f"watcher: {type(error).__name__}: {error}\n")
            sys.stderr.flush()
            time.sleep(pause)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
