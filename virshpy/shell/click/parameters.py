"""The options of a declared command as parameters of click's.

They are for help, completion and tools that write documentation: click parses none of them. What must be given, or
takes the rest of the words, is an argument in click's sense, and can be given by name as well; what may be given is an
option.
"""

from __future__ import annotations

import click

from virshpy.shell.click.line import Line
from virshpy.shell.click.program import identifier, program_option
from virshpy.shell.lang.command import FLAG, OPTIONAL
from virshpy.shell.lang.parser import EVERYWHERE, Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.shell_completion import CompletionItem

    from virshpy.shell.lang.command import Alias, Command, Option

    Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


class Place(click.Argument):
    """A value that has its place in the line, or ``several``; help says by which name it may be given, too."""

    def __init__(self, option: Option, *, several: bool) -> None:
        required = option.required and not option.instead
        super().__init__([identifier(option.name)], required=required, nargs=-1 if several else 1, shell_complete=_next)
        self.option = option
        self.help = option.help  # older versions of click take none

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        return " ".join((f"[--{self.option.name}]", *self.get_usage_pieces(ctx))), self.option.help


def parameters(command: Command) -> list[click.Parameter]:
    """All that a command takes, in the order of its declaration; then what every command takes."""
    reader = Reader(command)
    found: list[click.Parameter] = []
    for option in command.options:
        found += _of_option(option, several=reader.takes_several(option))
    found += [_of_alias(alias, command) for alias in command.aliases]
    found += [program_option(name, short=reader.short_output) for name in EVERYWHERE if command.find(name) is None]
    return found


def _of_option(option: Option, *, several: bool) -> Iterator[click.Parameter]:
    name = identifier(option.name)
    if option.kind in (FLAG, OPTIONAL):
        yield _spelled(option, option.name, name)
    else:
        yield Place(option, several=several)
        yield _spelled(option, option.name, f"named_{name}", hidden=True)


def _of_alias(alias: Alias, command: Command) -> click.Parameter:
    option = command.find(alias.target)
    assert option is not None
    return _spelled(option, alias.name, f"alias_{identifier(alias.name)}", hidden=True, bare=alias.value is not None)


def _spelled(option: Option, spelling: str, name: str, *, hidden: bool = False, bare: bool = False) -> click.Option:
    """``--spelling`` of an option, ``bare`` where it takes no value; ``name`` is what click calls it."""
    if bare or option.kind == FLAG:
        return click.Option([f"--{spelling}", name], is_flag=True, help=option.help, hidden=hidden)
    return click.Option(
        [f"--{spelling}", name],
        metavar=option.type.word.upper(),
        help=option.help,
        hidden=hidden,
        shell_complete=_values(option),
    )


def _values(option: Option) -> Completer:
    def offer(ctx: click.Context, parameter: click.Parameter, prefix: str) -> list[CompletionItem]:
        assert isinstance(ctx, Line)
        return ctx.offered_values(parameter, option.name, prefix)

    return offer


def _next(ctx: click.Context, parameter: click.Parameter, prefix: str) -> list[CompletionItem]:
    """What may come next. Which value that is, the grammar knows better than click."""
    assert isinstance(ctx, Line)
    return ctx.offers(prefix)
