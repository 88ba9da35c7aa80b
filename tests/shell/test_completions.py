"""The static shim for bash asks the program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs
from tests.transcripts.transcripts import URI

SHIM = Path(__file__).parents[2] / "completions" / "virshpy.bash"


@needs.program("bash", "bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["dominf"], "dominfo"),
        (["-c", URI, "dominfo", ""], "test"),
        (["-r", "-c", URI, "shutdown", "test", "--mode", "a"], "acpi agent"),
        (["--rea"], "--readonly"),
        (["-c", ""], ""),
    ],
)
def test_bash(words: list[str], offered: str, tmp_path: Path) -> None:
    program = tmp_path / "virshpy"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m virshpy "$@"\n')
    program.chmod(0o755)
    script = f'. {SHIM}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _virshpy; echo "${{COMPREPLY[*]}}"'
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(SHIM.parents[1])}
    done = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", "virshpy", *words], capture_output=True, text=True, env=environment
    )
    assert done.stdout == f"{offered}\n", done.stderr
