"""Domain Events: waiting for something to happen to domains."""

from __future__ import annotations

from virshpy.shell.command import Exclusive, Failure, command, flag, option
from virshpy.shell.events import LIST, LOOP, TIMEOUT, TIMESTAMP, watch, word
from virshpy.shell.results import Lines
from virshpy.shell.types import Choice, DomainType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from virshpy.shell.command import Arguments
    from virshpy.shell.results import Result
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


def _nothing(carried: dict[str, Any]) -> str:
    return ""


def _lifecycle(carried: dict[str, Any]) -> str:
    event = carried.get("event")
    details = _DETAILS[event] if isinstance(event, int) and 0 <= event < len(_DETAILS) else ()
    return f": {word(_LIFECYCLE, event)} {word(details, carried.get('detail'))}"


def _named(key: str, words: Sequence[str]) -> Callable[[dict[str, Any]], str]:
    return lambda carried: f": {word(words, carried.get(key))}"


def _plain(form: str) -> Callable[[dict[str, Any]], str]:
    return lambda carried: form.format_map(carried)


def _io_error(carried: dict[str, Any]) -> str:
    text = ": {src_path} ({dev_alias}) ".format_map(carried) + word(_IO_ERROR, carried.get("action"))
    return text + (f" due to {carried['reason']}" if carried.get("reason") else "")


def _graphics(carried: dict[str, Any]) -> str:
    ends = []
    for name in ("local", "remote"):
        family, node, service = carried[name]
        ends.append(f"{name}[{word(_ADDRESSES, family)} {node} {service}]")
    text = f": {word(_PHASES, carried.get('phase'))} {' '.join(ends)} {carried.get('auth_scheme', '')}"
    for number, (kind, name) in enumerate(carried.get("subject") or ()):
        text += f"\n\tsubject[{number}]: {kind}={name}"
    return text


def _block_job(carried: dict[str, Any]) -> str:
    job, status = word(_JOBS, carried.get("type")), word(_JOB_STATUS, carried.get("status"))
    return f": {job} for {carried.get('disk') or carried.get('dst')} {status}"


def _disk_change(carried: dict[str, Any]) -> str:
    old, new = (carried.get(name) or "" for name in ("old_src_path", "new_src_path"))
    return f" disk {carried.get('dev_alias')}: {old} -> {new}: {word(_DISK_CHANGES, carried.get('reason'))}"


def _parameters(carried: dict[str, Any]) -> str:
    return ":" + "".join(f"\n\t{name}: {value}" for name, value in carried.get("params", {}).items())


def _agent(carried: dict[str, Any]) -> str:
    state, reason = word(_AGENT_STATES, carried.get("state")), word(_AGENT_REASONS, carried.get("reason"))
    return f": state: '{state}' reason: '{reason}'"


def _memory_failure(carried: dict[str, Any]) -> str:
    flags = int(carried.get("flags", 0))
    recipient, action = (
        word(_RECIPIENTS, carried.get("recipient")),
        word(_FAILURE_ACTIONS, carried.get("action")),
    )
    return (
        f":\nrecipient: {recipient}\naction: {action}\nflags:\n"
        f"\taction required: {flags & 1}\n\trecursive: {flags >> 1 & 1}"
    )


def _tray(carried: dict[str, Any]) -> str:
    return f" disk {carried.get('dev_alias')}: {word(_TRAYS, carried.get('reason'))}"


def _metadata(carried: dict[str, Any]) -> str:
    return f": type {word(_METADATA, carried.get('type'))}, uri {carried.get('nsuri') or 'n/a'}"


# Kinds of events by libvirt's numbers: what each is called, and what follows the name of the domain.
_KINDS: tuple[tuple[str, Callable[[dict[str, Any]], str]], ...] = (
    ("lifecycle", _lifecycle),
    ("reboot", _nothing),
    ("rtc-change", _plain(": {utcoffset}")),
    ("watchdog", _named("action", _WATCHDOG)),
    ("io-error", _io_error),
    ("graphics", _graphics),
    ("io-error-reason", _io_error),
    ("control-error", _nothing),
    ("block-job", _block_job),
    ("disk-change", _disk_change),
    ("tray-change", _tray),
    ("pm-wakeup", _nothing),
    ("pm-suspend", _nothing),
    ("balloon-change", _plain(": {actual}KiB")),
    ("pm-suspend-disk", _nothing),
    ("device-removed", _plain(": {dev_alias}")),
    ("block-job-2", _block_job),
    ("tunable", _parameters),
    ("agent-lifecycle", _agent),
    ("device-added", _plain(": {dev_alias}")),
    ("migration-iteration", _plain(": iteration: '{iteration}'")),
    ("job-completed", _parameters),
    ("device-removal-failed", _plain(": {dev_alias}")),
    ("metadata-change", _metadata),
    ("block-threshold", _plain(": dev: {dev}({path}) {threshold} {excess}")),
    ("memory-failure", _memory_failure),
    ("memory-device-size-change", _plain(":\nalias: {alias}\nsize: {size}")),
)
_NAMES = [name for name, _ in _KINDS]


@command(
    "event",
    "wait for events of domains",
    "Wait for something to happen to a domain, and print it. Or list the kinds\nof events.",
    (
        option("domain", DomainType(), "only events of this domain"),
        option("event", Choice(*_NAMES), "which kind to wait for"),
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
)
def event(session: Session, args: Arguments) -> Result | Iterable[Result]:
    if "list" in args:
        return Lines("events", ["event"], [(name,) for name in _NAMES])
    if args["event"] and args["event"] not in _NAMES:
        raise Failure(f"unknown event type {args['event']}")
    if not args["event"] and "all" not in args:
        raise Failure("one of --list, --all, or --event <type> is required")
    connection = session.connection
    wanted = range(len(_KINDS)) if "all" in args else [_NAMES.index(args["event"])]

    def register(callback: Callable[..., None]) -> list[int]:
        def with_kind(kind: int) -> Callable[..., None]:
            return lambda *about, **carried: callback(kind, *about, **carried)

        return [connection.domain_event_register_any(args["domain"], kind, with_kind(kind)) for kind in wanted]

    def describe(kind: int, ref: Any, **carried: Any) -> tuple[str, dict[str, Any]]:
        name, more = _KINDS[kind]
        return f"event '{name}' for domain '{ref.name}'{more(carried)}", {"event": name, "domain": ref.name, **carried}

    return watch(session, args, register, connection.domain_event_deregister_any, describe)
