"""Text out: libvirt's escaping for what it formats itself, libxml2's for content that is kept verbatim."""

from __future__ import annotations

import re

from virshpy.xml.node import Node, Verbatim

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# What is not ASCII is looked at letter by letter: a pattern with two of its letters takes a millisecond to compile.
_special = re.compile("[<>&'\"\x00-\x08\x0b\x0c-\x1f]").search
_ESCAPES: dict[int, str | None] = {n: None for n in (*range(0x20), 0xFFFE, 0xFFFF) if n not in (9, 10)}
_ESCAPES[13] = "&#13;"
_ESCAPES |= {ord("<"): "&lt;", ord(">"): "&gt;", ord("&"): "&amp;", ord("'"): "&apos;", ord('"'): "&quot;"}
special_in_attribute = re.compile("[<>&'\"\x00-\x1f]").search
_ATTRIBUTE_ESCAPES = _ESCAPES | {9: "&#9;", 10: "&#10;"}
_RAW_TEXT = {ord("<"): "&lt;", ord(">"): "&gt;", ord("&"): "&amp;", 13: "&#13;"}
_RAW_ATTR = _RAW_TEXT | {ord('"'): "&quot;", 10: "&#10;", 9: "&#9;"}


def escape(text: str) -> str:
    """Text as libvirt prints it, everywhere: five characters are named, what XML cannot hold goes."""
    return text.translate(_ESCAPES) if _special(text) or not text.isascii() else text


def is_writable(text: str) -> bool:
    """Whether an attribute holds a text as it is: there are no control characters in it, nor anything XML refuses."""
    return re.search("[\0-\x1f\ud800-\udfff\ufffe\uffff]", text) is None


def escape_attribute(text: str) -> str:
    """Text in an attribute, where a reader takes a line's end or a tab for a space unless it is a reference."""
    return text.translate(_ATTRIBUTE_ESCAPES) if special_in_attribute(text) or not text.isascii() else text


def write_node(node: Node, out: list[str], indent: str, above: str = "") -> None:
    """Append a kept node in libvirt's form: two spaces a level, attributes in single quotes.

    ``above`` is the namespace that elements without a prefix are in.
    """
    brace, _, tag = node.tag.rpartition("}")
    xmlns = node.xmlns or {}
    inside = xmlns.get("", above)
    out.append(f"{indent}<{tag}")
    if ":" not in tag and inside != brace[1:]:
        inside = brace[1:]
        out.append(f" xmlns='{escape_attribute(inside)}'")
        xmlns = {prefix: declared for prefix, declared in xmlns.items() if prefix}
    for prefix, declared in xmlns.items():
        out.append(f" xmlns{':' if prefix else ''}{prefix}='{escape_attribute(declared)}'")
    for key, value in node.attrs.items():
        out.append(f" {key}='{escape_attribute(value)}'")
    if node.children and not node.text.strip():
        out.append(">\n")
        for child in node.children:
            write_node(child, out, indent + "  ", inside)
        out.append(f"{indent}</{tag}>\n")
    elif node.text:
        out.append(">")
        write_among_text(node.content, out, inside)
        out.append(f"</{tag}>\n")
    else:
        out.append("/>\n")


def write_among_text(content: Iterable[Node | str | Verbatim], out: list[str], above: str = "") -> None:
    """Append content in which white space between elements would count: none is added."""
    for item in content:
        if isinstance(item, Node):
            inline: list[str] = []
            write_node(item, inline, "", above)
            out.append("".join(inline).removesuffix("\n"))
        elif isinstance(item, str):
            out.append(escape(item))


def write_verbatim(node: Node, level: int = 0) -> str:
    """A kept element in libxml2's form (xmlNodeDump with format), as libvirt prints <metadata>; no final newline."""
    out: list[str] = []
    _dump(node, out, level, True)
    return "".join(out)


def _dump(node: Node, out: list[str], level: int, spaced: bool) -> None:
    out.append(f"<{node.tag}")
    for prefix, uri in (node.xmlns or {}).items():
        out.append(f' xmlns{":" if prefix else ""}{prefix}="{uri.translate(_RAW_ATTR)}"')
    for key, value in node.attrs.items():
        out.append(f' {key}="{value.translate(_RAW_ATTR)}"')
    content = node.content
    if not content:
        out.append("/>")
        return
    out.append(">")
    spaced = spaced and not any(isinstance(item, str) for item in content)
    for item in content:
        if spaced:
            out.append("\n" + "  " * (level + 1))
        if isinstance(item, Node):
            _dump(item, out, level + 1, spaced)
        elif isinstance(item, Verbatim):
            out.append(item.source)
        else:
            out.append(item.translate(_RAW_TEXT))
    if spaced:
        out.append("\n" + "  " * level)
    out.append(f"</{node.tag}>")
