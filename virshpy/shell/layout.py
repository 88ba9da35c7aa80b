"""Tables for a terminal: as wide as they need be, folded where there is less room, rows one below the other where even
that would leave words of a few letters."""

from __future__ import annotations

from virshpy.shell.output import printable, width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Paint = Callable[[int, str], str]  # the number of a column and a text of it, as it is to be seen

GAP = 3
LEAST = 12  # columns of the terminal; what is longer is not folded to less


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], room: int, paint: Paint, *, headed: bool) -> str:
    """Lines of a table with its head ruled off. ``paint`` gets -1 as the column of a title."""
    rows = [[printable(text) for text in row] for row in rows]
    every = [titles, *rows] if headed else rows
    natural = [max(map(width, column)) for column in zip(*every, strict=True)]
    gap = GAP if sum(natural) + GAP * (len(natural) - 1) <= room else GAP - 1
    widths = _fitting(natural, room - gap * (len(natural) - 1))
    if widths is None:
        return _one_below_the_other(titles, rows, paint)
    lines = []
    if headed:
        lines.append(_joined([paint(-1, title) for title in titles], titles, widths, gap))
        lines.append("─" * (sum(widths) + gap * (len(widths) - 1)))
    for row in rows:
        if all(width(text) <= most for text, most in zip(row, widths, strict=True)):
            lines.append(_joined([paint(place, text) for place, text in enumerate(row)], row, widths, gap))
            continue
        folded = [fold(text, most) for text, most in zip(row, widths, strict=True)]
        for number in range(max(map(len, folded))):
            pieces = [cell[number] if number < len(cell) else "" for cell in folded]
            lines.append(_joined([paint(place, text) for place, text in enumerate(pieces)], pieces, widths, gap))
    return "".join(line + "\n" for line in lines)


def _fitting(natural: list[int], room: int) -> list[int] | None:
    """Widths that fit: the widest columns give way, but none below what can be read. None where that does not do."""
    widths = list(natural)
    while sum(widths) > room:
        widest = max(widths)
        if widest <= LEAST:
            return None
        widths[widths.index(widest)] -= 1
    return widths


def _joined(painted: Sequence[str], bare: Sequence[str], widths: Sequence[int], gap: int) -> str:
    cells = (
        shown + " " * (most - width(text) + gap) for shown, text, most in zip(painted, bare, widths, strict=True)
    )
    return "".join(cells).rstrip()


def fold(text: str, room: int) -> list[str]:
    """A text in pieces that are not wider than ``room``, broken at a blank where there is one."""
    pieces = []
    while width(text) > room:
        end = taken = 0
        while (taken := taken + width(text[end])) <= room:
            end += 1
        end = max(end, 1)
        blank = text.rfind(" ", 1, end + 1)
        if blank > 0:
            pieces.append(text[:blank])
            text = text[blank + 1 :]
        else:
            pieces.append(text[:end])
            text = text[end:]
    return [*pieces, text]


def _one_below_the_other(titles: Sequence[str], rows: Sequence[Sequence[str]], paint: Paint) -> str:
    """Each row as lines of title and value."""
    room = max(map(width, titles)) + 2
    blocks = []
    for row in rows:
        labels = [paint(-1, f"{title}:") + " " * (room - width(title) - 1) for title in titles]
        values = [paint(place, text) for place, text in enumerate(row)]
        blocks.append("".join(f"{label}{value}\n" for label, value in zip(labels, values, strict=True)))
    return "\n".join(blocks)
