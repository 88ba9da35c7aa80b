"""Changing a document that an object has: read, altered, and printed as libxml2 prints it."""

from __future__ import annotations

from virshpy.xml.parse import parse
from virshpy.xml.write import write_verbatim

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.node import Node


def parsed(text: str, source: str, root: str) -> Node:
    """The root of a document; everything in it is kept in order, blanks included. ``root`` is its tag."""
    return parse(text, source=source, verbatim=frozenset((root,)))


def printed(node: Node, level: int = 0) -> str:
    """A node as it stands in a document, ``level`` deep; its first line is not indented."""
    return write_verbatim(node, level)


def set_text(node: Node, text: str) -> None:
    """Replace the content of an element."""
    node.text = text
    node.children = []
    if node.items is not None:
        node.items = [text]


def removed(parent: Node, child: Node) -> None:
    """Take a child out of its parent."""
    parent.children.remove(child)
    if parent.items is not None:
        parent.items = [item for item in parent.items if item is not child]


def appended(parent: Node, child: Node) -> None:
    """Put a child at the end of its parent."""
    parent.children.append(child)
    if parent.items is not None:
        parent.items.append(child)
