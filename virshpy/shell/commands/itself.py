"""virshpy itself: help, the connection, the working directory, leaving."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.shell.failure import Failure
from virshpy.shell.lang import registry
from virshpy.shell.lang.command import Alias, Exclusive, command, flag, option, words
from virshpy.shell.lang.types import TEXT, Directory, Type, Uri, split_commas
from virshpy.shell.render.results import Help, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.session import Session

_SHELL_SPECIAL = frozenset("\r\t\n !\"#$&'()*;<>?[\\]^`{|}~")
_XML_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}


class CommandName(Type):
    """A command or the keyword of a group."""

    def complete(self, prefix: str, session: Session) -> Iterable[tuple[str, str]]:
        found = [(group.keyword, group.title) for group in registry.GROUPS]
        for group in registry.GROUPS:
            found += [(name, registry.find_known(name).summary) for name in group.names()]
        return found


@command(
    "help",
    "list commands, or describe one",
    "Without an argument, list all commands by group. With the keyword of a\n"
    "group, list its commands; with a command, describe it.",
    (option("command", CommandName(), "a command, or the keyword of a group"),),
    examples=(("help monitor", "the commands that look at domains"), ("help start", "all about one command")),
    connects=False,
    returns="help",
)
def help_(session: Session, command: str | None) -> Help:
    from virshpy.shell.lang import help

    wanted, missing = command, session.missing()
    if wanted is None:
        return Help(help.overview(), missing)
    keyword = registry.KEYWORD_ALIASES.get(wanted, wanted)
    for group in registry.GROUPS:
        if group.keyword == keyword:
            return Help(help.group_help(group), missing)
    declared = registry.lookup(wanted)
    if declared is None:
        near = registry.nearest(wanted, registry.names())
        hint = f"did you mean '{near}'?" if near else None
        raise Failure(f"command or command group '{wanted}' doesn't exist", hint=hint)
    return Help(help.command_help(declared), missing)


@command(
    "connect",
    "connect to another hypervisor",
    "Close the present connection and open another. Without a URI, open the\ndefault one.",
    (option("name", Uri(), "URI to connect to"), flag("readonly", "allow nothing that changes anything")),
    examples=(("connect qemu:///session", "manage your own guests"),),
    connects=False,
    returns="",
)
def connect(session: Session, name: str | None, readonly: bool) -> None:
    session.reconnect(name or None, readonly)


@command(
    "cd",
    "change the working directory",
    "Change the directory that file names are relative to. Only at the prompt.",
    (option("dir", Directory(), "where to go (default: the home directory)"),),
    connects=False,
    examples=(("cd /var/lib/images", "file names are relative to it from now on"),),
    returns="",
)
def cd(session: Session, dir: str | None) -> None:
    if not session.interactive:
        raise Failure("cd: command valid only in interactive mode", kind="state")
    target = dir if dir is not None else os.environ.get("HOME") or "/"
    try:
        os.chdir(target)
    except OSError as error:
        raise Failure(f"cd: {error.strerror}: {target}", kind=errors.kind_of(error)) from None


@command(
    "pwd",
    "print the working directory",
    "Print the directory that file names are relative to.",
    examples=(("pwd", "where 'define web.xml' looks for its file"),),
    returns="directory",
    connects=False,
)
def pwd() -> Text:
    try:
        return Text("directory", os.getcwd())
    except OSError as error:
        raise Failure(f"pwd: cannot get current directory: {error.strerror}", kind=errors.kind_of(error)) from None


@command(
    "echo",
    "print the arguments",
    "Print the arguments back, quoted for a shell or for XML where asked.",
    (
        flag("shell", "quote each argument for a shell"),
        flag("xml", "escape each argument for XML"),
        flag("split", "split each argument at commas; two commas stand for one"),
        flag("err", "print to standard error"),
        words("string", TEXT, "what to print"),
    ),
    aliases=(Alias("str", "string"), Alias("hi", "string", "hello")),
    constraints=(Exclusive("shell", "xml"), Exclusive("shell", "split"), Exclusive("xml", "split")),
    connects=False,
    examples=(
        ("echo --shell one 'two three'", "as a shell wants it: one 'two three'"),
        ("echo --xml '<a> & <b>'", "as a document wants it"),
    ),
    returns="text",
)
def echo(split: bool, err: bool, string: list[str], args: Arguments) -> Text | None:
    given: list[str] = string
    if err and not given:
        return None
    if split:
        pieces = [piece for text in given for piece in split_commas(text)]
        printed = "\n".join(_escaped(piece, args) for piece in pieces) + ("\n" if any(pieces) else "")
    else:
        printed = " ".join(_escaped(text, args) for text in given)
    return Text("text", printed, end="", error=err)


@command(
    "quit",
    "leave the prompt",
    "Leave the prompt, or what is left of a line of commands.",
    connects=False,
    examples=(("quit", "as Ctrl-D does"),),
    returns="",
)
def quit_(session: Session) -> None:
    session.stopping = True


@command(
    "exit",
    "leave the prompt",
    "Leave the prompt, or what is left of a line of commands.",
    connects=False,
    examples=(("exit", "as Ctrl-D does"),),
    returns="",
)
def exit_(session: Session) -> None:
    session.stopping = True


@command(
    "self-test",
    "check the declarations of all commands",
    "For virshpy's own tests.",
    examples=(("self-test", "silent where all is well"),),
    returns="",
    connects=False,
)
def self_test() -> None:
    faults = registry.check()
    if faults:
        raise Failure("\n".join(faults), kind="failed")


@command(
    "complete",
    "what may come next on a command line",
    "For the completion of shells: prints each candidate on a line, as virsh does:\n"
    "blanks have a backslash, and options are offered where nothing is typed yet.\n"
    "The last word is the one to complete.",
    (
        flag("described", "values beside options, the program's own options, and after a tab what each is"),
        option("bash", TEXT, "the line up to the cursor, for bash: its program's name comes first", named_only=True),
        words("string", TEXT, "the words typed so far"),
    ),
    connects=False,
    examples=(("complete -- start ''", "domains that could be started"),),
    returns="candidate meaning",
)
def complete(session: Session, described: bool, bash: str | None, string: list[str]) -> Iterable[Text]:
    from virshpy.shell.lang.complete import bare_candidates, program_candidates

    if bash is not None:
        from virshpy.shell.lang.partial_line import for_bash, last_command

        words, typed = last_command(bash)
        found = program_candidates(words[1:], session, explained=False) if len(words) > 1 else []
        offers = [word for word, _ in found]
        for word in for_bash(offers, typed):
            yield Text("candidate", word, meaning=None)
        return
    if described:
        for word, meaning in program_candidates(string or [""], session):
            yield Text("candidate", f"{word}\t{meaning}" if meaning else word, word, meaning=meaning or None)
        return
    offers = bare_candidates(string, session) if string else []
    for word in offers:
        yield Text("candidate", word, meaning=None)
    if not offers:
        raise Failure(None)


def _escaped(text: str, args: Arguments) -> str:
    if "xml" in args:
        return "".join(_XML_ENTITIES.get(character, character) for character in text)
    if "shell" in args and (not text or _SHELL_SPECIAL.intersection(text)):
        return "'" + text.replace("'", "'\\''") + "'"
    return text
