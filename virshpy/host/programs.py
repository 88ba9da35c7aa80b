"""Where the host's own programs are: administrators' are in directories that a user's PATH leaves out."""

from __future__ import annotations

import os

_SEARCH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def program(name: str) -> str:
    """The path of one of the host's tools; its bare name where there is none, so that running it says so.

    Not by ``shutil``, which loads every compressor of Python first.
    """
    for folder in _SEARCH:
        path = f"{folder}/{name}"
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return name
