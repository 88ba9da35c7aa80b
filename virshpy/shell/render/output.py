"""The one renderer: virsh's bytes to a pipe, colour to a terminal, JSON, YAML or CSV where it is asked for.

JSON is one object per result, ``{"version": 1, "command": …, "result": {…}}``, and on standard error
``{"version": 1, "command": …, "error": {…}}``; docs/json.md describes the fields. YAML is the same in another spelling,
CSV the result alone, its errors in JSON (:mod:`virshpy.shell.render.machine`).
"""

from __future__ import annotations

import os
import sys

from virshpy.shell.render.results import (
    Document,
    Explanation,
    Fields,
    Lines,
    Message,
    Plan,
    Progress,
    Shown,
    Stats,
    Table,
    Text,
)
from virshpy.shell.streams import complain, flush, put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TextIO

    from virshpy.shell.failure import Failure
    from virshpy.shell.render.results import Field, Result

JSON_VERSION = 1
MACHINE = ("json", "yaml", "csv")
FORMATS = ("plain", "rich", *MACHINE)


class Renderer:
    """Writes results to standard output and failures to standard error in one format."""

    def __init__(self, format: str | None = None, *, quiet: bool = False, timing: bool = False, hints: bool = False):
        self.format = format or ("rich" if _is_terminal(sys.stdout) else "plain")
        self.page: list[str] | None = None  # what is kept back to be shown by a pager
        self._line_open = False  # a bar is on it
        self.quiet = quiet
        self.timing = timing
        self.hints = hints or bool(os.environ.get("VIRSHPY_HINTS")) or _is_terminal(sys.stderr)

    def render(self, command: str, result: Result) -> None:
        """Print a result of a command."""
        if isinstance(result, Progress) and self.format not in MACHINE:
            self._progress(result)
            return
        if self.format in MACHINE:
            if isinstance(result, Progress) and not result.asked:
                return
            self._for_machines(sys.stdout, {"version": JSON_VERSION, "command": command, "result": data(result)})
            return
        if isinstance(result, Text) and result.error:
            self.failure_line(result.text)
            return
        if self.format == "rich":
            from virshpy.shell.render import terminal

            text = terminal.coloured(result, quiet=self.quiet)
        else:
            text = plain(result, quiet=self.quiet)
        self.write(text)

    def _progress(self, step: Progress) -> None:
        """To standard error, as virsh does: what a command prints stays free of it."""
        if self.format == "rich" and _is_terminal(sys.stderr) and not self.quiet:
            from virshpy.shell.render import terminal

            complain(terminal.bar(step))
            self._line_open = step.percent < 100
        elif step.asked:
            complain(plain(step))

    def _end_line(self) -> None:
        """What follows an unfinished bar begins a line of its own."""
        if self._line_open:
            self._line_open = False
            complain("\n")

    def write(self, text: str) -> None:
        """Print text as it is."""
        self._end_line()
        if self.page is not None:
            self.page.append(text)
            return
        put(text)
        if self.format == "rich":
            flush()

    def finish_command(self, milliseconds: float) -> None:
        """What stands between one command's output and the next."""
        if self.format in MACHINE:
            return
        if self.timing:
            self.write(f"\n(Time: {milliseconds:.3f} ms)\n\n")
        elif not self.quiet:
            self.write("\n")

    def interrupted(self) -> None:
        """A command was cancelled at the prompt."""
        self.write("\n")

    def failure(self, failure: Failure, command: str | None) -> None:
        """Print a failure: the command's sentence, the driver's, and for a person what to do about it."""
        if self.format in MACHINE:
            error = error_data(failure, command)
            self._for_machines(sys.stderr, {"version": JSON_VERSION, "command": command, "error": error})
            return
        for sentence in failure.sentences:
            self.failure_line(sentence)
        if self.hints and (hint := _hint(failure, command)):
            complain(_tinted(sys.stderr, "36", "hint: ") + hint + "\n")

    def warning(self, sentence: str) -> None:
        """Something that does not stop a command: shown where hints are, since virsh has no such lines."""
        if self.format in MACHINE:
            self._for_machines(sys.stderr, {"version": JSON_VERSION, "warning": {"message": sentence}})
        elif self.hints:
            complain(_tinted(sys.stderr, "33", "warning: ") + sentence + "\n")

    def failure_line(self, sentence: str) -> None:
        self._end_line()
        complain(_tinted(sys.stderr, "31", "error: ") + sentence + "\n")

    def _for_machines(self, stream: TextIO, document: dict[str, Any]) -> None:
        from virshpy.shell.render import machine

        text = machine.written(document, self.format, indented=_is_terminal(stream))
        if stream is not sys.stdout:
            complain(text)
            return
        self.write(text)
        if self.page is None:
            flush()

    def show_page(self) -> None:
        """Show what was kept back since ``page`` was set to a list, in the user's pager."""
        page, self.page = self.page, None
        if page:
            from virshpy.shell.render.terminal import show_in_pager

            show_in_pager("".join(page))


def plain(result: Result, *, quiet: bool = False) -> str:
    """A result as virsh prints it."""
    if isinstance(result, Message):
        return "" if quiet else result.text + result.end
    if isinstance(result, (Text, Document)):
        return result.text + result.end
    if isinstance(result, Fields):
        return "".join(f"{label(field, result.width)}{field.text}\n" for field in result.shown)
    if isinstance(result, Table):
        shown = [position for position, (_, title) in enumerate(result.columns) if title is not None]
        rows = [[cell(row[position]) for position in shown] for row in result.rows]
        titles = [str(result.columns[position][1]) for position in shown]
        return table_text(rows if quiet else [titles, *rows], ruled=not quiet)
    if isinstance(result, Lines):
        return "".join(" ".join(cell(value) for value in row) + "\n" for row in result.rows)
    if isinstance(result, Progress):
        return f"\r{result.label}: [{result.percent:3} %]"
    if isinstance(result, Stats):
        return "\n".join(
            f"Domain: '{name}'\n" + "".join(f"  {key}={_stat(value)}\n" for key, value in stats.items())
            for name, stats in result.groups
        )
    if isinstance(result, Plan):
        return "".join(step + "\n" for step in result.steps)
    if isinstance(result, Explanation):
        return _explanation(result)
    raise TypeError(type(result).__name__)


def data(result: Result) -> dict[str, Any]:
    """A result as the JSON schema has it."""
    if isinstance(result, Message):
        return {"message": result.text.strip("\n"), **result.data}
    if isinstance(result, Text):
        return {result.key: result.value, **result.extra}
    if isinstance(result, Document):
        return {result.key: result.text}
    if isinstance(result, Fields):
        return {field.key: field.value for field in result.fields if field.key is not None}
    if isinstance(result, Table):
        keys = [key for key, _ in result.columns]
        return {result.key: [dict(zip(keys, map(_raw, row), strict=True)) for row in result.rows]}
    if isinstance(result, Lines):
        if len(result.keys) == 1:
            return {result.key: [_raw(row[0]) for row in result.rows]}
        return {result.key: [dict(zip(result.keys, map(_raw, row), strict=True)) for row in result.rows]}
    if isinstance(result, Progress):
        return {"progress": result.label, "done": result.done, "total": result.total, "percent": result.percent}
    if isinstance(result, Stats):
        return {"domains": [{"name": name, "stats": stats} for name, stats in result.groups]}
    if isinstance(result, Plan):
        return {"plan": list(result.steps)}
    if isinstance(result, Explanation):
        options = [{"name": name, "value": value, "help": help} for name, value, help in result.options]
        return {
            "summary": result.summary, "description": result.description, "options": options,
            "uri": result.uri, "refusal": result.refusal,
        }  # fmt: skip
    raise TypeError(type(result).__name__)


def _raw(value: object) -> object:
    return value.value if isinstance(value, Shown) else value


def error_data(failure: Failure, command: str | None) -> dict[str, Any]:
    """A failure of a command as the JSON schema has it; ``context`` is the command's own sentence."""
    cause = failure.cause
    spoken = cause if cause is not None and not failure.quiet_cause else None
    return {
        "code": cause.code if cause else None,
        "name": cause.name if cause else None,
        "domain": cause.domain.name if cause else None,
        "message": spoken.message if spoken else failure.message,
        "context": failure.message if spoken else failure.also,
        "hint": _hint(failure, command),
    }


def _hint(failure: Failure, command: str | None) -> str:
    from virshpy.shell.hints import hint_for

    return hint_for(failure, command)


def _explanation(result: Explanation) -> str:
    from textwrap import fill

    lines = [f"{result.command}: {result.summary}."]
    if result.description:
        lines.append(fill(result.description, 76, initial_indent="  ", subsequent_indent="  "))
    spelled = [f"--{name}" + (f" {value!r}" if value is not None else "") for name, value, _ in result.options]
    room = min(max(map(len, spelled), default=0), 40) + 2
    lines += [f"  {text:<{room}}{help}" for text, (_, _, help) in zip(spelled, result.options, strict=True)]
    if result.uri:
        lines.append(f"  It goes to {result.uri}.")
    if result.refusal:
        lines.append(f"  It would be refused: {result.refusal}")
    return "\n".join(lines) + "\n"


def label(field: Field, room: int) -> str:
    """A label, its colon, and blanks up to ``room``; one blank where no room was set aside."""
    return f"{field.label}:".ljust(room) if room else f"{field.label}: "


def cell(value: object) -> str:
    return "-" if value is None else str(value)


def table_text(rows: Sequence[Sequence[str]], *, ruled: bool) -> str:
    """virsh's table: a space before each cell, two after all but the last; the first row is ruled off."""
    if not rows:
        return ""
    rows = [[printable(text) for text in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        padded = [" " + text + " " * (room - width(text) + 2) for text, room in zip(row, widths, strict=True)]
        padded[-1] = " " + row[-1]
        lines.append("".join(padded))
    if ruled:
        lines.insert(1, "-" * (sum(widths) + 3 * len(widths)))
    return "\n".join(lines) + "\n"


def printable(text: str) -> str:
    """Control characters made visible: they would break the table."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else "".join(f"\\x{byte:02x}" for byte in c.encode(errors="surrogateescape")) for c in text
    )


def width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _stat(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:f}" if isinstance(value, float) else str(value)


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _tinted(stream: TextIO, colour: str, text: str) -> str:
    if _is_terminal(stream) and not os.environ.get("NO_COLOR"):
        return f"\033[{colour}m{text}\033[0m"
    return text
