"""``python -m tests.shell.schema``: write docs/schema.json, what each command's ``-o json`` holds, anew.

It is made from the answers of the test driver to all generated command lines and to those below. What a key means is in
docs/json.md; what is only known there (commands that the test driver does not answer) has no schema.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.transcripts import generated
from tests.transcripts.differential import waits
from tests.transcripts.transcripts import URI, run_virshpy, write_documents
from virshpy.shell import registry

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = DOCS / "schema.json"
# Lines that make more of a command be seen than its options alone do.
MORE = [
    "start test; destroy test; start test", "suspend test; resume test", "destroy test; domrename test x",
    "desc test x", "metadata test u k --set <a/>; metadata test u", "list --all --title", "destroy test --dry-run",
    "snapshot-create-as test a; snapshot-create-as test b; snapshot-list test; snapshot-list test --tree; "
    "snapshot-info test a; snapshot-current test; snapshot-parent test b; snapshot-dumpxml test a; "
    "snapshot-revert test a; snapshot-delete test b",
    "vol-create-as default-pool v 1M; vol-list default-pool --details; vol-info v default-pool; "
    "vol-dumpxml v default-pool; vol-path v default-pool; vol-key v default-pool; "
    "vol-pool /default-pool/v; vol-delete v default-pool", "pool-list --details --all",
    "checkpoint-create-as test c; checkpoint-list test; checkpoint-info test c",
    "managedsave test; start test; save test $DIR/saved; restore $DIR/saved", "help list", "list --explain",
]  # fmt: skip
# What holds figures by libvirt's names, or by a number of the host's: the keys below it are data.
OPEN = frozenset({"stats", "parameters", "free_kib", "free_pages"})
# The same where it is the result itself: processors and disks by name.
DATA = re.compile(r"cpu\d+|[svh]d[a-z]+|\d+")


def answers() -> Iterator[dict[str, Any]]:
    """Every object that the commands print on standard output."""
    os.environ["VISUAL"] = "true"
    with tempfile.TemporaryDirectory() as folder:
        write_documents(Path(folder))
        before = os.getcwd()
        os.chdir(folder)  # some commands write a file of the name that they are given
        for name in registry.names():
            for words in generated.lines(registry.find_known(name)):
                if name not in ("complete", "self-test", "console") and not waits(" ".join(words)):
                    yield from _answers([word.replace("$DIR", folder) for word in words])
        for line in MORE:
            yield from _answers([line.replace("$DIR", folder)])
        os.chdir(before)


def _answers(words: list[str]) -> Iterator[dict[str, Any]]:
    for line in run_virshpy(["-c", URI, "-o", "json", *words]).stdout.splitlines():
        document = json.loads(line)
        # --explain has a shape of its own.
        document["command"] = "--explain" if "refusal" in document["result"] else document["command"]
        yield document


def shape(value: Any) -> dict[str, Any]:
    """The schema of one value."""
    if isinstance(value, dict):
        return {"type": ["object"], "properties": {k: {} if _is_open(k) else shape(v) for k, v in value.items()}}
    if isinstance(value, list):
        items: dict[str, Any] = {}
        for item in value:
            items = merged(items, shape(item))
        return {"type": ["array"], "items": items}
    names = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
    return {"type": [names[type(value)]]}


def _is_open(key: str) -> bool:
    return key in OPEN or DATA.fullmatch(key) is not None


def merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The schema that takes what either takes."""
    if not one or not other:
        return one or other
    found: dict[str, Any] = {"type": sorted({*one["type"], *other["type"]})}
    for part in ("items",):
        if part in one or part in other:
            found[part] = merged(one.get(part, {}), other.get(part, {}))
    if "properties" in one or "properties" in other:
        ours, theirs = one.get("properties", {}), other.get("properties", {})
        found["properties"] = {
            key: merged(ours.get(key, {}), theirs.get(key, {})) for key in sorted({*ours, *theirs})
        }
    return found


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a schema takes a value: no key that it does not know, no type that it does not name."""
    if not schema:
        return True
    seen = shape(value)
    if seen["type"][0] not in schema["type"]:
        return False
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return all(_is_open(key) or (key in known and fits(inner, known[key])) for key, inner in value.items())
    if isinstance(value, list):
        return all(fits(item, schema.get("items", {})) for item in value)
    return True


def keys(schema: dict[str, Any]) -> Iterator[str]:
    """Every key of a schema, at any depth."""
    for key, inner in schema.get("properties", {}).items():
        if not DATA.fullmatch(key):
            yield key
        yield from keys(inner)
    if "items" in schema:
        yield from keys(schema["items"])


def written_meanings() -> set[str]:
    """The keys that docs/json.md explains."""
    section = (DOCS / "json.md").read_text().split("## Keys")[1]
    rows = re.findall(r"^\| (`.*?) \|", section, re.M)
    return {key for row in rows for key in re.findall(r"`([\w.]+)`", row)}


def main() -> None:
    found: dict[str, dict[str, Any]] = {}
    for document in answers():
        command = document["command"]
        found[command] = merged(found.get(command, {}), shape(document["result"]))
    text = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "virshpy -o json",
        "description": "Version 1: the result of each command, by its name. docs/json.md says what the keys mean.",
        "$defs": dict(sorted(found.items())),
    }
    SCHEMA.write_text(json.dumps(text, indent=1) + "\n")


if __name__ == "__main__":
    main()
