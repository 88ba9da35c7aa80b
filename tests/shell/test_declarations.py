"""The table of commands: true, lazily loaded, and refusing what a parser could not serve."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.transcripts.transcripts import VIRSH
from virshpy.shell.lang import help, registry
from virshpy.shell.lang.command import (
    FLAG,
    WORDS,
    Arguments,
    BadDeclaration,
    Command,
    Constraint,
    Exclusive,
    Invocation,
    Option,
    argument,
    flag,
    option,
    words,
)
from virshpy.shell.lang.global_options import Settings
from virshpy.shell.lang.types import STRING, Bytes, Int
from virshpy.shell.render.output import Renderer
from virshpy.shell.session import Session

NO_SESSION = Session(Settings(), Renderer("plain"))
# Options that virsh 9.0 does not have yet, where it has the command.
LATER = {
    "capabilities": ("--xpath <string>", "--wrap"),
    "list": ("--fields <string>",),
    "start": ("--autostart",),
    "net-start": ("--autostart",),
    "pool-start": ("--autostart",),
    "vol-upload": ("--bypass",),
    "vol-download": ("--bypass",),
    "shutdown": ("--all", "--wait", "--timeout <number>", "--destroy"),
    "domcapabilities": ("--xpath <string>", "--wrap", "--disable-deprecated-features"),
}
# Commands that virsh does not show, or has under its own name.
UNLIKE_VIRSH = {"complete", "completion", "diff", "history", "self-test", "set", "unit"}
# Commands that virsh 9.0 does not have yet.
NEWER = {"domdisplay-reload", "hypervisor-cpu-models", "net-desc", "net-metadata", "nodedev-update"}
NEWER |= {"domsetthrottlegroup", "domdelthrottlegroup", "domthrottlegrouplist", "domthrottlegroupinfo"}
# Older spellings: virsh helps with the new one.
ALIASES = {"nodedev-dettach": "nodedev-detach"}


def declare(
    options: list[Option],
    constraints: tuple[Constraint, ...] = (),
    summary: str = "does it",
    description: str = "Does it.",
    examples: tuple[tuple[str, str], ...] = (("x", "now"),),
    handler: Callable[..., None] = lambda: None,
) -> Command:
    return Command(
        "x", summary, description, options, handler,
        aliases=(), constraints=constraints, examples=examples, returns="", connects=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "constraints"),
    [
        ([flag("a", "x"), flag("a", "x")], ()),
        ([flag("a", "")], ()),
        ([flag("a", "Ends with a stop.")], ()),
        ([option("a", STRING, "x"), argument("b", STRING, "x")], ()),
        ([words("a", STRING, "x"), flag("b", "x")], ()),
        ([flag("a", "x")], (Exclusive("a", "b"),)),
    ],
)
def test_bad_declarations_fail(options: list[Option], constraints: tuple[Constraint, ...]) -> None:
    with pytest.raises(BadDeclaration):
        declare(options, constraints)


def _wants(size: int, force: bool, new_name: str | None, rest: list[str], flags: int) -> None: ...


_WANTED = (
    argument("size", Int(), "x"),
    flag("force", "x"),
    option("new-name", STRING, "x"),
    words("rest", STRING, "x"),
)


def test_a_handler_is_given_what_it_names() -> None:
    command = declare([flag("more", "x", adds=4), *_WANTED], handler=_wants)
    given: list[object] = []
    command.handler = lambda size, force, new_name, rest, flags: given.extend((size, force, new_name, rest, flags))
    invocation = Invocation(command, {"size": ["7"], "force": [], "rest": ["a", "b"], "more": []})
    args = Arguments(invocation, NO_SESSION)
    args.read_all()
    command.run(NO_SESSION, args)
    assert given == [7, True, None, ["a", "b"], 4]


@pytest.mark.parametrize("number", range(len(_WANTED)))
@pytest.mark.parametrize(
    "other", [None, lambda name: option(name, Bytes(), "x"), lambda name: argument(name, Int(), "x", late=True)]
)
def test_a_handler_that_wants_something_else_is_a_bad_declaration(
    number: int, other: Callable[[str], Option] | None
) -> None:
    declared = list(_WANTED)
    replaced = declared.pop(number)
    if other is not None:
        declared.insert(0, other(replaced.name))
        declared.sort(key=lambda one: (not one.required, one.kind == WORDS))
    with pytest.raises(BadDeclaration, match="the handler's parameter"):
        declare(declared, handler=_wants)


@pytest.mark.parametrize("missing", ["summary", "description", "examples"])
def test_it_says_what_it_does_and_shows_how(missing: str) -> None:
    declare([])
    with pytest.raises(BadDeclaration):
        declare([], **{missing: ""})  # type: ignore[arg-type]


def test_index_is_true() -> None:
    """In a process of its own: here, other tests may have loaded modules already."""
    code = "from virshpy.shell.lang import registry; print('\\n'.join(registry.check()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_one_command_loads_one_module() -> None:
    code = (
        "import sys; from virshpy.shell.lang import registry; registry.lookup('list');"
        "print(*(name for name in sys.modules if name.startswith('virshpy.shell.commands.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["virshpy.shell.commands.domain", "virshpy.shell.commands.domain.list"]


@pytest.mark.parametrize("name", registry.names())
def test_examples_parse(name: str) -> None:
    from virshpy.shell.lang.parser import parse_line

    command = registry.find_known(name)
    for line, meaning in command.examples:
        (parsed,) = parse_line(line)
        assert parsed.command is command and meaning


@pytest.mark.skipif(VIRSH is None, reason="needs virsh 9.0 (package libvirt-clients) to compare with")
@pytest.mark.parametrize("name", sorted(set(registry.names()) - UNLIKE_VIRSH - NEWER - set(ALIASES)))
def test_grammar_is_that_of_virsh(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The synopsis and the left column of the options; the words of the help are our own."""
    assert VIRSH is not None
    done = subprocess.run([VIRSH, "help", name], capture_output=True, text=True, check=True, env={"LC_ALL": "C"})
    theirs = done.stdout
    monkeypatch.setenv("VIRSHPY_AS", "virsh")
    ours = help.command_help(registry.find_known(name))
    added = LATER.get(name, ())
    for word in added:
        ours = ours.replace(f" [{word}]", "")
    assert _synopsis(ours) == _synopsis(theirs)
    assert [spelling for spelling in _spellings(ours) if spelling not in added] == _spellings(theirs)


def _synopsis(text: str) -> str:
    return text.split("  SYNOPSIS\n")[1].split("\n")[0]


def _spellings(text: str) -> list[str]:
    if "  OPTIONS\n" not in text:
        return []
    # The help of an option may go on in a line of its own.
    lines = re.findall(r"^    [-\[<].*", text.split("  OPTIONS\n")[1].split("\n\n")[0], re.M)
    return [re.split(r" {2,}", line.strip())[0] for line in lines]


def test_flags_take_no_value() -> None:
    options = [option for name in registry.names() for option in registry.find_known(name).options]
    assert all(option.type is STRING for option in options if option.kind == FLAG)
