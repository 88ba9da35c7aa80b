"""Where the host's own programs are: administrators' are in directories that a user's PATH leaves out."""

from __future__ import annotations

SEARCH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def program(name: str) -> str:
    """The path of one of the host's tools; its bare name where there is none, so that running it says so."""
    from shutil import which

    return which(name, path=SEARCH) or name
