"""Values as people read them: sizes with a unit, yes and no."""

from __future__ import annotations

from virshpy.shell.render.results import Field, Shown, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def scaled(value: int, places: int = 2) -> str:
    """A number of bytes in the largest unit that leaves at least one of it: ``1.50 GiB``."""
    number, place = float(value), 0
    while number >= 1024 and place < len(_UNITS) - 1:
        number, place = number / 1024, place + 1
    return f"{number:.{places}f} {_UNITS[place]}"


def yes_no(value: bool) -> str:
    return "yes" if value else "no"


def shown_bool(value: bool) -> Shown:
    """A truth for a table."""
    return Shown(value, yes_no(value))


def shown_size(value: int) -> Shown:
    """A number of bytes for a table."""
    return Shown(value, scaled(value))


def parameters(found: dict[str, Any], shown: dict[str, str] | None = None) -> Text:
    """``name           : value`` for each, as virsh prints typed parameters."""
    lines = []
    for name, value in found.items():
        text = (shown or {}).get(name) or (("yes" if value else "no") if isinstance(value, bool) else str(value))
        lines.append(f"{name:<15}: {text}\n")
    return Text("parameters", "".join(lines), found, end="")


def cpu_map(cpus: Iterable[int], count: int) -> str:
    """A letter for each CPU: ``y-y-``."""
    there = set(cpus)
    return "".join("y" if cpu in there else "-" for cpu in range(count))


def truth(key: str, label: str, value: bool) -> Field:
    """A truth as a labelled value."""
    return Field(key, label, value, yes_no(value))
