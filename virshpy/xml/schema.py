"""What is said of content that the declarations do not know: a warning, or the refusal of --validate.

Imported only where there is such content.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.node import Node, Warning
from virshpy.xml.parse import UNDECLARED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import NoReturn

    Found = tuple[Node, str, str, Iterable[str], bool]
    """Where, what kind of thing, its name, the names that are allowed in its place, and whether it is kept."""

SCHEMA = "virshpy's own schema"
_SHOWN = 20


def warn(root: Node, unknown: list[Found], warnings: list[Warning], namespaces: Mapping[str, str]) -> None:
    """Append a warning for each thing; ``namespaces`` are those that the document may use, with their prefixes."""
    for path, line, what, word, _, kept in _places(root, unknown):
        bare = word.removeprefix(UNDECLARED)
        message = f"unknown {what} {bare!r} was kept" if kept else f"{what} {bare!r} is ignored"
        for uri, prefix in namespaces.items() if bare != word else ():
            if bare.startswith(f"{prefix}:"):
                message += f": declare xmlns:{prefix}='{uri}'"
        warnings.append(Warning(path, line, message))


def refuse(root: Node, unknown: list[Found], *, always: bool = False) -> NoReturn:
    """Raise XMLInvalidSchema, one line for each thing; ``always`` for a kind of document that is always validated."""
    places = _places(root, unknown)
    lines = [sentence(path, line, what, word, [*allowed]) for path, line, what, word, allowed, _ in places[:_SHOWN]]
    if len(places) > _SHOWN:
        lines.append(f"and {len(places) - _SHOWN} more")
    detail = "\n".join([f"Unable to validate doc against {SCHEMA}", *lines])
    hint = "remove it; documents of this kind are always validated" if always else "without --validate it is kept"
    raise errors.XMLInvalidSchema(detail, hint=hint)


def _places(root: Node, unknown: list[Found]) -> list[tuple[str, int, str, str, Iterable[str], bool]]:
    """What was found, by line, with the path of each."""
    # By the attributes: a node made of another, without a child, shares them.
    paths = {id(node.attrs): path for path, node in root.paths()}
    places = [
        (paths.get(id(node.attrs), f"/{node.tag}").replace(UNDECLARED, ""), node.line, what, word, allowed, kept)
        for node, what, word, allowed, kept in unknown
    ]
    return sorted(places, key=lambda place: place[1])


def sentence(path: str, line: int, what: str, word: str, allowed: list[str]) -> str:
    """Path, line, what was found, what is allowed there."""
    from difflib import get_close_matches

    place, word = f"{path}, line {line}", word.removeprefix(UNDECLARED)
    if what == "text":
        return f"{place}: found text {word!r}, and only elements are allowed here"
    if what == "repeated element":
        return f"{place}: found <{word}> again, and one is allowed"
    if what == "second element of a namespace":
        return f"{place}: found <{word}> in the namespace of an element before it, and one is allowed"
    if what == "value":
        return f"{place}: found {word}; expected {allowed[0]}"
    if what == "missing attribute":
        return f"{place}: attribute '{word}' is missing"
    found, above = f"<{word}>", f"<{path.rstrip('/').split('/')[-2 if what == 'element' else -1].partition('[')[0]}>"
    if what == "attribute":
        found = f"attribute '{word}'"
    near = get_close_matches(word, allowed, 1)
    guess = f" (did you mean '{near[0]}'?)" if near else ""
    if not allowed:
        return f"{place}: found {found}, and {above} has no {what}s"
    return f"{place}: found {found}{guess}; {above} may have {', '.join(sorted(allowed))}"
