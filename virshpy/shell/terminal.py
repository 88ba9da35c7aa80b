"""Results on a terminal: rich's tables, states in colour, XML with its parts told apart. NO_COLOR is honoured."""

from __future__ import annotations

import os
import re
import shutil
from io import StringIO

from virshpy.shell.output import cell, label, plain, printable
from virshpy.shell.results import Document, Fields, Message, Progress, Table, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.shell.results import Result

_STATE_STYLES = {
    "running": "green",
    "idle": "green",
    "paused": "yellow",
    "pmsuspended": "yellow",
    "in shutdown": "yellow",
    "shut off": "bright_black",
    "crashed": "red",
    "active": "green",
    "inactive": "bright_black",
    "building": "yellow",
    "degraded": "yellow",
    "inaccessible": "red",
}
_CODES = {"green": "32", "yellow": "33", "bright_black": "90", "red": "31"}

_XML = re.compile(
    r"(?P<comment><!--.*?-->)|(?P<tag></?[^\s<>/]+)|(?P<name>[^\s<>=\"']+)(?==[\"'])|(?P<value>(?<==)(?:\"[^\"]*\"|'[^']*'))"
    r"|(?P<end>/?>)",
    re.S,
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
        return _paint(_CODES.get(_STATE_STYLES.get(str(result.value), ""), ""), result.text) + result.end
    if isinstance(result, Fields):
        lines = []
        for field in result.shown:
            code = _CODES.get(_STATE_STYLES.get(field.text, "")) if field.key == "state" else None
            text = _paint(code, field.text) if code else field.text
            lines.append(_paint("1", label(field, result.width)) + text + "\n")
        return "".join(lines)
    return plain(result, quiet=quiet)


def xml(text: str) -> str:
    """A document with its tags, names and values coloured; without the colours it is the same text."""
    return _XML.sub(lambda match: _paint(_XML_CODES[str(match.lastgroup)], match[0]), text)


def bar(progress: Progress) -> str:
    """A bar as wide as the terminal has room for, over the one before it; what is done stays on the screen."""
    room = max(10, min(40, shutil.get_terminal_size().columns - len(progress.label) - 12))
    full = progress.percent * room // 100
    line = _paint("32", "━" * full) + _paint("90", ("─" if os.environ.get("NO_COLOR") else "━") * (room - full))
    end = "\n" if progress.percent == 100 else ""
    return f"\r\033[K{progress.label} {line} {progress.percent:3} %{end}"


def show_in_pager(text: str) -> None:
    """Show a text in $VIRSHPY_PAGER, $PAGER or less; colours are kept."""
    from click import echo_via_pager

    if pager := os.environ.get("VIRSHPY_PAGER"):
        os.environ["PAGER"] = pager
    os.environ.setdefault("LESS", "-FRX")
    echo_via_pager(text, color=True)


def _paint(code: str, text: str) -> str:
    return f"\033[{code}m{text}\033[0m" if code and text and not os.environ.get("NO_COLOR") else text


def _table(result: Table, *, quiet: bool) -> str:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text as RichText

    columns = [(place, key, title) for place, (key, title) in enumerate(result.columns) if title is not None]
    table = RichTable(box=SIMPLE_HEAD, show_header=not quiet, header_style="bold", pad_edge=False, show_edge=False)
    for _, _, title in columns:
        table.add_column(title, overflow="fold")
    for row in result.rows:
        cells = []
        for place, key, _ in columns:
            text = printable(cell(row[place]))
            cells.append(RichText(text, style=_STATE_STYLES.get(text, "") if key == "state" else ""))
        table.add_row(*cells)
    page = StringIO()
    console = Console(file=page, force_terminal=True, width=shutil.get_terminal_size().columns)
    console.print(table)
    return "".join(line.rstrip() + "\n" for line in page.getvalue().splitlines())
