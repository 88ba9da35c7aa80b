"""Each operation of the QEMU driver that writes is tried at every moment of its life, by a row of the crash matrix."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator

import virshpy.driver
from tests.guests.matrix import ROWS, WITHOUT_A_ROW
from tests.structure.source import PACKAGE, Module, modules


def operations() -> Iterator[tuple[str, bool]]:
    """(name, whether it writes) of each operation of the contract."""
    for found in pkgutil.walk_packages(virshpy.driver.__path__, "virshpy.driver."):
        for group in vars(importlib.import_module(found.name)).values():
            if isinstance(group, type):
                for name, operation in vars(group).items():
                    if hasattr(operation, "c_name"):
                        yield name, operation.writes


def methods(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef):
            yield from (method.name for method in node.body if isinstance(method, ast.FunctionDef))
            given = [target for each in node.body if isinstance(each, ast.Assign) for target in each.targets]
            yield from (name.id for name in given if isinstance(name, ast.Name))  # rows that all kinds have


WRITING = {name for name, writes in operations() if writes}
OURS = {
    name
    for part in ("network", "qemu", "secret", "storage")
    for module in modules(PACKAGE / "drivers" / part)
    for name in methods(module)
    if name in WRITING
}
TRIED = {row.operation for row in ROWS}


def test_what_writes_has_a_row_or_a_reason() -> None:
    assert len(OURS) > 20
    assert OURS - TRIED - set(WITHOUT_A_ROW) == set()


def test_rows_and_reasons_are_about_what_is_there() -> None:
    assert set() == TRIED - OURS and set(WITHOUT_A_ROW) - OURS == set()
    assert TRIED & set(WITHOUT_A_ROW) == set()
