"""Processors of a domain: how many there are, and where they run."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import VcpuFlags
from virshpy.shell.commands.domain.options import DOMAIN, DOMAIN_LATE, IMPACT, RUNNING, RUNNING_LATE, explicit
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Constraint, Exclusive, OneOf, Requires, argument, command, flag, option
from virshpy.shell.lang.types import STRING, TEXT, Int, UInt
from virshpy.shell.render.readable import cpu_map
from virshpy.shell.render.results import Shown, Table, Text
from virshpy.xml.scalars import format_ranges, parse_ranges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments, Invocation
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

CPULIST = option("cpulist", TEXT.offering("CPU_LIST"), "CPUs of the host, such as 0-3,^2; or r: all")
_V = VcpuFlags
_BITS = 1024  # of virsh's set of CPUs


# how many
@command(
    "setvcpus",
    "change the number of a domain's virtual CPUs",
    "Change the number of a domain's virtual CPUs.",
    (
        DOMAIN,
        argument("count", UInt(), "number of pages"),
        flag("maximum", "change the maximum, from the next start on"),
        *IMPACT,
        flag("guest", "have the guest agent switch virtual CPUs on or off"),
        flag("hotpluggable", "make added virtual CPUs hotpluggable: they can be removed again"),
    ),
    constraints=(Exclusive("guest", "config"), Requires("maximum", "config")),
    examples=(("setvcpus test 1 --live", "one virtual CPU, for now"),),
    returns="",
)
def setvcpus(domain: Domain, count: int, flags: int, args: Arguments) -> None:
    if not count:
        raise Failure("Can't set 0 processors for a VM")
    for name, value in (("guest", _V.GUEST), ("maximum", _V.MAXIMUM), ("hotpluggable", _V.HOTPLUGGABLE)):
        if name in args:
            flags |= value
    domain.set_vcpus(count, **explicit(args, flags))


class _NoTwoKinds(Constraint):
    """One number is asked for, of one kind. On its own, --current is an old word for --active."""

    def names(self) -> tuple[str, ...]:
        return ("maximum", "active", "live", "config", "current")

    def check(self, args: Invocation) -> None:
        clashes = [("live", "config"), ("active", "maximum"), ("guest", "config")]
        if "active" in args or "maximum" in args:
            clashes += [("current", "live"), ("current", "config")]
        for first, second in clashes:
            if first in args and second in args:
                raise Failure(f"Options --{first} and --{second} are mutually exclusive")


@command(
    "vcpucount",
    "number of a domain's virtual CPUs",
    "Print the number of a domain's virtual CPUs: all counts, or one.",
    (
        DOMAIN,
        flag("maximum", "the maximum"),
        flag("active", "the present number"),
        flag("live", "of the running domain", adds=_V.LIVE),
        flag("config", "of the definition", adds=_V.CONFIG),
        flag("current", "of the running domain if it runs, else of the definition"),
        flag("guest", "the number that the guest agent tells"),
    ),
    constraints=(_NoTwoKinds(),),
    examples=(("vcpucount test", "all four counts"), ("vcpucount test --active --live", "one count")),
    returns="vcpu_count | vcpu_counts{maximum_config? maximum_live? current_config? current_live?}",
)
def vcpucount(domain: Domain, maximum: bool, guest: bool, flags: int, args: Arguments) -> Result:
    if not any(name in args for name in ("maximum", "active", "live", "config", "current", "guest")):
        return _all_counts(domain)
    if guest:
        with failing("Failed to retrieve vCPU count from the guest"):
            return _count(domain.vcpus_flags(flags=_V.GUEST))
    if maximum:
        with failing("Failed to retrieve maximum vcpu count"):
            return _count(domain.vcpus_flags(flags=flags | _V.MAXIMUM))
    with failing("Failed to retrieve current vcpu count"):
        return _count(domain.vcpus_flags(flags=flags))


def _count(number: int) -> Text:
    return Text("vcpu_count", str(number), number)


def _all_counts(domain: Domain) -> Text:
    lines, value = [], {}
    for kind, more in (("maximum", _V.MAXIMUM), ("current", _V.CURRENT)):
        for where, impact_flag in (("config", _V.CONFIG), ("live", _V.LIVE)):
            try:
                number = domain.vcpus_flags(flags=more | impact_flag)
            except errors.NoSupport:
                raise  # no answer is none, not the answer that there is nothing
            except errors.Error:
                # A transient domain has no definition, an inactive one does not run.
                continue
            lines.append(f"{kind:<12} {where:<12} {number:>3}\n")
            value[f"{kind}_{where}"] = number
    return Text("vcpu_counts", "".join(lines), value, end="")


_ENABLE_OR_DISABLE = OneOf("enable", "disable", complaint="one of --enable, --disable is required")


@command(
    "setvcpu",
    "plug or unplug single virtual CPUs",
    "Plug virtual CPUs into a domain, or unplug them, by their numbers.",
    (
        DOMAIN,
        argument("vcpulist", STRING.offering("VCPU_LIST"), "numbers of virtual CPUs, such as 2-3"),
        flag("enable", "plug them in"),
        flag("disable", "unplug them"),
        Exclusive("enable", "disable"),
        *IMPACT,
    ),
    constraints=(_ENABLE_OR_DISABLE,),
    examples=(("setvcpu test 1 --disable", "the second virtual CPU"),),
    returns="",
)
def setvcpu(domain: Domain, vcpulist: str, enable: bool, flags: int) -> None:
    domain.set_vcpu(vcpulist, enable, flags=flags)


@command(
    "guestvcpus",
    "virtual CPUs as the guest sees them",
    "Print which virtual CPUs the guest uses, or have its agent switch some on\nor off.",
    (
        RUNNING_LATE,
        option("cpulist", STRING.offering("VCPU_LIST"), "numbers of virtual CPUs"),
        flag("enable", "switch them on"),
        flag("disable", "switch them off"),
    ),
    constraints=(Exclusive("enable", "disable"), Requires("enable", "cpulist"), Requires("disable", "cpulist")),
    examples=(("guestvcpus test 1 --disable", "the guest stops using the second"),),
    returns="parameters",
)
def guestvcpus(cpulist: str | None, enable: bool, args: Arguments) -> Text | None:
    if cpulist is not None and not {"enable", "disable"} & args.given.keys():
        raise Failure("One of options --enable or --disable is required by option --cpulist")
    domain: Domain = args["domain"]
    if cpulist is not None:
        domain.set_guest_vcpus(cpulist, enable)
        return None
    found = domain.guest_vcpus()
    return Text("parameters", "".join(f"{key:<15}: {value}\n" for key, value in found.items()), found, end="")


# where
_STATES = ("offline", "running", "blocked")


def host_cpus(session: Session) -> int:
    """How many processors the host has."""
    try:
        return session.connection.node_cpu_map().present
    except errors.NoSupport:
        info = session.connection.node_info()
        return info.nodes * info.sockets * info.cores * info.threads


def _affinity(cpus: list[int], count: int, pretty: bool) -> str:
    return f"{format_ranges([cpu for cpu in cpus if cpu < count])} (out of {count})" if pretty else cpu_map(cpus, count)


@command(
    "vcpuinfo",
    "state of a domain's virtual CPUs",
    "Print the state of each virtual CPU of a domain, and the CPU of the host on which it runs.",
    (DOMAIN, flag("pretty", "print sets of CPUs as ranges")),
    examples=(("vcpuinfo test --pretty", "with affinities as ranges"),),
    returns="vcpus[vcpu cpu state cpu_time_ns affinity]",
)
def vcpuinfo(session: Session, domain: Domain, pretty: bool) -> Text:
    count = host_cpus(session)
    pieces: list[str] = []
    value: list[dict[str, Any]] = []
    try:
        found = domain.vcpus()
    except errors.OperationInvalid:
        if domain.is_active():
            raise
        found = None
    if found is None:
        # It does not run: what is known is where its processors would.
        for number, cpus in enumerate(domain.vcpu_pin_info(flags=_V.CONFIG)):
            pieces.append(_vcpu(number, "N/A", "N/A", None, _affinity(cpus, count, pretty)))
            value.append({"vcpu": number, "cpu": None, "state": None, "cpu_time_ns": None, "affinity": list(cpus)})
    else:
        for one in found:
            state = _STATES[one.state] if 0 <= one.state < len(_STATES) else "no state"
            time = f"{one.cpu_time / 1e9:.1f}s"
            where = {-1: "N/A", -2: "N/A"}.get(one.cpu, str(one.cpu))
            pieces.append(_vcpu(one.number, where, state, time, _affinity(one.cpus, count, pretty)))
            value.append(
                {"vcpu": one.number, "cpu": one.cpu if one.cpu >= 0 else None, "state": state,
                 "cpu_time_ns": one.cpu_time, "affinity": list(one.cpus)}
            )  # fmt: skip
    return Text("vcpus", "\n".join(pieces), value, end="")


def _vcpu(number: int, cpu: str, state: str, time: str | None, affinity: str) -> str:
    spent = ("CPU time", "N/A") if time is None else ("CPU time:", time)  # virsh's label has no colon then
    fields = (("VCPU:", number), ("CPU:", cpu), ("State:", state), spent, ("CPU Affinity:", affinity))
    return "".join(f"{label:<15} {text}\n" for label, text in fields)


def wanted_cpus(text: str, session: Session) -> list[int]:
    """The CPUs of the host in a list; ``r`` is all of them, as if none had been named. Raises Failure."""
    count = host_cpus(session)
    if text == "r":
        return list(range(count))
    cpus = parse_ranges(text)
    if cpus is None or max(cpus, default=0) >= _BITS:
        cause = errors.InvalidArg(f"Failed to parse bitmap '{text}'")
        raise Failure(f"Invalid cpulist '{text}'", cause) from cause
    if not cpus:
        raise Failure(f"Invalid cpulist '{text}'")
    if cpus[-1] >= count:
        raise Failure(f"CPU {cpus[-1]} in cpulist '{text}' exceed the maxcpu {count}")
    return list(cpus)


@command(
    "vcpupin",
    "pin virtual CPUs to CPUs of the host",
    "Print or set which CPUs of the host a virtual CPU may run on.",
    (DOMAIN_LATE, option("vcpu", UInt().offering("VCPUS"), "number of a virtual CPU"), CPULIST, *IMPACT),
    examples=(("vcpupin test 0 2-3", "the first virtual CPU, on two CPUs of the host"),),
    returns="vcpus[vcpu affinity]",
)
def vcpupin(session: Session, vcpu: int | None, cpulist: str | None, flags: int, args: Arguments) -> Result | None:
    if cpulist is not None:
        if vcpu is None:
            raise Failure("vcpupin: Missing vCPU number in pin mode.")
        args["domain"].pin_vcpu(vcpu, wanted_cpus(cpulist, session), **explicit(args))
        return None
    if "live" in args and "config" in args:
        raise Failure("Options --live and --config are mutually exclusive")
    domain: Domain = args["domain"]
    if "live" in args and not domain.is_active():
        raise Failure("cannot get vcpupin for offline domain", kind="state")
    if "config" in args and not domain.is_persistent():
        raise Failure("cannot get vcpupin for transient domain", kind="state")
    total = domain.info().vcpus
    if vcpu is not None and vcpu >= total:
        which = "persistent" if "config" in args else "live"
        raise Failure(f"vcpu {vcpu} is out of range of {which} cpu count {total}")
    pins = domain.vcpu_pin_info(flags=flags)
    rows = [
        (number, Shown(list(cpus), format_ranges(cpus)))
        for number, cpus in enumerate(pins)
        if vcpu is None or number == vcpu
    ]
    return Table("vcpus", [("vcpu", "VCPU"), ("affinity", "CPU Affinity")], rows)


@command(
    "emulatorpin",
    "pin a domain's emulator to CPUs of the host",
    "Print or set which CPUs of the host a domain's emulator may run on.",
    (DOMAIN, CPULIST, *IMPACT),
    examples=(("emulatorpin test 0-1", "away from its virtual CPUs"),),
    returns="affinity",
)
def emulatorpin(session: Session, domain: Domain, cpulist: str | None, flags: int) -> Text | None:
    if cpulist is not None:
        domain.pin_emulator(wanted_cpus(cpulist, session), flags=flags)
        return None
    cpus = domain.emulator_pin_info(flags=flags)
    text = f"emulator: CPU Affinity\n{'-' * 34}\n       *: {format_ranges(cpus)}\n"
    return Text("affinity", text, list(cpus), end="")


# time
@command(
    "cpu-stats",
    "CPU time of a domain",
    "Print the CPU time of a domain, for each CPU of the host and in total.",
    (
        RUNNING,
        flag("total", "print only the total"),
        option("start", Int().offering("HOST_CPUS"), "number of the first processor to print"),
        option("count", Int(), "number of processors to print"),
    ),
    examples=(("cpu-stats test --total", "all together"),),
    returns="cpu cpu_time_ns? user_time_ns? system_time_ns? vcpu_time_ns? | note",
)
def cpu_stats(session: Session, domain: Domain, total: bool, start: int | None, count: int | None) -> Iterable[Text]:
    if start is not None and start < 0:
        raise Failure("Invalid value for start CPU")
    if count is not None and count < 0:
        raise Failure("Invalid value for number of CPUs to show")
    # Without a choice everything is shown; a choice of processors shows them only.
    if not total and start is None and count is None:
        total, each = True, True
    else:
        each = start is not None or count is not None
    doing = f"Failed to retrieve CPU statistics for domain '{domain.name}'"
    if each:
        start = start or 0
        with failing(doing):
            available = len(domain.cpu_stats(0, 0)) or host_cpus(session)
            if start >= available:
                raise Failure(f"Start CPU {start} is out of range (min: 0, max: {available - 1})")
            if count is not None and count > available:
                yield Text("note", f"Only {available} CPUs available to show")
            shown = available - start if count is None else min(count, available - start)
            stats = domain.cpu_stats(start, shown) if shown else []
        for number, one in enumerate(stats, start):
            yield _cpu_times(f"CPU{number}", one, number)
    if total:
        with failing(doing):
            stats = domain.cpu_stats(-1, 1)
        if not stats:
            raise Failure("No total stats available", kind="unsupported")
        yield _cpu_times("Total", stats[0], None)


def _cpu_times(title: str, times: dict[str, Any], cpu: int | None) -> Text:
    lines, figures = [f"{title}:\n"], {}
    for name, value in times.items():
        if name in ("cpu_time", "vcpu_time", "user_time", "system_time"):
            figures[f"{name}_ns"] = value
            lines.append(f"\t{name:<12} {value // 1_000_000_000:>9}.{value % 1_000_000_000:09} seconds\n")
        else:
            lines.append(f"\t{name:<12} {value}\n")
    return Text("cpu", "".join(lines), cpu, end="", **figures)
