"""Tables for a terminal: rich's, folded where there is little room, and rows one below the other where even that would
leave words of a few letters."""

from __future__ import annotations

from io import StringIO

from virshpy.shell.render.output import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import RenderableType

    Style = Callable[[int, str], str]  # the number of a column and a text in it: rich's style of it, or ""

GAP = 3
LEAST = 12  # columns of the terminal; what is longer is not folded to less


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], room: int, style: Style, *, headed: bool) -> str:
    """Lines of a table, with escapes for its styles and its head ruled off."""
    from rich.box import SIMPLE_HEAD
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    rows = [[printable(text) for text in row] for row in rows]
    least = [min(LEAST, max(map(cell_len, column))) for column in zip(titles, *rows, strict=True)]
    styled = [[Text(text, style(place, text)) for place, text in enumerate(row)] for row in rows]
    if sum(least) + GAP * (len(least) - 1) <= room:
        made = Table(box=SIMPLE_HEAD, show_header=headed, header_style="bold", pad_edge=False, show_edge=False)
        for title, width in zip(titles, least, strict=True):
            made.add_column(title, overflow="fold", min_width=width)
        for row in styled:
            made.add_row(*row)
        return _printed([made], room)
    blocks: list[RenderableType] = []
    for row in styled:
        block = Table.grid("", "", padding=(0, 1, 0, 0))
        for title, text in zip(titles, row, strict=True):
            block.add_row(Text(f"{title}:", "bold"), text)
        blocks += [block] if not blocks else [Text(), block]
    return _printed(blocks, room)


def _printed(parts: Sequence[RenderableType], room: int) -> str:
    from rich.console import Console

    page = StringIO()
    console = Console(file=page, force_terminal=True, width=room)
    for part in parts:
        console.print(part)
    return "".join(line.rstrip() + "\n" for line in page.getvalue().splitlines())
