"""docs/schema.json and the tables of docs/json.md say what commands declare. (That commands keep to it is looked at in
every test: tests/answers.py.)"""

from __future__ import annotations

import json
from typing import Any

import pytest

from kit import schema
from tests import answers
from virshpy.shell.lang import registry
from virshpy.shell.lang.shapes import alternatives, fault, has_type
from virshpy.shell.lang.vocabulary import EVERYWHERE, KEYS


def test_the_documents_are_up_to_date() -> None:
    """`make man` writes them."""
    assert json.loads(schema.SCHEMA.read_text()) == schema.document()
    assert schema.PROSE.read_text() == schema.prose(schema.PROSE.read_text())


def test_references_lead_somewhere() -> None:
    document = schema.document()

    def references(part: Any) -> list[str]:
        if isinstance(part, list):
            return [found for item in part for found in references(item)]
        if not isinstance(part, dict):
            return []
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [found for item in part.values() for found in references(item)]

    keys = {f"#/$defs/keys/{key}" for key in document["$defs"]["keys"]}
    assert set(references(document)) <= keys and len(keys) > 100


def test_all_keys_are_used() -> None:
    """And those that are used are all in the vocabulary: reading a declaration refuses others."""
    used: set[str] = set()

    def collect(entries: list[Any]) -> None:
        for entry in entries:
            used.add(entry.name)
            collect(entry.inner)

    for name in registry.names():
        for entries in alternatives(registry.find_known(name).returns):
            collect(entries)
    for returns in EVERYWHERE.values():
        for entries in alternatives(returns):
            collect(entries)
    assert set(KEYS) - used == set()


def test_units_are_in_the_names() -> None:
    """Of what is a number, the meaning of a key says the unit where its name does."""
    words = {
        "_bytes": "bytes", "_kib": "KiB", "_ns": "nanoseconds", "_ms": "milliseconds", "_percent": "percent",
        "_s": "seconds",
    }  # fmt: skip
    for key, (kind, meaning) in KEYS.items():
        for suffix, unit in words.items():
            if key.endswith(suffix) and kind.rstrip("?") in ("integer", "number"):
                assert unit in meaning, key


@pytest.mark.parametrize(
    "returns", ["nonsense", "id domains", "domains[id", "api{type", "domains[nonsense]", "id[name]", "api[type]"]
)
def test_declarations_that_mean_nothing(returns: str) -> None:
    with pytest.raises(ValueError, match="key|bracket|is of type"):
        alternatives(returns)


@pytest.mark.parametrize(
    ("data", "fits"),
    [
        ({"id": 3, "name": "web"}, True), ({"id": None, "name": "web"}, True), ({"id": 3}, False),
        ({"id": "3", "name": "web"}, False), ({"id": True, "name": "web"}, False),
        ({"id": 3, "name": "web", "state": "running"}, False), ({"domains": [{"id": 1}]}, False),
        ({"domains": [{"uuid": "u"}, {"uuid": "u", "id": 1}]}, True), ({"domains": {"uuid": "u"}}, False),
        ({"networks": [{"name": "a"}]}, True), ({"networks": ["a"]}, False),
        ({"api": {"type": "QEMU"}}, True), ({"api": None}, False), ({}, False),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_seen(data: dict[str, Any], fits: bool) -> None:
    returns = "id name | domains[uuid id?] | networks[name] | api{type}"
    assert (fault(data, returns) is None) == fits


@pytest.mark.parametrize(
    ("value", "kind", "fits"),
    [
        (1, "number", True), (1.5, "number", True), (1.5, "integer", False), (True, "integer", False),
        (True, "truth", True), (1, "truth", False), (None, "text", False), (None, "text?", True),
        ([1], "integers", True), (["1"], "integers", False),
        ({"a": 1}, "figures", True), ({1: 1}, "figures", False), ([], "figures", False),
    ],
)  # fmt: skip
def test_types(value: object, kind: str, fits: bool) -> None:
    assert has_type(value, kind) == fits


def test_an_answer_that_is_not_declared_is_noticed() -> None:
    answers.check("domid", {"id": "3", "name": "web"})
    answers.check_printed('{"version": 1, "command": "domid", "result": {"id": 3}}\n', '{"version": 1, "error": {}}\n')
    found, answers.faults[:] = list(answers.faults), []
    assert len(found) == 3
