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
# A kind of event: what it is called, what is told of it, and the keys of that.
Kind = tuple[str, "Callable[[dict[str, Any]], Told]", str]


def _kind(name: str, form: str = "", *, missing: str = "", **fields: str | tuple[str, tuple[str, ...]]) -> Kind:
    """A kind whose sentence is ``form`` with its fields: by the keys that programs get, libvirt's names of what is
    carried, with the words for a number where it stands for one. What is not there is ``missing`` in the sentence."""

    def tell(carried: dict[str, Any]) -> Told:
        shown: dict[str, Any] = {}
        told: dict[str, Any] = {}
        for key, source in fields.items():
            if isinstance(source, str):
                value = carried.get(source)
                told[key] = None if value == "" else value
                shown[key] = missing if told[key] is None else value
            else:
                name, words = source
                shown[key] = word(words, carried.get(name))
                told[key] = str(shown[key]).lower()
        return form.format_map(shown), told

    return name, tell, " ".join(fields)


def _lifecycle(carried: dict[str, Any]) -> Told:
    event = carried.get("event")
    details = _DETAILS[event] if isinstance(event, int) and 0 <= event < len(_DETAILS) else ()
    change, detail = word(_LIFECYCLE, event), word(details, carried.get("detail"))
    return f": {change} {detail}", {"change": change.lower(), "detail": detail.lower()}


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


def _figures(key: str) -> Callable[[dict[str, Any]], Told]:
    def told(carried: dict[str, Any]) -> Told:
        figures = carried.get("params", {})
        return ":" + "".join(f"\n\t{name}: {value}" for name, value in figures.items()), {key: figures}

    return told


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


_DEVICE = ": {alias}"
_JOB: dict[str, Any] = {"disk": "disk", "job": ("type", _JOBS), "status": ("status", _JOB_STATUS)}
_JOB_ENDED = ": {job} for {disk} {status}"
# By libvirt's numbers.
_KINDS: tuple[Kind, ...] = (
    ("lifecycle", _lifecycle, "change detail"),
    _kind("reboot"),
    _kind("rtc-change", ": {utc_offset_s}", utc_offset_s="utcoffset"),
    _kind("watchdog", ": {action}", action=("action", _WATCHDOG)),
    ("io-error", _io_error, "path alias action reason"),
    ("graphics", _graphics,
     "phase local{family address port} remote{family address port} auth_scheme subject[type name]"),
    ("io-error-reason", _io_error, "path alias action reason"),
    _kind("control-error"),
    _kind("block-job", _JOB_ENDED, **_JOB),
    _kind("disk-change", " disk {alias}: {old_path} -> {new_path}: {reason}", alias="dev_alias",
          old_path="old_src_path", new_path="new_src_path", reason=("reason", _DISK_CHANGES)),
    _kind("tray-change", " disk {alias}: {reason}", alias="dev_alias", reason=("reason", _TRAYS)),
    _kind("pm-wakeup"),
    _kind("pm-suspend"),
    _kind("balloon-change", ": {memory_kib}KiB", memory_kib="actual"),
    _kind("pm-suspend-disk"),
    _kind("device-removed", _DEVICE, alias="dev_alias"),
    _kind("block-job-2", _JOB_ENDED, **_JOB),
    ("tunable", _figures("parameters"), "parameters"),
    _kind("agent-lifecycle", ": state: '{state}' reason: '{reason}'", state=("state", _AGENT_STATES),
          reason=("reason", _AGENT_REASONS)),
    _kind("device-added", _DEVICE, alias="dev_alias"),
    _kind("migration-iteration", ": iteration: '{iteration}'", iteration="iteration"),
    ("job-completed", _figures("stats"), "stats"),
    _kind("device-removal-failed", _DEVICE, alias="dev_alias"),
    _kind("metadata-change", ": type {type}, uri {uri}", missing="n/a", type=("type", _METADATA), uri="nsuri"),
    _kind("block-threshold", ": dev: {disk}({path}) {threshold_bytes} {excess_bytes}", disk="dev", path="path",
          threshold_bytes="threshold", excess_bytes="excess"),
    ("memory-failure", _memory_failure, "recipient action action_required recursive"),
    _kind("memory-device-size-change", ":\nalias: {alias}\nsize: {memory_kib}", alias="alias", memory_kib="size"),
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
    returns=f"{_RETURNS} | events[event] | message received",
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
