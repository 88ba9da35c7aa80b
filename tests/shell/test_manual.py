"""The manual: made from the declarations, current, and without a complaint of mandoc's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kit.manual import FOLDER
from tests import needs
from virshpy.shell.lang import manpage, registry


def test_is_current() -> None:
    """`make man` makes it so."""
    kept = {path.name: path.read_text() for path in FOLDER.glob("*.1")}
    stale = sorted(name for name, text in manpage.pages().items() if kept.get(name) != text)
    assert stale == [] and set(kept) == set(manpage.pages()), "run: make man"


def test_every_command_is_described() -> None:
    pages = manpage.pages()
    for group in registry.GROUPS:
        page = pages[f"{manpage.page_name(group)}.1"]
        for name in group.names():
            command = registry.find_known(name)
            assert f".Ss {name}\n" in page
            assert all(f".It Fl -{option.name}" in page for option in command.options)


@needs.program("mandoc", "mandoc")
def test_lint(tmp_path: Path) -> None:
    for name, text in manpage.pages().items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(["mandoc", "-Tlint", *sorted(tmp_path.glob("*.1"))], capture_output=True, text=True)
    assert done.stdout + done.stderr == ""


@needs.program("mandoc", "mandoc")
def test_lint_would_complain(tmp_path: Path) -> None:
    page = tmp_path / "bad.1"
    page.write_text(manpage.pages()["virshpy.1"].replace(".El\n", "", 1))
    assert subprocess.run(["mandoc", "-Tlint", page], capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("One. Two.", ["One.", "Two."]),
        ("N,M,... to it", ["N,M,... to it"]),
        (".x", ["\\&.x"]),
        ("a \\ b", ["a \\e b"]),
    ],
)
def test_text(text: str, lines: list[str]) -> None:
    assert list(manpage._text(text)) == lines


def test_installation(tmp_path: Path) -> None:
    argv = ["make", "-s", "install-completions", f"DESTDIR={tmp_path}", "PREFIX=/usr"]
    subprocess.run(argv, check=True, cwd=FOLDER.parent)
    share = tmp_path / "usr" / "share"
    assert (share / "zsh/site-functions/_virshpy").exists() and (share / "man/man1/virshpy.1").exists()
    assert (share / "bash-completion/completions/virshpy").exists()
