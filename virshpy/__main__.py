"""``python -m virshpy``: the command line."""

from __future__ import annotations

import sys

from virshpy.shell.main import entry

if __name__ == "__main__":
    sys.exit(entry())
