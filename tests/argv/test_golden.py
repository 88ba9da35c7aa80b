"""Whole guests: what define makes of a document, and the command line it starts with.

The expected files were compared with libvirt 9.0 and the same QEMU: bytes of the documents, facts and order of the
command lines. ``UPDATE_GOLDEN=1 pytest tests/argv`` writes them anew; read the diff before you commit it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.argv.documents import GOLDEN, complete, start

CASES = sorted(GOLDEN.glob("*.xml"), key=lambda path: path.name)


def agree(path: Path, text: str) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_definition(case: Path) -> None:
    agree(case.with_suffix(".out"), complete(case.read_text()).format(inactive=True, secure=True))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_command_line(case: Path) -> None:
    command = start(case.read_text())
    files = [f"# {use.mode} {use.kind}{' shared' if use.shared else ''}: {use.path}" for use in command.files]
    asked = [f"# {name}: {what}" for name, what in command.descriptors.items()]
    agree(case.with_suffix(".args"), "\n".join([*command.argv, *asked, *files, ""]))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_definition_is_complete(case: Path) -> None:
    """Defining what dumpxml printed changes nothing but the order in which controllers are listed, and the numbers of
    consoles: libvirt counts them before it adds the one that is a serial port."""
    first = complete(case.read_text()).format(inactive=True, secure=True)
    again = complete(first).format(inactive=True, secure=True)
    uncounted = [re.sub(r"(<target type='virtio') port='\d+'", r"\1", text) for text in (first, again)]
    assert sorted(uncounted[1].splitlines()) == sorted(uncounted[0].splitlines())
    assert complete(again).format(inactive=True, secure=True) == again


def test_every_case_has_its_answers() -> None:
    assert CASES
    stems = {path.stem for path in CASES}
    assert {path.stem for path in GOLDEN.iterdir()} == stems
