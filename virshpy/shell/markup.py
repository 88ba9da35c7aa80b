"""Writing the small documents that commands make of their options, in libvirt's layout."""

from __future__ import annotations

from virshpy.xml.node import Node
from virshpy.xml.write import write_node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Writer:
    """Builds a document element by element; attributes and texts that are None are left out."""

    def __init__(self) -> None:
        self.open = [Node("")]  # the element that is being written, and those that it is in

    def element(self, tag: str, **attributes: Any) -> _Element:
        """``with write.element("disk", type="file"):`` what is written inside it."""
        return _Element(self.open, self._add(tag, attributes))

    def empty(self, tag: str, **attributes: Any) -> None:
        """An element without content."""
        self._add(tag, attributes)

    def given(self, tag: str, **attributes: Any) -> None:
        """An element without content where one of its attributes has a value."""
        if any(value is not None for value in attributes.values()):
            self._add(tag, attributes)

    def text(self, tag: str, content: object, **attributes: Any) -> None:
        """An element that holds text, if there is any."""
        if content is not None:
            self._add(tag, attributes).text = str(content)

    def result(self) -> str:
        out: list[str] = []
        for node in self.open[0].children:
            write_node(node, out, "")
        return "".join(out)

    def _add(self, tag: str, attributes: dict[str, Any]) -> Node:
        node = Node(tag, {name: str(value) for name, value in attributes.items() if value is not None})
        self.open[-1].children.append(node)
        return node


class _Element:
    __slots__ = ("open", "node")

    def __init__(self, above: list[Node], node: Node) -> None:
        self.open, self.node = above, node

    def __enter__(self) -> None:
        self.open.append(self.node)

    def __exit__(self, *exception: object) -> None:
        self.open.pop()
        if not self.node.children:  # such an element has both its tags
            self.node.text = "\n" + "  " * (len(self.open) - 1)
