"""YAML that a reference parser reads back as what was written, CSV that the standard library reads back, and the
options that ask for them on either side of a command."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transcripts.transcripts import URI, run_virshpy
from virshpy.shell.render import machine

# Text that a terminal could show, and what breaks careless emitters.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["", "yes", "No", "null", "~", "1", "1.5", "0x10", "1e3", "=", "- a", "a: b", "#c", "a #c", "'", '"', "\\", "{",
     "[x", "a\nb", "a\nb\n", "a\nb\n\n", " a\nb", "\na", "a\n\nb", "a\n  b\n", "a\n \nb", "\t", "a\tb\nc",
     "\x85", "\u2028", "\ufeff",
     "\x00", "\x7f", "😀", "2024-01-01", "12:30:45", "!x", "&x", "*x", "%x",
     "@x", "`x", "|", ">", "?", "a:", "on", "<<"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
@settings(max_examples=300, deadline=None)
def test_yaml_is_read_back(value: Any) -> None:
    assert yaml.safe_load(machine.yaml(value)) == value
    assert yaml.safe_load(machine.yaml({"key": [value]})) == {"key": [value]}


def test_yaml_shows_documents_as_they_are() -> None:
    assert machine.yaml({"xml": "<a>\n  <b/>\n</a>\n"}) == "xml: |\n  <a>\n    <b/>\n  </a>\n"
    assert machine.yaml({"n": "test", "id": 3, "ok": True, "no": None, "l": []}) == (
        'n: test\nid: 3\nok: true\n"no": null\nl: []\n'
    ).replace("n: test", '"n": test')


def test_yaml_not_a_number() -> None:
    assert machine.yaml(float("nan")) == ".nan\n" and machine.yaml(float("-inf")) == "-.inf\n"


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_csv_is_read_back(rows: list[list[str]]) -> None:
    text = machine.csv({"things": [dict(zip(("a", "b"), row, strict=True)) for row in rows]})
    clean = [[cell.replace("\x00", "?") for cell in row] for row in rows]
    assert list(csv.reader(io.StringIO(text.replace("\x00", "?"), newline=""))) == [["a", "b"], *clean]


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ({"names": ["a", "b"]}, "names\na\nb\n"),
        ({"id": 3, "none": None, "yes": True}, "id,none,yes\n3,,true\n"),
        ({"domains": [{"name": "a", "stats": {"x": 1, "y": 2}}]}, "name,key,value\na,x,1\na,y,2\n"),
        ({"t": [{"a": 1}, {"b": 2}]}, "a,b\n1,\n,2\n"),
        ({"t": []}, "t\n"),
        ({"a": {"b": [1]}}, 'a\n"{""b"": [1]}"\n'),
    ],
)
def test_csv_shapes(result: dict[str, Any], text: str) -> None:
    assert machine.csv(result) == text


@pytest.mark.parametrize(
    "argv",
    [["-o", "json", "domid", "test"], ["domid", "test", "-o", "json"], ["domid", "-o", "json", "test"],
     ["domid", "--output=json", "test"], ["domid --output json test"], ["domid test -o json"]],
)  # fmt: skip
def test_before_or_after_the_command(argv: list[str]) -> None:
    outcome = run_virshpy(["-c", URI, *argv])
    assert json.loads(outcome.stdout)["result"] == {"id": 1, "name": "test"} and outcome.stdout.count("\n") == 1


def test_a_format_holds_for_its_command_only() -> None:
    outcome = run_virshpy(["-c", URI, "domid test -o yaml; domid test -o csv; domid test"])
    assert outcome.stdout.endswith("id,name\n1,test\n1\n\n") and outcome.stdout.startswith("---\nversion: 1\n")


def test_data_stays_data() -> None:
    assert run_virshpy(["-c", URI, "-q", "echo", "-o", "json"]).stdout == "-o json"
    assert run_virshpy(["-c", URI, "-q", "echo", "--", "--output=json"]).stdout == "--output=json"


@pytest.mark.parametrize(
    "line", ["domid nope -o json", "domid --bogus -o json", "bogus --output=json", "-o json domid"]
)
def test_errors_are_objects(line: str) -> None:
    outcome = run_virshpy(["-c", URI, *line.split()])
    error = json.loads(outcome.stderr)["error"]
    assert outcome.code == 1 and error["message"] and error["hint"] and outcome.stdout == ""


def test_errors_in_yaml_and_csv() -> None:
    assert yaml.safe_load(run_virshpy(["-c", URI, "domid nope -o yaml"]).stderr)["error"]["code"] == 42
    assert json.loads(run_virshpy(["-c", URI, "domid nope -o csv"]).stderr)["error"]["code"] == 42


def test_unknown_format() -> None:
    outcome = run_virshpy(["-c", URI, "list -o jsn"])
    assert outcome.code == 1 and "option --output takes one of plain, rich, json, yaml, csv" in outcome.stderr
