"""The imaginary host answers as libvirt's does: the same lines to both, group by group, and the same bytes back."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.testdriver.lines import DOCUMENTS, GROUPS
from tests.transcripts.transcripts import unknown_scheme

needs_virsh = pytest.mark.skipif(shutil.which("virsh") is None, reason="needs virsh (package libvirt-clients)")

# What cannot be the same twice, and what stands for it.
_CHANGING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+\d{4}"), "DATE"),
    (re.compile(r"<creationTime>\d+<"), "<creationTime>TIME<"),
    (re.compile(r"^CPU time: .*s$", re.MULTILINE), "CPU time: TIME"),
)


def _each(program: list[str], lines: list[str], folder: Path) -> list[str]:
    """What each line prints, both streams, in one session given as arguments. Raises TimeoutExpired."""
    folder.mkdir(exist_ok=True)
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text)
    joined = "; ".join(f"{line}; echo == {number}" for number, line in enumerate(lines))
    command = [*program, "-c", "test:///default", joined]
    environment = {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "HOME": str(folder), "TZ": "UTC"}
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=10, env=environment,
    )  # fmt: skip
    text = unknown_scheme(done.stdout, "x:///")
    for pattern, word in _CHANGING:
        text = pattern.sub(word, text)
    return re.split(r"^== \d+\n", text, flags=re.MULTILINE)


def _reference(lines: list[str], folder: Path) -> list[str]:
    """virsh's answers. It waits for ever when a save or a dump ends before it has begun to wait."""
    for _ in range(6):
        try:
            return _each(["virsh"], lines, folder)
        except subprocess.TimeoutExpired:
            continue
    pytest.skip("virsh hung each time")


@needs_virsh
@pytest.mark.parametrize("group", GROUPS)
def test_same_answers(group: str, tmp_path: Path) -> None:
    lines = GROUPS[group]
    theirs = _reference(lines, tmp_path / "virsh")
    ours = _each([sys.executable, "-m", "virshpy"], lines, tmp_path / "virshpy")
    differing = [
        f"{line}\n-- virsh:\n{their}-- virshpy:\n{our}"
        for line, their, our in zip(lines, theirs, ours, strict=False)
        if their != our
    ]
    assert not differing, f"{len(differing)} of {len(lines)}\n" + "\n".join(differing)
    assert len(ours) == len(theirs)
