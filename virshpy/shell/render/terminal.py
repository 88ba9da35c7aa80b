"""Parts of results on a terminal: tables, states in colour, XML with its parts told apart. NO_COLOR is honoured."""

from __future__ import annotations

import os
import sys

from virshpy.shell import environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence
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
_JSON = (
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=\s*:))|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>\b(?:true|false|null)\b)'
    r"|(?P<number>-?\b[\d.]+\b)"
)
_JSON_CODES = {"key": "36", "text": "32", "word": "35", "number": "33"}
_SHELL_WORD = r"(?:[^\s'\"\\]|\\.|'[^']*'|\"(?:[^\"\\]|\\.)*\")+"
_DIM = "90"
# Of a text of help: a heading, and a row with two columns.
_HEADING = r"  [A-Z][A-Z ]+(?: \(.*\))?| ?\S.*\(help keyword '.*'\):?"
_ROW = r" {4}(-\w \| --\S+|(?:--|\[--|<)?\S+(?: <\w+>)?) {2,}(\S.*)"


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


def json(text: str) -> str:
    """JSON with its keys, strings and other values coloured; without the colours it is the same text."""
    import re

    return re.sub(_JSON, lambda match: _paint(_JSON_CODES[str(match.lastgroup)], match[0]), text)


def shell_line(text: str) -> str:
    """A command line of a shell, broken before options where it is wider than the terminal; it can still be pasted."""
    if len(text) <= room_in(sys.stdout) or text.startswith("#"):
        return text
    import re

    words = re.findall(_SHELL_WORD, text)
    lines = [words[0]]
    for word in words[1:]:
        if word.startswith("-") and not lines[-1].endswith(("\n", "(")):
            lines.append(word)
        else:
            lines[-1] += f" {word}"
    return " \\\n    ".join(lines)


def help_text(text: str, missing: Container[str]) -> str:
    """A text of help, wrapped to the terminal's width, with its headings and first columns in colour; the commands that
    are ``missing`` are marked."""
    import re
    from itertools import groupby

    room, lines = room_in(sys.stdout), list[str]()
    rows = [(line, re.fullmatch(_ROW, line)) for line in text.split("\n")]
    for is_table, group in groupby(rows, lambda row: row[1] is not None):
        if is_table:
            lines += _help_table([(str(row[1]), str(row[2])) for _, row in group if row], room, missing)
            continue
        for line, _ in group:
            if re.fullmatch(_HEADING, line):
                lines.append(painted("title", line))
            else:
                lines += _hanging(line, len(line) - len(line.lstrip()) + (4 if "[" in line else 0), room)
    return "\n".join(lines)


def _help_table(rows: Sequence[tuple[str, str]], room: int, missing: Container[str]) -> Iterator[str]:
    """Commands or options, and what each is, in two columns; a long word of the first has a line of its own."""
    indent, widest = 4, max(len(first) for first, _ in rows)
    column = indent + min(widest, max(16, room // 3)) + 2
    for first, second in rows:
        is_missing = first in missing
        if is_missing:
            second += " (not on this connection)"
        paint = _DIM if is_missing else _XML_CODES["tag"]
        head, told = " " * indent + _paint(paint, first), _hanging(" " * column + second, column, room)
        fits = indent + len(first) + 2 <= column
        if fits:
            head += " " * (column - indent - len(first)) + _paint(_DIM if is_missing else "", told[0].lstrip())
        yield head
        for line in told[1:] if fits else told:
            yield _paint(_DIM, line) if is_missing else line


def _hanging(line: str, indent: int, room: int) -> list[str]:
    """A line in as many as it takes, the further ones indented."""
    if len(line) <= room:
        return [line]
    import re
    from textwrap import wrap

    line = re.sub(r"\[[^]]*\]", lambda bracket: bracket[0].replace(" ", "\0"), line)  # which stays together
    lines = wrap(
        line, max(room, indent + 20), subsequent_indent=" " * indent, replace_whitespace=False,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [line.replace("\0", " ") for line in lines]


def bar(progress: Progress) -> str:
    """A bar as wide as the terminal has room for, over the one before it; what is done stays on the screen."""
    pace = f"  {progress.pace}" if progress.pace and progress.percent < 100 else ""
    room = max(10, min(40, room_in(sys.stderr) - len(progress.label) - len(pace) - 12))
    full = progress.percent * room // 100
    line = _paint("32", "━" * full) + _paint("90", ("━" if _has_colours() else "─") * (room - full))
    end = "\n" if progress.percent == 100 else ""
    return f"\r\033[K{progress.label} {environment.drawn(line)} {progress.percent:3} %{pace}{end}"


def room_in(stream: TextIO) -> int:
    """Columns of a terminal. What it says itself goes before $COLUMNS, which may be of before it was resized."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        given = os.environ.get("COLUMNS", "")
        return int(given) if given.isdecimal() and int(given) else 80


def lines_of(stream: TextIO) -> int:
    """Lines of a terminal; of one that does not say, a great many."""
    try:
        return os.get_terminal_size(stream.fileno()).lines or 1 << 16
    except (OSError, ValueError):
        return 1 << 16


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
