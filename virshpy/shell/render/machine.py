"""Results for programs: JSON, YAML, CSV. Plain data in (dict, list, str, int, float, bool, None), text out."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any


def written(document: dict[str, Any], format: str, *, indented: bool = False) -> str:
    """One document ({"version", "command", "result"} or with "error" or "warning" in the place of the result)."""
    if format == "yaml":
        return "---\n" + yaml(document)
    if format == "csv" and "result" in document:
        return csv(document["result"])
    from json import dumps

    return dumps(document, indent=2 if indented else None, ensure_ascii=False, default=str) + "\n"


# YAML 1.2 in block style. Strings that another reader could take for something else are in double quotes, where YAML
# has JSON's escapes.


def yaml(value: Any) -> str:
    """A value as a YAML document, without the marker before it."""
    return "".join(_yaml(value, ""))


def _yaml(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield f"{indent}{_scalar(str(key))}:"
            yield from _beneath(inner, indent)
    elif isinstance(value, (list, tuple)) and value:
        for inner in value:
            first, *others = _yaml(inner, indent + "  ")
            yield f"{indent}- {first.removeprefix(indent + '  ')}"
            yield from others
    else:
        yield f"{indent}{_leaf(value, indent)}\n"


def _beneath(value: Any, indent: str) -> Iterator[str]:
    """What follows a key and its colon."""
    if isinstance(value, (dict, list, tuple)) and value:
        yield "\n"
        yield from _yaml(value, indent + "  ")
    else:
        yield f" {_leaf(value, indent)}\n"


def _leaf(value: Any, indent: str) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, (dict, list, tuple)):
        return "{}" if isinstance(value, dict) else "[]"
    return _block(str(value), indent + "  ") or _scalar(str(value))


def _float(value: float) -> str:
    if value != value:
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    # Readers of YAML 1.1 want a point in a number with an exponent.
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


def _block(text: str, indent: str) -> str | None:
    """Several lines as a literal block, which a person can read; None where the text does not lend itself to it."""
    if "\n" not in text.rstrip("\n") or text[0] in " \n":
        return None
    if any(not (c.isprintable() or c in "\n\t") or c == "\ufeff" for c in text):
        return None
    body = text.rstrip("\n")
    closing = text[len(body) :]
    lines = [f"{indent}{line}" if line else "" for line in body.split("\n")]
    if any(line.isspace() for line in lines):
        return None
    keep = {"": "-", "\n": ""}.get(closing, "+")
    return f"|{keep}\n" + "\n".join(lines) + "\n" * max(0, len(closing) - 1)


def _scalar(text: str) -> str:
    """A string as it is where every reader takes it for one, else in quotes."""
    plain = text.isascii() and text[:1].isalpha() and text.lower() not in _WORDS
    if plain and all(c.isalnum() or c in _SAFE for c in text):
        return text
    from json import dumps

    quoted = dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() and c != "\ufeff" else _escaped(c) for c in quoted)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"


_SAFE = frozenset("_-./+")
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))


def csv(result: dict[str, Any]) -> str:
    """A result as CSV (RFC 4180 but for the line ends, which are newlines): a heading and a row for each object of a
    list; a list of plain values as one column; one row for anything else. No value is an empty cell."""
    heading, rows = _rows(result)
    return "".join(",".join(map(_cell, row)) + "\n" for row in [heading, *rows])


def _rows(result: dict[str, Any]) -> tuple[list[str], list[list[Any]]]:
    if len(result) == 1:
        ((name, value),) = result.items()
        if isinstance(value, (list, tuple)):
            if value and all(isinstance(item, dict) for item in value):
                return _objects(value)
            return [name], [[item] for item in value]
    return list(result), [list(result.values())]


def _objects(items: Sequence[dict[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    if all(set(item) == {"name", "stats"} for item in items):
        # Figures differ from object to object: a row each.
        figures = [[item["name"], key, value] for item in items for key, value in item["stats"].items()]
        return ["name", "key", "value"], figures
    heading = list(dict.fromkeys(key for item in items for key in item))
    return heading, [[item.get(key) for key in heading] for item in items]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list, tuple)):
        from json import dumps

        value = dumps(value, ensure_ascii=False)
    text = str(value)
    if any(c in text for c in ',"\n\r') or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text
