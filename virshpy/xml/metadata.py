"""The title and the <metadata> of a domain: free elements of other programs, one for each namespace."""

from __future__ import annotations

import re

from virshpy import errors
from virshpy.enums import MetadataType
from virshpy.xml.node import Node
from virshpy.xml.parse import free_prefixes, parse
from virshpy.xml.write import write_verbatim

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.xml.domain import Domain
    from virshpy.xml.network import Network

_ROOT = re.compile(r"(?:<\?.*?\?>|<!--.*?-->|\s)*<([^\s/>!?]+)", re.DOTALL)


def change(document: Domain | Network, kind: int, text: str | None, key: str | None, uri: str | None) -> None:
    """Set what a MetadataType names, or remove it where ``text`` is None. Raises XMLDetail for what cannot be one."""
    if kind == MetadataType.TITLE:
        set_title(document, text)
    elif kind == MetadataType.DESCRIPTION:
        document.description = text or None
    else:
        set_element(document, text, key, uri or "")


def look(document: Domain | Network, kind: int, uri: str | None, absent: type[errors.Error]) -> str:
    """What a MetadataType names. Raises ``absent`` where there is none."""
    if kind == MetadataType.ELEMENT:
        found = get_element(document, uri or "")
    else:
        found = document.title if kind == MetadataType.TITLE else document.description
    if not found:
        raise absent(f"Requested metadata {MetadataType(kind).name.lower()} is not present")
    return found


def set_title(domain: Domain | Network, text: str | None) -> None:
    """Give a domain another title; None or an empty one removes it. Raises XMLDetail for more than a line."""
    if text and "\n" in text:
        raise errors.XMLDetail("metadata title can't contain newlines", hint="a title is one line")
    domain.title = text or None


def get_element(domain: Domain | Network, uri: str) -> str | None:
    """The text of the element in namespace ``uri``, without that namespace; None where there is none."""
    holder = domain.metadata
    element = _find(holder, uri)
    if holder is None or element is None:
        return None
    prefix = element.tag.rpartition(":")[0]
    used = free_prefixes(element)
    xmlns: dict[str | None, str | None] = {n: where for n, where in (holder.xmlns or {}).items() if n in used}
    xmlns[prefix] = None
    bare = _mapped(element, lambda tag: tag.removeprefix(f"{prefix}:") if prefix else tag, xmlns)
    return write_verbatim(bare)


def set_element(domain: Domain | Network, text: str | None, key: str | None, uri: str) -> None:
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


def namespace_of(child: Node, metadata: Node) -> str | None:
    """The namespace of an element of <metadata>, which one of the two declares."""
    return {**(metadata.xmlns or {}), **(child.xmlns or {})}.get(child.tag.rpartition(":")[0])


def repeated(metadata: Node) -> list[Node]:
    """Take out, and return, what is in a namespace that an element before it has: nobody could ask for it."""
    seen, again = set(), []
    for child in metadata.children:
        uri = namespace_of(child, metadata)
        if uri is not None and uri in seen:
            again.append(child)
        seen.add(uri)
    if again:
        metadata.children = [child for child in metadata.children if not any(child is other for other in again)]
        metadata.items = [item for item in metadata.content if not any(item is child for child in again)]
    return again


def _find(metadata: Node | None, uri: str) -> Node | None:
    for child in metadata.children if metadata is not None else ():
        if namespace_of(child, metadata) == uri:  # type: ignore[arg-type]
            return child
    return None


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
