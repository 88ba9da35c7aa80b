"""What the quick commands load: their time is mostly that of importing."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

# Milliseconds each, and none is needed to print a list.
DEAR = {
    "asyncio", "click", "dataclasses", "inspect", "lxml", "prompt_toolkit", "rich", "subprocess", "typing", "xml.etree",
    "email", "http", "urllib.request", "logging", "argparse", "tempfile", "shutil", "uuid", "socket", "pathlib",
}  # fmt: skip


def loaded(*argv: str) -> set[str]:
    """Every module that a run of virshpy loads beyond those of a bare Python."""
    bare = _names("-c", "pass")
    return _names("-m", "virshpy", *argv) - bare


def _names(*argv: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *argv], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return set(re.findall(r"^import time: +\d+ \| +\d+ \| +(\S+)$", done.stderr, re.MULTILINE))


@pytest.mark.parametrize("words", [["list"], ["list", "--all"]], ids=" ".join)
def test_list_loads_nothing_dear(uri: str, words: list[str]) -> None:
    assert not loaded("-c", uri, *words) & DEAR


def test_library_loads_nothing_of_the_terminal() -> None:
    names = _names("-c", "import virshpy")
    assert not {name for name in names if name.partition(".")[0] in ("click", "rich", "prompt_toolkit")}
    assert "virshpy.shell" not in names
