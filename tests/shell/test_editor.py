"""VISUAL and EDITOR: command lines for a shell, and what becomes of a text when they go wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

URI = "test:///default"
CHANGE = "sed -i s/8388608/8388604/"


def edit(tmp_path: Path, editor: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "VIRSHPY_HINTS": "1", "EDITOR": editor, **more}
    if "VISUAL" not in more:
        environment.pop("VISUAL", None)
    return subprocess.run(
        [sys.executable, "-m", "virshpy", "-c", URI, "edit", "test"],
        capture_output=True,
        text=True,
        env=environment,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )


@pytest.mark.parametrize(
    "editor",
    [
        CHANGE,
        f"LC_ALL=C {CHANGE}",
        f"true; {CHANGE}",
        "'{}/an editor'",
        '"$HOME/an editor"',
    ],
)
def test_an_editor_is_a_command_line_for_a_shell(tmp_path: Path, editor: str) -> None:
    script = tmp_path / "an editor"
    script.write_text(f'#!/bin/sh\n{CHANGE} "$1"\n')
    script.chmod(0o755)
    done = edit(tmp_path, editor.replace("{}", str(tmp_path)), HOME=str(tmp_path))
    assert done.stdout == "Domain 'test' XML configuration edited.\n\n"
    assert sorted(tmp_path.glob("virshpy*")) == []


def test_visual_goes_first_unless_it_is_empty(tmp_path: Path) -> None:
    assert "edited" in edit(tmp_path, "false", VISUAL=CHANGE).stdout
    assert "edited" in edit(tmp_path, CHANGE, VISUAL="").stdout


@pytest.mark.parametrize(
    ("editor", "shown", "ending"),
    [
        ("false", "false PATH", "exit status 1"),
        ("exit 7;", "sh -c 'exit 7; PATH'", "exit status 7"),
        ("kill -9 $$; ", "sh -c 'kill -9 $$;  PATH'", "fatal signal 9"),
        ("/nonexistent/editor", "/nonexistent/editor PATH", "exit status 127"),
    ],
)
def test_an_editor_that_fails_is_told_as_virsh_tells_it(tmp_path: Path, editor: str, shown: str, ending: str) -> None:
    done = edit(tmp_path, editor)
    told = done.stderr.splitlines()
    path = next(word for word in told[-2].replace("'", " ").replace(")", " ").split() if "/virshpy" in word)
    error = f"error: internal error: Child process ({shown.replace('PATH', path)}) unexpected {ending}"
    assert done.returncode == 1 and told[-2] == error
    assert told[-1].startswith("hint: ")
    assert not Path(path).exists()


def test_an_editor_that_removes_the_file(tmp_path: Path) -> None:
    done = edit(tmp_path, "rm")
    assert done.returncode == 1
    assert ".xml: failed to read temporary file: No such file or directory\n" in done.stderr
    assert "nothing is changed" in done.stderr


@pytest.mark.parametrize(
    ("editor", "told"),
    [
        (r"printf '<domain><title>caf\351</title></domain>' >", "is not UTF-8"),
        ("f() { echo mine > $1; exit 3; }; f", "unexpected exit status 3"),
    ],
)
def test_what_was_written_is_kept_where_it_cannot_be_taken(tmp_path: Path, editor: str, told: str) -> None:
    done = edit(tmp_path, editor)
    (kept,) = tmp_path.glob("virshpy*.xml")
    assert done.returncode == 1 and told in done.stderr
    assert str(kept) in done.stderr.partition("hint: ")[2]
    if "iconv" in done.stderr:
        command = done.stderr.partition("kept: ")[2]
        assert "café" in subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout


def test_a_temporary_folder_whose_name_a_shell_would_split(tmp_path: Path) -> None:
    folder = tmp_path / "a b; c"
    folder.mkdir()
    assert "edited" in edit(tmp_path, CHANGE, TMPDIR=str(folder)).stdout
