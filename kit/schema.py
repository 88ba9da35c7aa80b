"""``python -m kit.schema``: write docs/schema.json and the tables of docs/json.md out of the declarations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from virshpy.shell.lang import registry
from virshpy.shell.lang.shapes import FORMS, alternatives, schema, type_schema
from virshpy.shell.lang.vocabulary import ERROR, ERROR_KINDS, EVERYWHERE, KEYS
from virshpy.shell.render.output import JSON_VERSION

DOCS = Path(__file__).parents[1] / "docs"
SCHEMA, PROSE = DOCS / "schema.json", DOCS / "json.md"
_TYPES = {"integers": "list of integers", "texts": "list of texts", "list": "list of objects"}


def declared() -> dict[str, str]:
    """What each command that is no secret gives."""
    return {name: registry.find_known(name).returns for name in sorted(set(registry.names()) - registry.HIDDEN)}


def document() -> dict[str, Any]:
    """The schema of a line of ``-o json``; the result of a command is ``#/$defs/results/COMMAND``."""
    results = {name: schema(returns) for name, returns in [*declared().items(), *EVERYWHERE.items()] if returns}
    version, command = {"const": JSON_VERSION}, {"type": ["string", "null"]}
    error = {"type": "object", "properties": _described(ERROR), "required": list(ERROR)}
    warning = {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "virshpy -o json",
        "description": f"Version {JSON_VERSION}: an object that virshpy prints, and the results of each command.",
        "oneOf": [
            _object(version=version, command=command, result={"type": "object"}),
            _object(version=version, command=command, error=error),
            _object(version=version, warning=warning),
        ],
        "$defs": {
            "keys": _described({key: row for key, row in KEYS.items() if row[0] not in FORMS}),
            "results": results,
        },
    }


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _described(rows: dict[str, tuple[str, str]]) -> dict[str, Any]:
    return {key: {**type_schema(kind), "description": meaning} for key, (kind, meaning) in rows.items()}


def prose(text: str) -> str:
    """docs/json.md with its tables made anew; what is before them is written by hand."""
    kept = text.partition("## Errors\n")[0]
    return kept + "\n".join([*_errors(), *_results(), *_keys()]) + "\n"


def _errors() -> list[str]:
    rows = [f"| `{key}` | {_type(kind)} | {meaning} |" for key, (kind, meaning) in ERROR.items()]
    kinds = [f"| `{kind}` | {meaning} |" for kind, meaning in ERROR_KINDS.items()]
    return [
        "## Errors", "",
        "| key | type | |", "|---|---|---|", *rows, "",
        "| kind | |", "|---|---|", *kinds, "",
    ]  # fmt: skip


def _results() -> list[str]:
    by_shape: dict[str, list[str]] = {}
    for name, returns in declared().items():
        by_shape.setdefault(returns, []).append(name)
    silent = by_shape.pop("")
    rows = [f"| {_code(names)} | {_shape(returns)} |" for returns, names in sorted(by_shape.items())]
    return [
        "## Results", "",
        "`key[…]` is a list of objects with these keys, `key{…}` an object; `key?` is there in some cases only.", "",
        "| command | keys of `result` |", "|---|---|", *rows,
        *(f"| any, with `{option}` | {_shape(returns)} |" for option, returns in EVERYWHERE.items()), "",
        f"These only do something, and print nothing when they have: {_code(silent)}.", "",
    ]  # fmt: skip


def _keys() -> list[str]:
    rows = [f"| `{key}` | {_type(kind)} | {meaning} |" for key, (kind, meaning) in sorted(KEYS.items())]
    return [
        "## Keys", "", "What a key means, whatever the command.", "", "| key | type | |", "|---|---|---|", *rows,
    ]  # fmt: skip


def _code(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _shape(returns: str) -> str:
    return " or ".join(f"`{part.strip()}`" for part in returns.split("|"))


def _type(kind: str) -> str:
    bare = kind.removesuffix("?")
    return _TYPES.get(bare, bare) + (" or null" if kind != bare else "")


def write() -> None:
    """Write both files."""
    for name, returns in declared().items():
        assert alternatives(returns) or not returns, name
    SCHEMA.write_text(json.dumps(document(), indent=1) + "\n")
    PROSE.write_text(prose(PROSE.read_text()))


if __name__ == "__main__":
    write()
