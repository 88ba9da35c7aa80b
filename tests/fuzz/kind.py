"""What is damaged, and what must not come of it. Each kind of input has a module of its own in this folder."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from virshpy import errors

SLOW = 1.0
"""Seconds that no input may take."""


class Fault(Exception):
    """What must not happen: an exception that is no error of ours, or a stored definition that can't be read again."""


class Kind(NamedTuple):
    """``inputs(seed, folders)`` gives damaged inputs without end, ``take`` says how far one comes, by the names in
    ``stages``, and raises Fault. ``folders`` are of documents from outside; few kinds use them. ``open`` prepares what
    ``take`` needs and returns what takes it down again."""

    name: str
    what: str
    times: int
    inputs: Callable[[int, Sequence[Path]], Iterator[bytes]]
    take: Callable[[bytes], str]
    stages: dict[str, str]
    suffix: str
    open: Callable[[], Callable[[], None]] = lambda: lambda: None


def refused(error: errors.Error) -> None:
    """An error is one only with words."""
    if not str(error):
        raise Fault(f"an error without words: {error!r}") from error


def fault(error: BaseException) -> Fault:
    return Fault("".join(traceback.format_exception(error)[-3:]))
