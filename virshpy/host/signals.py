"""Signals that end a program, put off while a change of the host is under way.

Python raises KeyboardInterrupt between any two instructions, and SIGTERM and SIGHUP end the process where it stands. A
verb can be broken off only where it knows what it has done: :func:`check` is such a place, and so is every wait that is
marked :class:`interruptible`. From there on it is an exception like any other, and the journal is undone.

From :func:`defer` to :func:`resume` a signal is therefore only remembered, for as long as the process holds a lock
(locks.py calls both). When the last lock has gone the signal is sent again, and does what it always does.
"""

from __future__ import annotations

import os
from _thread import get_native_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as names
    from collections.abc import Callable
    from types import FrameType
    from typing import Any
else:
    import _signal as names  # signal's own, which has no enumerations to make

SIGHUP, SIGINT, SIGKILL, SIGTERM = names.SIGHUP, names.SIGINT, names.SIGKILL, names.SIGTERM
SIGPIPE, SIGXFSZ = names.SIGPIPE, names.SIGXFSZ
pidfd_send_signal = names.pidfd_send_signal

_DEFERRED = (SIGINT, SIGTERM, SIGHUP)


class Interrupted(KeyboardInterrupt):
    """A signal was taken notice of: what is under way is to be taken back."""


_depth = 0
_before: dict[int, Callable[[int, FrameType | None], Any] | int | None] = {}
_pending: int | None = None  # the first signal since the first lock
_raised = False
_waiting = 0
_shielded = 0


def _is_main_thread() -> bool:
    return get_native_id() == os.getpid()  # only there does Python handle signals


def defer() -> None:
    """Put signals off until as many calls of :func:`resume` have been made. Only the main thread gets any."""
    global _depth, _pending, _raised
    if not _is_main_thread():
        return
    _depth += 1
    if _depth == 1:
        _pending, _raised = None, False
        for number in _DEFERRED:
            if (handler := names.getsignal(number)) not in (names.SIG_IGN, None):
                names.signal(number, _note)
                _before[number] = handler


def resume() -> None:
    """End what :func:`defer` began; a signal that came meanwhile arrives now."""
    global _depth
    if not _is_main_thread():
        return
    _depth -= 1
    if _depth == 0:
        while _before:
            names.signal(*_before.popitem())
        if _pending is not None and not (_raised and _pending == SIGINT):
            os.kill(os.getpid(), _pending)


def _note(number: int, frame: FrameType | None) -> None:
    global _pending
    if _pending is None:
        _pending = number
    if _waiting:
        check()


def check() -> None:
    """A place where a verb may be broken off: raises Interrupted, once, where a signal is waiting."""
    global _raised
    if _pending is not None and _depth and not _raised and not _shielded and _is_main_thread():
        _raised = True
        raise Interrupted


class interruptible:
    """A wait that a signal may end, as a context: all in it can be abandoned at any point."""

    def __enter__(self) -> None:
        global _waiting
        check()
        _waiting += _is_main_thread()

    def __exit__(self, *exception: object) -> None:
        global _waiting
        _waiting -= _is_main_thread()


class shielded:
    """What no signal breaks off, as a context: taking back, and carrying forward."""

    def __enter__(self) -> None:
        global _shielded
        _shielded += _is_main_thread()

    def __exit__(self, *exception: object) -> None:
        global _shielded
        _shielded -= _is_main_thread()
