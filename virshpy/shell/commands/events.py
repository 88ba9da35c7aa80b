"""Domain Events: waiting for something to happen to domains."""

from __future__ import annotations

from virshpy.shell.failure import Failure
from virshpy.shell.lang.command import Exclusive, command, flag, option
from virshpy.shell.lang.types import Choice, DomainType
from virshpy.shell.nouns.events import LIST, LOOP, TIMEOUT, TIMESTAMP, watch, word
from virshpy.shell.render.results import Lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

_LIFECYCLE = (
    "Defined", "Undefined", "Started", "Suspended", "Resumed", "Stopped", "Shutdown", "PMSuspended", "Crashed",
)  # fmt: skip
_DETAILS: tuple[tuple[str, ...], ...] = (
    ("Added", "Updated", "Renamed", "Snapshot"),
    ("Removed", "Renamed"),
    ("Booted", "Migrated", "Restored", "Snapshot", "Event wakeup"),
    ("Paused", "Migrated", "I/O Error", "Watchdog", "Restored", "Snapshot", "API error", "Post-copy",
     "Post-copy Error"),
    ("Unpaused", "Migrated", "Snapshot", "Post-copy"),
    ("Shutdown", "Destroyed", "Crashed", "Migrated", "Saved", "Failed", "Snapshot"),
    ("Finished", "Finished after guest request", "Finished after host request"),
    ("Memory", "Disk"),
    ("Panicked", "Crashloaded"),
)  # fmt: skip
_WATCHDOG = ("none", "pause", "reset", "poweroff", "shutdown", "debug", "inject-nmi")
_IO_ERROR = ("none", "pause", "report")
_PHASES = ("connect", "initialize", "disconnect")
_ADDRESSES = ("IPv4", "IPv6", "unix")
_JOBS = ("Unknown Job", "Block Pull", "Block Copy", "Block Commit", "Active Block Commit", "Backup")
_JOB_STATUS = ("completed", "failed", "canceled", "ready")
_DISK_CHANGES = ("changed", "dropped")
_TRAYS = ("opened", "closed")
_AGENT_STATES = ("unknown", "connected", "disconnected")
_AGENT_REASONS = ("unknown", "domain started", "channel event")
_METADATA = ("description", "title", "element")
_RECIPIENTS = ("hypervisor", "guest")
_FAILURE_ACTIONS = ("ignore", "inject", "fatal", "reset")


# What follows the name of the domain in virsh's sentence, and the same for programs.
Told = tuple[str, "dict[str, Any]"]


def _nothing(carried: dict[str, Any]) -> Told:
    return "", {}


def _lifecycle(carried: dict[str, Any]) -> Told:
    event = carried.get("event")
    details = _DETAILS[event] if isinstance(event, int) and 0 <= event < len(_DETAILS) else ()
    change, detail = word(_LIFECYCLE, event), word(details, carried.get("detail"))
    return f": {change} {detail}", {"change": change.lower(), "detail": detail.lower()}


def _plain(form: str, **keys: str) -> Callable[[dict[str, Any]], Told]:
    """A sentence that holds what is carried as it is; ``keys`` says by which of libvirt's names programs' keys go."""
    return lambda carried: (form.format_map(carried), {key: carried.get(name) for key, name in keys.items()})


def _watchdog(carried: dict[str, Any]) -> Told:
    action = word(_WATCHDOG, carried.get("action"))
    return f": {action}", {"action": action}


def _io_error(carried: dict[str, Any]) -> Told:
    path, alias, reason = (carried.get(name) or None for name in ("src_path", "dev_alias", "reason"))
    action = word(_IO_ERROR, carried.get("action"))
    text = f": {path or ''} ({alias or ''}) {action}" + (f" due to {reason}" if reason else "")
    return text, {"path": path, "alias": alias, "action": action, "reason": reason}


def _graphics(carried: dict[str, Any]) -> Told:
    phase, scheme = word(_PHASES, carried.get("phase")), carried.get("auth_scheme", "")
    told: dict[str, Any] = {"phase": phase, "auth_scheme": scheme}
    ends = []
    for name in ("local", "remote"):
        number, node, service = carried[name]
        family = word(_ADDRESSES, number)
        ends.append(f"{name}[{family} {node} {service}]")
        port = int(service) if str(service).isdecimal() else None
        told[name] = {"family": family.lower(), "address": node, "port": port}
    subject = carried.get("subject") or ()
    told["subject"] = [{"type": kind, "name": name} for kind, name in subject]
    text = f": {phase} {' '.join(ends)} {scheme}"
    return text + "".join(f"\n\tsubject[{number}]: {kind}={name}" for number, (kind, name) in enumerate(subject)), told


def _block_job(carried: dict[str, Any]) -> Told:
    job, status = word(_JOBS, carried.get("type")), word(_JOB_STATUS, carried.get("status"))
    disk = carried.get("disk")
    return f": {job} for {disk} {status}", {"disk": disk, "job": job.lower(), "status": status}


def _disk_change(carried: dict[str, Any]) -> Told:
    alias, reason = carried.get("dev_alias"), word(_DISK_CHANGES, carried.get("reason"))
    old, new = (carried.get(name) or None for name in ("old_src_path", "new_src_path"))
    text = f" disk {alias}: {old or ''} -> {new or ''}: {reason}"
    return text, {"alias": alias, "old_path": old, "new_path": new, "reason": reason}


def _figures(key: str) -> Callable[[dict[str, Any]], Told]:
    def told(carried: dict[str, Any]) -> Told:
        figures = carried.get("params", {})
        return ":" + "".join(f"\n\t{name}: {value}" for name, value in figures.items()), {key: figures}

    return told


def _agent(carried: dict[str, Any]) -> Told:
    state, reason = word(_AGENT_STATES, carried.get("state")), word(_AGENT_REASONS, carried.get("reason"))
    return f": state: '{state}' reason: '{reason}'", {"state": state, "reason": reason}


def _memory_failure(carried: dict[str, Any]) -> Told:
    flags = int(carried.get("flags", 0))
    required, recursive = flags & 1, flags >> 1 & 1
    recipient = word(_RECIPIENTS, carried.get("recipient"))
    action = word(_FAILURE_ACTIONS, carried.get("action"))
    text = (
        f":\nrecipient: {recipient}\naction: {action}\nflags:\n\taction required: {required}\n\trecursive: {recursive}"
    )
    return text, {
        "recipient": recipient, "action": action, "action_required": bool(required), "recursive": bool(recursive),
    }  # fmt: skip


def _tray(carried: dict[str, Any]) -> Told:
    alias, reason = carried.get("dev_alias"), word(_TRAYS, carried.get("reason"))
    return f" disk {alias}: {reason}", {"alias": alias, "reason": reason}


def _metadata(carried: dict[str, Any]) -> Told:
    kind, uri = word(_METADATA, carried.get("type")), carried.get("nsuri") or None
    return f": type {kind}, uri {uri or 'n/a'}", {"type": kind, "uri": uri}


_device = _plain(": {dev_alias}", alias="dev_alias")
# Kinds of events by libvirt's numbers: what each is called, what is told of it, and the keys of that.
_KINDS: tuple[tuple[str, Callable[[dict[str, Any]], Told], str], ...] = (
    ("lifecycle", _lifecycle, "change detail"),
    ("reboot", _nothing, ""),
    ("rtc-change", _plain(": {utcoffset}", utc_offset_s="utcoffset"), "utc_offset_s"),
    ("watchdog", _watchdog, "action"),
    ("io-error", _io_error, "path alias action reason"),
    ("graphics", _graphics,
     "phase local{family address port} remote{family address port} auth_scheme subject[type name]"),
    ("io-error-reason", _io_error, "path alias action reason"),
    ("control-error", _nothing, ""),
    ("block-job", _block_job, "disk job status"),
    ("disk-change", _disk_change, "alias old_path new_path reason"),
    ("tray-change", _tray, "alias reason"),
    ("pm-wakeup", _nothing, ""),
    ("pm-suspend", _nothing, ""),
    ("balloon-change", _plain(": {actual}KiB", memory_kib="actual"), "memory_kib"),
    ("pm-suspend-disk", _nothing, ""),
    ("device-removed", _device, "alias"),
    ("block-job-2", _block_job, "disk job status"),
    ("tunable", _figures("parameters"), "parameters"),
    ("agent-lifecycle", _agent, "state reason"),
    ("device-added", _device, "alias"),
    ("migration-iteration", _plain(": iteration: '{iteration}'", iteration="iteration"), "iteration"),
    ("job-completed", _figures("stats"), "stats"),
    ("device-removal-failed", _device, "alias"),
    ("metadata-change", _metadata, "type uri"),
    ("block-threshold", _plain(": dev: {dev}({path}) {threshold} {excess}", disk="dev", path="path",
                               threshold_bytes="threshold", excess_bytes="excess"),
     "disk path threshold_bytes excess_bytes"),
    ("memory-failure", _memory_failure, "recipient action action_required recursive"),
    ("memory-device-size-change", _plain(":\nalias: {alias}\nsize: {size}", alias="alias", memory_kib="size"),
     "alias memory_kib"),
)  # fmt: skip
_NAMES = [name for name, _, _ in _KINDS]
_RETURNS = " | ".join(dict.fromkeys(f"event domain {keys}".rstrip() for _, _, keys in _KINDS))


@command(
    "event",
    "wait for events of domains",
    "Wait for something to happen to a domain, and print it. Or list the kinds\nof events.",
    (
        option("domain", DomainType(), "only events of this domain", late=True),
        option("event", Choice(*_NAMES), "which kind to wait for", late=True),
        flag("all", "any kind"),
        LOOP,
        TIMEOUT,
        LIST,
        TIMESTAMP,
    ),
    constraints=(Exclusive("all", "event"), Exclusive("list", "all"), Exclusive("list", "event")),
    examples=(
        ("event --list", "what --event may name"),
        ("event --all --loop --timestamp", "everything that happens, until Ctrl-C"),
        ("event web lifecycle --timeout 60", "a script waits for a guest to power off"),
    ),
    returns=f"{_RETURNS} | events<event> | message received",
)
def event(session: Session, all: bool, args: Arguments) -> Result | Iterable[Result]:
    if "list" in args:
        return Lines("events", ["event"], [(name,) for name in _NAMES])
    if args["event"] and args["event"] not in _NAMES:
        raise Failure(f"unknown event type {args['event']}")
    if not args["event"] and not all:
        raise Failure("one of --list, --all, or --event <type> is required")
    connection = session.connection
    wanted = range(len(_KINDS)) if all else [_NAMES.index(args["event"])]

    def register(callback: Callable[..., None]) -> list[int]:
        def with_kind(kind: int) -> Callable[..., None]:
            return lambda *about, **carried: callback(kind, *about, **carried)

        return [connection.domain_event_register_any(args["domain"], kind, with_kind(kind)) for kind in wanted]

    def describe(kind: int, ref: Any, **carried: Any) -> tuple[str, dict[str, Any]]:
        name, tell, _ = _KINDS[kind]
        text, told = tell(carried)
        return f"event '{name}' for domain '{ref.name}'{text}", {"event": name, "domain": ref.name, **told}

    return watch(session, args, register, connection.domain_event_deregister_any, describe)
