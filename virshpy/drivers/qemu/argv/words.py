"""How QEMU's options are spelt: JSON objects, and key=value words in which commas are doubled."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Properties = dict[str, Any]


class Null:
    """JSON's null, where None means that a property is left out."""


NULL = Null()
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=lambda _: None).encode


def as_json(properties: Properties) -> str:
    """An object without the keys that have no value."""
    return _encode({key: value for key, value in properties.items() if value is not None})


def comma(text: str) -> str:
    """Text as part of a key=value word."""
    return text.replace(",", ",,")


def pairs(properties: Properties) -> list[str]:
    """key=value words, without the keys that have no value."""
    return [f"{key}={_value(value)}" for key, value in properties.items() if value is not None]


def _value(value: object) -> str:
    return comma(str(value)) if not isinstance(value, bool) else "on" if value else "off"


def on_off(value: bool | None) -> str | None:
    return None if value is None else ("on" if value else "off")
