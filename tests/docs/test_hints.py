"""What hints name is there: commands of ours, packages of the host's distribution."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.guests.documents import document
from virshpy.driver.contract import rows
from virshpy.driver.registry import Driver
from virshpy.shell.hints import ACTIONS, CODES
from virshpy.shell.lang import registry
from virshpy.shell.lang.parser import parse_line

PACKAGE = Path(__file__).parents[2] / "virshpy"
ELSEWHERE = {"virtiofsd": "of Debian 13 and later"}


def _texts() -> list[tuple[str, str]]:
    """(module, text) of every string of the package that is shown to somebody; docstrings are not."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        documentation = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            if node.body and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
                found.append((str(path.relative_to(PACKAGE)), node.value))
    return found


def test_commands_that_hints_name_are_commands() -> None:
    named = {word for text in CODES.values() for word in re.findall(r"'([a-z][a-z-]+)[ ']", text)}
    assert "capabilities" in named
    assert not [word for word in named if not registry.lookup(word)]


def test_below_the_shell_no_text_names_a_command() -> None:
    """A hint there names what helps, and the operation that does it: programs and daemons read it, too."""
    named = {
        (module, word)
        for module, text in _texts()
        for word in re.findall(r"\bvirshpy ([a-z][a-z-]+)", text)
        if not module.startswith("shell/") and registry.lookup(word)
    }
    assert not named


def _actions() -> set[tuple[str, int]]:
    """(operation, how many words) of every action that is given below the shell."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        if "shell" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.keyword(arg="action", value=ast.Tuple(elts=[ast.Constant(value=str(name)), *words])):
                    found.add((name, len(words)))
    return found


def test_actions_are_operations_and_the_shell_has_a_command_for_each() -> None:
    actions = _actions()
    assert ("secret_set_value", 1) in actions
    operations = rows(Driver)
    for name, words in actions:
        assert name in operations
        assert ACTIONS[name].count("{}") == words, name
    assert not ACTIONS.keys() - operations.keys()
    for line in ACTIONS.values():
        parsed = parse_line(line.replace("{}", "x"))
        assert parsed[0].command.connects


@pytest.mark.skipif(shutil.which("apt-cache") is None, reason="needs a host with apt")
def test_packages_that_hints_name_can_be_installed() -> None:
    packages = {package for _, text in _texts() for package in re.findall(r"apt install ([a-z0-9.+-]+)", text)}
    assert "ovmf" in packages
    shown = subprocess.run(["apt-cache", "pkgnames"], capture_output=True, text=True, check=True).stdout.split()
    if "apt" not in shown:
        pytest.skip("needs the lists of packages: apt-get update")
    assert packages - set(shown) <= set(ELSEWHERE)


# Errors of which nothing is known that would help: a hint about something else teaches to ignore hints.
def test_where_nothing_is_known_nothing_is_said(virshpy: Run, root: Path) -> None:
    (root / "vm.xml").write_text(document("vm", "<graphics type='vnc' keymap='en-us' sharePolicy='nonsense'/>"))
    told = virshpy("--hints", "define", str(root / "vm.xml"), check=False).stderr
    assert "error: " in told and "for example" not in told and "domcapabilities" not in told
