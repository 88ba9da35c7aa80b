"""The notation in which a command's declaration says what it gives to programs: keys of
:mod:`virshpy.shell.lang.vocabulary`.

    "id name uuid"                      an object with these keys
    "state reason?"                     the second only in some cases
    "domains[id name state]"            under ``domains``, a list of objects
    "api{type version}"                 under ``api``, an object
    "message domain uuid | plan"        one or the other

It is read to make the schema, and by the tests, which hold each answer against it. Nothing that runs a command imports
this.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from virshpy.shell.lang.vocabulary import KEYS

_TYPES: dict[str, tuple[type, ...]] = {"text": (str,), "integer": (int,), "number": (int, float), "truth": (bool,)}
_LISTS = {"integers": "integer", "texts": "text"}
# The types of keys that hold other keys, and the brackets of each: a key has one form in all declarations.
FORMS = {"list": "[", "object": "{"}
_CLOSING = {"[": "]", "{": "}"}


class Entry(NamedTuple):
    """A key in a declaration. ``form`` is the bracket after it or empty, ``inner`` what stands in the brackets."""

    name: str
    optional: bool
    form: str
    inner: list[Entry]


def alternatives(returns: str) -> list[list[Entry]]:
    """What a declaration says, read. Raises ValueError for what it cannot mean."""
    return [_entries(part.strip()) for part in returns.split("|")] if returns else []


def _entries(text: str) -> list[Entry]:
    found, position = [], 0
    while position < len(text):
        match = re.compile(r"\s*(\w+)").match(text, position)
        if match is None or match[1] not in KEYS:
            raise ValueError(f"no key is called so: {text[position:]!r}")
        position, form, inner = match.end(), text[match.end() : match.end() + 1], []
        if form in _CLOSING:
            closing = _closing(text, position)
            inner, position = _entries(text[position + 1 : closing]), closing + 1
        else:
            form = ""
        if form != FORMS.get(KEYS[match[1]][0], ""):
            raise ValueError(f"{match[1]} is of type {KEYS[match[1]][0]}, and is not declared as one")
        optional = text[position : position + 1] == "?"
        found.append(Entry(match[1], optional, form, inner))
        position += optional
    return found


def _closing(text: str, opening: int) -> int:
    """Where the bracket that opens at ``opening`` closes."""
    depth = 0
    for position in range(opening, len(text)):
        depth += (text[position] in "[{") - (text[position] in "]}")
        if not depth:
            return position
    raise ValueError(f"a bracket is not closed: {text}")


def fault(data: dict[str, Any], returns: str) -> str | None:
    """Why an answer is not what was declared, or None."""
    faults = [_object_fault(data, entries) for entries in alternatives(returns)]
    return None if None in faults else "; or ".join(map(str, faults)) or "nothing is declared"


def _object_fault(data: Any, entries: list[Entry]) -> str | None:
    if not isinstance(data, dict):
        return f"{data!r} is no object"
    known = {entry.name: entry for entry in entries}
    if missing := [entry.name for entry in entries if not entry.optional and entry.name not in data]:
        return f"{missing[0]} is missing"
    for key, value in data.items():
        if key not in known:
            return f"{key} is not declared"
        if found := _value_fault(value, known[key]):
            return f"{key}: {found}"
    return None


def _value_fault(value: Any, entry: Entry) -> str | None:
    if not entry.form:
        return None if has_type(value, KEYS[entry.name][0]) else f"{value!r} is not of type {KEYS[entry.name][0]}"
    if entry.form == "{":
        return _object_fault(value, entry.inner)
    if not isinstance(value, (list, tuple)):
        return f"{value!r} is no list"
    return next((found for item in value if (found := _object_fault(item, entry.inner))), None)


def has_type(value: Any, kind: str) -> bool:
    """Whether a value is of one of the types of KEYS."""
    if kind.endswith("?"):
        return value is None or has_type(value, kind[:-1])
    if kind in _LISTS:
        return isinstance(value, (list, tuple)) and all(has_type(item, _LISTS[kind]) for item in value)
    if kind == "figures":
        return isinstance(value, dict) and all(isinstance(name, str) for name in value)
    return isinstance(value, _TYPES[kind]) and isinstance(value, bool) == (kind == "truth")


def schema(returns: str) -> dict[str, Any]:
    """A declaration as JSON Schema; what a key holds is referred to as ``#/$defs/keys/KEY``."""
    shapes = [_object_schema(entries) for entries in alternatives(returns)]
    return shapes[0] if len(shapes) == 1 else {"anyOf": shapes}


def _object_schema(entries: list[Entry]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {entry.name: _entry_schema(entry) for entry in entries},
        "required": [entry.name for entry in entries if not entry.optional],
    }


def _entry_schema(entry: Entry) -> dict[str, Any]:
    if not entry.form:
        return {"$ref": f"#/$defs/keys/{entry.name}"}
    if entry.form == "{":
        return _object_schema(entry.inner)
    return {"type": "array", "items": _object_schema(entry.inner)}


def type_schema(kind: str) -> dict[str, Any]:
    """One of the types of KEYS as JSON Schema."""
    bare = kind.removesuffix("?")
    names = {"text": "string", "truth": "boolean", "figures": "object"}
    found: dict[str, Any] = {"type": "array" if bare in _LISTS else names.get(bare, bare)}
    if bare in _LISTS:
        found["items"] = type_schema(_LISTS[bare])
    if kind != bare:
        found["type"] = [found["type"], "null"]
    return found
