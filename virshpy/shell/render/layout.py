"""Texts in columns, as virsh prints them: how wide a text is, what may stand in a cell, labels and tables."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def label(text: str, room: int) -> str:
    """A label, its colon, and blanks up to ``room``; one blank where no room was set aside."""
    return f"{text}:".ljust(room) if room else f"{text}: "


def cell(value: object) -> str:
    return "-" if value is None else str(value)


def table_text(rows: Sequence[Sequence[str]], *, ruled: bool) -> str:
    """virsh's table: a space before each cell, two after all but the last; the first row is ruled off."""
    if not rows:
        return ""
    rows = [[printable(text) for text in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        padded = [" " + text + " " * (room - width(text) + 2) for text, room in zip(row, widths, strict=True)]
        padded[-1] = " " + row[-1]
        lines.append("".join(padded))
    if ruled:
        lines.insert(1, "-" * (sum(widths) + 3 * len(widths)))
    return "\n".join(lines) + "\n"


def printable(text: str) -> str:
    """Control characters made visible: they would break the table."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else "".join(f"\\x{byte:02x}" for byte in c.encode(errors="surrogateescape")) for c in text
    )


def width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
