"""Limits of a domain: memory, weights, bandwidths, NUMA, the scheduler, performance counters."""

from __future__ import annotations

from virshpy.enums import Lifecycle, LifecycleAction, MemoryModFlags, NumatuneMemMode
from virshpy.errors import Error, InvalidArg, Misuse, NoSupport
from virshpy.shell.commands.domain.options import CONFIG, CURRENT, DOMAIN, DOMAIN_LATE, IMPACT, LIVE
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Alias, Reads, argument, command, option, words
from virshpy.shell.lang.types import STRING, AnyText, Choice, Int, KiB, Size, Type, UInt, leading_number, whole_number
from virshpy.shell.nouns.families import named_as
from virshpy.shell.nouns.objects import DiskName, InterfaceName
from virshpy.shell.nouns.options import IMPACT_CLASHES
from virshpy.shell.render.results import Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments

UNLIMITED = 9007199254740991  # VIR_DOMAIN_MEMORY_PARAM_UNLIMITED, in KiB


def parameters(found: dict[str, Any], shown: dict[str, str] | None = None) -> Text:
    """``name           : value`` for each, as virsh prints typed parameters."""
    lines = []
    for name, value in found.items():
        text = (shown or {}).get(name) or (("yes" if value else "no") if isinstance(value, bool) else str(value))
        lines.append(f"{name:<15}: {text}\n")
    return Text("parameters", "".join(lines), found, end="")


# memory
@command(
    "setmem",
    "change how much memory a domain has",
    "Change the memory of a domain, within its maximum.",
    (DOMAIN, argument("size", KiB(), "in KiB, or with a unit"), *IMPACT),
    aliases=(Alias("kilobytes", "size"),),
    constraints=IMPACT_CLASHES,
    examples=(("setmem test 1G --live", "give some of it back"),),
    returns="",
)
def setmem(domain: Domain, size: int, current: bool, flags: int) -> None:
    plain = not flags and not current
    with named_as("virDomainSetMemory" if plain else "virDomainSetMemoryFlags"):
        domain.set_memory(size, flags=MemoryModFlags.LIVE if plain else flags)


@command(
    "setmaxmem",
    "change how much memory a domain may have",
    "Change the most memory that a domain may have.",
    (DOMAIN, argument("size", KiB(), "in KiB, or with a unit"), *IMPACT),
    constraints=IMPACT_CLASHES,
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
    ("hard-limit", "most memory it may use"),
    ("soft-limit", "memory it gets where there is too little"),
    ("swap-hard-limit", "most memory and swap it may use"),
    ("min-guarantee", "memory it always gets"),
)


@command(
    "memtune",
    "limits of a domain's memory",
    "Print or set limits of what a domain takes of the host's memory.",
    (
        DOMAIN,
        *(option(name, Limit(), f"{what}, in KiB or with a unit") for name, what in _LIMITS),
        *IMPACT,
    ),
    constraints=IMPACT_CLASHES,
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
    "the host's NUMA nodes that a domain's memory comes from",
    "Print or set which NUMA nodes of the host a domain's memory comes from.",
    (
        DOMAIN,
        option("mode", Choice(*_MODES), "how strictly: strict, preferred, interleave or restrictive"),
        option("nodeset", STRING.offering("CELL_LIST"), "numbers of NUMA nodes, such as 0-1"),
        *IMPACT,
    ),
    constraints=(*IMPACT_CLASHES, Reads("domain", "nodeset")),
    examples=(("numatune test --nodeset 0", "from the first node"),),
    returns="parameters",
)
def numatune(domain: Domain, nodeset: str | None, flags: int, args: Arguments) -> Text | None:
    wanted: dict[str, Any] = {}
    if nodeset:
        wanted["numa_nodeset"] = nodeset
    if args["mode"]:
        mode = args["mode"]
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
    try:
        found = domain.numa_parameters(flags=flags)
    except NoSupport as error:
        raise Failure("Unable to get number of memory parameters", error) from error
    except Error as error:
        raise Failure("Unable to get numa parameters", error) from error
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


class GroupName(AnyText):
    """The same, with two complaints."""

    def convert(self, text: str, name: str) -> str:
        if not text:
            first = f"Failed to get option '{name}': Option argument is empty"
            raise Failure(first, also="Unable to parse group-name parameter")
        return text


_PER_DEVICE = (
    ("device-weights", "weights of devices: PATH,WEIGHT,…"),
    ("device-read-iops-sec", "reads a second from devices: PATH,NUMBER,…"),
    ("device-write-iops-sec", "writes a second to devices: PATH,NUMBER,…"),
    ("device-read-bytes-sec", "bytes a second read from devices: PATH,NUMBER,…"),
    ("device-write-bytes-sec", "bytes a second written to devices: PATH,NUMBER,…"),
)


@command(
    "blkiotune",
    "a domain's share of the host's disks",
    "Print or set a domain's weight and limits at the host's block devices.",
    (
        DOMAIN,
        option("weight", Int(), "weight, from 100 to 1000"),
        *(option(name, StringParameter(), what) for name, what in _PER_DEVICE),
        *IMPACT,
    ),
    constraints=IMPACT_CLASHES,
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
    try:
        return call(flags=args.flags)
    except (Misuse, NoSupport) as error:
        raise Failure(f"Unable to get number of {what} parameters", error) from error
    except Error as error:
        raise Failure(f"Unable to get {what} parameters", error) from error


class Throttle(Size):
    """A number for which virsh complains twice."""

    def __init__(self, scaled: bool) -> None:
        super().__init__()
        self.plain = None if scaled else UInt(64)

    def convert(self, text: str, name: str) -> int:
        try:
            return self.plain.convert(text, name) if self.plain else super().convert(text, name)
        except Failure as failure:
            hint = "digits" if self.plain else "digits, perhaps with a unit such as K or M"
            second = "Unable to parse integer parameter"
            raise Failure(failure.message, failure.cause, also=second, hint=hint) from None


_RATES = tuple(
    f"{which}-{what}-sec{more}"
    for more in ("", "-max")
    for what in ("bytes", "iops")
    for which in ("total", "read", "write")
)
_LENGTHS = tuple(f"{rate}-length" for rate in _RATES if rate.endswith("-max"))
# virsh reads bytes first, and the name of the group last.
_READ = (*sorted(_RATES, key=lambda name: "iops" in name), "size-iops-sec", *_LENGTHS, "group-name")
_WORDS = {"total": "reads and writes", "read": "reads", "write": "writes"}


def _throttle_help(name: str) -> str:
    which, what, *_ = name.split("-")
    rate = f"{_WORDS[which]}, {'bytes' if what == 'bytes' else 'operations'} a second"
    if name.endswith("-length"):
        return f"for how many seconds that peak may last: {rate}"
    return f"peak of {rate}" if name.endswith("-max") else rate


_GROUP_NAME = GroupName().offering("THROTTLE_GROUPS")


def throttle_options(*, group: bool) -> tuple[Any, ...]:
    """The options that describe how much of a disk may be used; ``group``: with the name of a shared limit."""
    return (
        *(option(name, Throttle("bytes" in name), _throttle_help(name)) for name in _RATES),
        option("size-iops-sec", Throttle(False), "bytes that count as one operation"),
        *((option("group-name", _GROUP_NAME, "disks of one name share the limits"),) if group else ()),
        *(option(name, Throttle(False), _throttle_help(name)) for name in _LENGTHS),
    )


def throttle_values(args: Arguments) -> dict[str, Any]:
    """What those options say, by libvirt's names."""
    names = [*_RATES, "size-iops-sec", "group-name", *_LENGTHS]
    return {name.replace("-", "_"): args[name] for name in names if args[name] is not None}


@command(
    "blkdeviotune",
    "limits of a domain's disk",
    "Print or set how fast a domain may read and write one of its disks.",
    (DOMAIN, argument("device", DiskName(), "target or source of a disk"), *throttle_options(group=True), *IMPACT),
    constraints=(*IMPACT_CLASHES, Reads("domain", "device", *_READ)),
    aliases=[Alias(name.replace("-", "_"), name) for name in _READ],
    examples=(("blkdeviotune test vda --total-iops-sec 500 --total-iops-sec-max 2000", "500, and 2000 at times"),),
    returns="parameters",
)
def blkdeviotune(domain: Domain, device: str, flags: int, args: Arguments) -> Text | None:
    wanted = throttle_values(args)
    if wanted:
        with failing("Unable to change block I/O throttle"):
            domain.set_block_io_tune(device, wanted, flags=flags)
        return None
    # virsh asks how many there are, which looks at nothing but the flags.
    doing = "number of block I/O throttle" if {"config", "live"} <= args.given.keys() else "block I/O throttle"
    with failing(f"Unable to get {doing} parameters"):
        return parameters(domain.block_io_tune(device, flags=flags))


RATE_FIELDS = ("average", "peak", "burst", "floor")


def _read_rate(text: str) -> dict[str, int]:
    """``average,peak,burst,floor`` in KiB and KiB/s; what is missing is 0. Raises Failure."""
    pieces = text.split(",")
    if len(pieces) > len(RATE_FIELDS):
        raise Failure(f"Rate string '{text}' has too many fields")
    found = dict.fromkeys(RATE_FIELDS, 0)
    for name, piece in zip(RATE_FIELDS, pieces, strict=False):
        if not piece:
            continue
        number = whole_number(piece)
        if number is None or number >= 1 << 64 or "-" in piece:
            raise Failure(f"field '{name}' is malformed")
        found[name] = number
    return found


def inbound_rate(args: Arguments, *, may_be_off: bool) -> dict[str, int] | None:
    """--inbound; where it ``may_be_off``, nothing but zeros is no limit. Raises Failure."""
    rate = _read_rate(args["inbound"]) if args["inbound"] else None
    if rate and not rate["average"] and not rate["floor"] and not (may_be_off and _is_off(rate)):
        raise Failure("either inbound average or floor is mandatory")
    return rate


def outbound_rate(args: Arguments, *, may_be_off: bool) -> dict[str, int] | None:
    """--outbound, likewise."""
    rate = _read_rate(args["outbound"]) if args["outbound"] else None
    if rate and not rate["average"] and not (may_be_off and (rate["floor"] or _is_off(rate))):
        raise Failure("outbound average is mandatory")
    if rate and rate["floor"]:
        raise Failure("outbound floor is unsupported yet")
    return rate


def _is_off(rate: dict[str, int]) -> bool:
    return not any(rate.values())


_RATE_HELP = "AVERAGE,PEAK,BURST,FLOOR in KiB/s and KiB"


@command(
    "domiftune",
    "limits of a domain's network interface",
    "Print or set how fast a domain may receive and send at one of its network\ninterfaces.",
    (
        DOMAIN,
        argument("interface", InterfaceName(), "target or MAC address of a network interface"),
        option("inbound", STRING, f"what it receives: {_RATE_HELP}"),
        option("outbound", STRING, "what it sends: AVERAGE,PEAK,BURST in KiB/s and KiB"),
        *IMPACT,
    ),
    constraints=IMPACT_CLASHES,
    examples=(("domiftune test testnet0 --inbound 1000,5000,5120", "1 MB a second, more for a moment"),),
    returns="parameters",
)
def domiftune(domain: Domain, interface: str, flags: int, args: Arguments) -> Text | None:
    wanted: dict[str, Any] = {}
    for way, read in (("inbound", inbound_rate), ("outbound", outbound_rate)):
        rate = read(args, may_be_off=True)
        if rate is None:
            continue
        if any(number >= 1 << 32 for number in rate.values()):
            raise Failure(f"{way} rate larger than maximum {(1 << 32) - 1}")
        # An average of nothing takes the limits away; what else is nothing stays as it is.
        wanted |= {f"{way}.{name}": number for name, number in rate.items() if number or name == "average"}
    if wanted:
        with failing("Unable to set interface parameters"):
            domain.set_interface_parameters(interface, wanted, flags=flags)
        return None
    with failing("Unable to get interface parameters"):
        return parameters(domain.interface_parameters(interface, flags=flags))


# processors
class SchedulerNumber(Type):
    """A number, read by the handler when it knows what the scheduler has."""

    word = "number"


@command(
    "schedinfo",
    "how the host's scheduler treats a domain",
    "Print or set parameters of the scheduler for a domain.",
    (
        DOMAIN,
        option("weight", SchedulerNumber(), "weight, for a scheduler that has it", named_only=True, late=True),
        option("cap", SchedulerNumber(), "cap, for a scheduler that has it", named_only=True, late=True),
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
    found = domain.scheduler_parameters(flags=flags)
    wanted = _changes(args, found)
    if wanted:
        domain.set_scheduler_parameters(wanted, flags=flags)
        found = domain.scheduler_parameters(flags=flags)
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
        option("enable", STRING.offering("PERF_EVENTS"), "counters to switch on, with commas"),
        option("disable", STRING.offering("PERF_EVENTS"), "counters to switch off, with commas"),
        *IMPACT,
    ),
    constraints=(*IMPACT_CLASHES, Reads("enable", "disable")),
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
    "what becomes of a domain that ends",
    "Set what is done when a guest powers off, reboots or crashes.",
    (
        DOMAIN_LATE,
        argument("type", Choice(*_TYPES), "what the guest does: poweroff, reboot or crash"),
        argument("action", Choice(*_ACTIONS), "what is done then"),
        *IMPACT,
    ),
    constraints=IMPACT_CLASHES,
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
