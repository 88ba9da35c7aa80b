"""The program: reads its own options, then runs one command line, standard input, or the prompt."""

from __future__ import annotations

import sys

# The module signal makes enums of them.
from _signal import (  # type: ignore[import-not-found]
    SIG_DFL,
    SIGINT,
    default_int_handler,
    getsignal,
    signal,
)

from virshpy.shell import environment, streams
from virshpy.shell.failure import Failure, ParseError
from virshpy.shell.lang import global_options
from virshpy.shell.lang.global_options import INFO
from virshpy.shell.lang.parser import parse_line, parse_words, wanted_output
from virshpy.shell.render.output import MACHINE, Renderer
from virshpy.shell.session import INTERRUPTED, Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from virshpy.shell.lang.command import Invocation
    from virshpy.shell.lang.global_options import Parsed


def entry() -> int:
    """The console script: the exit code is the last command's."""
    if getsignal(SIGINT) == SIG_DFL:
        signal(SIGINT, default_int_handler)  # bin/virshpy had put it aside
    try:
        code = main(sys.argv[1:])
        if getsignal(SIGINT) is default_int_handler:
            signal(SIGINT, SIG_DFL)  # all is done: nothing is left that could be interrupted
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        # Not even the report of a fault came to an end: no file can be opened any more, or no memory is left.
        streams.complain(f"error: {getattr(error, 'strerror', None) or error}\n")
        code = 1
    return code


def main(words: Sequence[str]) -> int:
    """Run the program with these words after its name; the exit code."""
    streams.prepare()
    try:
        try:
            code = _run(words)
        except KeyboardInterrupt:
            if sys.stderr.isatty():
                streams.complain("\n")
            code = INTERRUPTED
        streams.flush()
        return code
    except streams.OutputLost as lost:
        streams.give_up(lost)
        return 1


def _run(words: Sequence[str]) -> int:
    try:
        parsed = global_options.parse(words)
    except global_options.UsageError as error:
        renderer = Renderer(wanted_output(words) or "plain")
        renderer.failure(Failure(str(error), hint=f"'{environment.program()} --help' lists the options"), None)
        return 1
    session = begin(parsed)
    if parsed.show:
        return _show(parsed.show, session.renderer)
    if not log_works(session):
        return 1
    try:
        if parsed.words:
            return _one_line(parsed.words, session)
        return _interactive(session)
    except (streams.OutputLost, KeyboardInterrupt):
        raise
    except Exception as error:
        session.report_unexpected(error, None)
        return 1
    finally:
        session.close()


def begin(parsed: Parsed) -> Session:
    """The session that the program's options ask for; what they are warned about is printed."""
    settings = parsed.settings
    renderer = Renderer(settings.output, quiet=settings.quiet, timing=settings.timing, hints=settings.hints)
    for notice in parsed.notices:
        renderer.failure(Failure(notice), None)
    return Session(settings, renderer)


def carry_out(invocations: list[Invocation], session: Session) -> int:
    """Run what one command line asks for; the exit code."""
    explaining = session.settings.explain or any("explain" in one.everywhere for one in invocations)
    if not explaining and not _connect_now(session):
        return 1
    return 0 if session.run(invocations) else 1


def _one_line(words: Sequence[str], session: Session) -> int:
    if words == [""]:
        session.trace(INFO, 'commands: ""')
        return 1
    try:
        if len(words) == 1:
            session.trace(INFO, f'commands: "{words[0]}"')
            invocations = parse_line(words[0], session.trace_word)
        else:
            invocations = parse_words(words, session.trace_word)
    except ParseError as error:
        session.report_syntax(error, words[0].split() if len(words) == 1 else words)
        return 1
    return carry_out(invocations, session)


def _interactive(session: Session) -> int:
    if not _connect_now(session):
        return 1
    session.interactive = True
    if sys.stdin.isatty() and sys.stdout.isatty():
        _prompt(session)
    else:
        _standard_input(session)
    return 0


def _prompt(session: Session) -> None:
    if environment.as_virsh() or not environment.is_capable(sys.stdout):
        from virshpy.shell.line_prompt import run_prompt
    else:
        from virshpy.shell.repl import run_prompt
    run_prompt(session)


def _connect_now(session: Session) -> bool:
    """A URI that was named is connected to at once, whatever the command; the default one when it is needed."""
    if session.settings.uri is None:
        return True
    try:
        _ = session.connection
    except Failure as failure:
        session.report(failure, None)
        return False
    return True


def _standard_input(session: Session) -> None:
    """Commands from a file or a pipe: a line each, echoed after the prompt, as virsh does."""
    from virshpy.shell.lang.help import welcome

    shown = session.renderer.format not in MACHINE
    if shown and not session.settings.quiet:
        session.renderer.write(welcome())
    while not session.stopping:
        if shown:
            session.renderer.write(session.prompt)
        streams.flush()  # who writes to us through a pipe may be waiting for an answer
        line = sys.stdin.readline()
        if not line:
            break
        line = line.rstrip("\n").replace("\0", "")
        if shown:
            session.renderer.write(line + "\n")
        if line:
            session.run_line(line)
    if shown:
        session.renderer.write("\n")


def _show(what: str, renderer: Renderer) -> int:
    from virshpy.shell.lang import help

    text = {"help": help.usage, "version": help.version, "long-version": help.long_version}[what]()
    if what == "help" and renderer.format == "rich":
        from virshpy.shell.render.results import Help

        renderer.render("help", Help(text))
    else:
        renderer.write(text)
    return 0


def log_works(session: Session) -> bool:
    """Whether the file of --log, if there is one, can be written; what is wrong with it is printed."""
    path = session.settings.log
    if not path:
        return True
    from virshpy.shell.userfiles import can_log

    if can_log(path):
        return True
    session.report(Failure("failed to open the log file. check the log file path", kind="failed"), None)
    return False
