"""Parts of results on a terminal: tables, states in colour, XML with its parts told apart. NO_COLOR is honoured."""

from __future__ import annotations

import os
import sys

from virshpy.shell import environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from virshpy.shell.render.grid import Column
    from virshpy.shell.render.results import Progress

# What is painted, by what it is or, where it is a state, by the words.
_CODES = {
    "title": "1", "done": "32",
    "running": "32", "idle": "32", "active": "32",
    "paused": "33", "pmsuspended": "33", "in shutdown": "33", "building": "33", "degraded": "33",
    "shut off": "90", "inactive": "90",
    "crashed": "31", "inaccessible": "31",
}  # fmt: skip
_XML = (
    r"(?s)(?P<comment><!--.*?-->)|(?P<tag></?[^\s<>/]+)|(?P<name>[^\s<>=\"']+)(?==[\"'])|(?P<value>(?<==)(?:\"[^\"]*\"|'[^']*'))"
    r"|(?P<end>/?>)"
)
_XML_CODES = {"comment": "90", "tag": "36", "name": "32", "value": "33", "end": "36"}


def painted(what: str, text: str) -> str:
    """A text in the colour of what it is: a title, something done, or one of the states."""
    return _paint(_CODES.get(what, ""), text)


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, headed: bool) -> str:
    """A table that the terminal has room for, with its states in colour."""
    from virshpy.shell.render import grid

    def paint(key: str, text: str) -> str:
        return painted("title" if key == grid.HEAD else text if key == "state" else "", text)

    return grid.table(columns, rows, room_in(sys.stdout), paint, headed=headed)


def xml(text: str) -> str:
    """A document with its tags, names and values coloured; without the colours it is the same text."""
    import re

    return re.sub(_XML, lambda match: _paint(_XML_CODES[str(match.lastgroup)], match[0]), text)


def bar(progress: Progress) -> str:
    """A bar as wide as the terminal has room for, over the one before it; what is done stays on the screen."""
    room = max(10, min(40, room_in(sys.stderr) - len(progress.label) - 12))
    full = progress.percent * room // 100
    line = _paint("32", "━" * full) + _paint("90", ("━" if _has_colours() else "─") * (room - full))
    end = "\n" if progress.percent == 100 else ""
    return f"\r\033[K{progress.label} {environment.drawn(line)} {progress.percent:3} %{end}"


def room_in(stream: TextIO) -> int:
    """Columns of a terminal. What it says itself goes before $COLUMNS, which may be of before it was resized."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        given = os.environ.get("COLUMNS", "")
        return int(given) if given.isdecimal() and int(given) else 80


def show_in_pager(text: str) -> None:
    """Show a text in $VIRSHPY_PAGER, $PAGER or less; colours are kept."""
    from click import echo_via_pager

    if pager := os.environ.get("VIRSHPY_PAGER"):
        os.environ["PAGER"] = pager
    os.environ.setdefault("LESS", "-FRX")
    echo_via_pager(text, color=True)


def _paint(code: str, text: str) -> str:
    return f"\033[{code}m{text}\033[0m" if code and text and _has_colours() else text


def _has_colours() -> bool:
    """Asked for by ``-o rich``, colours go into a pipe, too; not to a terminal that has none."""
    return not environment.no_colour() and (not sys.stdout.isatty() or environment.has_colours(sys.stdout))
