"""Whether a document says what its declarations allow, value by value: what --validate asks before anything is read.

The parser takes what libvirt's takes, which is more than its schema allows: signs before numbers, paths that are not
absolute, unknown words where a default will do, what belongs to another kind of device. Imported for --validate only.
"""

from __future__ import annotations

from virshpy.xml.element import ATTR, FLAG, IGNORED, LEAF, LEAVES, MANY, ONE, VERBATIM, Element
from virshpy.xml.node import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from virshpy.xml.element import Plan
    from virshpy.xml.scalars import Scalar
    from virshpy.xml.schema import Found


def faults(node: Node, cls: type[Element]) -> Iterator[Found]:
    """What is wrong in an element of a class, and in all below it."""
    plan = cls._plan_for(node)
    yield from cls._faults(node)
    yield from _attributes(node, cls, plan)
    seen = set()
    for child in node.children:
        row = plan.kids.get(child.tag)
        if row is None or row[0] == IGNORED:
            allowed = plan.kids if row is None else row[2]
            yield child, "element", child.tag, allowed, False
            continue
        kind, name, payload, _ = row
        if kind not in (MANY, LEAVES) and name in seen:
            yield child, "repeated element", child.tag, (), False
        seen.add(name)
        yield from _child(child, kind, payload)
    text = node.text.strip()
    if plan.text is None or any(child.tag in plan.kids for child in node.children):
        if text:
            yield node, "text", text[:40], (), False
    elif text:
        yield from _value(node, None, node.text, cls._fields[plan.text[0]].type)


def _child(node: Node, kind: int, payload: Any) -> Iterator[Found]:
    if kind in (MANY, ONE):
        yield from faults(node, payload if isinstance(payload, type) else payload(node))
    elif kind in (LEAF, LEAVES):
        yield from _value(node, None, node.text, payload)
        unit = ("unit",) if payload.unit else ()
        yield from ((node, "attribute", key, unit, False) for key in node.attrs if key not in unit)
    elif kind == FLAG and node.text.strip():
        yield node, "text", node.text.strip()[:40], (), False
    else:
        assert kind in (FLAG, VERBATIM)


def _attributes(node: Node, cls: type[Element], plan: Plan) -> Iterator[Found]:
    for key, word in node.attrs.items():
        row = plan.attrs.get(key)
        if row is None or (not row[0] and row[1] is not None):
            yield node, "attribute", key, plan.attrs if row is None else row[1], False
        elif row[0]:
            yield from _value(node, key, word, cls._fields[row[0]].type)
    required = (field.tag or field.name for field in plan.required if field.kind == ATTR)
    for name in (*required, *cls._needed):
        yield from missing(node, name)


def strangers(node: Node, allowed: frozenset[str], known: frozenset[str]) -> Iterator[Found]:
    """The attributes of an element that only another kind of it has: ``known`` are those of all kinds."""
    yield from ((node, "attribute", key, allowed, False) for key in node.attrs if key in known - allowed)


def missing(node: Node, name: str) -> Iterator[Found]:
    if name not in node.attrs:
        yield node, "missing attribute", name, (), False


def not_among(node: Node, name: str, words: Sequence[str]) -> Iterator[Found]:
    """An attribute whose word is none of some; one that is not there is no fault."""
    if words and node.attrs.get(name, words[0]) not in words:
        place = f"attribute '{name}' with '{node.attrs[name][:40]}'"
        yield node, "value", place, (f"one of {', '.join(words)}",), False


def _value(node: Node, name: str | None, text: str, type: Scalar) -> Iterator[Found]:
    expected = type.fault(text, node, name)
    if expected is not None:
        place = f"attribute '{name}'" if name else f"<{node.tag}>"
        yield node, "value", f"{place} with '{text.strip()[:40]}'", (expected,), False
