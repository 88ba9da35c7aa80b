"""The program, and ``python -m virshpy``."""

from __future__ import annotations

import gc
import sys

from virshpy.loading import hasten

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Load the program, run it, and leave with its exit code."""
    # Most runs end before a collection would find anything; those of the imports alone take milliseconds.
    gc.set_threshold(50_000)
    hasten()
    try:
        from virshpy.shell import streams
        from virshpy.shell.main import entry
    except (ImportError, OSError) as error:
        sys.exit(f"error: cannot load the program: {error}")
    streams.leave(entry())


if __name__ == "__main__":
    main()
