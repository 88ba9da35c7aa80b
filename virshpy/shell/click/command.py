"""One declared command as a command of click's: its line is read by virsh's grammar and run in the group's session."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from io import TextIOWrapper
from textwrap import wrap

import click

from virshpy.shell import streams
from virshpy.shell.click.line import Line
from virshpy.shell.click.parameters import parameters
from virshpy.shell.failure import ParseError
from virshpy.shell.lang import registry
from virshpy.shell.lang.help import data_forms
from virshpy.shell.lang.parser import Reader, wanted_output
from virshpy.shell.main import carry_out
from virshpy.shell.render.output import MACHINE
from virshpy.shell.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO, Any

    from click.shell_completion import CompletionItem

    from virshpy.shell.lang.command import Command, Invocation


class DeclaredCommand(click.Command):
    """A command by its declaration; ``called`` is what comes before its name on a command line, for the examples."""

    context_class = Line

    def __init__(self, declared: Command, *, called: str) -> None:
        super().__init__(
            declared.name,
            params=parameters(declared),
            help=declared.description,
            short_help=declared.summary,
            epilog=_epilog(declared, called),
            hidden=declared.name in registry.HIDDEN,
        )
        self.declared = declared

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        assert isinstance(ctx, Line)
        if ctx.resilient_parsing:
            ctx.read_begun(Reader(self.declared), args)
        else:
            self._read(ctx, args)
        ctx.tell()
        return ctx.args

    def _read(self, ctx: Line, words: list[str]) -> None:
        try:
            ctx.read(Reader(self.declared, session_of(ctx).trace_word), words)
        except ParseError as error:
            error.command = self.declared.name
            raise Misread(error, ctx, words) from None
        if ctx.reader.wants_help:
            click.echo(ctx.get_help(), color=ctx.color)
            ctx.exit()

    def invoke(self, ctx: click.Context) -> None:
        assert isinstance(ctx, Line)
        with _any_text():
            code = _exit_code(ctx.invocation, session_of(ctx))
        if code:
            ctx.exit(code)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        assert isinstance(ctx, Line)
        offers = ctx.offers(incomplete)
        if incomplete.startswith("-") and "--" not in ctx.args:
            declared = {f"--{option.name}" for option in self.declared.options}
            offers += [item for item in super().shell_complete(ctx, incomplete) if item.value not in declared]
        return offers


def session_of(ctx: click.Context) -> Session:
    """The session that the group has begun for this command line."""
    session = ctx.find_object(Session)
    assert session is not None
    return session


class Misread(click.UsageError):
    """A line that virsh would refuse, in virsh's words. Who has asked for JSON is told as the program tells it, and who
    is shown hints gets that one, too."""

    def __init__(self, error: ParseError, ctx: click.Context, words: Sequence[str]) -> None:
        super().__init__("\n".join(error.messages), ctx)
        self.error = error
        self.words = words
        self.session = session_of(ctx)

    def show(self, file: IO[Any] | None = None) -> None:
        renderer = self.session.renderer
        if (wanted_output(self.words) or renderer.format) in MACHINE:
            self.session.report_syntax(self.error, self.words)
            return
        super().show(file)
        if renderer.hints and self.error.hint:
            click.echo(f"Hint: {self.error.hint}", file=file, err=True)


def _exit_code(invocation: Invocation, session: Session) -> int:
    """Carry out what was read, as the program does; Ctrl-C is the mounting program's business."""
    try:
        code = carry_out([invocation], session)
        streams.flush()
        return code
    except streams.OutputLost as lost:
        streams.give_up(lost)
    except Exception as error:
        session.report_unexpected(error, None)
    return 1


@contextmanager
def _any_text() -> Iterator[None]:
    """For the while, standard output and error take what our own do; a program may also have put others there."""
    kept = [(one, one.encoding, one.errors) for one in (sys.stdout, sys.stderr) if isinstance(one, TextIOWrapper)]
    for stream, _, _ in kept:
        streams.take_any_text(stream)
    try:
        yield
    finally:
        for stream, encoding, errors in kept:
            stream.reconfigure(encoding=encoding, errors=errors)


def _epilog(command: Command, called: str) -> str:
    """The examples, and the keys of what programs get, in paragraphs that click leaves as they are."""
    lines = ["\b", "Examples:"]
    for line, meaning in command.examples:
        lines += [f"  {called} {line}", f"      {meaning}"]
    if command.returns:
        lines += ["", "\b", "Data (-o json, yaml, csv):"]
        lines += [f"  {line}" for form in data_forms(command) for line in wrap(form, 74, subsequent_indent="  ")]
    return "\n".join(lines)
