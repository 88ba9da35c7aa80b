"""What only QEMU's guests have: processes to attach to, events of the monitor, open files."""

from __future__ import annotations

from virshpy.enums import FDAssociateFlags
from virshpy.enums import QemuMonitorEventRegisterFlags as EventFlags
from virshpy.shell.commands.domain.input import Pid
from virshpy.shell.commands.domain.options import DOMAIN
from virshpy.shell.failure import Spoken, failing
from virshpy.shell.lang.command import argument, command, flag, option
from virshpy.shell.lang.types import STRING, Descriptors, DomainType, Timeout
from virshpy.shell.nouns.events import LOOP, TIMESTAMP, watch
from virshpy.shell.render.results import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session


@command(
    "qemu-attach",
    "take a QEMU over that others have started",
    "Make a domain of a QEMU process that is running already.",
    (argument("pid", Pid(0, (1 << 32) - 1), "number of the process"),),
    examples=(("qemu-attach 4711", "from then on it is a domain"),),
    returns="message domain pid",
)
def qemu_attach(session: Session, pid: int) -> Message:
    with failing(f"Failed to attach to pid {pid}"):
        if not pid:
            raise Spoken("pid_value in virDomainQemuAttach must not be zero")
        domain = session.connection.qemu_attach(pid)
    return Message(f"Domain '{domain.name}' attached to pid {pid}", domain=domain.name, pid=pid)


@command(
    "qemu-monitor-event",
    "wait for events of QEMU's monitor",
    "Wait for QEMU to send an event, and print it.",
    (
        option("domain", DomainType(), "only events of this domain"),
        option("event", STRING.offering("QMP_EVENTS"), "only events of this name"),
        flag("pretty", "indent what the event carries"),
        LOOP,
        option("timeout", Timeout(), "give up after N seconds"),
        flag("regex", "the name is a regular expression", adds=EventFlags.REGEX),
        flag("no-case", "capital letters in the name do not matter", adds=EventFlags.NOCASE),
        TIMESTAMP,
    ),
    examples=(("qemu-monitor-event test --event SHUTDOWN --timeout 60", "why it ends"),),
    returns="event domain time details | message received",
)
def qemu_monitor_event(session: Session, flags: int, args: Arguments) -> Iterable[Result]:
    connection = session.connection

    def describe(ref: Any, **carried: Any) -> tuple[str, dict[str, Any]]:
        details = carried.get("details") or ""
        if "pretty" in args and details:
            from json import dumps, loads

            details = dumps(loads(details), indent=2)
        name = carried.get("event")
        seconds, micros = carried.get("seconds", 0), carried.get("micros", 0)
        when = seconds + micros / 1_000_000
        at = "" if "timestamp" in args else f" at {seconds}.{micros:06}"
        sentence = f"event {name}{at} for domain '{ref.name}': {details or '<null>'}"
        return sentence, {"event": name, "domain": ref.name, "time": when, "details": _read(carried.get("details"))}

    def register(callback: Callable[..., None]) -> list[int]:
        return [connection.domain_qemu_monitor_event_register(args["domain"], args["event"], callback, flags=flags)]

    return watch(session, args, register, connection.domain_qemu_monitor_event_deregister, describe)


def _read(details: str | None) -> Any:
    """What QEMU says about an event, as data."""
    from json import loads

    return loads(details) if details else None


@command(
    "dom-fd-associate",
    "give a domain open files for its disks",
    "Give a domain file descriptors that its disks may name as a group.",
    (
        DOMAIN,
        argument("name", STRING, "name of the group"),
        argument("pass-fds", Descriptors(), "file descriptors N,M,…", late=True),
        flag("seclabel-writable", "label them so that the guest may write", adds=FDAssociateFlags.SECLABEL_WRITABLE),
        flag("seclabel-restore", "put their labels back afterwards", adds=FDAssociateFlags.SECLABEL_RESTORE),
    ),
    examples=(("dom-fd-associate test group1 3,4", "opened by the calling shell"),),
    returns="",
)
def dom_fd_associate(domain: Domain, name: str, flags: int, args: Arguments) -> None:
    numbers = args["pass-fds"]
    if not numbers:
        raise Spoken("nfds in virDomainFDAssociate must not be zero")
    domain.fd_associate(name, numbers, flags=flags)
