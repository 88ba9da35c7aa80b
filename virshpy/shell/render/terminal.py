"""Results on a terminal: rich's tables, states in colour, XML with its parts told apart. NO_COLOR is honoured."""

from __future__ import annotations

import os
import sys

from virshpy.shell.render.output import cell, label, plain
from virshpy.shell.render.results import Document, Fields, Message, Progress, Table, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from virshpy.shell.render.results import Result

_STATE_STYLES = {
    "running": "green", "idle": "green", "active": "green",
    "paused": "yellow", "pmsuspended": "yellow", "in shutdown": "yellow", "building": "yellow", "degraded": "yellow",
    "shut off": "bright_black", "inactive": "bright_black",
    "crashed": "red", "inaccessible": "red",
}  # fmt: skip
_CODES = {"green": "32", "yellow": "33", "bright_black": "90", "red": "31"}

_XML = (
    r"(?s)(?P<comment><!--.*?-->)|(?P<tag></?[^\s<>/]+)|(?P<name>[^\s<>=\"']+)(?==[\"'])|(?P<value>(?<==)(?:\"[^\"]*\"|'[^']*'))"
    r"|(?P<end>/?>)"
)
_XML_CODES = {"comment": "90", "tag": "36", "name": "32", "value": "33", "end": "36"}


def coloured(result: Result, *, quiet: bool = False) -> str:
    """A result for a terminal."""
    if isinstance(result, Table):
        return _table(result, quiet=quiet)
    if isinstance(result, Message):
        # virsh's line break after its line of progress: the bar here has one of its own.
        text = result.text.lstrip("\n")
        return "" if quiet else _paint("32", text) + result.end
    if isinstance(result, Document) and result.language == "xml":
        return xml(result.text) + result.end
    if isinstance(result, Text) and result.key == "state":
        return _paint(_state_code(str(result.value)), result.text) + result.end
    if isinstance(result, Fields):
        lines = []
        for field in result.shown:
            text = _paint(_state_code(field.text), field.text) if field.key == "state" else field.text
            lines.append(_paint("1", label(field, result.width)) + text + "\n")
        return "".join(lines)
    return plain(result, quiet=quiet)


def xml(text: str) -> str:
    """A document with its tags, names and values coloured; without the colours it is the same text."""
    import re

    return re.sub(_XML, lambda match: _paint(_XML_CODES[str(match.lastgroup)], match[0]), text)


def bar(progress: Progress) -> str:
    """A bar as wide as the terminal has room for, over the one before it; what is done stays on the screen."""
    room = max(10, min(40, room_in(sys.stderr) - len(progress.label) - 12))
    full = progress.percent * room // 100
    line = _paint("32", "━" * full) + _paint("90", ("─" if os.environ.get("NO_COLOR") else "━") * (room - full))
    end = "\n" if progress.percent == 100 else ""
    return f"\r\033[K{progress.label} {line} {progress.percent:3} %{end}"


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


def _state_code(state: str) -> str:
    return _CODES.get(_STATE_STYLES.get(state, ""), "")


def _paint(code: str, text: str) -> str:
    return f"\033[{code}m{text}\033[0m" if code and text and not os.environ.get("NO_COLOR") else text


def _table(result: Table, *, quiet: bool) -> str:
    from virshpy.shell.render.layout import table

    columns = [(place, key, title) for place, (key, title) in enumerate(result.columns) if title is not None]
    if quiet and not result.rows:
        return ""
    rows = [[cell(row[place]) for place, _, _ in columns] for row in result.rows]

    def style(column: int, text: str) -> str:
        return _STATE_STYLES.get(text, "") if columns[column][1] == "state" else ""

    titles = [title for _, _, title in columns]
    return table(titles, rows, room_in(sys.stdout), style, headed=not quiet)
