"""What a module of the package imports and uses, as dotted names, read from its syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "virshpy"


class Use(NamedTuple):
    """A name in full (`os.unlink`, `virshpy.xml.element`), or `.method` where the object's type is not known."""

    name: str
    line: int


class Module(NamedTuple):
    path: str  # relative to the checkout: virshpy/host/store.py
    text: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def dotted(self) -> str:
        parts = self.path.removesuffix(".py").split("/")
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def layer(self) -> str:
        """The first name under virshpy: `xml`, `errors`, …; empty for the package's own __init__."""
        return (self.dotted.split(".") + [""])[1]


def modules(folder: Path = PACKAGE) -> list[Module]:
    return [Module(str(path.relative_to(ROOT)), path.read_text()) for path in sorted(folder.rglob("*.py"))]


def imports(module: Module) -> Iterator[Use]:
    """Every imported name in full, those inside functions and under TYPE_CHECKING included."""
    package = module.dotted.split(".")
    if not module.path.endswith("__init__.py"):
        package = package[:-1]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Use(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield Use(f"{start}.{alias.name}", node.lineno)


def named(module: Module) -> Iterator[Use]:
    """Modules of ours that a text names, to be loaded when they are asked for (`virshpy.x.y`, `virshpy.x.y:name`)."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if found := re.fullmatch(r"(virshpy(?:\.\w+)+)(?::\w+)?", node.value):
            yield Use(found[1], node.lineno)


def uses(module: Module) -> Iterator[Use]:
    """Imported names, attributes of imported modules, calls of builtins, and methods by their bare name.

    `open` is given as `open(w)` when its mode is one that writes or is not a literal; a method called open only for a
    literal mode that writes, as other things than files are opened too.
    """
    yield from imports(module)
    names = _bindings(module)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            dotted = _dotted(node, names)
            if dotted:
                yield Use(dotted, node.lineno)
            else:
                yield Use(f".{node.attr}", node.lineno)
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id not in names:
                writes = node.func.id == "open" and _writes(node, 1, True)
                yield Use("open(w)" if writes else node.func.id, node.lineno)
            elif isinstance(node.func, ast.Attribute) and node.func.attr == "open" and _writes(node, 0, False):
                yield Use(".open(w)", node.lineno)


def _bindings(module: Module) -> dict[str, str]:
    """Local name -> the full name that an import bound to it."""
    found: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                found[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def _dotted(node: ast.expr, names: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        start = _dotted(node.value, names)
        return f"{start}.{node.attr}" if start else None
    return None


def _writes(call: ast.Call, position: int, unknown: bool) -> bool:
    mode = next((word.value for word in call.keywords if word.arg == "mode"), None)
    if mode is None and len(call.args) > position:
        mode = call.args[position]
    if mode is None:
        return False
    if not isinstance(mode, ast.Constant):
        return unknown
    return isinstance(mode.value, str) and len(mode.value) <= 3 and any(letter in mode.value for letter in "wax+")
