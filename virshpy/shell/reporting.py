"""What a session tells: failures, faults of the program itself, and the trace of --debug; to people, to programs, and
to the file of --log.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.shell import environment
from virshpy.shell.failure import Failure, ParseError
from virshpy.shell.lang.global_options import DEBUG, INFO, Settings
from virshpy.shell.lang.parser import wanted_output
from virshpy.shell.render.output import MACHINE, Renderer
from virshpy.shell.streams import complain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_LEVELS = {DEBUG: "DEBUG", INFO: "INFO"}


class Reporting:
    """The reporting half of a session, whose other half knows the connection."""

    settings: Settings
    renderer: Renderer
    uri: str | None
    interactive = False
    asking = "unknown"  # the command whose options are being read, for the trace

    def shown_uri(self) -> str:
        """Where commands go, for a person; a connection is not opened for it."""
        raise NotImplementedError

    def trace(self, level: int, sentence: str) -> None:
        """Tell how a line is understood where --debug asks for it, as virsh does: people, and the file of --log."""
        if level < self.settings.debug:
            return
        if self.settings.log:
            from virshpy.shell.userfiles import log

            log(self.settings.log, _LEVELS[level], sentence)
        if self.renderer.format not in MACHINE:
            self.renderer.write(f"{sentence}\n")

    def trace_word(self, command: str, option: str, word: str | None) -> None:
        """One option of a line that was read; ``word`` is its value, or None where it has none."""
        self.trace(INFO, f"{command}: {option}" + ("(bool): (none)" if word is None else f"(optdata): {word}"))

    def trace_option(self, name: str, text: str, level: int = INFO) -> None:
        """What names an object is looked at now."""
        if self.asking != "unknown":
            self.trace(level, f"{self.asking}: found option <{name}>: {text}")

    def trace_way(self, name: str, way: str) -> None:
        """How that object is looked up."""
        self.trace(DEBUG, f"{self.asking}: <{name}> {way}")

    def report(self, failure: Failure, command: str | None) -> None:
        failure.called, failure.uri = self._called(), self.shown_uri()
        self.renderer.failure(failure, command)
        if self.settings.log:
            from virshpy.shell.userfiles import log

            for sentence in failure.sentences:
                log(self.settings.log, "ERROR", sentence)

    def _called(self) -> str:
        """What a command line begins with that is to be pasted where this one was given."""
        from shlex import quote

        if self.interactive:
            return ""
        program = environment.program()
        return f"{program} -c {quote(self.uri)} " if self.uri else f"{program} "

    def report_syntax(self, error: ParseError, words: Sequence[str] = ()) -> None:
        """Report what is wrong with a line; ``words`` are the line, which may ask for a format."""
        kept = self.renderer.format
        self.renderer.format = wanted_output(words) or kept
        # People read the sentences one after another; programs may look at any of them.
        last = len(error.messages) - 1
        for number, message in enumerate(error.messages):
            told = number == last or self.renderer.format in MACHINE
            self.report(Failure(message, hint=error.hint if told else ""), error.command)
        self.renderer.format = kept

    def report_unexpected(self, error: Exception, command: str | None) -> None:
        """A fault of the program itself: one line for the user, the trace where it can be found."""
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise KeyboardInterrupt from error  # it came while a class was made, and Python wraps it then
        import traceback

        trace = "".join(traceback.format_exception(error))
        if self.settings.debug == DEBUG:
            complain(trace)
            hint = "the trace above says where"
        else:
            from virshpy.shell.userfiles import keep_trace

            path = keep_trace(trace)
            hint = f"details are in {path}" if path else "run it again with --debug=0 to see details"
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        self.report(Failure(None, errors.InternalError(what, hint=hint)), command)
