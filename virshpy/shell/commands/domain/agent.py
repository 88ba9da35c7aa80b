"""What the agent inside a guest is asked for."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import (
    AgentResponseTimeout,
    AuthorizedSSHKeysSetFlags,
    GetHostnameFlags,
    GuestInfoTypes,
    SetUserPasswordFlags,
)
from virshpy.shell.commands.domain.options import RUNNING
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Exclusive, Reads, Requires, argument, command, flag, option, words
from virshpy.shell.lang.types import STRING, Choice, File, Int, UInt
from virshpy.shell.render.results import Document, Lines, Message, Shown, Table, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result

_MOUNTPOINTS = words("mountpoint", STRING.offering("MOUNT_POINTS"), "only file systems mounted there")


@command(
    "domfsfreeze",
    "freeze a guest's file systems",
    "Have the guest flush its file systems, and freeze them.",
    (RUNNING, _MOUNTPOINTS),
    examples=(("domfsfreeze test", "then a snapshot, then: domfsthaw test"),),
    returns="frozen",
)
def domfsfreeze(domain: Domain, mountpoint: list[str]) -> Text:
    with failing("Unable to freeze filesystems"):
        count = domain.fs_freeze(mountpoint)
    return Text("frozen", f"Froze {count} filesystem(s)", count)


@command(
    "domfsthaw",
    "thaw a guest's file systems",
    "Let the guest write to its frozen file systems again.",
    (RUNNING, _MOUNTPOINTS),
    examples=(("domfsthaw test", "after domfsfreeze"),),
    returns="thawed",
)
def domfsthaw(domain: Domain, mountpoint: list[str]) -> Text:
    with failing("Unable to thaw filesystems"):
        count = domain.fs_thaw(mountpoint)
    return Text("thawed", f"Thawed {count} filesystem(s)", count)


@command(
    "domfstrim",
    "discard unused blocks of a guest's file systems",
    "Have the guest tell its disks which blocks it does not use.",
    (
        RUNNING,
        option("minimum", UInt(64), "minimum size of a free range to discard, in bytes"),
        option("mountpoint", STRING.offering("MOUNT_POINTS"), "only of the file system mounted there"),
    ),
    examples=(("domfstrim test", "images become smaller"),),
    returns="",
)
def domfstrim(domain: Domain, minimum: int | None, mountpoint: str | None) -> None:
    with failing("Unable to invoke fstrim"):
        domain.fs_trim(mountpoint, minimum or 0)


@command(
    "domfsinfo",
    "list a guest's file systems",
    "List the file systems that the guest has mounted.",
    (RUNNING,),
    examples=(("domfsinfo test", "and the disks that they are on"),),
    returns="filesystems[mountpoint name type targets] message?",
)
def domfsinfo(domain: Domain) -> Result:
    with failing("Unable to get filesystem information"):
        found = domain.fs_info()
    if not found:
        return Message("No filesystems are mounted in the domain", end="", filesystems=[])
    rows = []
    for one in found:
        targets = list(one.dev_alias)
        rows.append((one.mountpoint, one.name, one.fstype, Shown(targets, ",".join(targets) or "-")))
    columns = (("mountpoint", "Mountpoint"), ("name", "Name"), ("type", "Type"), ("targets", "Target"))
    return Table("filesystems", columns, rows)


_SOURCES = {"lease": GetHostnameFlags.LEASE, "agent": GetHostnameFlags.AGENT}


@command(
    "domhostname",
    "the host name that a guest has",
    "Print the name that a guest has given itself.",
    (RUNNING, option("source", Choice(*_SOURCES), "source of the name: lease or agent")),
    examples=(("domhostname test", "as its agent says"),),
    returns="hostname",
)
def domhostname(domain: Domain, source: str | None) -> Text:
    if source and source not in _SOURCES:
        raise Failure(f"Unknown data source '{source}'")
    with failing("failed to get hostname"):
        return Text("hostname", domain.hostname(flags=_SOURCES[source] if source else 0))


_KINDS = (
    ("user", GuestInfoTypes.USERS, "who is logged in"),
    ("os", GuestInfoTypes.OS, "its operating system"),
    ("timezone", GuestInfoTypes.TIMEZONE, "its time zone"),
    ("hostname", GuestInfoTypes.HOSTNAME, "its name"),
    ("filesystem", GuestInfoTypes.FILESYSTEM, "its file systems"),
    ("disk", GuestInfoTypes.DISKS, "its disks"),
    ("interface", GuestInfoTypes.INTERFACES, "its network interfaces"),
)


@command(
    "guestinfo",
    "what a guest says about itself",
    "Print what the guest's agent says about the guest, all or what is asked\nfor.",
    (RUNNING, *(flag(name, what, adds=kind) for name, kind, what in _KINDS)),
    examples=(("guestinfo test --os", "what runs there"),),
    returns="parameters",
)
def guestinfo(domain: Domain, flags: int) -> Text:
    found = domain.guest_info(flags)
    text = "".join(f"{name:<20}: {_shown(value)}\n" for name, value in found.items())
    return Text("parameters", text, found, end="")


def _shown(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


# people
_USER = argument("user", STRING.offering("USERS"), "name of a user of the guest")


@command(
    "set-user-password",
    "set the password of a guest's user",
    "Have the guest's agent set the password of a user.",
    (
        RUNNING,
        _USER,
        argument("password", STRING, "the new password; others can see it on the command line"),
        flag("encrypted", "the password is encrypted already"),
    ),
    constraints=(Reads("user", "password"),),
    examples=(("set-user-password test root s3cret", "after it was forgotten"),),
    returns="message domain user",
)
def set_user_password(domain: Domain, user: str, password: str, encrypted: bool, args: Arguments) -> Message:
    flags = SetUserPasswordFlags.ENCRYPTED if encrypted else 0
    domain.set_user_password(user, password, flags=flags)
    done = f"Password set successfully for {user} in {args.text('domain')}"
    return Message(done, end="", domain=domain.name, user=user)


@command(
    "get-user-sshkeys",
    "print the SSH keys of a guest's user",
    "Print the SSH keys that may log in as a user of the guest.",
    (RUNNING, _USER),
    examples=(("get-user-sshkeys test root", "who gets in"),),
    returns="ssh_keys[line]",
)
def get_user_sshkeys(domain: Domain, user: str) -> Lines:
    keys = domain.authorized_ssh_keys_get(user)
    return Lines("ssh_keys", ["line"], [(key,) for key in keys])


@command(
    "set-user-sshkeys",
    "change the SSH keys of a guest's user",
    "Add SSH keys from a file to those that may log in as a user of the guest,\n"
    "or put them in place of all, or remove them.",
    (
        RUNNING,
        _USER,
        option("file", File(), "file with keys, one on a line"),
        flag("reset", "replace all keys by these"),
        flag("remove", "remove these keys"),
    ),
    constraints=(Requires("remove", "file"), Exclusive("reset", "remove")),
    examples=(("set-user-sshkeys test root --file id_ed25519.pub", "let that key in"),),
    returns="",
)  # fmt: skip
def set_user_sshkeys(domain: Domain, user: str, file: str | None, reset: bool, remove: bool, args: Arguments) -> None:
    keys: list[str] = []
    if file is not None:
        keys = [line for line in file.splitlines() if line.strip()]
        if not keys:
            raise Failure(f"File {args.text('file')} contains no keys")
    elif not reset:
        raise Failure("Option --file is required")
    kinds = AuthorizedSSHKeysSetFlags
    flags = kinds.REMOVE if remove else 0 if reset else kinds.APPEND
    domain.authorized_ssh_keys_set(user, keys, flags=flags)


# the agent itself
@command(
    "guest-agent-timeout",
    "how long to wait for a guest's agent",
    "Set how long commands wait for the guest's agent to answer.",
    (
        RUNNING,
        option("timeout", Int(), "seconds; -2: without a limit, -1: the default, 0: do not wait", named_only=True),
    ),
    examples=(("guest-agent-timeout test --timeout 5", "it is quick or it is not there"),),
    returns="",
)
def guest_agent_timeout(domain: Domain, timeout: int | None) -> None:
    seconds = AgentResponseTimeout.BLOCK if timeout is None else timeout
    domain.agent_set_response_timeout(int(seconds))


@command(
    "qemu-agent-command",
    "send a command to a guest's agent",
    "Send a command to the QEMU agent in the guest and print the answer. What it\n"
    "changes behind virshpy's back is not supported.",
    (
        RUNNING,
        option("timeout", Int(), "timeout in seconds", named_only=True),
        flag("async", "do not wait for the answer"),
        flag("block", "wait without a timeout"),
        flag("pretty", "indent the answer"),
        words("cmd", STRING.offering("AGENT_COMMANDS"), "the command", optional=False),
    ),
    examples=(("qemu-agent-command test '{\"execute\": \"guest-ping\"}'", "is it there?"),),
    returns="answer",
)  # fmt: skip
def qemu_agent_command(domain: Domain, cmd: list[str], args: Arguments) -> Document | None:
    timeout = int(AgentResponseTimeout.DEFAULT)
    if args["timeout"] is not None:
        timeout = args["timeout"]
        if timeout < 1:
            raise Failure("timeout must be positive")
    choices = [args["timeout"] is not None, "async" in args, "block" in args]
    if sum(choices) > 1:
        raise Failure("timeout, async and block options are exclusive")
    if "async" in args:
        timeout = int(AgentResponseTimeout.NOWAIT)
    elif "block" in args:
        timeout = int(AgentResponseTimeout.BLOCK)
    answer = domain.qemu_agent_command(" ".join(cmd), timeout)
    if "pretty" in args:
        from json import dumps, loads

        try:
            answer = dumps(loads(answer), indent=2)
        except ValueError:
            raise errors.InternalError(f"cannot parse json {answer}") from None
    return Document(answer, key="answer", language="text", end="\n")
