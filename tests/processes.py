"""The host's processes by their command lines, read from /proc: procps is not on every machine."""

from __future__ import annotations

import os
import re
from pathlib import Path


def processes(pattern: str) -> list[tuple[int, str]]:
    """(pid, command line with spaces between its words) of every process but our own that a pattern is found in."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
        except OSError:
            continue
        if re.search(pattern, words):
            found.append((int(entry.name), words))
    return found
