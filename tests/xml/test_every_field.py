"""Every declared element and attribute occurs in a document of this suite, is read from it and printed again.

A declaration that no document exercises is a claim that nobody has checked. Who declares a field adds it to a document
of `golden` (whole guests, in the form in which libvirt prints them), to `others` (the other kinds of documents), or to
`fragments` where a guest cannot have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.xml.documents import ALL, kind_of
from virshpy.xml.element import Element, Field, attr
from virshpy.xml.scalars import Enum

NEVER = {
    "InterfaceBackend.type": "libvirt 9.0 as Debian has it refuses it; tests/argv/golden/connections.xml has it",
    "InterfaceBackend.logFile": "likewise",
    "SCSIHostKind.type": "stands for those that are refused",
    "OtherKind.type": "stands for those that are refused",
}


def whole(path: Path) -> Element:
    text = path.read_text()
    return kind_of(text).parse(text)


def classes(base: type[Element]) -> Iterator[type[Element]]:
    for cls in base.__subclasses__():
        yield cls
        yield from classes(cls)


def declared() -> dict[int, str]:
    """Each field of the project's classes, under the class that declares it."""
    names: dict[int, str] = {}
    for cls in classes(Element):
        if cls.__module__.startswith("virshpy.xml."):
            above = {id(field) for base in cls.__mro__[1:] for field in getattr(base, "_fields", {}).values()}
            names |= {
                id(field): f"{cls.__name__}.{name}" for name, field in cls._fields.items() if id(field) not in above
            }
    return names


def used(element: Element) -> Iterator[Field]:
    """The fields that are set in an element, and in all below it."""
    for name, value in element._state().items():
        if name in element._fields:
            yield element._fields[name]
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Element):
                yield from used(item)


def test_every_declared_field_is_exercised() -> None:
    exercised = {id(field) for path in ALL for field in used(whole(path))}
    missing = [name for number, name in declared().items() if number not in exercised and name not in NEVER]
    assert missing == [], f"no document of tests/xml sets {', '.join(missing)}"


def test_what_is_excused_is_declared_and_unused() -> None:
    exercised = {id(field) for path in ALL for field in used(whole(path))}
    unused = {name for number, name in declared().items() if number not in exercised}
    assert unused >= set(NEVER)


def test_a_new_field_would_be_missed() -> None:
    """The walk itself finds what a class declares, and not what it inherits."""

    class Shed(Element, tag="shed"):
        door: str | None = attr()

    class Barn(Shed):
        loft: str | None = attr(Enum("hay straw"))

    barn = Barn.parse("<shed door='red' loft='hay'/>")
    assert {field.name for field in used(barn)} == {"door", "loft"}
    assert [field.name for field in used(Barn(loft="hay"))] == ["loft"]
    assert len(declared()) > 1000
