"""What differs between two documents of one domain, place by place."""

from __future__ import annotations

import re

from virshpy.xml.domain import Domain
from virshpy.xml.parse import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.xml.node import Node

# What tells one element from its siblings: the first of these that it has, as child/@attribute or @attribute.
_KEYS = {
    "disk": ("target/@dev",),
    "interface": ("mac/@address",),
    "controller": ("@type", "@index"),
    "cell": ("@id",),
    "feature": ("@name",),
    "timer": ("@name",),
    "hostdev": ("source/address/@domain", "source/address/@bus", "source/address/@slot", "source/address/@function"),
    "channel": ("target/@name",),
    "filesystem": ("target/@dir",),
    "graphics": ("@type",),
    "vcpupin": ("@vcpu",),
    "iothread": ("@id",),
    "panic": ("@model",),
    "input": ("@type", "@bus"),
}


# A start gives a guest these, and a definition leaves them open.
_DECIDED_AT_START = re.compile(r"^seclabel|/backingStore$|/@listen$|/listen/@address$")


class Difference:
    """``place`` in the document; ``now`` and ``then`` are its values, None where it is not there at all."""

    __slots__ = ("place", "now", "then")

    def __init__(self, place: str, now: str | None, then: str | None) -> None:
        self.place = place
        self.now = now
        self.then = then

    def __repr__(self) -> str:
        return f"Difference({self.place!r}, {self.now!r}, {self.then!r})"


def differences(now: str, then: str) -> list[Difference]:
    """What leads from one text to another. A device that is only in one of them is one difference, not one a value."""
    return list(_between(parse(now), parse(then), ""))


def at_next_start(running: str, saved: str) -> list[Difference]:
    """What differs between a running guest's document and its definition, other than what every start decides.

    ``running`` has the processor that was asked for, not the one that QEMU made of it (XMLFlags.MIGRATABLE).
    """
    asked = Domain.parse(running, inactive=True).format(inactive=True, secure=True)
    found = differences(asked, saved)
    return [one for one in found if one.then is not None or not _DECIDED_AT_START.search(one.place)]


def _between(now: Node, then: Node, place: str) -> Iterator[Difference]:
    for name in dict.fromkeys([*now.attrs, *then.attrs]):
        if now.attrs.get(name) != then.attrs.get(name):
            yield Difference(f"{place}/@{name}", now.attrs.get(name), then.attrs.get(name))
    if now.text.strip() != then.text.strip():
        yield Difference(place, now.text.strip(), then.text.strip())
    mine, others = _keyed(now), _keyed(then)
    for key in dict.fromkeys([*mine, *others]):
        here = f"{place}/{key}" if place else key
        if key not in others:
            yield Difference(here, _summary(mine[key]), None)
        elif key not in mine:
            yield Difference(here, None, _summary(others[key]))
        else:
            yield from _between(mine[key], others[key], here)


def _keyed(node: Node) -> dict[str, Node]:
    """Children by what a person would call them; equal names are numbered."""
    found: dict[str, Node] = {}
    for child in node.children:
        values = [value for path in _KEYS.get(child.tag, ()) if (value := _at(child, path))]
        name = f"{child.tag}[{' '.join(values)}]" if values else child.tag
        number = 2
        unique = name
        while unique in found:
            unique, number = f"{name}#{number}", number + 1
        found[unique] = child
    return found


def _at(node: Node, path: str) -> str | None:
    *steps, attribute = path.split("/")
    for step in steps:
        child = node.find(step)
        if child is None:
            return None
        node = child
    return node.attrs.get(attribute[1:])


def _summary(node: Node) -> str:
    """An element in a few words: its attributes, its text, and its children's the same way."""
    words = [f"{name}={value}" for name, value in node.attrs.items()]
    if text := node.text.strip():
        words.append(text)
    words += [f"{child.tag}({inner})" if (inner := _summary(child)) else child.tag for child in node.children]
    return " ".join(words)
