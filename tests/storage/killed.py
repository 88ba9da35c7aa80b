"""A command that is killed at a moment of its work, as `kill -9` would."""

from __future__ import annotations

import subprocess
import sys

# Its first word is the moment, the others are virshpy's.
PROGRAM = """
import os, sys
from fnmatch import fnmatchcase
from virshpy.host import store
from virshpy.__main__ import main
moment = sys.argv.pop(1)
store.observers.append(lambda name: os.kill(os.getpid(), 9) if fnmatchcase(name, moment) else None)
main()
"""


def killed_at(moment: str, uri: str, *words: str) -> None:
    """Run a command until a crash point whose name is like ``moment``, which it must reach."""
    argv = [sys.executable, "-c", PROGRAM, moment, "-c", uri, *words]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert done.returncode == -9, f"{words} did not come to {moment!r}: {done.stdout}{done.stderr}"
