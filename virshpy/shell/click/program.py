"""The program's own options as parameters of click's, and back."""

from __future__ import annotations

from contextlib import contextmanager

import click
from click.shell_completion import CompletionItem

from virshpy.shell.lang.complete import values_of_program
from virshpy.shell.lang.global_options import OPTIONS, Settings, parse
from virshpy.shell.render.output import Renderer
from virshpy.shell.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from virshpy.shell.lang.global_options import Parsed
    from virshpy.shell.lang.types import Candidate

# Those that concern a single command. Help and the version are the mounting program's own.
_GROUP = ("connect", "output", "quiet", "readonly", "timing", "explain", "dry-run", "hints", "pager")


def program_parameters() -> list[click.Parameter]:
    """The options of the group."""
    return [program_option(name) for name in _GROUP]


def program_option(name: str, *, short: bool = True) -> click.Option:
    """One of the program's options; with ``short`` also by its letter."""
    letter, _, takes, value, meaning = next(option for option in OPTIONS if option[1] == name)
    spelled = [f"-{letter}"] if short and letter else []
    spelled += [f"--{name}", identifier(name)]
    if not takes:
        return click.Option(spelled, is_flag=True, help=meaning)
    return click.Option(spelled, metavar=value, help=meaning, shell_complete=_offer)


def identifier(name: str) -> str:
    """The name of an option as click's callbacks and ``ctx.params`` have it."""
    return name.replace("-", "_").lower()


def given(ctx: click.Context) -> Parsed:
    """What the options given to the group say, with the environment. Raises global_options.UsageError."""
    words = []
    for name in _GROUP:
        value = ctx.params.get(identifier(name))
        if value is True:
            words.append(f"--{name}")
        elif isinstance(value, str):
            words.append(f"--{name}={value}")
    return parse(words)


@contextmanager
def asked(group: click.Context | None) -> Iterator[Session]:
    """A session for completion, which says nothing; its connection is that of the options given to the group."""
    settings = Settings()
    if group is not None:
        settings.uri = group.params.get("connect")
        settings.readonly = bool(group.params.get("readonly"))
    renderer = Renderer("plain")
    renderer.hints = False
    session = Session(settings, renderer)
    try:
        yield session
    finally:
        session.close()


def items(candidates: Iterable[Candidate]) -> list[CompletionItem]:
    """Candidates as click has them."""
    return [CompletionItem(word, help=meaning or None) for word, meaning in candidates]


def _offer(ctx: click.Context, parameter: click.Parameter, prefix: str) -> list[CompletionItem]:
    """What the value of one of the program's options may be."""
    with asked(None) as session:
        found = values_of_program(parameter.opts[-1], prefix, session)
    return items(offer for offer in found if offer[0].startswith(prefix))
