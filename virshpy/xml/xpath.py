"""XPath over a document, as virsh's --xpath: by lxml, which is imported only for it."""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def select(text: str, expression: str) -> list[str]:
    """The nodes that an expression selects, each as text. Raises InvalidArg for a bad expression, InternalError for
    one that selects no nodes by its nature (a number, a string)."""
    return [_text(node) for node in _nodes(text, expression)]


def wrap(text: str, expression: str) -> str:
    """The same nodes as one document with the root element <nodes>."""
    from lxml import etree

    root = etree.Element("nodes")
    for node in _nodes(text, expression):
        if isinstance(node, str):
            holder = etree.SubElement(root, "node")
            holder.text = str(node)
        else:
            node.tail = None
            root.append(node)
    etree.indent(root, "  ")
    return etree.tostring(root, encoding="unicode") + "\n"


def _nodes(text: str, expression: str) -> list[Any]:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_blank_text=True)
    tree = etree.fromstring(text.encode("utf-8", "surrogateescape"), parser)
    namespaces = {prefix: uri for prefix, uri in tree.nsmap.items() if prefix}
    try:
        found = tree.xpath(expression, namespaces=namespaces)
    except (etree.XPathError, ValueError) as error:  # ValueError: characters that no XML has
        detail = f"XPath error: {error}: {expression}"
        raise errors.InvalidArg(detail, hint="an expression looks like //disk/source") from None
    if not isinstance(found, list):
        raise errors.InternalError(f"Incorrect xpath '{expression}'", hint="the expression must select nodes")
    return found


def _text(node: Any) -> str:
    from lxml import etree

    if isinstance(node, str):
        name = getattr(node, "attrname", None)
        if name is None:
            return str(node)
        value = str(node).replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        return f' {name}="{value}"'
    # Indented afresh: what is cut out of the middle of a document begins at its own margin.
    return str(etree.tostring(node, encoding="unicode", with_tail=False, pretty_print=True)).rstrip("\n")
