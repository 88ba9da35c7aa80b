"""The one renderer: virsh's bytes to a pipe, colour to a terminal, JSON, YAML or CSV where it is asked for.

JSON is one object per result, ``{"version": 1, "command": …, "result": {…}}``, and on standard error
``{"version": 1, "command": …, "error": {…}}``; docs/json.md describes the fields. YAML is the same in another spelling,
CSV the result alone, its errors in JSON (:mod:`virshpy.shell.render.machine`).
"""

from __future__ import annotations

import sys

from virshpy.shell import environment
from virshpy.shell.render.results import Progress, Text
from virshpy.shell.streams import complain, flush, put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

    from virshpy.shell.failure import Failure
    from virshpy.shell.render.results import Result

JSON_VERSION = 1
MACHINE = ("json", "yaml", "csv")
FORMATS = ("plain", "rich", *MACHINE)


class Renderer:
    """Writes results to standard output and failures to standard error in one format."""

    def __init__(self, format: str | None = None, *, quiet: bool = False, timing: bool = False, hints: bool = False):
        self.format = format or ("rich" if _suits_rich(sys.stdout) else "plain")
        self.page: list[str] | None = None  # what is kept back to be shown by a pager
        self._line_open = False  # a bar is on it
        # Whether what does not fit on the screen is shown by one, unasked.
        self.pages = _suits_rich(sys.stdout) and sys.stdin.isatty()
        self.quiet = quiet
        self.timing = timing
        self.hints = hints or environment.variable("VIRSHPY_HINTS") is not None or _suits_hints(sys.stderr)

    def render(self, command: str, result: Result) -> None:
        """Print a result of a command."""
        if isinstance(result, Progress) and self.format not in MACHINE:
            self._progress(result)
            return
        if self.format in MACHINE:
            if isinstance(result, Progress) and not result.asked:
                return
            self._for_machines(sys.stdout, {"version": JSON_VERSION, "command": command, "result": result.data()})
            return
        if isinstance(result, Text) and result.error:
            self.failure_line(result.text)
            return
        form = result.coloured if self.format == "rich" else result.plain
        self._show(form(quiet=self.quiet))

    def _show(self, text: str) -> None:
        """Print a result; in a pager where the screen has no room for it."""
        if self.pages and self.page is None and self.format == "rich" and text.count("\n") >= self._room():
            self.page = [text]
            self.show_page()
        else:
            self.write(text)

    def _room(self) -> int:
        """Lines that a result may have; the prompt needs some, too."""
        from virshpy.shell.render.terminal import lines_of

        return lines_of(sys.stdout) - 2

    def shows_bars(self) -> bool:
        """Whether the user sees how far long work is."""
        return self.format == "rich" and environment.is_capable(sys.stderr) and not self.quiet

    def _progress(self, step: Progress) -> None:
        """To standard error, as virsh does: what a command prints stays free of it."""
        if self.shows_bars():
            from virshpy.shell.render import terminal

            complain(terminal.bar(step))
            self._line_open = step.percent < 100
        elif step.asked:
            complain(step.plain())

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
            complain(_tinted("36", "hint: ") + environment.drawn(hint) + "\n")

    def warning(self, sentence: str) -> None:
        """Something that does not stop a command: shown where hints are, since virsh has no such lines."""
        if self.format in MACHINE:
            self._for_machines(sys.stderr, {"version": JSON_VERSION, "warning": {"message": sentence}})
        elif self.hints:
            complain(_tinted("33", "warning: ") + sentence + "\n")

    def failure_line(self, sentence: str) -> None:
        self._end_line()
        complain(_tinted("31", "error: ") + sentence + "\n")

    def _for_machines(self, stream: TextIO, document: dict[str, Any]) -> None:
        from virshpy.shell.render import machine

        text = machine.written(document, self.format, indented=stream.isatty())
        if self.format == "json" and environment.has_colours(stream) and not environment.as_virsh():
            from virshpy.shell.render import terminal

            text = terminal.json(text)
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


def error_data(failure: Failure, command: str | None) -> dict[str, Any]:
    """A failure of a command as the JSON schema has it; ``context`` is the command's own sentence."""
    cause = failure.cause
    spoken = cause if cause is not None and not failure.quiet_cause else None
    code, name = failure.code
    return {
        "kind": failure.kind,
        "code": code,
        "name": name,
        "domain": cause.domain.name if cause else None,
        "message": spoken.message if spoken else failure.message,
        "context": failure.message if spoken else failure.also,
        "hint": _hint(failure, command),
    }


def _hint(failure: Failure, command: str | None) -> str:
    from virshpy.shell.hints import hint_for

    return hint_for(failure, command)


def _suits_rich(stream: TextIO) -> bool:
    """Whether colours and drawn tables are sent to a stream unasked. Who wants no colour gets virsh's bytes."""
    return environment.is_capable(stream) and not environment.no_colour() and not environment.as_virsh()


def _suits_hints(stream: TextIO) -> bool:
    """Whether a person reads a stream, who has not asked for virsh."""
    return stream.isatty() and not environment.as_virsh()


def _tinted(colour: str, text: str) -> str:
    """A word before a line on standard error, in a colour where that has some."""
    if environment.has_colours(sys.stderr) and not environment.as_virsh():
        return f"\033[{colour}m{text}\033[0m"
    return text
