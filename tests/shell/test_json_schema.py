"""docs/json.md lists the keys of every command; what is printed keeps to it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.shell import schema
from tests.transcripts.transcripts import URI, run_virshpy, write_documents

DOCUMENT = Path(__file__).parents[2] / "docs" / "json.md"

LINES = [
    "list --title", "list --id", "dominfo test", "domstate test --reason", "domid test", "domname 1", "domuuid test",
    "domcontrol test", "domstats", "start test; destroy test; start test", "define $DIR/fc.xml; undefine fc",
    "create $DIR/fc.xml", "suspend test; resume test; reboot test; reset test; shutdown test; domrename test x",
    "autostart test", "desc test; desc test x; desc test", "metadata test u k <a/>; metadata test u", "dumpxml test",
    "capabilities", "sysinfo", "nodeinfo", "hostname", "uri", "maxvcpus", "version --daemon", "destroy test --dry-run",
    "help list", "pwd", "echo x",
]  # fmt: skip


def documented() -> dict[str, set[str]]:
    """Command -> keys, out of the table."""
    table: dict[str, set[str]] = {}
    for row in re.findall(r"^\| (`.*?) \| (.*) \|$", DOCUMENT.read_text().split("## Results")[1], re.M):
        commands, keys = (re.findall(r"`([\w -]+)`", cell) for cell in row)
        for command in commands:
            table.setdefault(command.split()[0], set()).update(keys)
    return table


@pytest.mark.parametrize("line", LINES)
def test_keys_are_documented(line: str, tmp_path: Path) -> None:
    write_documents(tmp_path)
    known = documented()
    outcome = run_virshpy(["-c", URI, "-o", "json", line.replace("$DIR", str(tmp_path))])
    printed = [json.loads(text) for text in outcome.stdout.splitlines()]
    assert printed
    for document in printed:
        allowed = known[document["command"]] | (known["--dry-run"] if "--dry-run" in line else set())
        assert set(document) == {"version", "command", "result"} and set(document["result"]) <= allowed


def test_error_keys_are_documented() -> None:
    section = DOCUMENT.read_text().split("## Errors")[1].split("## Results")[0]
    keys = set(re.findall(r"^\| `(\w+)` \|", section, re.M))
    error = json.loads(run_virshpy(["-c", URI, "-o", "json", "destroy nope"]).stderr)["error"]
    assert set(error) == keys


def test_answers_keep_to_the_schema() -> None:
    """Of every generated command line; `python -m tests.shell.schema` takes a change up."""
    known = json.loads(schema.SCHEMA.read_text())["$defs"]
    answered = list(schema.answers())
    unfit = [
        document
        for document in answered
        if document["command"] in known and not schema.fits(document["result"], known[document["command"]])
    ]
    assert unfit == [] and len(answered) > 500


def test_every_key_has_a_meaning() -> None:
    known = json.loads(schema.SCHEMA.read_text())["$defs"]
    used = {key for definition in known.values() for key in schema.keys(definition)}
    assert used - schema.written_meanings() == set()


@pytest.mark.parametrize("value", [{"a": "1"}, {"b": 1}, {"a": [1]}, {"l": ["x"]}, 3])
def test_what_does_not_fit_is_seen(value: object) -> None:
    sample = schema.merged(schema.shape({"a": 1, "l": [1]}), schema.shape({"a": None}))
    assert schema.fits({"a": None, "l": [2, 3]}, sample) and not schema.fits(value, sample)
