"""I/O threads of a domain."""

from __future__ import annotations

from virshpy.shell.commands.domain.options import DOMAIN, IMPACT
from virshpy.shell.commands.domain.processors import host_cpus, wanted_cpus
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import argument, command, option
from virshpy.shell.lang.types import STRING, Int, UInt
from virshpy.shell.render.results import Message, Shown, Table
from virshpy.xml.scalars import format_ranges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session


class ThreadNumber(Int):
    """The number of an I/O thread, counted from 1."""

    def convert(self, text: str, name: str) -> int:
        number = super().convert(text, name)
        if number <= 0:
            raise Failure(f"Invalid IOThread id value: '{number}'")
        return number


@command(
    "iothreadinfo",
    "list a domain's I/O threads",
    "List the I/O threads of a domain, and where they may run.",
    (DOMAIN, *IMPACT),
    examples=(("iothreadinfo test", "what <iothreads> has made"),),
    returns="iothreads[iothread affinity] message? domain?",
)
def iothreadinfo(session: Session, domain: Domain, flags: int) -> Result:
    count = host_cpus(session)
    with failing("Unable to get domain IOThreads information"):
        found = domain.iothread_info(flags=flags)
    if not found:
        return Message("No IOThreads found for the domain", end="", domain=domain.name, iothreads=[])
    rows = []
    for one in found:
        cpus = [cpu for cpu in one.cpus if cpu < count]
        rows.append((one.iothread_id, Shown(cpus, format_ranges(cpus))))
    return Table("iothreads", [("iothread", "IOThread ID"), ("affinity", "CPU Affinity")], rows)


@command(
    "iothreadpin",
    "pin an I/O thread to CPUs of the host",
    "Set which CPUs of the host an I/O thread of a domain may run on.",
    (
        DOMAIN,
        argument("iothread", UInt().offering("IOTHREADS"), "number of an I/O thread"),
        argument("cpulist", STRING.offering("CPU_LIST"), "CPUs of the host, such as 0-3,^2; or r: all"),
        *IMPACT,
    ),
    examples=(("iothreadpin test 1 0-1", "next to the disks' interrupts"),),
    returns="",
)
def iothreadpin(session: Session, domain: Domain, iothread: int, cpulist: str, flags: int) -> None:
    cpus = wanted_cpus(cpulist, session)
    domain.pin_iothread(iothread, cpus, flags=flags)


@command(
    "iothreadadd",
    "give a domain an I/O thread",
    "Add an I/O thread to a domain.",
    (DOMAIN, argument("id", ThreadNumber().offering("FREE_IOTHREAD"), "number of the new I/O thread"), *IMPACT),
    examples=(("iothreadadd test 2 --config", "from its next start"),),
    returns="",
)
def iothreadadd(domain: Domain, id: int, flags: int) -> None:
    domain.add_iothread(id, flags=flags)


@command(
    "iothreaddel",
    "take an I/O thread from a domain",
    "Remove an I/O thread that no disk uses.",
    (DOMAIN, argument("id", ThreadNumber().offering("IOTHREADS"), "number of an I/O thread"), *IMPACT),
    examples=(("iothreaddel test 2 --config", "from its next start"),),
    returns="",
)
def iothreaddel(domain: Domain, id: int, flags: int) -> None:
    domain.del_iothread(id, flags=flags)


_POLLING = (
    ("poll-max-ns", UInt(64), "maximum time to poll, in nanoseconds"),
    ("poll-grow", UInt(), "factor by which the time grows"),
    ("poll-shrink", UInt(), "divisor by which the time shrinks"),
    ("thread-pool-min", Int(), "minimum number of worker threads"),
    ("thread-pool-max", Int(), "maximum number of worker threads"),
)


@command(
    "iothreadset",
    "change settings of an I/O thread",
    "Change how an I/O thread of a domain polls, and its number of worker threads.",
    (
        DOMAIN,
        argument("id", ThreadNumber().offering("IOTHREADS"), "number of an I/O thread"),
        *(option(name, type, help) for name, type, help in _POLLING),
        *IMPACT,
    ),
    examples=(("iothreadset test 1 --poll-max-ns 32768 --live", "poll longer"),),
    returns="",
)
def iothreadset(domain: Domain, id: int, flags: int, args: Arguments) -> None:
    number = id
    given = {name.replace("-", "_"): args[name] for name, _, _ in _POLLING if args[name] is not None}
    if not given:
        raise Failure("Not enough arguments passed, nothing to set")
    domain.set_iothread_params(number, given, flags=flags)
