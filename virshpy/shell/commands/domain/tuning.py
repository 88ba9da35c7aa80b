"""Limits of a domain: memory, weights, bandwidths, NUMA, the scheduler, performance counters."""

from __future__ import annotations

from virshpy.enums import Lifecycle, LifecycleAction, MemoryModFlags, NumatuneMemMode
from virshpy.errors import Error, InvalidArg
from virshpy.shell.commands.domain.options import CONFIG, CURRENT, DOMAIN, DOMAIN_LATE, IMPACT, LIVE, explicit
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Alias, Reads, argument, command, option, words
from virshpy.shell.lang.types import STRING, AnyText, Choice, Int, KiB, Type, leading_number
from virshpy.shell.nouns.options import IMPACT_CLASHES
from virshpy.shell.render.readable import parameters
from virshpy.shell.render.results import Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments

UNLIMITED = 9007199254740991  # VIR_DOMAIN_MEMORY_PARAM_UNLIMITED, in KiB


# memory
@command(
    "setmem",
    "change the memory of a domain",
    "Change the memory of a domain, within its maximum.",
    (DOMAIN, argument("size", KiB(), "in KiB, or with a unit"), *IMPACT),
    aliases=(Alias("kilobytes", "size"),),
    examples=(("setmem test 1G --live", "give some of it back"),),
    returns="",
)
def setmem(domain: Domain, size: int, args: Arguments) -> None:
    domain.set_memory(size, **explicit(args))


@command(
    "setmaxmem",
    "change the maximum memory of a domain",
    "Change the maximum memory of a domain.",
    (DOMAIN, argument("size", KiB(), "in KiB, or with a unit"), *IMPACT),
    aliases=(Alias("kilobytes", "size"),),
    examples=(("setmaxmem test 4G --config", "from its next start"),),
    returns="",
)
def setmaxmem(domain: Domain, size: int, flags: int) -> None:
    with failing("Unable to change MaxMemorySize"):
        domain.set_memory(size, flags=flags | MemoryModFlags.MAXIMUM)


class Limit(KiB):
    """A number of KiB, with or without a unit; a negative one is no limit at all."""

    def __init__(self) -> None:
        super().__init__((1 << 63) - 1)

    def convert(self, text: str, name: str) -> int:
        if (number := leading_number(text)) is not None and -(1 << 63) <= number < 0:
            return UNLIMITED
        try:
            return super().convert(text, name)
        except Failure as failure:
            readable = number is not None and number < 1 << 63
            cause = failure.cause if readable else None
            raise Failure(f"Unable to parse integer parameter {name}", cause) from None


_LIMITS = (
    ("hard-limit", "maximum memory it may use"),
    ("soft-limit", "limit enforced when the host is short of memory"),
    ("swap-hard-limit", "maximum memory and swap it may use"),
    ("min-guarantee", "memory that it is guaranteed"),
)


@command(
    "memtune",
    "limits of a domain's memory",
    "Print or set limits of what a domain takes of the host's memory.",
    (DOMAIN, *(option(name, Limit(), f"{what}, in KiB or with a unit") for name, what in _LIMITS), *IMPACT),
    examples=(("memtune test --hard-limit 10G", "not more than that, whatever QEMU does"),),
    returns="parameters",
)
def memtune(domain: Domain, flags: int, args: Arguments) -> Text | None:
    wanted = {name.replace("-", "_"): args[name] for name, _ in _LIMITS if args[name] is not None}
    if wanted:
        with failing("Unable to change memory parameters"):
            domain.set_memory_parameters(wanted, flags=flags)
        return None
    found = _read("memory", domain.memory_parameters, args)
    return parameters(found, {name: "unlimited" for name, value in found.items() if value >= UNLIMITED})


_MODES = ("strict", "preferred", "interleave", "restrictive")


@command(
    "numatune",
    "NUMA policy of a domain's memory",
    "Print or set which NUMA nodes of the host a domain's memory comes from.",
    (
        DOMAIN,
        option("mode", Choice(*_MODES), "how strictly: strict, preferred, interleave or restrictive"),
        option("nodeset", STRING.offering("CELL_LIST"), "numbers of NUMA nodes, such as 0-1"),
        *IMPACT,
    ),
    constraints=(Reads("domain", "nodeset"),),
    examples=(("numatune test --nodeset 0", "from the first node"),),
    returns="parameters",
)
def numatune(domain: Domain, mode: str | None, nodeset: str | None, flags: int) -> Text | None:
    wanted: dict[str, Any] = {}
    if nodeset:
        wanted["numa_nodeset"] = nodeset
    if mode:
        if mode.isdigit() and mode.isascii():
            wanted["numa_mode"] = int(mode)
        elif mode in _MODES:
            wanted["numa_mode"] = int(NumatuneMemMode[mode.upper()])
        else:
            raise Failure(f"Invalid mode: {mode}")
    if wanted:
        with failing("Unable to change numa parameters"):
            domain.set_numa_parameters(wanted, flags=flags)
        return None
    with failing("Unable to get numa parameters", NoSupport="Unable to get number of memory parameters"):
        found = domain.numa_parameters(flags=flags)
    number = found.get("numa_mode")
    named = {"numa_mode": _MODES[number]} if isinstance(number, int) and 0 <= number < len(_MODES) else {}
    return parameters(found, named)


# disks and interfaces
class StringParameter(AnyText):
    """Text for which virsh has a complaint of its own."""

    def convert(self, text: str, name: str) -> str:
        if not text:
            raise Failure("Unable to parse string parameter")
        return text


_PER_DEVICE = (
    ("device-weights", "weights of devices: PATH,WEIGHT,…"),
    ("device-read-iops-sec", "reads per second from devices: PATH,NUMBER,…"),
    ("device-write-iops-sec", "writes per second to devices: PATH,NUMBER,…"),
    ("device-read-bytes-sec", "bytes per second read from devices: PATH,NUMBER,…"),
    ("device-write-bytes-sec", "bytes per second written to devices: PATH,NUMBER,…"),
)


@command(
    "blkiotune",
    "I/O weights and limits of a domain",
    "Print or set a domain's I/O weight and its limits for block devices of the host.",
    (
        DOMAIN,
        option("weight", Int(), "weight, from 100 to 1000"),
        *(option(name, StringParameter(), what) for name, what in _PER_DEVICE),
        *IMPACT,
    ),
    examples=(("blkiotune test --weight 200", "after the others"),),
    returns="parameters",
)
def blkiotune(domain: Domain, weight: int | None, flags: int, args: Arguments) -> Text | None:
    wanted: dict[str, Any] = {}
    if weight is not None:
        if weight <= 0:
            raise Failure(f"Invalid value of {weight} for I/O weight")
        wanted["weight"] = weight
    for name, _ in _PER_DEVICE:
        if args[name]:
            wanted["device_weight" if name == "device-weights" else name.replace("-", "_")] = args[name]
    if wanted:
        with failing("Unable to change blkio parameters"):
            domain.set_blkio_parameters(wanted, flags=flags)
        return None
    return parameters(_read("blkio", domain.blkio_parameters, args))


def _read(what: str, call: Callable[..., dict[str, Any]], args: Arguments) -> dict[str, Any]:
    """virsh asks how many parameters there are first; a driver looks at nothing but the flags then."""
    number = f"Unable to get number of {what} parameters"
    with failing(f"Unable to get {what} parameters", NoSupport=number, Misuse=number):
        return call(flags=args.flags)


# processors
class SchedulerNumber(Type):
    """A number, read by the handler when it knows what the scheduler has."""

    word = "number"


@command(
    "schedinfo",
    "scheduler parameters of a domain",
    "Print or set parameters of the scheduler for a domain.",
    (
        DOMAIN,
        option("weight", SchedulerNumber(), "weight, where the scheduler has one", named_only=True, late=True),
        option("cap", SchedulerNumber(), "cap, where the scheduler has one", named_only=True, late=True),
        CURRENT,
        CONFIG,
        LIVE,
        words("set", STRING.offering("SCHEDULER_SETTINGS"), "NAME=VALUE of a parameter"),
    ),
    constraints=IMPACT_CLASHES,
    examples=(("schedinfo test --set cpu_shares=2048", "twice the usual share"),),
    returns="scheduler parameters?",
)
def schedinfo(domain: Domain, flags: int, args: Arguments) -> Any:
    scheduler, count = domain.scheduler_type()
    line = f"{'Scheduler':<15}: {scheduler if scheduler else 'Unknown'}"
    try:
        found = _scheduled(domain, args, flags) if count else {}
    except (Error, Failure):
        yield Text("scheduler", line, scheduler or None)  # virsh has said so much by then
        raise
    yield Text("scheduler", f"{line}\n{parameters(found).text}", scheduler or None, end="", parameters=found)


def _scheduled(domain: Domain, args: Arguments, flags: int) -> dict[str, Any]:
    """The parameters as they are after what was asked for."""
    found = domain.scheduler_parameters(**explicit(args, flags))
    wanted = _changes(args, found)
    if wanted:
        domain.set_scheduler_parameters(wanted, **explicit(args, flags))
        found = domain.scheduler_parameters(**explicit(args, flags))
    return found


def _changes(args: Arguments, found: dict[str, Any]) -> dict[str, Any]:
    """What --set, --cap and --weight ask for, in the types that the driver has. Raises Failure and InvalidArg."""
    wanted: dict[str, Any] = {}

    def want(name: str, text: str) -> None:
        if name not in found:
            raise Failure(f"invalid scheduler option: {name}")
        value = _of_the_type(name, text, found[name])
        if name in wanted:
            raise InvalidArg(f"parameter '{name}' occurs multiple times")
        wanted[name] = value

    for setting in args["set"]:
        name, equals, text = setting.partition("=")
        if not equals:
            raise Failure("Invalid syntax for --set, expecting name=value")
        want(name, text)
    for name in ("cap", "weight"):
        if (given := args[name]) is not None:
            want(name, given)
    return wanted


def _of_the_type(name: str, text: str, present: Any) -> Any:
    if isinstance(present, int):
        try:
            return int(text)
        except ValueError:
            kind = "unsigned int" if present >= 0 else "int"
            raise InvalidArg(f"Invalid value for field '{name}': expected {kind}") from None
    return text


@command(
    "perf",
    "a domain's performance counters",
    "Print which performance counters of a domain are on, or switch some.",
    (
        DOMAIN,
        option("enable", STRING.offering("PERF_EVENTS"), "counters to switch on, separated by commas"),
        option("disable", STRING.offering("PERF_EVENTS"), "counters to switch off, separated by commas"),
        *IMPACT,
    ),
    constraints=(Reads("enable", "disable"),),
    examples=(("perf test --enable cache_misses,instructions", "then: domstats --perf"),),
    returns="parameters",
)
def perf(domain: Domain, flags: int, args: Arguments) -> Text | None:
    asked = [
        (name, option_name == "enable")
        for option_name in ("enable", "disable")
        for name in (args[option_name].split(",") if args[option_name] else ())
    ]
    wanted = dict(asked)
    if not wanted:
        with failing("Unable to get perf events"):
            return _counters(domain.perf_events(flags=flags))
    with failing("Unable to enable/disable perf events"):
        if len(asked) > len(wanted):
            _refuse_twice(sorted(name for name, _ in asked))
        domain.set_perf_events(wanted, flags=flags)
    return _counters(wanted)


def _refuse_twice(names: list[str]) -> None:
    """Refuse a counter that is named twice, but for those that no driver knows. Raises InvalidArg."""
    from virshpy.xml.domain.tuning import PERF_EVENTS

    for name in PERF_EVENTS.split():
        if names.count(name) > 1:
            raise InvalidArg(f"parameter '{name}' occurs multiple times")


def _counters(found: dict[str, bool]) -> Text:
    return parameters(found, {name: "enabled" if on else "disabled" for name, on in found.items()})


# what happens when it ends
_TYPES = {"poweroff": Lifecycle.POWEROFF, "reboot": Lifecycle.REBOOT, "crash": Lifecycle.CRASH}
_ACTIONS = {
    "destroy": LifecycleAction.DESTROY,
    "restart": LifecycleAction.RESTART,
    "rename-restart": LifecycleAction.RESTART_RENAME,
    "preserve": LifecycleAction.PRESERVE,
    "coredump-destroy": LifecycleAction.COREDUMP_DESTROY,
    "coredump-restart": LifecycleAction.COREDUMP_RESTART,
}


@command(
    "set-lifecycle-action",
    "set the action when a guest powers off, reboots or crashes",
    "Set the action that is taken when a guest powers off, reboots or crashes.",
    (
        DOMAIN_LATE,
        argument("type", Choice(*_TYPES), "event: poweroff, reboot or crash"),
        argument("action", Choice(*_ACTIONS), "action: destroy, restart, preserve, rename-restart, coredump-…"),
        *IMPACT,
    ),
    examples=(("set-lifecycle-action test poweroff restart", "it cannot be shut down from inside"),),
    returns="",
)
def set_lifecycle_action(type: str, action: str, flags: int, args: Arguments) -> None:
    for name, known in (("type", _TYPES), ("action", _ACTIONS)):
        if args[name] not in known:
            raise Failure(f"Invalid lifecycle {name} '{args[name]}'.")
    domain: Domain = args["domain"]
    with failing("Unable to change lifecycle action."):
        domain.set_lifecycle_action(_TYPES[type], _ACTIONS[action], flags=flags)
