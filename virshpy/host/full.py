"""The error of a file system without space. It has a module of its own, as commands that meet no error import none."""

from __future__ import annotations

from virshpy import errors


class Full(errors.SystemCallError):
    """cannot be written"""

    # What was to be recorded found no space. Who takes something back goes on without the record.
