"""What libvirt's schemas allow, place by place, to be held against what is declared here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.schemas import SCHEMAS
from virshpy.xml.element import LEAF, LEAVES, MANY, ONE, Element, Field, text
from virshpy.xml.scalars import KIB

_RNG = "{http://relaxng.org/ns/structure/1.0}"


class Grammar:
    """One schema with what it includes: its definitions by name, each a list of patterns."""

    def __init__(self, schema: str) -> None:
        self.defines: dict[str, list[Any]] = defaultdict(list)
        self.start: Any = None
        self.included: set[str] = set()
        self.include(schema)

    def include(self, schema: str) -> None:
        from lxml import etree

        if schema in self.included:
            return
        self.included.add(schema)
        root: Any = etree.parse(SCHEMAS / schema).getroot()
        for node in root:
            if node.tag == f"{_RNG}include":
                self.include(node.get("href"))
            elif node.tag == f"{_RNG}start" and self.start is None:
                self.start = node
            elif node.tag == f"{_RNG}define":
                self.defines[node.get("name")].append(node)

    def inside(self, pattern: Any, seen: frozenset[str] = frozenset()) -> Iterator[Any]:
        """The elements and attributes that a pattern has at its own level; not those of a guest within."""
        for node in pattern:
            if node.tag in (f"{_RNG}element", f"{_RNG}attribute"):
                yield node
            elif node.tag == f"{_RNG}ref":
                name = node.get("name")
                for define in self.defines[name] if name not in seen else ():
                    yield from self.inside(define, seen | {name})
            elif isinstance(node.tag, str) and node.tag != f"{_RNG}grammar":
                yield from self.inside(node, seen)


def undeclared(schema: str, root: type[Element]) -> set[str]:
    """What ``schema`` allows and ``root`` does not declare: ``network/bridge@zone``, ``network/dns/txt``."""
    grammar = Grammar(schema)
    found: set[str] = set()
    known: set[str] = set()
    seen: set[tuple[int, type[Element]]] = set()
    places = [(node, root, root._tag, "") for node in grammar.inside(grammar.start)]
    while places:
        node, cls, path, namespace = places.pop()
        if (id(node), cls) in seen:
            continue
        seen.add((id(node), cls))
        attributes, children = declared(cls)
        for inner in grammar.inside(node):
            name, uri = inner.get("name"), inner.get("ns") or namespace
            if name is None:  # anything at all, as in <metadata>
                continue
            if inner.tag == f"{_RNG}attribute":
                (known if name in attributes else found).add(f"{path}@{name}")
                continue
            name = f"{root._namespaces.get(uri, '?')}:{name}" if uri else name
            (known if name in children else found).add(f"{path}/{name}")
            places += [(inner, child, f"{path}/{name}", uri) for child in children.get(name, ())]
    return found - known


def declared(cls: type[Element]) -> tuple[set[str], dict[str, frozenset[type[Element]]]]:
    """The attributes of an element, and its children with the classes that each may be of."""
    plan = cls._compile()
    return set(plan.attrs), {tag: _classes(cls._fields[row[1]]) for tag, row in plan.kids.items()}


def _classes(field: Field) -> frozenset[type[Element]]:
    if field.kind in (ONE, MANY):
        first = field.type if isinstance(field.type, tuple) else (field.type,)
        kinds = [*first, *(field.cases or {}).values()]
        return frozenset(kind if isinstance(kind, type) else kind() for kind in kinds)
    if field.kind in (LEAF, LEAVES) and field.type.unit:
        return frozenset({_Sized})
    return frozenset({Element})


class _Sized(Element):
    value: int | None = text(KIB)
