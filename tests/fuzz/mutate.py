"""Damage for documents: to their bytes, to their structure, to their numbers and words. One seed, one sequence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random

from tests.xml.documents import ROOTS
from virshpy.xml.node import Node
from virshpy.xml.parse import parse
from virshpy.xml.write import write_node

NUMBERS = [
    "-1", "0", "1", "2", "3", "7", "15", "16", "31", "32", "63", "255", "256", "4095", "65535", "65536", "1000000",
    "2147483647", "2147483648", "4294967295", "4294967296", "9223372036854775807", "9223372036854775808",
    "18446744073709551615", "18446744073709551616", "-2147483649", "99999999999999999999999999999999", "9" * 5000,
    "0x", "0x1f", "0xffffffffffffffff", "010", "1e9", "1.5", " 4", "4 ", "+4", "--4", "٣", "",
]  # fmt: skip
WORDS = [
    "", "yes", "no", "on", "off", "none", "default", "auto", "a b", "é", "'\"<&>", "\t", "x" * 5000, "%s%n", "../..",
    "-", ",", "=", "ua-", "0-", "^1", "1-0", "0-16383", "vda", "pci", "virtio", "{}", "[", "json:{", "\u202e",
]  # fmt: skip
_number = re.compile(r"[+-]?(?:0x[0-9a-fA-F]+|[0-9]+)")
_namespaces = {uri: prefix for kind in ROOTS.values() for uri, prefix in kind._namespaces.items()}


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from nodes(child)


class Mutator:
    """Makes damaged documents of whole ones."""

    def __init__(self, texts: Sequence[str], seed: int) -> None:
        self.random = Random(seed)
        self.texts = list(texts)
        self.trees = [tree for text in self.texts if (tree := tree_of(text)) is not None]
        self.words: dict[str, list[str]] = {}
        self.children: dict[str, list[Node]] = {}
        self.all: list[Node] = []
        for tree in self.trees:
            for node in nodes(tree):
                self.all.append(node)
                for child in node.children:
                    self.children.setdefault(node.tag, []).append(child)
                for name, value in node.attrs.items():
                    self.words.setdefault(name, []).append(value)

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield self.one()

    def one(self) -> bytes:
        kind = self.random.random()
        if kind < 0.15:
            return self.garbled()
        return self.structure(numbers=kind > 0.6)

    def garbled(self) -> bytes:
        """Cut, pasted, flipped: mostly no longer XML."""
        random = self.random
        data = bytearray(random.choice(self.texts).encode())
        for _ in range(random.randint(1, 4)):
            start = random.randrange(len(data) + 1)
            end = min(len(data), start + random.choice((1, 1, 2, 8, 60, 400)))
            match random.randrange(6):
                case 0:
                    del data[start:end]
                case 1:
                    data[start:start] = random.choice(WORDS + NUMBERS).encode()
                case 2:
                    data[start:end] = bytes(random.randrange(256) for _ in range(end - start))
                case 3:
                    data[start:start] = data[end : end + 80]
                case 4 if start < len(data):
                    data[start] ^= 1 << random.randrange(8)
                case _:
                    del data[start : start + 5000 if random.random() < 0.1 else end]
        return bytes(data)

    def structure(self, *, numbers: bool) -> bytes:
        """Well-formed, with elements, attributes and values where they do not belong."""
        random = self.random
        tree = copy(random.choice(self.trees))
        for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
            node = random.choice(list(nodes(tree)))
            if numbers and random.random() < 0.8:
                self.value(node)
            else:
                self.shape(tree, node)
        out: list[str] = []
        write_node(tree, out, "")
        return "".join(out).encode("utf-8", "replace")

    def value(self, node: Node) -> None:
        random = self.random
        if node.attrs and (random.random() < 0.7 or node.children):
            name = random.choice(list(node.attrs))
            known = self.words.get(name) or WORDS
            node.attrs[name] = self.changed(node.attrs[name], known)
        elif not node.children:
            node.text = self.changed(node.text, WORDS)

    def changed(self, old: str, known: Sequence[str]) -> str:
        random = self.random
        if _number.search(old) and random.random() < 0.7:
            return _number.sub(lambda match: random.choice(NUMBERS) if random.random() < 0.6 else match[0], old)
        return random.choice(random.choice((known, known, WORDS, NUMBERS)))

    def shape(self, tree: Node, node: Node) -> None:
        random = self.random
        children = node.children
        match random.randrange(10):
            case 0 if children:
                children.remove(random.choice(children))
            case 1 if children:
                children.insert(random.randrange(len(children) + 1), copy(random.choice(children)))
            case 2 if children:
                children.extend(copy(random.choice(children)) for _ in range(random.choice((2, 5, 40))))
            case 3 if children:
                random.shuffle(children)
            case 4:
                children.append(copy(random.choice(self.all)) if random.random() < 0.3 else self.kin(node))
            case 5 if node.attrs:
                del node.attrs[random.choice(list(node.attrs))]
            case 6:
                name = random.choice(list(self.words))
                node.attrs[name] = random.choice(self.words[name])
            case 7:
                node.tag = random.choice(self.all).tag
            case 8:
                node.children, node.text = [], random.choice(WORDS)
            case _:
                node.attrs = {}

    def kin(self, node: Node) -> Node:
        """A child that such a node has in some other document."""
        return copy(self.random.choice(self.children.get(node.tag) or self.all))


def tree_of(text: str) -> Node | None:
    """A document's tree; None where it is none."""
    try:
        return parse(text, namespaces=_namespaces)
    except Exception:  # a folder given from outside may hold documents that are already broken
        return None


def copy(node: Node) -> Node:
    """A tree of its own."""
    made = Node(node.tag, dict(node.attrs))
    made.text, made.xmlns = node.text, node.xmlns
    made.children = [copy(child) for child in node.children]
    return made
