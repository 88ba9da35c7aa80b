"""The package keeps the rules of its tree."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.structure import rules
from tests.structure.source import ROOT, Module, modules

MODULES = modules()


@pytest.mark.parametrize(
    "rule",
    [
        rules.wrong_arrows,
        rules.strangers,
        rules.endless,
        rules.impure,
        rules.nameless,
        rules.too_long,
        rules.lazy,
        rules.undocumented,
    ],
    ids=lambda rule: rule.__name__,
)
def test_package(rule: Callable[[Module], Iterator[str]]) -> None:
    broken = [line for module in MODULES for line in rule(module)]
    assert not broken, "\n" + "\n".join(broken)


def test_no_test_borrows_from_another() -> None:
    shown = "tests/structure/test_rules.py"  # its samples break the rule
    broken = [line for module in modules(ROOT / "tests") if module.path != shown for line in rules.borrowed(module)]
    assert not broken, "\n" + "\n".join(broken)


@pytest.mark.parametrize("deferred", [False, True])
def test_no_import_cycles(deferred: bool) -> None:
    found = list(rules.cycles(MODULES, deferred=deferred))
    assert not found, "\n" + "\n".join(found)


def test_each_ring_that_is_excused_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    excuses = list(rules.RINGS)
    monkeypatch.setattr(rules, "RINGS", {})
    rings = [ring.split(" <-> ") for ring in rules.cycles(MODULES, deferred=True)]
    idle = [names for names in excuses if not any(rules.excused(ring, names) for ring in rings)]
    assert not idle, "these rings are gone: take them out of RINGS"


def test_rows_name_what_is_there() -> None:
    """A row about a layer that does not exist checks nothing."""
    assert set(rules.LAYERS) == {module.layer for module in MODULES}


def tracked() -> list[str]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout: no list of the project's files")
    return done.stdout.split("\n")[:-1]


def test_no_machine_paths() -> None:
    broken: list[str] = []
    for name in tracked():
        try:
            text = (ROOT / name).read_text()
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
        broken += rules.machine_paths(name, text)
    assert not broken, "\n" + "\n".join(broken)
