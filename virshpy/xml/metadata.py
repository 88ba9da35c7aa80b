"""The <metadata> of a domain: free elements of other programs, one for each namespace (virDomainSetMetadata)."""

from __future__ import annotations

import re

from virshpy.xml.node import Node
from virshpy.xml.parse import parse
from virshpy.xml.write import write_verbatim

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.xml.domain import Domain

_ROOT = re.compile(r"(?:<\?.*?\?>|<!--.*?-->|\s)*<([^\s/>!?]+)", re.DOTALL)


def get_element(domain: Domain, uri: str) -> str | None:
    """The text of the element in namespace ``uri``, without that namespace; None where there is none."""
    element = _find(domain.metadata, uri)
    if element is None:
        return None
    prefix = _prefix(element, uri)
    bare = _mapped(element, lambda tag: tag.removeprefix(f"{prefix}:") if prefix else tag, {prefix: None})
    return write_verbatim(bare)


def set_element(domain: Domain, text: str | None, key: str | None, uri: str) -> None:
    """Put ``text`` in namespace ``uri`` under the prefix ``key``, in place of what was there; None removes.

    Raises XMLDetail for text that is not well-formed.
    """
    added = None
    if text is not None:
        root = _ROOT.match(text)
        made = parse(text, source="(metadata_xml)", verbatim=frozenset([root[1]] if root else []))
        added = _mapped(made, lambda tag: tag if ":" in tag else f"{key}:{tag}", {key: uri})
    if domain.metadata is None:
        if added is None:
            return
        domain.metadata = Node("metadata")
    holder = domain.metadata
    old = _find(holder, uri)
    kept = [item for item in holder.content if item is not old]
    holder.items = [*kept, added] if added is not None else kept
    holder.children = [item for item in holder.items if isinstance(item, Node)]
    if not holder.items:
        domain.metadata = None


def _find(metadata: Node | None, uri: str) -> Node | None:
    for child in metadata.children if metadata is not None else ():
        if uri in (child.xmlns or {}).values():
            return child
    return None


def _prefix(element: Node, uri: str) -> str:
    return next(prefix for prefix, declared in (element.xmlns or {}).items() if declared == uri)


def _mapped(node: Node, rename: Callable[[str], str], xmlns: dict[str | None, str | None], root: bool = True) -> Node:
    """A copy with renamed tags, down to elements that are in a default namespace of their own.

    ``xmlns`` changes the declarations of the root: a URI adds one, None removes it.
    """
    copy = Node(rename(node.tag), dict(node.attrs), node.line)
    declared = dict(node.xmlns or {})
    if root:
        for prefix, uri in xmlns.items():
            if uri is None:
                declared.pop(prefix or "", None)
            else:
                declared[prefix or ""] = uri
    copy.xmlns = declared or None
    copy.text = node.text
    items = []
    for item in node.content:
        if isinstance(item, Node):
            item = item if "" in (item.xmlns or {}) else _mapped(item, rename, xmlns, root=False)
            copy.children.append(item)
        items.append(item)
    copy.items = items
    return copy
