"""Waiting for a file to be written to, and for processes to end, in one place."""

from __future__ import annotations

import ctypes
import os
import select

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_IN_MODIFY = 0x2


class Watch:
    """Watches one file for writes and some processes for their end."""

    def __init__(self, path: str, pids: Iterable[int]) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._inotify = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        if self._inotify < 0 or libc.inotify_add_watch(self._inotify, os.fsencode(path), _IN_MODIFY) < 0:
            raise errors.SystemCallError(f"Failed to watch {path}: {os.strerror(ctypes.get_errno())}")
        self._poller = select.poll()
        self._poller.register(self._inotify, select.POLLIN)
        for pid in pids:
            try:
                self._poller.register(os.pidfd_open(pid), select.POLLIN)
            except ProcessLookupError:
                continue

    def wait(self, timeout: float) -> None:
        """Return when something happened, or after ``timeout`` seconds."""
        self._poller.poll(timeout * 1000)
        try:
            os.read(self._inotify, 65536)
        except BlockingIOError:
            pass
