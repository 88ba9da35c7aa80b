"""The parties that attack: another user of the host, and the user a guest runs as."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.processes import processes

PYTHON = "/usr/bin/python3"
"""An interpreter that every user may run: that of the tests may be in a directory of root's."""
MALLORY = 1879114242
"""A user of the host whom nobody has asked."""


def run_as(uid: int, script: str, *arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a Python script as a user without any privilege."""
    words = [PYTHON, "-I", "-c", script, *map(str, arguments)]
    done = subprocess.run(
        words, user=uid, group=uid, extra_groups=[], capture_output=True, text=True, timeout=60, cwd="/"
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def start_as(uid: int, script: str, *arguments: object) -> subprocess.Popen[str]:
    """Start one, and wait for its first line."""
    words = [PYTHON, "-I", "-c", script, *map(str, arguments)]
    process = subprocess.Popen(words, user=uid, group=uid, extra_groups=[], stdout=subprocess.PIPE, text=True, cwd="/")
    assert process.stdout is not None and process.stdout.readline()
    return process


def qemu_of(root: Path, name: str) -> tuple[int, int, Path]:
    """(pid, uid, directory) of a running guest."""
    pid = processes(f"qemu-system.*guest={name},.*{root}/")[0][0]
    return pid, os.stat(f"/proc/{pid}").st_uid, Path(os.readlink(f"/proc/{pid}/cwd"))
