"""What lists of snapshots and of checkpoints share: selection, the table, the tree."""

from __future__ import annotations

from virshpy.shell.failure import Failure
from virshpy.shell.lang.command import Constraint
from virshpy.shell.render.results import Shown, Table, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from virshpy.shell.lang.command import Arguments, Invocation
    from virshpy.xml.node import Node


class NotInTree(Constraint):
    """What would cut holes into a tree, refused in virsh's other sentence for that."""

    __slots__ = ("filters",)

    def __init__(self, *filters: str) -> None:
        self.filters = filters

    def names(self) -> tuple[str, ...]:
        return (*self.filters, "tree")

    def check(self, args: Invocation) -> None:
        for name in self.filters:
            if name in args and "tree" in args:
                raise Failure(f"--{name} and --tree are mutually exclusive")


def family(
    everything: Callable[..., list[Any]], origin: Any | None, flags: int, descendants: int, args: Arguments
) -> list[Any]:
    """All of a domain's, or those based on ``origin``: directly, or with --descendants (or --tree) at all."""
    if origin is None:
        return everything(flags=flags)
    if "descendants" in args or "tree" in args:
        flags |= descendants
    found: list[Any] = origin.list_children(flags=flags)
    return found


def creation_time(root: Node) -> Shown:
    """When it was made, as its document says it; for people in the time of this place."""
    from time import localtime, strftime

    made = root.find("creationTime")
    if made is None or not made.text.strip().isdigit():
        return Shown(None, "")
    seconds = int(made.text)
    return Shown(seconds, strftime("%Y-%m-%d %H:%M:%S %z", localtime(seconds)))


def kept_table(key: str, rows: list[list[Any]], *, with_state: bool, with_parent: bool) -> Table:
    """Rows of name, creation time, state and parent, without the columns that are not wanted."""
    columns: list[tuple[str, str | None]] = [("name", "Name"), ("creation_time", "Creation Time")]
    keep = [0, 1]
    if with_state:
        columns.append(("state", "State"))
        keep.append(2)
    if with_parent:
        columns.append(("parent", "Parent"))
        keep.append(3)
        rows = [[*row[:3], Shown(row[3] or None, row[3])] for row in rows]
    return Table(key, columns, [[row[place] for place in keep] for row in rows])


def kept_tree(key: str, handles: Sequence[Any], parent: Callable[[Any], str | None]) -> Text:
    """Names under the names of what they are based on."""
    return tree(key, [(handle.name, parent(handle)) for handle in handles])


def tree(key: str, entries: Sequence[tuple[str, str | None]]) -> Text:
    """(name, parent's name) as a drawing; whoever has no parent among them is a root."""
    names = {name for name, _ in entries}
    below: dict[str | None, list[str]] = {}
    for name, above in entries:
        below.setdefault(above if above in names else None, []).append(name)
    lines: list[str] = []
    for root in below.get(None, []):
        _draw(root, below, lines, "", root=True, last=True)
    value = [{"name": name, "parent": above} for name, above in entries]
    return Text(key, "".join(line + "\n" for line in lines), value, end="")


def _draw(
    name: str, below: dict[str | None, list[str]], lines: list[str], indent: str, *, root: bool, last: bool
) -> None:
    lines.append(f"{indent}{'' if root else '+- '}{name}")
    if not root:
        indent += "  " if last else "| "
    children = below.get(name, [])
    if children:
        lines.append(f"{indent}  |")
    for child in children:
        _draw(child, below, lines, indent + "  ", root=False, last=child is children[-1])
    if not children and last:
        lines.append(indent)
