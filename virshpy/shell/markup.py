"""Writing the small documents that commands make of their options, in libvirt's layout."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}


def escaped(text: str) -> str:
    """Text as it may stand in an element or in an attribute."""
    return "".join(_ESCAPES.get(character, character) for character in text)


class Writer:
    """Builds a document line by line: two blanks for each level, attributes in single quotes; what is None is left
    out."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.level = 0

    def line(self, text: str) -> None:
        self.lines.append("  " * self.level + text)

    def element(self, tag: str, **attributes: Any) -> _Element:
        """``with write.element("disk", type="file"):`` what is written inside it."""
        return _Element(self, tag, _attributes(attributes))

    def empty(self, tag: str, **attributes: Any) -> None:
        """An element without content."""
        self.line(f"<{tag}{_attributes(attributes)}/>")

    def given(self, tag: str, **attributes: Any) -> None:
        """An element without content where one of its attributes has a value."""
        if any(value is not None for value in attributes.values()):
            self.empty(tag, **attributes)

    def text(self, tag: str, content: object, **attributes: Any) -> None:
        """An element that holds text, if there is any."""
        if content is None:
            return
        self.line(f"<{tag}{_attributes(attributes)}>{escaped(str(content))}</{tag}>")

    def result(self) -> str:
        return "".join(line + "\n" for line in self.lines)


class _Element:
    __slots__ = ("writer", "tag", "attributes")

    def __init__(self, writer: Writer, tag: str, attributes: str) -> None:
        self.writer = writer
        self.tag = tag
        self.attributes = attributes

    def __enter__(self) -> None:
        self.writer.line(f"<{self.tag}{self.attributes}>")
        self.writer.level += 1

    def __exit__(self, *exception: object) -> None:
        self.writer.level -= 1
        self.writer.line(f"</{self.tag}>")


def _attributes(attributes: dict[str, Any]) -> str:
    return "".join(f" {name}='{escaped(str(value))}'" for name, value in attributes.items() if value is not None)
