"""Starting and stopping: create, start, suspend, resume, reboot, reset, destroy."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import CreateFlags, DestroyFlags, ListDomainsFlags
from virshpy.shell.commands.domain.asking import ASKABLE, mode
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Reads, argument, command, flag, option
from virshpy.shell.lang.types import Descriptors, File
from virshpy.shell.nouns.domains import domain
from virshpy.shell.nouns.options import call, validate
from virshpy.shell.render.results import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

_PAUSED = flag("paused", "leave it paused", adds=CreateFlags.START_PAUSED)
_AUTODESTROY = flag("autodestroy", "destroy it when virshpy ends", adds=CreateFlags.START_AUTODESTROY)
_DESCRIPTORS = option("pass-fds", Descriptors(), "numbers N,M,... of open files for the guest", late=True)
_RESET_NVRAM = flag("reset-nvram", "start with a fresh NVRAM", adds=CreateFlags.START_RESET_NVRAM)


@command(
    "create",
    "start a domain from a file, without defining it",
    "Start a transient domain: it is forgotten when it stops.",
    (
        argument("file", File(), "file with the domain's XML"),
        flag("console", "connect to its console"),
        _PAUSED,
        _AUTODESTROY,
        _DESCRIPTORS,
        validate(CreateFlags.START_VALIDATE),
        _RESET_NVRAM,
    ),
    examples=(("create live.xml --console --autodestroy", "try a document out and leave nothing behind"),),
    returns="message domain uuid id",
)
def create(session: Session, args: Arguments) -> Iterable[Result]:
    file = args.text("file")
    files = args["pass-fds"]
    with failing(f"Failed to create domain from {file}"):
        if files:
            domain = session.connection.create_xml_with_files(args["file"], files, flags=args.flags)
        else:
            domain = session.connection.create_xml(args["file"], flags=args.flags)
    yield Message(f"Domain '{domain.name}' created from {file}", domain=domain.name, uuid=domain.uuid, id=domain.id)
    if "console" in args:
        # The domain is there, whatever comes of its console; `start` sees that otherwise.
        try:
            _attach(session, domain)
        except Failure as failure:
            session.report(failure, "create")


def _with_the_host(session: Session) -> list[str]:
    """The domains that are to start with the host and do not run."""
    wanted = ListDomainsFlags.AUTOSTART | ListDomainsFlags.INACTIVE
    return sorted(domain.name for domain in session.connection.list_domains(flags=wanted))


@command(
    "start",
    "start a domain",
    "Start a domain that is defined and does not run, from its managed save\nimage where it has one.",
    (
        domain.argument("uuid name", on="shut off,crashed", instead={"autostart": _with_the_host}),
        flag("console", "connect to its console"),
        _PAUSED,
        _AUTODESTROY,
        flag(
            "bypass-cache",
            "keep a managed save image out of the host's page cache",
            adds=CreateFlags.START_BYPASS_CACHE,
        ),
        flag("force-boot", "discard a managed save image, and boot", adds=CreateFlags.START_FORCE_BOOT),
        _DESCRIPTORS,
        _RESET_NVRAM,
        flag("autostart", "every domain that is to start with the host, in the order of their names"),
    ),
    examples=(
        ("start web --console", "start it and watch it boot"),
        ("start web --dry-run", "see the commands that this amounts to"),
    ),
    returns="message domain uuid id",
)
def start(session: Session, domain: Domain, args: Arguments) -> Iterable[Result]:
    if domain.id is not None:
        hint = "'console' goes to it, 'shutdown' and 'destroy' stop it"
        raise Failure("Domain is already active", hint=hint, kind="state")
    files = args["pass-fds"]
    with failing(f"Failed to start domain '{domain.name}'"):
        if files:
            domain.create_with_files(files, flags=args.flags)
        else:
            _start(domain, args.flags)
    yield Message(f"Domain '{domain.name}' started", domain=domain.name, uuid=domain.uuid, id=domain.id)
    if "console" in args:
        _attach(session, domain)


def _start(domain: Domain, flags: int) -> None:
    """Start; a driver that knows nothing of forcing has what was saved removed first, as virsh does it."""
    if flags & CreateFlags.START_FORCE_BOOT:
        try:
            call(domain.create, flags=flags)
            return
        except (errors.NoSupport, errors.InvalidArg):
            if domain.has_managed_save():
                domain.managed_save_remove()
            flags &= ~CreateFlags.START_FORCE_BOOT
    call(domain.create, flags=flags)


def _attach(session: Session, domain: Domain) -> None:
    from virshpy.shell.console import attach

    attach(session, domain, None, 0)


domain.verb(
    "suspend",
    "suspended",
    "pause a domain; it keeps its memory",
    on="running,idle",
    why="what it does stands still until: resume web",
)
domain.verb(
    "resume",
    "resumed",
    "let a paused domain run on",
    on="paused",
    why="after suspend; 'list' shows it as running again",
)
domain.verb(
    "reboot",
    "is being rebooted",
    "ask a guest to restart, and do not wait for it",
    mode(" or"),
    on=ASKABLE,
    constraints=(Reads("mode"),),
    examples=(("reboot web --mode agent", "by the guest's agent, where the power button does nothing"),),
)
domain.verb(
    "reset",
    "was reset",
    "press a domain's reset button: restart without asking",
    on=ASKABLE,
    why="it hangs, and does not listen to reboot",
)
domain.verb(
    "destroy",
    "destroyed",
    "pull a domain's plug; its definition and its disks stay",
    flag("graceful", "fail rather than kill a QEMU that does not end", adds=DestroyFlags.GRACEFUL),
    flag("remove-logs", "remove the domain's logs, too", adds=DestroyFlags.REMOVE_LOGS),
    on="running,paused,idle,in shutdown,pmsuspended,crashed",
    examples=(
        ("destroy web", "when it does not listen to shutdown any more"),
        ("destroy web --graceful", "only if QEMU can end in good order"),
    ),
)
