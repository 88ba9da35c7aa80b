"""The program, and ``python -m virshpy``."""

from __future__ import annotations

import sys


def main() -> int:
    """Load the program and run it; the exit code."""
    try:
        from virshpy.shell.main import entry
    except (ImportError, OSError) as error:
        sys.stderr.write(f"error: cannot load the program: {error}\n")
        return 1
    return entry()


if __name__ == "__main__":
    sys.exit(main())
