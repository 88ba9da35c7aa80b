"""The contract against libvirt's own description of its API: names, completeness, numbers."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

import virshpy.api
import virshpy.driver.domain
import virshpy.driver.rows
from tests.contract import reference
from tests.contract.declared import ROWS
from virshpy import enums
from virshpy.driver.contract import Contract, Row, rows
from virshpy.driver.groups import GROUPS
from virshpy.driver.registry import Driver
from virshpy.drivers.qemu.driver import QemuDriver
from virshpy.drivers.test.driver import TestDriver
from virshpy.enums.numbers import IntFlag
from virshpy.loading import named

OWN = {"virshpyDomainPlan"}


def test_every_row_is_a_function_of_libvirt() -> None:
    known = {*reference.functions(), *reference.LATER, *OWN}
    rows = ROWS.values()
    named = {row.c_name for row in rows} | {row.plain for row in rows if row.plain}
    assert not [name for name in named - known if not reference.INTERNAL.fullmatch(name)]


def test_every_function_is_a_row_or_has_a_reason_not_to_be() -> None:
    have = {name for row in ROWS.values() for name in (row.c_name, row.plain)}
    missing = [name for name in reference.functions() if name not in have and reference.why_no_row(name) is None]
    assert not missing


def test_no_reason_without_a_function() -> None:
    functions = reference.functions()
    have = {name for row in ROWS.values() for name in (row.c_name, row.plain)}
    unexplained = [name for name in functions if name not in have]
    idle = [
        pattern for pattern in reference.NO_ROW
        if not any(re.fullmatch(pattern, name) for name in unexplained)
    ]  # fmt: skip
    assert not idle


def test_a_function_has_one_row() -> None:
    names = [row.c_name for row in ROWS.values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.c_name)
def test_flags_are_there(row: Row) -> None:
    """A row with flags names an IntFlag, takes flags by keyword, and its secure ones exist."""
    takes = inspect.signature(row.declaration).parameters.get("flags")
    assert (takes is not None) == row.has_flags
    if row.has_flags:
        assert issubclass(row.flags, IntFlag)
        assert row.secure & ~sum(row.flags) == 0


def test_every_home_of_numbers_is_named() -> None:
    for module, names in enums.HOMES.items():
        found = import_module(f"virshpy.enums.{module}")
        classes = ((name, value) for name, value in vars(found).items() if inspect.isclass(value))
        defined = {name for name, value in classes if value.__module__ == found.__name__}
        assert defined == set(names.split())
    modules = {info.name for info in pkgutil.iter_modules(enums.__path__)}
    assert modules == enums.HOMES.keys() | {"numbers", "parameters", "version"}


@pytest.mark.parametrize("name", [name for names in enums.HOMES.values() for name in names.split()])
def test_numbers_are_libvirts(name: str) -> None:
    ours = getattr(enums, name)
    theirs = reference.enumerations().get(ours.__doc__.split()[0])
    if theirs is None:
        assert "since libvirt" in ours.__doc__ or "Qemu" in ours.__doc__, f"{name}: what C type is this?"
        return
    for member in ours.__members__.values():
        same = [c for c, value in theirs.items() if c.endswith(f"_{member.name.lstrip('_')}")]
        assert any(theirs[c] == member.value for c in same), f"{name}.{member.name}"
    values = {value for c, value in theirs.items() if not c.endswith(("_LAST", "_NR")) or c.endswith("_ADD_LAST")}
    assert values == {member.value for member in ours.__members__.values()}


def test_every_row_is_within_reach_of_the_api() -> None:
    called = set()
    for module in Path(virshpy.api.__path__[0]).glob("*.py"):
        called |= {node.attr for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Attribute)}
    # A tunnel is made by the source's daemon, not by a client.
    assert ROWS.keys() - called == {"domain_migrate_prepare_tunnel3_params"}


@pytest.mark.parametrize("group", GROUPS)
def test_the_table_of_groups_has_their_rows(group: str) -> None:
    home, names = GROUPS[group]
    assert list(rows(named(home))) == sorted(names.split())


def test_every_group_is_in_the_table() -> None:
    packages = (virshpy.driver, virshpy.driver.domain)
    modules = [info.name for p in packages for info in pkgutil.iter_modules(p.__path__, f"{p.__name__}.")]
    found = [vars(import_module(name)).values() for name in modules]
    declared = {c for values in found for c in values if inspect.isclass(c) and issubclass(c, Contract) and rows(c)}
    assert declared == {named(home) for home, _ in GROUPS.values()}


def test_type_checkers_see_every_group() -> None:
    stub = ast.parse(Path(virshpy.driver.rows.__file__).with_suffix(".pyi").read_text())
    (seen,) = (node.bases for node in stub.body if isinstance(node, ast.ClassDef))
    assert {ast.unparse(base) for base in seen} == {home.partition(":")[2] for home, _ in GROUPS.values()}


@pytest.mark.parametrize("driver", [TestDriver, QemuDriver])
def test_the_parts_of_a_driver_are_guarded(driver: type[Driver]) -> None:
    """A part that has not its group among its bases would escape the common checks."""
    for group, home in driver.parts.items():
        part = named(home)
        assert issubclass(part, named(GROUPS[group][0]))
        assert not [row for row in ROWS if hasattr(part, row) and not hasattr(getattr(part, row), "row")]
