"""The plain tree that a document is read into, and the refusals that point into it."""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class Node:
    """One element: ``tag``, ``attrs``, ``children``, ``text`` (its own, of all places), ``line`` (from 1).

    ``xmlns`` holds the namespace declarations made here (prefix -> URI, '' for the default one), or None.
    ``items`` is the whole content in order (nodes, strings, :class:`Verbatim`) where it is kept verbatim or text stands
    among elements, or None.
    Tags of namespaces that the reader knows carry the reader's prefix (``qemu:arg``), whatever the document used.
    """

    __slots__ = ("tag", "attrs", "children", "text", "line", "xmlns", "items")

    def __init__(self, tag: str, attrs: dict[str, str] | None = None, line: int = 0):
        self.tag = tag
        self.attrs: dict[str, str] = {} if attrs is None else attrs
        self.children: list[Node] = []
        self.text = ""
        self.line = line
        self.xmlns: dict[str, str] | None = None
        self.items: list[Node | str | Verbatim] | None = None

    def __repr__(self) -> str:
        return f"<Node {self.tag} line {self.line}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Node):
            return NotImplemented
        mine = (self.tag, self.attrs, self.xmlns or {}, self.content)
        return mine == (other.tag, other.attrs, other.xmlns or {}, other.content)

    __hash__ = None  # type: ignore[assignment]

    @property
    def content(self) -> list[Node | str | Verbatim]:
        """Text and children, in order."""
        if self.items is not None:
            return self.items
        blank = not self.text or (self.children and self.text.isspace())
        return [*self.children] if blank else [self.text, *self.children]

    def find(self, tag: str) -> Node | None:
        """The first child of that tag."""
        for child in self.children:
            if child.tag == tag:
                return child
        return None

    def without(self, child: Node) -> Node:
        """The same node with one child less; what is below is shared."""
        made = Node(self.tag, self.attrs, self.line)
        made.children = [other for other in self.children if other is not child]
        made.text, made.xmlns = self.text, self.xmlns
        made.items = None if self.items is None else [item for item in self.items if item is not child]
        return made

    def paths(self, prefix: str = "") -> Iterator[tuple[str, Node]]:
        """Every node below and this one, with its path (``/domain/devices/disk[2]``)."""
        stack = [(f"{prefix}/{self.tag}", self)]
        while stack:
            path, node = stack.pop()
            yield path, node
            total: dict[str, int] = {}
            for child in node.children:
                total[child.tag] = total.get(child.tag, 0) + 1
            seen: dict[str, int] = {}
            for child in node.children:
                seen[child.tag] = n = seen.get(child.tag, 0) + 1
                stack.append((f"{path}/{child.tag}[{n}]" if total[child.tag] > 1 else f"{path}/{child.tag}", child))

    def path_of(self, wanted: Node) -> str:
        """The path from this node to one below it."""
        for path, node in self.paths():
            if node is wanted or node.attrs is wanted.attrs:  # or one made of it without a child
                return path
        return f"/{wanted.tag}"


class Verbatim:
    """Content that is neither element nor text, exactly as it was written: a comment, a CDATA section, a PI."""

    __slots__ = ("source", "is_text")

    def __init__(self, source: str, is_text: bool = False):
        self.source = source
        self.is_text = is_text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Verbatim) and other.source == self.source

    def __hash__(self) -> int:
        return hash(self.source)


class Refusal(Exception):
    """A value that cannot be accepted, at a node; becomes an :class:`errors.Error` once the path is known.

    ``expected`` says what would have been right, for the hint. ``{name}`` in ``detail`` becomes what the root's <name>
    says: many of libvirt's sentences tell which network or which device they are about.
    """

    def __init__(self, error: type[errors.Error], detail: str | None, node: Node, expected: str | None = None):
        super().__init__(detail)
        self.error, self.detail, self.node, self.expected = error, detail, node, expected

    def located(self, root: Node, unnamed: str = "(null)") -> errors.Error:
        place = f"{root.path_of(self.node)}, line {self.node.line}"
        name = root.find("name")
        detail = self.detail and self.detail.replace("{name}", unnamed if name is None else name.text)
        return self.error(detail, hint=f"{place}: {self.expected}" if self.expected else f"see {place}")


class Warning:  # noqa: A001 - the word that users read; never mixed with the builtin
    """Something in a document that was kept and not understood: ``path``, ``line``, ``message``."""

    __slots__ = ("path", "line", "message")

    def __init__(self, path: str, line: int, message: str):
        self.path, self.line, self.message = path, line, message

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}: {self.message}"

    __repr__ = __str__
