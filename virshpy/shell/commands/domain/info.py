"""Domain Monitoring, but for ``list``: dominfo, domstate, domcontrol, domstats."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import ControlErrorReason, ControlState, GetAllDomainStatsFlags, StatsTypes
from virshpy.shell.lang.command import argument, command, flag, words
from virshpy.shell.lang.types import DomainType
from virshpy.shell.render.results import Field, Fields, Stats, Text
from virshpy.shell.render.states import reason_label, state_label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.session import Session

_DOMAIN = argument("domain", DomainType(), "name, id or UUID of a domain")
_CONTROL_STATES = ("ok", "background job", "occupied", "error")
_CONTROL_ERRORS = ("", "unknown", "monitor failure", "internal (locking) error")


@command(
    "domstate",
    "state of a domain",
    "Print whether a domain is running, paused, shut off, …",
    (_DOMAIN, flag("reason", "print the reason for the state, too")),
    examples=(("domstate web --reason", "such as: shut off (crashed)"),),
    returns="state reason?",
)
def domstate(domain: Domain, reason: bool) -> Text:
    state, number = domain.state()
    label, why = state_label(state), reason_label(state, number)
    if reason:
        return Text("state", f"{label} ({why})", label, reason=why)
    return Text("state", label)


@command(
    "dominfo",
    "what a domain is and has",
    "Print the basic facts about a domain.",
    (_DOMAIN,),
    examples=(("dominfo web", "memory, processors, state"), ("dominfo web -o json", "the same as data")),
    returns=(
        "id name uuid os_type state vcpu_count cpu_time_ns max_memory_kib memory_kib persistent autostart managed_save "
        "security_labels[model doi label enforcing] messages"
    ),
)
def dominfo(session: Session, domain: Domain) -> Fields:
    info = domain.info()
    label = state_label(info.state)
    fields = [
        Field("id", "Id", domain.id, "-" if domain.id is None else None),
        Field("name", "Name", domain.name),
        Field("uuid", "UUID", domain.uuid),
        Field("os_type", "OS Type", domain.os_type()),
        Field("state", "State", label),
        Field("vcpu_count", "CPU(s)", info.vcpus),
    ]
    shown = f"{info.cpu_time / 1e9:.1f}s"
    fields.append(Field("cpu_time_ns", "CPU time" if info.cpu_time else None, info.cpu_time, shown))
    unlimited = info.max_memory == (1 << 64) - 1
    fields.append(
        Field(
            "max_memory_kib",
            "Max memory",
            None if unlimited else info.max_memory,
            "no limit" if unlimited else f"{info.max_memory} KiB",
        )
    )
    fields.append(Field("memory_kib", "Used memory", info.memory, f"{info.memory} KiB"))
    persistent = domain.is_persistent()
    fields.append(Field("persistent", "Persistent", persistent, "yes" if persistent else "no"))
    autostart = _quietly(domain.autostart)
    label_of_autostart = None if autostart is None else "Autostart"
    fields.append(Field("autostart", label_of_autostart, autostart, "enable" if autostart else "disable"))
    saved = _quietly(domain.has_managed_save)
    fields.append(Field("managed_save", "Managed save", saved, {True: "yes", False: "no", None: "unknown"}[saved]))
    return Fields(fields + _security(session, domain) + _messages(domain), 16)


def _quietly(ask: object) -> bool | None:
    """The answer, or None where the driver has none."""
    try:
        return bool(ask())  # type: ignore[operator]
    except errors.Error:
        return None


def _security(session: Session, domain: Domain) -> list[Field]:
    """The host's model, and a running domain's label."""
    fields = []
    try:
        model = session.connection.node_security_model()
    except errors.Error:
        pass
    else:
        fields = [Field(None, "Security model", model.model), Field(None, "Security DOI", model.doi)]
    try:
        labels = domain.security_labels()
    except errors.Error:
        labels = []
    for label in labels:
        if label.label:
            mode = "enforcing" if label.enforcing else "permissive"
            fields.append(Field(None, "Security label", f"{label.label} ({mode})"))
    told = [{name: getattr(label, name) for name in ("model", "doi", "label", "enforcing")} for label in labels]
    return [*fields, Field("security_labels", None, told)]


def _messages(domain: Domain) -> list[Field]:
    try:
        messages = domain.messages()
    except errors.Error:
        messages = []
    return [Field("messages", "Messages" if messages else None, messages, ("\n" + " " * 16).join(messages))]


@command(
    "domcontrol",
    "whether a domain's control interface answers",
    "Print ok, or what keeps virshpy from talking to a running domain.",
    (_DOMAIN,),
    examples=(("domcontrol web", "ok, or what keeps QEMU busy"),),
    returns="control reason state_time_ms",
)
def domcontrol(domain: Domain) -> Text:
    info = domain.control_info()
    state = _CONTROL_STATES[info.state] if 0 <= info.state < len(_CONTROL_STATES) else "unknown"
    if info.state in (ControlState.OK, ControlState.ERROR):
        reason = _CONTROL_ERRORS[info.details] if 0 <= info.details < len(_CONTROL_ERRORS) else "unknown"
        text = state if info.details == ControlErrorReason.NONE else f"{state}: {reason}"
    else:
        reason = ""
        text = f"{state} ({info.state_time / 1000:0.3f}s)"
    return Text("control", text, state, reason=reason or None, state_time_ms=info.state_time)


_STATS: tuple[tuple[str, StatsTypes, str], ...] = (
    ("state", StatsTypes.STATE, "state and its reason"),
    ("cpu-total", StatsTypes.CPU_TOTAL, "processor time used"),
    ("balloon", StatsTypes.BALLOON, "memory given and asked back"),
    ("vcpu", StatsTypes.VCPU, "each virtual CPU"),
    ("interface", StatsTypes.INTERFACE, "each network interface"),
    ("block", StatsTypes.BLOCK, "each block device"),
    ("perf", StatsTypes.PERF, "performance counters"),
    ("iothread", StatsTypes.IOTHREAD, "each I/O thread"),
    ("memory", StatsTypes.MEMORY, "use of memory bandwidth"),
    ("dirtyrate", StatsTypes.DIRTYRATE, "how fast memory is being written"),
    ("vm", StatsTypes.VM, "figures that the hypervisor keeps"),
)
G = GetAllDomainStatsFlags
_WHICH: tuple[tuple[str, GetAllDomainStatsFlags, str], ...] = (
    ("list-active", G.ACTIVE, "only domains that run"),
    ("list-inactive", G.INACTIVE, "only domains that do not run"),
    ("list-persistent", G.PERSISTENT, "only domains with a persistent definition"),
    ("list-transient", G.TRANSIENT, "only domains without one"),
    ("list-running", G.RUNNING, "only domains that are running"),
    ("list-paused", G.PAUSED, "only domains that are paused"),
    ("list-shutoff", G.SHUTOFF, "only domains that are shut off"),
    ("list-other", G.OTHER, "only domains in other states"),
)
_HOW: tuple[tuple[str, GetAllDomainStatsFlags, str], ...] = (
    ("enforce", G.ENFORCE_STATS, "fail if a requested group is not available"),
    ("backing", G.BACKING, "add the backing chain to block figures"),
    ("nowait", G.NOWAIT, "leave out figures that would have to be waited for"),
)


@command(
    "domstats",
    "figures about domains",
    "Print figures about domains: all domains or some, all figures or the groups asked for.",
    (
        *(flag(name, f"report {what}") for name, _, what in _STATS),
        *(flag(name, what) for name, _, what in _WHICH),
        flag("raw", "print raw numbers"),
        *(flag(name, what) for name, _, what in _HOW),
        words("domain", DomainType(), "domains to report on (default: all)"),
    ),
    examples=(("domstats --state --list-active", "the state of each running domain, in numbers"),),
    returns="domains[name stats]",
)
def domstats(session: Session, args: Arguments) -> Stats:
    wanted = sum(value for name, value, _ in _STATS if name in args)
    flags = sum(value for name, value, _ in (*_WHICH, *_HOW) if name in args)
    domains: list[Domain] | None = args["domain"] or None
    answer = session.connection.domain_stats(domains, stats=wanted, flags=flags)
    return Stats([(domain.name, stats) for domain, stats in answer])
