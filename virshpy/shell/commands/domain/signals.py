"""Reaching a guest from outside: keys, signals, sleep; what only QEMU, LXC or encrypted guests have."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import FDAssociateFlags, GraphicsReloadType, KeycodeSet, NodeSuspendTarget, ProcessSignal
from virshpy.enums import QemuMonitorEventRegisterFlags as EventFlags
from virshpy.shell.commands.domain.options import DOMAIN, IMPACT, RUNNING
from virshpy.shell.commands.domain.tuning import parameters, throttle_options, throttle_values
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Reads, argument, command, flag, option, words
from virshpy.shell.lang.types import (
    STRING,
    AnyChoice,
    AnyText,
    Bytes,
    Choice,
    Descriptors,
    DomainType,
    Int,
    Path,
    Timeout,
    Type,
    UInt,
)
from virshpy.shell.nouns.events import LOOP, TIMESTAMP, watch
from virshpy.shell.nouns.families import Spoken
from virshpy.shell.nouns.options import IMPACT_CLASHES
from virshpy.shell.render.results import Message, Table, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.lang.types import Candidate
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

# keys
_CODESETS = {
    "linux": KeycodeSet.LINUX,
    "xt": KeycodeSet.XT,
    "atset1": KeycodeSet.ATSET1,
    "atset2": KeycodeSet.ATSET2,
    "atset3": KeycodeSet.ATSET3,
    "os_x": KeycodeSet.OSX,
    "xt_kbd": KeycodeSet.XT_KBD,
    "usb": KeycodeSet.USB,
    "win32": KeycodeSet.WIN32,
    "qnum": KeycodeSet.QNUM,
    "rfb": KeycodeSet.QNUM,
}
_MOST_KEYS = 16


class Key(Type):
    """A key by its name or number. The value stays text: what a name means depends on --codeset."""

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        from virshpy.shell.keys import LINUX

        return [(name, "") for name in LINUX]


@command(
    "send-key",
    "press keys of a domain's keyboard",
    "Press keys of a domain's keyboard, all of them at once.",
    (
        RUNNING,
        option("codeset", AnyChoice(*_CODESETS), "what the numbers of keys mean (default: linux)", named_only=True),
        option("holdtime", UInt(), "hold them for so many milliseconds", named_only=True),
        words("keycode", Key(), "names or numbers of keys", optional=False),
    ),
    examples=(("send-key test KEY_LEFTCTRL KEY_LEFTALT KEY_DELETE", "three fingers"),),
    returns="",
)
def send_key(domain: Domain, holdtime: int | None, keycode: list[str], args: Arguments) -> None:
    from virshpy.shell.keys import LINUX

    codeset = args["codeset"] or "linux"
    if codeset not in _CODESETS:
        raise Failure(f"unknown codeset: '{codeset}'")
    names = LINUX if codeset == "linux" else {}
    numbers: list[int] = []
    for text in keycode:
        if len(numbers) == _MOST_KEYS:
            raise Failure("too many keycodes")
        number = names.get(text)
        if number is None:
            try:
                number = int(text, 0)
            except ValueError:
                number = -1
            if number < 0:
                raise Failure(f"invalid keycode: '{text}'")
        numbers.append(number)
    domain.send_key(_CODESETS[codeset], holdtime or 0, numbers)


class Pid(Int):
    """The number of a process; help calls it a string."""

    word = "string"


class Signal(Type):
    """A signal by its name, with or without SIG, or its number."""

    gives = "int"

    def convert(self, text: str, name: str) -> int:
        if text.isascii() and text.isdigit():
            return int(text)
        bare = text.lower().removeprefix("sig").removeprefix("_")
        for signal in ProcessSignal:
            if signal.name.lower() == bare:
                return int(signal)
        raise Failure(f"malformed signal name: {text}")

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        return [(signal.name.lower(), str(int(signal))) for signal in ProcessSignal]


@command(
    "send-process-signal",
    "send a signal to a process of a guest",
    "Send a signal to a process inside a guest that shares the host's kernel.",
    (
        RUNNING,
        argument("pid", Pid(-(1 << 63), (1 << 63) - 1), "the process' number inside the guest"),
        argument("signame", Signal(), "name or number of the signal"),
    ),
    examples=(("send-process-signal test 1 term", "ask its init to end"),),
    returns="",
)
def send_process_signal(domain: Domain, pid: int, signame: int) -> None:
    if not pid:
        raise Failure(None, Spoken("pid_value in virDomainSendProcessSignal must not be zero"))
    domain.send_process_signal(pid, signame)


@command(
    "inject-nmi",
    "send a domain a non-maskable interrupt",
    "Send a domain an interrupt that a guest that hangs may still notice.",
    (RUNNING,),
    examples=(("inject-nmi test", "many kernels write a dump then"),),
    returns="",
)
def inject_nmi(domain: Domain) -> None:
    domain.inject_nmi()


# sleep
_TARGETS = {"mem": NodeSuspendTarget.MEM, "disk": NodeSuspendTarget.DISK, "hybrid": NodeSuspendTarget.HYBRID}


@command(
    "dompmsuspend",
    "have a guest go to sleep",
    "Have the guest's own power management put it to sleep.",
    (
        RUNNING,
        argument("target", Choice(*_TARGETS), "where its state is kept: mem, disk or hybrid"),
        option("duration", UInt(64), "wake up after so many seconds"),
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
    "wake a guest up that went to sleep",
    "Wake a guest up whose power management has put it to sleep.",
    (argument("domain", DomainType(states="pmsuspended"), "name, id or UUID of a domain"),),
    examples=(("dompmwakeup test", "after dompmsuspend"),),
    returns="message domain",
)
def dompmwakeup(domain: Domain) -> Message:
    typed = domain.name
    with failing(f"Domain '{typed}' could not be woken up"):
        domain.pm_wakeup()
    return Message(f"Domain '{typed}' successfully woken up", end="", domain=domain.name)


# encrypted guests
@command(
    "domlaunchsecinfo",
    "how an encrypted guest was started",
    "Print the measurement of an encrypted guest, for its owner to check.",
    (RUNNING,),
    examples=(("domlaunchsecinfo test", "before a secret is given to it"),),
    returns="parameters",
)
def domlaunchsecinfo(domain: Domain) -> Text:
    with failing("Unable to get launch security parameters"):
        return parameters(domain.launch_security_info())


class Address(AnyText):
    """A number, read by the handler when the files have been."""

    word = "number"


@command(
    "domsetlaunchsecstate",
    "give an encrypted guest its secret",
    "Put a secret into the memory of an encrypted guest that waits for it.",
    (
        RUNNING,
        option("secrethdr", Path(), "file with the secret's header"),
        option("secret", Path(), "file with the secret"),
        option("set-address", Address(), "address in the guest's memory"),
    ),
    examples=(("domsetlaunchsecstate test --secrethdr header --secret secret", "it goes on to boot"),),
    returns="",
)
def domsetlaunchsecstate(session: Session, domain: Domain, args: Arguments) -> None:
    if args["secrethdr"] is None or args["secret"] is None:
        raise Failure("Both secret and the secret header are required")
    values: dict[str, Any] = {}
    for key, name in (("sev-secret-header", "secrethdr"), ("sev-secret", "secret")):
        values[key] = Bytes().resolve(args[name], name, session).decode(errors="surrogateescape")
    if args["set-address"] is not None:
        values["sev-secret-set-address"] = UInt(64).convert(args["set-address"], "set-address")
    with failing("Unable to set launch security state"):
        domain.set_launch_security_state(values)


# QEMU and LXC
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
        option("timeout", Timeout(), "give up after so many seconds"),
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
    "lxc-enter-namespace",
    "run a command inside a container",
    "Run a command in the namespaces of an LXC guest.",
    (RUNNING, flag("noseclabel", "with the present security label"), words("cmd", STRING, "the command",
                                                                          optional=False)),
    examples=(("lxc-enter-namespace test /bin/ps", "what runs there"),),
    returns="",
)  # fmt: skip
def lxc_enter_namespace(domain: Domain) -> None:
    domain.lxc_enter_namespace(domain.lxc_open_namespace())
    raise errors.NoSupport("virDomainLxcEnterNamespace", hint="no driver here has containers")


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


_DISPLAYS = {"any": GraphicsReloadType.ANY, "vnc": GraphicsReloadType.VNC}


@command(
    "domdisplay-reload",
    "have a display read its certificates again",
    "Have a running domain's display read its TLS certificates again.",
    (RUNNING, option("type", Choice(*_DISPLAYS), "kind of display (default: any)")),
    examples=(("domdisplay-reload test --type vnc", "after they were renewed"),),
    returns="message domain",
)
def domdisplay_reload(domain: Domain, type: str | None) -> Message:
    kind = type or "any"
    if kind not in _DISPLAYS:
        raise Failure(f"Unknown display type '{kind}'")
    with failing("Failed to reload the graphics display"):
        domain.graphics_reload(_DISPLAYS[kind])
    return Message("Reload the graphics display successfully", domain=domain.name)


# shared limits of disks
_GROUP = argument("group-name", STRING.offering("THROTTLE_GROUPS"), "name of a group of disks")


@command(
    "domsetthrottlegroup",
    "limits that several of a domain's disks share",
    "Make or change a group of limits that disks of a domain share.",
    (DOMAIN, _GROUP, *throttle_options(group=False), *IMPACT),
    constraints=IMPACT_CLASHES,
    examples=(("domsetthrottlegroup test slow --total-iops-sec 100", "all disks of that group together"),),
    returns="message domain",
)
def domsetthrottlegroup(domain: Domain, group_name: str, flags: int, args: Arguments) -> Message:
    values = {name: value for name, value in throttle_values(args).items() if name != "group_name"}
    with failing("Unable to change throttle group"):
        domain.set_throttle_group(group_name, values, flags=flags)
    return Message(f"Throttle group '{group_name}' set", domain=domain.name)


@command(
    "domdelthrottlegroup",
    "remove limits that several of a domain's disks share",
    "Remove a group of limits that no disk uses.",
    (DOMAIN, _GROUP, *IMPACT),
    constraints=IMPACT_CLASHES,
    examples=(("domdelthrottlegroup test slow", "no one is slow any more"),),
    returns="message domain",
)
def domdelthrottlegroup(domain: Domain, group_name: str, flags: int) -> Message:
    with failing("Unable to delete throttle group"):
        domain.del_throttle_group(group_name, flags=flags)
    return Message(f"Throttle group '{group_name}' deleted", domain=domain.name)


def _groups(domain: Domain, inactive: bool) -> list[dict[str, str]]:
    """The groups of limits in a domain's document."""
    from virshpy.xml.parse import parse

    root = parse(domain.xml_desc(flags=2 if inactive else 0), source="(domain_definition)")
    holder = root.find("throttlegroups")
    if holder is None:
        return []
    return [
        {child.tag: child.text.strip() for child in group.children}
        for group in holder.children
        if group.tag == "throttlegroup"
    ]


@command(
    "domthrottlegrouplist",
    "list limits that a domain's disks share",
    "List the groups of limits of a domain.",
    (DOMAIN, flag("inactive", "as they will be at the next start")),
    examples=(("domthrottlegrouplist test", "their names"),),
    returns="groups[name]",
)
def domthrottlegrouplist(domain: Domain, inactive: bool) -> Table:
    rows = [(group.get("group_name"),) for group in _groups(domain, inactive)]
    return Table("groups", [("name", "Name")], rows)


@command(
    "domthrottlegroupinfo",
    "print limits that a domain's disks share",
    "Print a group of limits of a domain.",
    (DOMAIN, _GROUP, *IMPACT),
    constraints=IMPACT_CLASHES,
    examples=(("domthrottlegroupinfo test slow", "what it allows"),),
    returns="parameters",
)
def domthrottlegroupinfo(domain: Domain, group_name: str, config: bool) -> Text:
    for group in _groups(domain, config):
        if group.get("group_name") == group_name:
            return parameters({name: int(text) if text.isdecimal() else text for name, text in group.items()})
    raise Failure(f"throttle group '{group_name}' was not found")
