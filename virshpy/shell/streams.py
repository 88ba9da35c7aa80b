"""Standard input, output and error, as they may be: closed, full, without a reader, on a terminal that has gone."""

from __future__ import annotations

import os
import sys
from codecs import lookup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from io import TextIOWrapper
    from typing import NoReturn


class OutputLost(Exception):
    """Standard output takes no more. ``reason`` is the system's word, or None where a reader simply has enough."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.reason = None if isinstance(error, BrokenPipeError) else error.strerror


def prepare() -> None:
    """Make them fit for use.

    One that is closed becomes /dev/null: the next file to be opened would take its number, and what is printed would
    go into that.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            setattr(sys, name, os.fdopen(number, "w" if number else "r"))
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        take_any_text(stream)  # type: ignore[arg-type]


def take_any_text(stream: TextIOWrapper) -> None:
    """Text is UTF-8 and may hold bytes that are none; they go out as they came in. A locale with an encoding of its own
    is heeded, but for ASCII, in which nothing could be said otherwise."""
    if lookup(stream.encoding).name in ("ascii", "utf-8"):
        stream.reconfigure(encoding="utf-8", errors="surrogateescape")
    else:
        stream.reconfigure(errors="replace")


def put(text: str) -> None:
    """Print to standard output. Raises OutputLost."""
    try:
        sys.stdout.write(text)
    except OSError as error:
        raise OutputLost(error) from None


def flush() -> None:
    """Have everything printed that was put. Raises OutputLost."""
    try:
        sys.stdout.flush()
    except OSError as error:
        raise OutputLost(error) from None


def complain(text: str) -> None:
    """Print to standard error, after what was put. Where that takes nothing, nobody is there to be told so."""
    flush()
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr.fileno())


def give_up(lost: OutputLost) -> None:
    """Say why standard output takes no more, and let go of what it still holds."""
    _discard(sys.stdout.fileno())
    if lost.reason:
        complain(f"error: Failed to write to standard output: {lost.reason}\n")


def leave(code: int) -> NoReturn:
    """End the process. The interpreter's own way out takes everything apart first, a millisecond to no end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            pass  # what was to be said of that has been said
    os._exit(code)


def leave_in_order() -> None:
    """From now on SIGTERM and SIGHUP end the program as an exception would: the terminal is put back as it was."""
    import signal

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def _discard(descriptor: int) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)
