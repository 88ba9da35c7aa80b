"""The manual, out of the declarations: virshpy(1), and a page for each help group. In the mdoc macros."""

from __future__ import annotations

import re
from textwrap import wrap

from virshpy import __version__
from virshpy.shell.lang import registry
from virshpy.shell.lang.command import FLAG, OPTIONAL, WORDS
from virshpy.shell.lang.global_options import OPTIONS
from virshpy.shell.lang.help import data_forms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from virshpy.shell.lang.command import Command, Option
    from virshpy.shell.lang.registry import Group

DATE = "November 22, 2026"

_INTRODUCTION = """\
manages QEMU virtual machines, networks and storage of a host, with the commands of virsh and the XML documents of \
libvirt, and without a daemon. A command line is one command with its options. Without a command, lines are read from \
standard input; on a terminal that is a prompt, with completion, history and a line that tells what runs.

A value may be given by its option's name or, in the order of the synopsis, by position. \
Words are quoted as in a shell. Several commands in one argument are separated by semicolons."""

_AS_VIRSH = """\
A link of the name virsh to this program, or VIRSHPY_AS=virsh in the environment, makes it a stand-in for virsh: \
prompt, banner and version are virsh's, output is plain also on a terminal, lines are read with readline, there are \
no hints, and VIRSHPY_OUTPUT, VIRSHPY_HINTS and VIRSHPY_PAGER have no effect. Options such as -o and --hints do."""

_ENVIRONMENT = (
    ("VIRSHPY_DEFAULT_URI", "The connection where none is given."),
    ("VIRSH_DEFAULT_CONNECT_URI", "The connection where none is given, as virsh knows it."),
    ("LIBVIRT_DEFAULT_URI", "The connection where none is given, as libvirt knows it."),
    ("VIRSHPY_AS", "If virsh, the program takes the place of virsh: see CALLED AS VIRSH."),
    ("VIRSHPY_OUTPUT", "The format of the output where no -o is given."),
    ("VIRSHPY_HINTS", "If set, hints are printed as with --hints."),
    ("VIRSHPY_PAGER", "A pager. If set, output on a terminal goes through it."),
    ("VISUAL, EDITOR", "What changes documents."),
    ("NO_COLOR", "If set, output has no colours and is virsh's, also on a terminal."),
    ("TERM", "If not set or dumb, output and prompt are plain, as on a printer."),
    ("LC_ALL, LC_CTYPE, LANG", "Where they name no UTF-8 locale, lines are drawn in ASCII."),
    ("XDG_STATE_HOME", "Where the history of the prompt is kept, in the folder virshpy."),
)


def pages() -> dict[str, str]:
    """Each page by the name of its file."""
    found = {"virshpy.1": _main_page()}
    for group in registry.GROUPS:
        found[f"{page_name(group)}.1"] = _group_page(group)
    return found


def page_name(group: Group) -> str:
    return "virshpy-itself" if group.keyword == "virshpy" else f"virshpy-{group.keyword}"


def _main_page() -> str:
    lines = [*_head("virshpy", "virtual machines of QEMU without a daemon")]
    lines += [".Sh SYNOPSIS", ".Nm", ".Op Ar option ...", ".Op Ar command Op Ar argument ..."]
    lines += [".Sh DESCRIPTION", ".Nm", *_paragraphs(_INTRODUCTION), ".Sh OPTIONS"]
    lines.append(".Bl -tag -width Ds")
    for letter, name, _, value, meaning in OPTIONS:
        spelled = " , ".join([f"Fl {letter}"] * bool(letter) + [f"Fl -{name}"] * (name != "long-version"))
        lines += [f".It {spelled}" + (f" Ar {value}" if value else ""), *_text(_sentence(meaning))]
    lines += [".El", ".Sh COMMANDS", *_text("Each group has a page of its own, which describes its commands.")]
    for group in registry.GROUPS:
        lines += [f".Ss {_macro_text(group.title)}", *_text(f"Described in {page_name(group)}(1).")]
        lines.append(".Bl -tag -width nodedev-reattachxx -compact")
        for command in _commands(group):
            lines += [f".It Cm {command.name}", *_text(command.summary)]
        lines.append(".El")
    lines += [".Sh ENVIRONMENT", ".Bl -tag -width Ds"]
    for name, meaning in _ENVIRONMENT:
        lines += [f".It Ev {name.replace(', ', ' , Ev ')}", *_text(meaning)]
    lines += [".El", ".Sh CALLED AS VIRSH", *_paragraphs(_AS_VIRSH)]
    lines += [
        ".Sh EXIT STATUS",
        *_text("0 where the last command succeeded, 1 where it failed or could not be read, 130 after an interrupt."),
        ".Sh EXAMPLES", *_text("Every machine, as a table and for a program:"),
        *_listing(["virshpy list --all", "virshpy list --all -o json"]),
        *_text("What a command amounts to, in words and as an administrator would type it:"),
        *_listing(["virshpy start web --explain", "virshpy start web --dry-run"]),
        ".Sh SEE ALSO", *_text(", ".join(f"{page_name(group)}(1)" for group in registry.GROUPS)),
    ]  # fmt: skip
    return _joined(lines)


def _group_page(group: Group) -> str:
    title = group.title if group.keyword != "virshpy" else "the program itself"
    lines = [*_head(page_name(group), f"commands of virshpy: {title}")]
    lines += [".Sh SYNOPSIS", ".Nm virshpy", ".Op Ar option ...", ".Ar command", ".Op Ar argument ..."]
    lines += [".Sh DESCRIPTION"]
    lines += _text("The options of the program, and how a command line is read, are described in virshpy(1).")
    lines += _text(
        "Every command takes the options --help, --explain, --dry-run, --output and --pager besides its own."
    )
    lines += _text(
        "What a command gives as JSON, YAML or CSV is named by its keys. "
        "[...] stands for a list of objects, <...> for a list of values, {...} for an object; "
        "a key with a question mark is there in some cases only."
    )
    for command in _commands(group):
        lines += _command(command)
    lines += [".Sh SEE ALSO", *_text("virshpy(1)")]
    return _joined(lines)


def _joined(lines: list[str]) -> str:
    """A page's text; a paragraph that nothing follows is none."""
    kept = [
        line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if line != ".Pp" or not following.startswith(".S")
    ]
    return "\n".join(kept) + "\n"


def _command(command: Command) -> Iterator[str]:
    yield f".Ss {command.name}"
    yield ".Bd -ragged -offset indent"
    yield f".Cm {command.name}"
    for option in command.options:
        yield _in_synopsis(option)
    yield ".Ed"
    yield ".Pp"
    yield from _text(_sentence(command.description))
    if command.options:
        yield ".Bl -tag -width Ds"
        for option in command.options:
            yield f".It Fl -{option.name}" + ("" if option.kind == FLAG else f" Ar {option.type.word}")
            yield from _text(_sentence(option.help))
        yield ".El"
    yield ".Pp"
    yield "For example:"
    yield ".Bl -tag -width Ds"
    for line, meaning in command.examples:
        yield f".It Li {_argument('virshpy ' + line)}"
        yield from _text(_sentence(meaning))
    yield ".El"
    if command.returns:
        yield ".Pp"
        yield "As data, where a program asks for them:"
        yield from _listing(line for form in data_forms(command) for line in wrap(form, 66, subsequent_indent="  "))


def _in_synopsis(option: Option) -> str:
    if option.kind == FLAG:
        return f".Op Fl -{option.name}"
    if option.kind == OPTIONAL:
        return f".Op Fl -{option.name} Ar {option.type.word}"
    dots = " ..." if option.kind == WORDS else ""
    return f".Ar {option.name}{dots}" if option.required else f".Op Ar {option.name}{dots}"


def _head(name: str, what: str) -> list[str]:
    return [
        f'.\\" Made from the declarations of the commands by python -m kit.manual, of virshpy {__version__}.',
        f".Dd {DATE}", f".Dt {name.upper()} 1", ".Os", ".Sh NAME", f".Nm {name}", f".Nd {_macro_text(what)}",
    ]  # fmt: skip


def _commands(group: Group) -> list[Command]:
    return [registry.find_known(name) for name in group.names()]


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", ":")) else ".")


def _paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            yield ".Pp"
        yield from _text(paragraph)


def _text(text: str) -> Iterator[str]:
    """Running text: a line begins with each sentence, and none is longer than 76 columns."""
    for sentence in re.split(r"(?<=[.!?])(?<!\.\.)\s+(?=\S)", " ".join(text.split())):
        for line in wrap(sentence, 76, break_long_words=False, break_on_hyphens=False):
            yield _literal(line)


def _listing(lines: Iterable[str]) -> Iterator[str]:
    yield ".Bd -literal -offset indent"
    yield from map(_literal, lines)
    yield ".Ed"
    yield ".Pp"


def _literal(line: str) -> str:
    line = line.replace("\\", "\\e")
    return f"\\&{line}" if line[:1] in (".", "'") else line


def _argument(text: str) -> str:
    """One argument of a macro."""
    return '"' + text.replace("\\", "\\e").replace('"', '""') + '"'


def _macro_text(text: str) -> str:
    """Words of a macro's line: none may be taken for a macro itself."""
    return " ".join(f"\\&{word}" if len(word) in (2, 3) and word[:1].isupper() else word for word in text.split())
