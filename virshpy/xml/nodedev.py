"""<device>: the document of one of the host's devices. What depends on the kind of device is kept as it is written."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.element import Element, leaf
from virshpy.xml.node import Node, Refusal
from virshpy.xml.write import write_node


class NodeDevice(Element, tag="device"):
    """The whole document. ``capabilities`` are nodes, the first one names the kind of device."""

    _source = "(node_device_definition)"

    name: str | None = leaf()
    path: str | None = leaf()
    parent: str | None = leaf()

    def _check(self, node: Node) -> None:
        if not self.capabilities:
            raise Refusal(errors.XMLError, "no device capabilities for '%s'" % (self.name or "new device"), node)

    @property
    def capabilities(self) -> list[Node]:
        return [node for node in self.__dict__.get("_children", ()) if node.tag == "capability"]

    @property
    def kinds(self) -> list[str]:
        """What it can do: the type of its own capability, then those that it has inside (fc_host, vports, …)."""
        found: list[str] = []
        pending = list(self.capabilities)
        while pending:
            node = pending.pop(0)
            word = node.attrs.get("type", "")
            found.append({"vport_ops": "vports"}.get(word, word))
            pending += [child for child in node.children if child.tag == "capability"]
        return found

    def capability(self, kind: str) -> Node | None:
        """The capability of that kind, wherever it is."""
        pending = list(self.capabilities)
        while pending:
            node = pending.pop(0)
            if node.attrs.get("type") == kind:
                return node
            pending += [child for child in node.children if child.tag == "capability"]
        return None

    def value(self, kind: str, tag: str) -> str | None:
        """The text of an element of a capability."""
        node = self.capability(kind)
        child = node.find(tag) if node is not None else None
        return child.text.strip() if child is not None else None

    def text(self) -> str:
        """libvirt's text of it."""
        out = [self.format(extras=False).removesuffix("</device>\n")]
        for node in self.capabilities:
            write_node(node, out, "  ")
        return "".join([*out, "</device>\n"])
