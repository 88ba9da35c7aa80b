"""Names and numbers of libvirt's public API, for tests on hosts that have no description of it.

    python -m kit.libvirt_facts > tests/contract/libvirt.txt

They are read from the descriptions in XML that libvirt-dev installs: the functions of each library, the members of each
enumeration with their numbers, and the names of typed parameters with the types that are said of them.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable, Iterator
from os.path import commonprefix
from pathlib import Path
from xml.etree import ElementTree

DIRECTORY = Path("/usr/share/libvirt/api")
LIBRARIES = ("libvirt", "libvirt-qemu", "libvirt-lxc")
# Functions whose text says which parameters they answer with.
TELLING = ("virConnectGetAllDomainStats", "virDomainGetGuestInfo")
_TYPES = {
    "unsigned long long": "ullong", "long long": "llong", "unsigned int": "uint", "bool": "boolean", "int": "int",
    "string": "string", "boolean": "boolean", "double": "double", "ullong": "ullong", "llong": "llong", "uint": "uint",
}  # fmt: skip
_SAID = re.compile(rf"VIR_TYPED_PARAM_(\w+)|\b(?:as|type|of|an?)\b(?:\s+an?)?\s+({'|'.join(_TYPES)})\b")


def present() -> bool:
    return all((DIRECTORY / f"{library}-api.xml").exists() for library in LIBRARIES)


def facts() -> Iterator[str]:
    trees = {library: ElementTree.parse(DIRECTORY / f"{library}-api.xml").getroot() for library in LIBRARIES}
    for library, tree in trees.items():
        yield from _wrapped(f"functions {library}", sorted(str(node.get("name")) for node in tree.iter("function")))
    for kind, members in sorted(_enumerations(trees.values()).items()):
        common = commonprefix(list(members)) if len(members) > 1 else "VIR_"
        common = common[: common.rindex("_") + 1]
        yield from _wrapped(f"enum {kind} {common}", [f"{name[len(common) :]}={n}" for name, n in members.items()])
    for node in trees["libvirt"].iter("macro"):
        if node.get("string") is not None:
            yield f"name {node.get('name')} {node.get('string')} {_type(node.findtext('info') or '')}".rstrip()
    for node in trees["libvirt"].iter("function"):
        if node.get("name") in TELLING:
            text = node.findtext("info") or ""
            for key, words in re.findall(r'^ +"([a-z]+[.][^"$]*)" - (.*?)(?=^ *$|^ +"|^\S|\Z)', text, re.S | re.M):
                yield f"key {node.get('name')} {re.sub('<[a-z0-9]+>', '*', key)} {_type(words)}".rstrip()


def _enumerations(trees: Iterable[ElementTree.Element]) -> dict[str, dict[str, int]]:
    raw = {
        str(node.get("name")): (str(node.get("type")), str(node.get("value")))
        for tree in trees
        for node in tree.iter("enum")
    }
    found: dict[str, dict[str, int]] = {}
    for name, (kind, value) in raw.items():
        while value in raw:
            value = raw[value][1]
        found.setdefault(kind, {})[name] = int(value, 0)
    return found


def _type(text: str) -> str:
    said = _SAID.search(" ".join(text.split()))
    return "" if said is None else _TYPES.get((said[1] or said[2]).lower(), "")


def _wrapped(head: str, words: list[str]) -> list[str]:
    return [
        head,
        *textwrap.wrap(" ".join(words), 118, initial_indent="  ", subsequent_indent="  ", break_long_words=False),
    ]


if __name__ == "__main__":
    if not present():
        sys.exit(f"{DIRECTORY} lacks libvirt's description: apt install libvirt-dev")
    sys.stdout.write("".join(f"{line}\n" for line in facts()))
