"""Starting and stopping: create, start, suspend, resume, shutdown, reboot, reset, destroy."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import CreateFlags, DestroyFlags, ShutdownFlags
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import argument, command, flag, option
from virshpy.shell.lang.types import Descriptors, DomainType, File, Flags
from virshpy.shell.render.results import Message, Plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

_MODES: dict[str, int] = {
    "acpi": ShutdownFlags.ACPI_POWER_BTN,
    "agent": ShutdownFlags.GUEST_AGENT,
    "initctl": ShutdownFlags.INITCTL,
    "signal": ShutdownFlags.SIGNAL,
    "paravirt": ShutdownFlags.PARAVIRT,
}  # RebootFlags has the same numbers
_MODE_WORDS = "'acpi', 'agent', 'initctl', 'signal'"
_MODE_HELP = "how to ask: acpi|agent|initctl|signal|paravirt, several with commas"
_STOPPABLE = "running,paused,idle,in shutdown,pmsuspended,crashed"
_DRY_RUN = flag("dry-run", "print what would be done on the host, and do nothing")
_CREATE_FLAGS = {
    "paused": CreateFlags.START_PAUSED,
    "autodestroy": CreateFlags.START_AUTODESTROY,
    "bypass-cache": CreateFlags.START_BYPASS_CACHE,
    "force-boot": CreateFlags.START_FORCE_BOOT,
    "validate": CreateFlags.START_VALIDATE,
    "reset-nvram": CreateFlags.START_RESET_NVRAM,
}


def _domain(states: str) -> DomainType:
    return DomainType(states=states)


def _create_flags(args: Arguments) -> int:
    return sum(value for name, value in _CREATE_FLAGS.items() if name in args)


@command(
    "create",
    "start a domain from a file, without defining it",
    "Start a domain that is gone for good when it stops.",
    (
        argument("file", File(), "file with the domain's XML"),
        flag("console", "go to its console"),
        flag("paused", "leave it paused"),
        flag("autodestroy", "destroy it when virshpy leaves"),
        option("pass-fds", Descriptors(), "file descriptors N,M,... to hand to the guest", late=True),
        flag("validate", "refuse XML that the schema does not know"),
        flag("reset-nvram", "begin with a fresh copy of the firmware's variables"),
    ),
    examples=(("create live.xml --console --autodestroy", "try a document out and leave nothing behind"),),
    returns="message domain uuid id",
)
def create(session: Session, args: Arguments) -> Iterable[Result]:
    file = args.text("file")
    files = args["pass-fds"]
    with failing(f"Failed to create domain from {file}"):
        if files:
            domain = session.connection.create_xml_with_files(args["file"], files, flags=_create_flags(args))
        else:
            domain = session.connection.create_xml(args["file"], flags=_create_flags(args))
    yield Message(f"Domain '{domain.name}' created from {file}", domain=domain.name, uuid=domain.uuid, id=domain.id)
    if "console" in args:
        # The domain is there, whatever comes of its console; `start` sees that otherwise.
        try:
            _attach(session, domain)
        except Failure as failure:
            session.report(failure, "create")


@command(
    "start",
    "start a domain",
    "Start a domain that is defined and does not run, from its managed save\nimage where it has one.",
    (
        argument("domain", DomainType("uuid name", states="shut off,crashed"), "name or UUID of a domain"),
        flag("console", "go to its console"),
        flag("paused", "leave it paused"),
        flag("autodestroy", "destroy it when virshpy leaves"),
        flag("bypass-cache", "keep a managed save image out of the host's page cache"),
        flag("force-boot", "throw a managed save image away and boot"),
        option("pass-fds", Descriptors(), "file descriptors N,M,... to hand to the guest", late=True),
        flag("reset-nvram", "begin with a fresh copy of the firmware's variables"),
        _DRY_RUN,
    ),
    examples=(
        ("start web --console", "start it and watch it boot"),
        ("start web --dry-run", "see the commands that this amounts to"),
    ),
    returns="message domain uuid id | plan",
)
def start(session: Session, args: Arguments) -> Iterable[Result]:
    domain: Domain = args["domain"]
    if domain.id is not None:
        raise Failure("Domain is already active", hint="'console' goes to it, 'shutdown' and 'destroy' stop it")
    files = args["pass-fds"]
    with failing(f"Failed to start domain '{domain.name}'"):
        if "dry-run" in args:
            yield Plan(domain.plan("create", _create_flags(args)))
            return
        if files:
            domain.create_with_files(files, flags=_create_flags(args))
        else:
            _start(domain, _create_flags(args))
    yield Message(f"Domain '{domain.name}' started", domain=domain.name, uuid=domain.uuid, id=domain.id)
    if "console" in args:
        _attach(session, domain)


def _start(domain: Domain, flags: int) -> None:
    """Start; a driver that knows nothing of forcing has what was saved removed first, as virsh does it."""
    if flags & CreateFlags.START_FORCE_BOOT:
        try:
            domain.create(flags=flags)
            return
        except (errors.NoSupport, errors.InvalidArg):
            if domain.has_managed_save():
                domain.managed_save_remove()
            flags &= ~CreateFlags.START_FORCE_BOOT
    domain.create(flags=flags)


def _attach(session: Session, domain: Domain) -> None:
    from virshpy.shell.console import attach

    attach(session, domain, None, 0)


def _declare(
    name: str,
    summary: str,
    description: str,
    states: str,
    act: Callable[[Domain, int], object],
    done: str,
    *,
    modes: str = "",
    examples: Sequence[tuple[str, str]],
) -> None:
    """``verb DOMAIN``: ``act(domain, mode)``; with ``modes``, which names them for the complaint, it takes --mode."""
    options = [argument("domain", _domain(states), "name, id or UUID of a domain", late=True)]
    if modes:
        complaint = f"Unknown mode %s value, expecting {modes} 'paravirt'"
        options.append(option("mode", Flags(_MODES, complaint), _MODE_HELP))

    @command(name, summary, description, options, examples=examples, returns="message domain uuid")
    def verb(session: Session, args: Arguments) -> Message:
        domain, typed = args["domain"], args.text("domain")
        with failing(f"Failed to {name} domain '{typed}'"):
            act(domain, args["mode"] or 0)
        return _done(args, f"Domain '{typed}' {done}")


_ASKABLE = "running,paused,idle,in shutdown"
_declare(
    "suspend",
    "pause a domain",
    "Stop a running domain's processors; it keeps its memory.",
    "running,idle",
    lambda domain, mode: domain.suspend(),
    "suspended",
    examples=(("suspend web", "what it does stands still until: resume web"),),
)
_declare(
    "resume",
    "let a paused domain run on",
    "Let a paused domain's processors run again.",
    "paused",
    lambda domain, mode: domain.resume(),
    "resumed",
    examples=(("resume web", "after suspend; 'list' shows it as running again"),),
)
_declare(
    "shutdown",
    "ask a domain to power off",
    "Ask the guest to power off, and return before it has.",
    _ASKABLE,
    lambda domain, mode: domain.shutdown(flags=mode),
    "is being shutdown",
    modes=f"{_MODE_WORDS}, or",
    examples=(("shutdown web --mode agent,acpi", "ask the guest's agent, then press the power button"),),
)
_declare(
    "reboot",
    "ask a domain to restart",
    "Ask the guest to restart, and return before it has.",
    _ASKABLE,
    lambda domain, mode: domain.reboot(flags=mode),
    "is being rebooted",
    modes=f"{_MODE_WORDS} or",
    examples=(("reboot web --mode agent", "by the guest's agent, where the power button does nothing"),),
)
_declare(
    "reset",
    "press a domain's reset button",
    "Restart a domain at once, without asking the guest.",
    _ASKABLE,
    lambda domain, mode: domain.reset(),
    "was reset",
    examples=(("reset web", "it hangs, and does not listen to reboot"),),
)


@command(
    "destroy",
    "stop a domain at once",
    "Pull the plug of a domain. Its definition and its disks stay.",
    (
        argument("domain", _domain(_STOPPABLE), "name, id or UUID of a domain"),
        flag("graceful", "give up rather than kill a hypervisor that does not end when asked"),
        flag("remove-logs", "remove the domain's logs, too"),
        _DRY_RUN,
    ),
    examples=(
        ("destroy web", "when it does not listen to shutdown any more"),
        ("destroy web --graceful", "only if QEMU can end in good order"),
    ),
    returns="message domain uuid | plan",
)
def destroy(session: Session, args: Arguments) -> Result:
    typed = args.text("domain")
    flags = 0
    if "graceful" in args:
        flags |= DestroyFlags.GRACEFUL
    if "remove-logs" in args:
        flags |= DestroyFlags.REMOVE_LOGS
    with failing(f"Failed to destroy domain '{typed}'"):
        if "dry-run" in args:
            return Plan(args["domain"].plan("destroy", flags))
        args["domain"].destroy(flags=flags)
    return _done(args, f"Domain '{typed}' destroyed")


def _done(args: Arguments, sentence: str) -> Message:
    domain: Domain = args["domain"]
    return Message(sentence, domain=domain.name, uuid=domain.uuid)
