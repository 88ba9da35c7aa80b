"""The registry of commands as a click group: a command's module is loaded when the command is asked for."""

from __future__ import annotations

import click

from virshpy.shell.click.command import DeclaredCommand, Misread
from virshpy.shell.click.program import given, program_parameters
from virshpy.shell.failure import ParseError
from virshpy.shell.lang import global_options, registry
from virshpy.shell.main import begin, log_works

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from virshpy.shell.session import Session

# `cd` and `connect` are for the commands that follow them, `quit` and `exit` leave a prompt: one line of a shell has
# neither. The others are about virshpy as a program: its completion (click has its own), its service, its tests.
UNMOUNTED = frozenset(("cd", "complete", "completion", "connect", "exit", "quit", "self-test", "unit"))
_HELP = """Manage virtual machines, networks and storage, with the commands of virsh.

A value may be given by the name of its option or, in their order, by position."""


class Commands(click.Group):
    """virshpy's commands, and what the mounting program adds to them, which goes before a command of the same name.

    ``name`` is what the group is mounted as; ``attributes`` are what any click group takes.
    """

    def __init__(self, name: str | None = "virshpy", **attributes: Any) -> None:
        super().__init__(name, **{"help": _HELP, **attributes})
        self.params = [*program_parameters(), *self.params]

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for _, names in self._sections() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        added = super().get_command(ctx, cmd_name)
        if added is not None or cmd_name in UNMOUNTED:
            return added
        declared = registry.lookup(cmd_name)
        return None if declared is None else DeclaredCommand(declared, called=ctx.command_path)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            if args[0].startswith("-"):
                raise  # an option, and click says what is wrong with it
            raise Misread(self._unknown(args[0], ctx), ctx, args) from None

    def _unknown(self, name: str, ctx: click.Context) -> ParseError:
        near = registry.nearest(name, self.list_commands(ctx))
        return ParseError(f"unknown command: '{name}'", hint=f"did you mean '{near}'?" if near else None)

    def invoke(self, ctx: click.Context) -> Any:
        ctx.obj = self._begin(ctx)
        ctx.call_on_close(ctx.obj.close)
        if not log_works(ctx.obj):
            ctx.exit(1)
        return super().invoke(ctx)

    def _begin(self, ctx: click.Context) -> Session:
        try:
            return begin(given(ctx))
        except global_options.UsageError as error:
            raise click.UsageError(str(error), ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in self._sections():
            found = [(name, command) for name in names if (command := self.get_command(ctx, name)) is not None]
            rows = [(name, command.get_short_help_str()) for name, command in found if not command.hidden]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def _sections(self) -> Iterator[tuple[str, list[str]]]:
        """virsh's groups, then what the mounting program has added: titles, and the names of the commands."""
        added = set(self.commands)
        for group in registry.GROUPS:
            yield group.title, [name for name in group.names() if name not in UNMOUNTED or name in added]
            added.difference_update(group.names())
        yield "Further commands", sorted(added)
