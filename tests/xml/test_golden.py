"""Documents in libvirt's own form come back byte for byte, however their elements were ordered when they came."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.xml.documents import ALL, GOLDEN, kind_of
from virshpy.xml.domain import Domain
from virshpy.xml.element import ATTR, MANY, ONE, Element
from virshpy.xml.node import Node
from virshpy.xml.parse import parse
from virshpy.xml.secrecy import MARKS, tells_secrets
from virshpy.xml.write import write_node

documents = pytest.mark.parametrize("path", ALL, ids=[path.stem for path in ALL])
KEEPING = [path for path in ALL if not kind_of(path.read_text())._always_valid]
keeping = pytest.mark.parametrize("path", KEEPING, ids=[path.stem for path in KEEPING])


def test_there_are_documents() -> None:
    assert len(GOLDEN) >= 20


@documents
def test_bytes_come_back(path: Path) -> None:
    text, warnings = path.read_text(), []  # type: ignore[var-annotated]
    assert kind_of(text).parse(text, warnings=warnings).format(secure=True) == text
    assert warnings == []


@documents
def test_nothing_in_them_is_unknown(path: Path) -> None:
    text = path.read_text()
    kind_of(text).parse(text, validate=True)


@keeping
def test_text_stays_beside_what_is_unknown(path: Path) -> None:
    text = path.read_text()
    kind = kind_of(text)
    plain, odd = kind.parse(text), kind.parse(re.sub(r"(?<=[^<>\s])</(\w+)>", r"<strange/></\1>", text))
    for document in (plain, odd):
        document.__dict__.pop("metadata", None)  # which keeps everything as it is
    assert odd.format(secure=True, extras=False).split() == plain.format(secure=True).split()
    kept = odd.format(secure=True)
    assert kind.parse(kept).format(secure=True) == kept


REWRITTEN = ("vcpusched", "iothreadsched", "distances")  # to one for each number, or with both ways
REFUSING = ("features", "hyperv", "kvm", "xen")  # what they do not know, as libvirt does


def elements(node: Node, cls: type[Element]) -> Iterator[Node]:
    """A node of a class and those below it that are read into a class of their own."""
    if node.tag in REWRITTEN:
        return
    yield node
    rows = cls._plan_for(node).kids
    for child in node.children:
        kind, _, payload, _ = rows[child.tag]
        if kind in (ONE, MANY):
            yield from elements(child, payload if isinstance(payload, type) else payload(child))


@keeping
def test_the_unknown_stays(path: Path) -> None:
    """Attributes and elements that nobody declared are printed again where they were, in documents of every kind."""
    text = path.read_text()
    kind = kind_of(text)
    root = tree(text, kind)
    where = list(elements(root, kind))
    for number, node in enumerate(where):
        node.attrs["stranger"] = str(number)
        if not node.text.strip() and node.tag not in REFUSING:
            node.children.append(Node("visitor", {"from": str(number)}))
    printed = kind.from_node(root).format(secure=True)
    for number, node in enumerate(where):
        assert printed.count(f" stranger='{number}'") == 1, node
        assert printed.count(f"<visitor from='{number}'/>") == sum(child.tag == "visitor" for child in node.children)


def scrambled(node: Node) -> Node:
    """The same content, with siblings of different tags in another order."""
    if node.tag in ("metadata", "interconnects", "filter"):  # whose order says something
        return node
    tags = sorted({child.tag for child in node.children}, key=lambda tag: tag[::-1])
    node.children = [scrambled(child) for tag in tags for child in node.children if child.tag == tag]
    node.attrs = dict(sorted(node.attrs.items(), key=lambda item: item[0][::-1]))
    return node


def tree(text: str, kind: type[Element]) -> Node:
    return parse(text, namespaces=kind._namespaces, verbatim=frozenset({"metadata"}))


@documents
def test_order_comes_from_the_declarations(path: Path) -> None:
    text = path.read_text()
    kind = kind_of(text)
    assert kind.from_node(scrambled(tree(text, kind))).format(secure=True) == text


@documents
def test_copies_are_equal_and_separate(path: Path) -> None:
    text = path.read_text()
    document = kind_of(text).parse(text)
    twin = document.copy()
    assert twin == document
    name = next(iter(document._state()))
    setattr(twin, name, "other")
    assert twin != document
    assert getattr(document, name) != "other"


@documents
def test_a_repr_can_be_made(path: Path) -> None:
    text = path.read_text()
    kind = kind_of(text)
    assert repr(kind.parse(text)).startswith(f"{kind.__name__}(")


@documents
def test_an_inactive_definition_is_settled(path: Path) -> None:
    """Leaving out what belongs to a run once leaves nothing to leave out."""
    text = path.read_text()
    kind = kind_of(text)
    once = kind.parse(text, inactive=True).format(inactive=True, secure=True)
    assert kind.parse(once).format(secure=True) == once


def test_a_running_guest_leaves_no_trace_in_its_definition() -> None:
    path = next(path for path in GOLDEN if path.stem == "live")
    text = Domain.parse(path.read_text(), inactive=True).format(inactive=True)
    for trace in ("' id='", "<alias name='serial0'", "/dev/pts", "tty=", "index='1'/>", "disconnected", "port='59"):
        assert trace not in text
    assert "<alias name='ua-b'/>" in text
    assert "port='-1' autoport='yes'" in text


def test_passwords_are_shown_only_when_asked_for() -> None:
    text = next(path for path in GOLDEN if path.stem == "graphics").read_text()
    domain = Domain.parse(text)
    assert " passwd='sec&apos;ret'" in domain.format(secure=True)
    assert " passwd=" not in domain.format()
    cookies = Domain.parse(next(path for path in GOLDEN if path.stem == "disks").read_text())
    assert "cookie" in cookies.format(secure=True)
    assert "cookie" not in cookies.format()


def test_texts_with_secrets_are_known_by_their_marks() -> None:
    """Unread, a text is either without any of them or printed anew."""
    marks = set()
    for cls in every_class():
        for name, field in cls._fields.items() if cls.__module__.startswith("virshpy.") else ():
            if field.secure:
                marks.add(f" {field.tag or name}='" if field.kind == ATTR else f"<{field.tag or name}")
    assert marks == set(MARKS)
    texts = [Domain.parse(path.read_text()).format(secure=True) for path in GOLDEN]
    for text in texts:
        assert tells_secrets(text) or text == Domain.parse(text).format()
    assert any(map(tells_secrets, texts)) and not all(map(tells_secrets, texts))


def every_class(base: type[Element] = Element) -> list[type[Element]]:
    return [base, *(found for sub in base.__subclasses__() for found in every_class(sub))]


def test_every_device_class_occurs() -> None:
    """A device that no document shows is not known to print as libvirt prints it."""
    seen: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, list):
            for item in value:
                walk(item)
        elif isinstance(value, Element):
            seen.add(type(value).__name__)
            for item in value.__dict__.values():
                walk(item)

    for path in GOLDEN:
        walk(Domain.parse(path.read_text()))
    devices = {"Disk", "Interface", "Controller", "Filesystem", "Serial", "Parallel", "Console", "Channel", "Smartcard"}
    devices |= {"Graphics", "Video", "Sound", "Audio", "Input", "Hub", "Hostdev", "Redirdev", "Redirfilter", "TPM"}
    devices |= {"Rng", "MemBalloon", "Watchdog", "Panic", "Shmem", "MemoryDevice", "IOMMU", "Vsock", "Lease"}
    assert devices <= seen
    known = {cls.__name__ for cls in every_class() if cls.__module__.startswith("virshpy.xml.domain")}
    assert len(seen & known) > 150


def test_kept_nodes_print_in_the_same_form() -> None:
    out: list[str] = []
    write_node(parse("<a x='1'><b>t &amp; u</b><c/></a>"), out, "  ")
    assert "".join(out) == "  <a x='1'>\n    <b>t &amp; u</b>\n    <c/>\n  </a>\n"
