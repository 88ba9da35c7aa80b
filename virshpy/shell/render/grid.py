"""Tables for a terminal: a ruled head, cells folded where there is little room, and rows one below the other where
folding would leave words of a few letters."""

from __future__ import annotations

from virshpy.shell.environment import drawn
from virshpy.shell.render.layout import printable, width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Paint = Callable[[str, str], str]  # the key of a column and a text in it: the text with its colour
    Column = tuple[str, str]  # key and title

GAP = "   "
LEAST = 12  # a column with longer texts is not folded to less
HEAD = ""  # stands for the key of a column when its title is painted


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int, paint: Paint, *, headed: bool) -> str:
    """The lines of a table that fits into ``room``."""
    rows = [[printable(text) for text in row] for row in rows]
    titles = [title for _, title in columns]
    shown = [titles, *rows] if headed else rows
    widths = [max(map(width, column)) for column in zip(*shown, strict=True)]
    room_for_text = room - len(GAP) * (len(widths) - 1)
    if sum(min(LEAST, natural) for natural in widths) > room_for_text:
        return "\n".join(_block(columns, row, room, paint) for row in rows)
    while sum(widths) > room_for_text:
        widths[widths.index(max(widths))] -= 1
    keys = [key for key, _ in columns]
    lines = [line for row in rows for line in _lines(keys, row, widths, paint)]
    if headed:
        rule = drawn("─") * (sum(widths) + len(GAP) * (len(widths) - 1))
        lines = [*_lines([HEAD] * len(titles), titles, widths, paint), rule, *lines]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _lines(keys: Sequence[str], row: Sequence[str], widths: Sequence[int], paint: Paint) -> Iterator[str]:
    """One row; as many lines as its longest cell is folded into."""
    folded = [fold(text, room) for text, room in zip(row, widths, strict=True)]
    for number in range(max(map(len, folded))):
        cells = []
        for key, texts, room in zip(keys, folded, widths, strict=True):
            text = texts[number] if number < len(texts) else ""
            cells.append(paint(key, text) + " " * (room - width(text)))
        yield GAP.join(cells)


def _block(columns: Sequence[Column], row: Sequence[str], room: int, paint: Paint) -> str:
    """One row as labelled lines; what is folded goes on below its text."""
    labels = max(width(title) for _, title in columns) + 2
    lines = []
    for (key, title), text in zip(columns, row, strict=True):
        head = paint(HEAD, f"{title}:") + " " * (labels - width(title) - 1)
        for part in fold(text, max(room - labels, LEAST)):
            lines.append(f"{head}{paint(key, part)}".rstrip() + "\n")
            head = " " * labels
    return "".join(lines)


def fold(text: str, room: int) -> list[str]:
    """Lines of at most ``room`` columns: broken at blanks, and within a word that is longer than a line."""
    if width(text) <= room:
        return [text]
    from re import findall

    lines = [""]
    for word in findall(r"\s*\S+\s*", text):
        if width(lines[-1] + word.rstrip()) > room and lines[-1]:
            lines.append("")
        while width(word.rstrip()) > room:
            end = next(end for end in range(len(word), 0, -1) if width(word[:end]) <= room or end == 1)
            lines[-1:] = [word[:end], ""]
            word = word[end:]
        lines[-1] += word
    return [line.rstrip() for line in lines]
