"""Guests that go to sleep, and wake up."""

from __future__ import annotations

from virshpy.enums import NodeSuspendTarget
from virshpy.shell.commands.domain.options import RUNNING
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Reads, argument, command, option
from virshpy.shell.lang.types import Choice, DomainType, UInt
from virshpy.shell.render.results import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain

_TARGETS = {"mem": NodeSuspendTarget.MEM, "disk": NodeSuspendTarget.DISK, "hybrid": NodeSuspendTarget.HYBRID}


@command(
    "dompmsuspend",
    "suspend a guest through its power management",
    "Suspend a guest by its own power management.",
    (
        RUNNING,
        argument("target", Choice(*_TARGETS), "kind of suspension: mem, disk or hybrid"),
        option("duration", UInt(64), "wake up after N seconds"),
    ),
    constraints=(Reads("domain", "duration"),),
    examples=(("dompmsuspend test mem", "then: dompmwakeup test"),),
    returns="message domain",
)
def dompmsuspend(domain: Domain, target: str, duration: int | None) -> Message:
    typed = domain.name
    if target not in _TARGETS:
        raise Failure("Invalid target")
    with failing(f"Domain '{typed}' could not be suspended"):
        domain.pm_suspend_for_duration(_TARGETS[target], duration or 0)
    return Message(f"Domain '{typed}' successfully suspended", end="", domain=domain.name)


@command(
    "dompmwakeup",
    "wake a suspended guest",
    "Wake a guest that was suspended by its power management.",
    (argument("domain", DomainType(states="pmsuspended"), "name, id or UUID of a domain"),),
    examples=(("dompmwakeup test", "after dompmsuspend"),),
    returns="message domain",
)
def dompmwakeup(domain: Domain) -> Message:
    typed = domain.name
    with failing(f"Domain '{typed}' could not be woken up"):
        domain.pm_wakeup()
    return Message(f"Domain '{typed}' successfully woken up", end="", domain=domain.name)
