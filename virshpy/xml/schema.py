"""What is said of content that the declarations do not know: a warning, or the refusal of --validate.

Imported only where there is such content.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.node import Node, Warning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Found = tuple[Node, str, str, Iterable[str], bool]
    """Where, what kind of thing, its name, the names that are allowed in its place, and whether it is kept."""

SCHEMA = "virshpy's own schema"
_SHOWN = 20


def report(
    root: Node, unknown: list[Found], validate: bool, warnings: list[Warning] | None, *, always: bool = False
) -> None:
    """Append to ``warnings``; with ``validate``, or ``always`` for this kind of document, raise XMLInvalidSchema, one
    line for each thing that was found."""
    # By the attributes: a node made of another, without a child, shares them.
    paths = {id(node.attrs): path for path, node in root.paths()}
    places = [(paths.get(id(node.attrs), f"/{node.tag}"), node.line, what, word, allowed, kept)
              for node, what, word, allowed, kept in unknown]
    if warnings is not None:
        for path, line, what, word, _, kept in places:
            message = f"unknown {what} {word!r} was kept" if kept else f"{what} {word!r} is ignored"
            warnings.append(Warning(path, line, message))
    if validate or always:
        places.sort(key=lambda place: place[1])
        lines = [sentence(path, line, what, word, [*allowed]) for path, line, what, word, allowed, _ in places[:_SHOWN]]
        if len(places) > _SHOWN:
            lines.append(f"and {len(places) - _SHOWN} more")
        detail = "\n".join([f"Unable to validate doc against {SCHEMA}", *lines])
        hint = "remove it; documents of this kind are always validated" if always else "without --validate it is kept"
        raise errors.XMLInvalidSchema(detail, hint=hint)


def sentence(path: str, line: int, what: str, word: str, allowed: list[str]) -> str:
    """Path, line, what was found, what is allowed there."""
    from difflib import get_close_matches

    place = f"{path}, line {line}"
    if what == "text":
        return f"{place}: found text {word!r}, and only elements are allowed here"
    if what == "repeated element":
        return f"{place}: found <{word}> again, and one is allowed"
    found, above = f"<{word}>", f"<{path.rstrip('/').split('/')[-2 if what == 'element' else -1].partition('[')[0]}>"
    if what == "attribute":
        found = f"attribute '{word}'"
    near = get_close_matches(word, allowed, 1)
    guess = f" (did you mean '{near[0]}'?)" if near else ""
    if not allowed:
        return f"{place}: found {found}, and {above} has no {what}s"
    return f"{place}: found {found}{guess}; {above} may have {', '.join(sorted(allowed))}"
