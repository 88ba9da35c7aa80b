"""From text to a tree of nodes, by expat: the standard library's, and three milliseconds where lxml's import is thirty.

lxml is imported after expat has refused a document, only to say so in libxml2's words, which are those users know.
"""

from __future__ import annotations

from pyexpat import ExpatError, ParserCreate

from virshpy import errors
from virshpy.xml.node import Node, Verbatim

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyexpat import XMLParserType

UNDECLARED = "{}"  # stands before a tag whose prefix the reader knows, and the document does not declare
MAX_BYTES = 10 << 20  # what virsh reads from a file
MAX_DEPTH = 256  # libxml2's limit
MAX_NODES = 200_000
MAX_ATTRIBUTES = 256


class _Limit(Exception):
    pass


class _Builder:
    """Handlers of one parse. Two sets: structured content, and content kept verbatim (inside ``verbatim`` tags)."""

    def __init__(self, namespaces: dict[str, str], verbatim: frozenset[str]):
        self.parser = parser = ParserCreate("utf-8")
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.data
        parser.EntityDeclHandler = self.entity
        self.namespaces = namespaces
        self.reserved = frozenset(namespaces.values())
        self.verbatim = verbatim
        self.declares = True  # whether the document has a namespace declaration anywhere
        self.scope: dict[str, str] = {}
        self.scopes: list[dict[str, str]] = []
        self.stack: list[Node] = []
        self.root: Node | None = None
        self.count = 0
        self.keep = 0  # depth at which verbatim content began
        self.blank: str | None = None  # white space whose meaning depends on what follows

    def entity(self, *_: object) -> None:
        raise _Limit("Entity declarations are not accepted")

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        stack = self.stack
        self.count += 1
        if len(stack) >= MAX_DEPTH:
            raise _Limit(f"Excessive depth in document: {MAX_DEPTH}")
        if self.count > MAX_NODES:
            raise _Limit(f"Too many elements in document: {MAX_NODES}")
        if len(attrs) > MAX_ATTRIBUTES:
            raise _Limit(f"Too many attributes in element '{tag}': {MAX_ATTRIBUTES}")
        node = Node(tag, attrs, self.parser.CurrentLineNumber)
        if self.declares:
            self.scopes.append(self.scope)
            for key in attrs:
                if key.startswith("xmlns"):
                    self.declare(node)
                    break
        if not self.keep and (":" in tag or self.scope):
            node.tag = self.resolve(tag)
            self.carry(node, tag)
        if stack:
            above = stack[-1]
            above.children.append(node)
            if above.items is not None:
                above.items.append(node)
        else:
            self.root = node
        stack.append(node)
        if node.tag in self.verbatim and not self.keep:
            self.enter(node)

    def declare(self, node: Node) -> None:
        """Move namespace declarations from the attributes to where they belong."""
        declared: dict[str, str] = {}
        for key in list(node.attrs):
            if key == "xmlns" or key.startswith("xmlns:"):
                declared[key[6:]] = node.attrs.pop(key)
        if declared:
            node.xmlns = declared
            self.scope = self.scope | declared

    def resolve(self, tag: str) -> str:
        prefix, colon, local = tag.rpartition(":")
        uri = self.scope.get(prefix)
        known = self.namespaces.get(uri) if uri else None
        if known is not None:
            return f"{known}:{local}" if known else local
        if colon and prefix in self.reserved:  # of another namespace, or of none: it only looks like what is known
            return f"{{{uri}}}{local}" if uri else f"{UNDECLARED}{tag}"
        if not uri:
            return tag
        return tag if colon else f"{{{uri}}}{local}"

    def carry(self, node: Node, written: str) -> None:
        """A prefix takes its declaration along, that which the reader uses for another as well: what is above may not
        be kept."""
        prefix, colon, _ = node.tag.partition(":")
        uri = self.scope.get(written.rpartition(":")[0])
        if not colon or not uri or node.tag.startswith("{"):
            return
        if prefix in (node.xmlns or ()) or not (self.stack and self.stack[-1].tag.startswith(f"{prefix}:")):
            node.xmlns = {**(node.xmlns or {}), prefix: uri}

    def end(self, _: str) -> None:
        node = self.stack.pop()
        if self.declares:
            self.scope = self.scopes.pop()
        if node.items is not None:
            node.text = "".join([item for item in node.items if isinstance(item, str)])

    def data(self, text: str) -> None:
        node = self.stack[-1]
        if not node.children:
            node.text = node.text + text if node.text else text
        elif node.items is not None or not text.isspace() or (node.text and not node.text.isspace()):
            if node.items is None:  # text among elements: from here on, its place is kept
                node.items = [node.text, *node.children]
            node.items.append(text)

    # content kept verbatim

    def enter(self, node: Node) -> None:
        self.keep = len(self.stack)
        node.items = []
        parser = self.parser
        parser.StartElementHandler = self.raw_start
        parser.EndElementHandler = self.raw_end
        parser.CharacterDataHandler = self.raw_data
        parser.CommentHandler = self.raw_comment
        parser.ProcessingInstructionHandler = self.raw_instruction
        parser.StartCdataSectionHandler = self.cdata_start
        parser.EndCdataSectionHandler = self.cdata_end
        self.cdata: str | None = None

    def leave(self) -> None:
        self.keep = 0
        node = self.stack[-1]
        # What was declared further out, and is used within, is declared here: what is above may not be kept.
        outer = {prefix: uri for prefix, uri in self.scope.items() if prefix not in (node.xmlns or {})}
        used = free_prefixes(node) if outer else ()
        node.xmlns = {**{prefix: outer[prefix] for prefix in outer if prefix in used}, **(node.xmlns or {})} or None
        parser = self.parser
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.data
        parser.CommentHandler = None
        parser.ProcessingInstructionHandler = None
        parser.StartCdataSectionHandler = None
        parser.EndCdataSectionHandler = None

    def settle(self, ending: bool) -> None:
        """White space held back: libxml2 keeps it only where it can be content (its keepBlanks rule)."""
        text, self.blank = self.blank, None
        if text is None:
            return
        items = self.stack[-1].items
        assert items is not None
        if (ending and not items) or (items and (_textual(items[-1]) or _textual(items[0]))):
            items.append(text)

    def raw_start(self, tag: str, attrs: dict[str, str]) -> None:
        self.settle(False)
        self.start(tag, attrs)
        self.stack[-1].items = []

    def raw_end(self, tag: str) -> None:
        self.settle(True)
        if len(self.stack) == self.keep:
            self.leave()
        self.end(tag)

    def raw_data(self, text: str) -> None:
        if self.cdata is not None:
            self.cdata += text
            return
        items = self.stack[-1].items
        assert items is not None
        if self.blank is not None:
            text, self.blank = self.blank + text, None
        if items and isinstance(items[-1], str):
            items[-1] += text
        elif text.isspace():
            self.blank = text
        else:
            items.append(text)

    def raw(self, item: Verbatim) -> None:
        self.settle(False)
        items = self.stack[-1].items
        assert items is not None
        items.append(item)

    def raw_comment(self, text: str) -> None:
        self.raw(Verbatim(f"<!--{text}-->"))

    def raw_instruction(self, target: str, text: str) -> None:
        self.raw(Verbatim(f"<?{target} {text}?>" if text else f"<?{target}?>"))

    def cdata_start(self) -> None:
        self.cdata = ""

    def cdata_end(self) -> None:
        text, self.cdata = self.cdata, None
        self.raw(Verbatim(f"<![CDATA[{text}]]>", is_text=True))


def free_prefixes(node: Node) -> set[str]:
    """The prefixes of namespaces ('' for the default one) that are used in a kept node and not declared in it."""
    used = {key.partition(":")[0] for key in node.attrs if ":" in key} | {node.tag.rpartition(":")[0]}
    for child in node.children:
        used |= free_prefixes(child)
    return used - (node.xmlns or {}).keys()


def _textual(item: Node | str | Verbatim) -> bool:
    return isinstance(item, str) or (isinstance(item, Verbatim) and item.is_text)


def parse(
    text: str | bytes,
    *,
    source: str = "(document)",
    namespaces: dict[str, str] | None = None,
    verbatim: frozenset[str] = frozenset(),
) -> Node:
    """The root node of a document.

    ``source`` is what errors call the document (libvirt: ``(domain_definition)``); ``namespaces`` maps URIs to the
    prefixes their tags get here; the content of ``verbatim`` tags is kept in order and whole. Raises
    :class:`errors.XMLDetail` in libxml2's words for what is not well-formed, or goes past a limit of this module.
    """
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    if len(data) > MAX_BYTES:
        raise errors.XMLDetail(f"{source}:1: Document is larger than {MAX_BYTES} bytes", hint="shorten the document")
    builder = _Builder(namespaces or {}, verbatim)
    if isinstance(text, str) or b"encoding" not in data[:200]:
        parser = builder.parser
        builder.declares = b"xmlns" in data or data[:1] in (b"\xfe", b"\xff", b"\0")  # or it is in no byte's alphabet
    else:
        parser = _declared(builder)
    try:
        parser.Parse(data, True)
    except _Limit as limit:
        line = parser.CurrentLineNumber
        raise errors.XMLDetail(f"{source}:{line}: {limit}", hint="the document goes past a safety limit") from None
    except (ExpatError, ValueError) as error:
        raise _explained(data, source, error, isinstance(text, str)) from None
    assert builder.root is not None
    return builder.root


def _declared(builder: _Builder) -> XMLParserType:
    """A parser that obeys the document's own encoding declaration, for bytes."""
    ours, theirs = builder.parser, ParserCreate()
    for name in (
        "buffer_text",
        "buffer_size",
        "StartElementHandler",
        "EndElementHandler",
        "CharacterDataHandler",
        "EntityDeclHandler",
    ):
        setattr(theirs, name, getattr(ours, name))
    builder.parser = theirs
    return theirs


def _explained(data: bytes, source: str, error: Exception, as_utf8: bool) -> errors.XMLDetail:
    """libxml2's sentence for a broken document, the line it is in, and a caret under the place."""
    from lxml import etree

    line, column, message = getattr(error, "lineno", 1), getattr(error, "offset", 0), str(error).partition(":")[0]
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, encoding="utf-8" if as_utf8 else None
    )
    try:
        etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        first = parser.error_log[0] if len(parser.error_log) else None
        if first is not None:
            line, column, message = first.line, first.column - 1, first.message
    lines = data.decode("utf-8", "replace").split("\n")
    context = lines[line - 1].rstrip("\r") if 0 < line <= len(lines) else ""
    pointer = "-" * max(min(column, len(context)), 0) + "^"
    detail = f"{source}:{line}: {message}\n{context or '(null)'}\n{pointer}"
    return errors.XMLDetail(detail, hint="the document is not well-formed XML")
