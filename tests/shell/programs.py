"""The program as it is installed, under a name of one's choice."""

from __future__ import annotations

import sys
from pathlib import Path

_SCRIPT = Path(__file__).parents[2] / "bin" / "virshpy"


def installed(folder: Path, name: str = "virshpy") -> Path:
    """The command, in a folder that may go into PATH."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(_SCRIPT.read_text().replace("#!python", f"#!{sys.executable}", 1))
    program.chmod(0o755)
    return program
