"""Names under the names of what they depend on, as a drawing."""

from __future__ import annotations

from virshpy.shell.render.results import Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


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
