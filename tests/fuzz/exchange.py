"""Documents that trade parts: well-formed ones, whose subtrees, values and namespaces are others' or elsewhere.

Where :mod:`tests.fuzz.mutate` damages text and replaces values by odd ones, this moves what is right to where it is
wrong, and changes values by what they are: numbers to the bounds of C's types, words to others of their type.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from tests.fuzz.documents import others, project, within
from tests.fuzz.kind import Kind
from tests.fuzz.mutate import copy, nodes, tree_of
from tests.fuzz.way import STAGES, take
from virshpy.xml.node import Node

_BITS = (7, 8, 10, 15, 16, 20, 24, 31, 32, 53, 54, 63, 64)
_BOUNDS = [(1 << bits) + off for bits in _BITS for off in (-1, 0, 1)]
_NUMBER = re.compile(r"[+-]?(?:0x[0-9a-fA-F]+|[0-9]+)")
_TYPES = (
    ("number", _NUMBER),
    ("truth", re.compile("yes|no|on|off|true|false")),
    ("uuid", re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")),
    ("bytes", re.compile("(?:[0-9a-fA-F]{2}:){2,}[0-9a-fA-F]{2}")),
    ("ranges", re.compile("[0-9^,-]+")),
    ("address", re.compile(r"[0-9a-f.:]+")),
    ("path", re.compile("/.*")),
    ("word", re.compile("[a-z][a-z0-9_-]*")),
)
_NAMESPACES = (
    "", "urn:x", "http://libvirt.org/schemas/domain/qemu/1.0", "http://libvirt.org/schemas/domain/xen/1.0",
    "http://libosinfo.org/xmlns/libvirt/domain/1.0",
)  # fmt: skip
_PREFIXES = ("qemu", "xen", "x", "xml", "test", "metadata")
# Raw: what stands in a document for a letter, or beside it.
_RAW = (
    "&#10;", "&#9;", "&#13;", "&#x85;", "&#xa0;", "&#xfffd;", "&#127;", "&amp;lt;", "<!-- -->", "<?x y?>",
    "<![CDATA[<]]>",
)  # fmt: skip
_BESIDE = (" x", "\n0\n", "]]", "é", "&#32;", "&#10;")


def type_of(value: str) -> str:
    return next((name for name, pattern in _TYPES if pattern.fullmatch(value)), "text")


class Exchange:
    """Makes documents out of parts of ``texts``."""

    def __init__(self, texts: Sequence[str], seed: int) -> None:
        self.random = Random(seed)
        self.trees = [tree for text in texts if (tree := tree_of(text)) is not None]
        self.alike: dict[str, list[Node]] = defaultdict(list)
        self.values: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.types: dict[str, list[str]] = defaultdict(list)
        for tree in self.trees:
            for node in nodes(tree):
                self.alike[node.tag].append(node)
                for name, value in [*node.attrs.items(), ("", node.text.strip())]:
                    self.values[node.tag, name].append(value)
                    self.types[type_of(value)].append(value)
        self.tags = list(self.alike)

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield self.one()

    def one(self) -> bytes:
        random = self.random
        tree = copy(random.choice(self.trees))
        raw: dict[str, str] = {}
        for _ in range(random.choice((1, 1, 2, 2, 3, 5, 8))):
            where = list(nodes(tree))
            match random.randrange(8):
                case 0:
                    self.move(where)
                case 1:
                    self.borrow(random.choice(where))
                case 2:
                    self.devices(tree)
                case 3:
                    self.namespace(random.choice(where))
                case 4:
                    self.stray(random.choice(where), raw)
                case _:
                    self.value(random.choice(where))
        out: list[str] = []
        _write(tree, out)
        text = "".join(out)
        for mark, letters in raw.items():
            text = text.replace(mark, letters)
        return text.encode("utf-8", "replace")

    def move(self, where: Sequence[Node]) -> None:
        """Two subtrees trade places, or one goes to another element, or stands in both."""
        random = self.random
        above = [node for node in where if node.children]
        if len(above) < 2:
            return
        first, second = random.choice(above), random.choice(above)
        a, b = random.randrange(len(first.children)), random.randrange(len(second.children))
        one, other = first.children[a], second.children[b]
        if first in nodes(other) or second in nodes(one):
            return
        match random.randrange(3):
            case 0:
                first.children[a], second.children[b] = other, one
            case 1:
                second.children.insert(b, copy(one))
            case _:
                del first.children[a]
                second.children.insert(min(b, len(second.children)), one)

    def borrow(self, node: Node) -> None:
        """Become another element of that name, or have its children and attributes as well, or be nested in itself."""
        random = self.random
        other = copy(random.choice(self.alike.get(node.tag) or self.alike[random.choice(self.tags)]))
        match random.randrange(5):
            case 0:
                node.attrs, node.children, node.text = other.attrs, other.children, other.text
            case 1:
                node.children += other.children
            case 2:
                node.attrs = {**other.attrs, **node.attrs}
            case 3:
                node.attrs = other.attrs
            case _:
                node.children.append(other)

    def devices(self, tree: Node) -> None:
        """Those of another document too; or all without addresses, or all at one."""
        random = self.random
        own = tree.find("devices")
        if own is None or not own.children:
            return
        addresses = [child for device in own.children for child in device.children if child.tag == "address"]
        match random.randrange(4):
            case 0:
                others = random.choice(self.alike["devices"]).children
                own.children += [copy(device) for device in random.sample(others, min(len(others), 8))]
            case 1:
                for device in own.children:
                    device.children = [child for child in device.children if child.tag != "address"]
            case 2 if addresses:
                for address in random.sample(addresses, min(len(addresses), 3)):
                    address.attrs = dict(addresses[0].attrs)
            case _:
                device = random.choice(own.children)
                own.children += [copy(device) for _ in range(random.choice((1, 3, 33)))]

    def value(self, node: Node) -> None:
        random = self.random
        if not node.attrs or (not node.children and random.random() < 0.3):
            if not node.children:
                node.text = self.other(node.tag, "", node.text.strip())
            return
        name = random.choice(list(node.attrs))
        if random.random() < 0.1:  # under another name
            alike = random.choice(self.alike.get(node.tag) or [node])
            node.attrs[random.choice(list(alike.attrs) or [name])] = node.attrs.pop(name)
        elif random.random() < 0.1:
            other = random.choice(list(node.attrs))
            node.attrs[name], node.attrs[other] = node.attrs[other], node.attrs[name]
        else:
            node.attrs[name] = self.other(node.tag, name, node.attrs[name])

    def other(self, tag: str, name: str, value: str) -> str:
        """A value in the place of a value."""
        random = self.random
        kind = type_of(value)
        match random.randrange(5):
            case 0:
                return random.choice(self.values.get((tag, name)) or [value])
            case 1 | 2 if kind == "number":
                number = random.choice(_BOUNDS) * random.choice((1, 1, 1, -1))
                return random.choice(("%d", "%d", "%d", "%#x", "0%o", " %d", "%d ", "%d.0")) % number
            case 1 | 2 if _NUMBER.search(value):
                return _NUMBER.sub(lambda _: str(random.choice(_BOUNDS)), value, count=random.choice((0, 1)))
            case 1 | 2:
                others = (value.upper(), value + "x", value[:-1], f" {value}", value.replace("-", "_"), value * 2)
                return random.choice(others)
            case 3:
                return random.choice(self.types[kind])
            case _:
                return random.choice(self.types[random.choice(list(self.types))])

    def namespace(self, node: Node) -> None:
        random = self.random
        match random.randrange(5):
            case 0:
                node.xmlns = {**(node.xmlns or {}), random.choice(("", *_PREFIXES)): random.choice(_NAMESPACES)}
            case 1:
                node.tag = f"{random.choice(_PREFIXES)}:{node.tag.rpartition(':')[2]}"
            case 2 if node.attrs:
                name = random.choice(list(node.attrs))
                node.attrs[f"{random.choice(_PREFIXES)}:{name.rpartition(':')[2]}"] = node.attrs.pop(name)
            case 3:
                node.xmlns = None
            case _:
                made = Node(random.choice(self.tags))
                made.xmlns = {random.choice(("", "qemu", "x")): random.choice(_NAMESPACES)}
                made.children = [copy(random.choice(self.alike[made.tag]))]
                node.children.insert(0, made)

    def stray(self, node: Node, raw: dict[str, str]) -> None:
        """Text where elements are, and references, comments and the like in a value."""
        random = self.random
        mark = f"raw{len(raw)}mark"
        raw[mark] = random.choice(_RAW)
        match random.randrange(3):
            case 0 if node.attrs and raw[mark][0] == "&":
                name = random.choice(list(node.attrs))
                at = random.randrange(len(node.attrs[name]) + 1)
                node.attrs[name] = node.attrs[name][:at] + mark + node.attrs[name][at:]
            case 1:
                node.text = random.choice((node.text + mark, mark + node.text, mark))
            case _:
                raw[mark] = random.choice(_BESIDE)
                items: list[Node | str] = [*node.children]
                items.insert(random.randrange(len(items) + 1), mark)
                node.items = [*items]


def _write(node: Node, out: list[str]) -> None:
    tag = node.tag.rpartition("}")[2]
    out.append(f"<{tag}")
    for prefix, uri in (node.xmlns or {}).items():
        out.append(f' xmlns{":" if prefix else ""}{prefix}="{uri}"')
    for name, value in node.attrs.items():
        out.append(f' {name}="{_escaped(value)}"')
    out.append(">")
    for item in node.items or [node.text, *node.children]:
        if isinstance(item, Node):
            _write(item, out)
        elif isinstance(item, str):
            out.append(_escaped(item))
    out.append(f"</{tag}>")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _inputs(seed: int, folders: Sequence[Path]) -> Iterator[bytes]:
    return iter(Exchange(project() + others() + [text for folder in folders for text in within(folder)], seed))


EXCHANGED = Kind("exchanged", "documents that trade parts", 20_000, _inputs, take, STAGES, ".xml")
