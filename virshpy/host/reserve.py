"""Space that is set aside on a file system, for the day on which there is no more: a guest can always be stopped."""

from __future__ import annotations

import os

from virshpy.host import files

_SIZE = 64 << 10
_PLENTY = 16 * _SIZE


class Reserve:
    """Some small files of a directory (``count``), which are given up where no space, or no further name, is left."""

    def __init__(self, directory: str, count: int) -> None:
        self._directory = directory
        self._paths = [f"{directory}/reserve.{number}" for number in range(count)]

    def is_full(self) -> bool:
        return self._left() < _SIZE

    def make_room(self) -> None:
        """Give it up where there is no space."""
        if self.is_full():
            for path in self._paths:
                try:
                    files.remove(path)
                except OSError:
                    continue

    def replenish(self) -> None:
        """Put it back where there is plenty of space. What fails is left for the next time."""
        if self._left() > _PLENTY:
            for path in self._paths:
                if not os.path.exists(path):
                    try:
                        files.set_aside(path, _SIZE)
                    except OSError:
                        return

    def _left(self) -> int:
        """Bytes that can be written; none where no file can be made."""
        try:
            found = os.statvfs(self._directory)
        except OSError:
            return _PLENTY  # it is not there yet
        free = found.f_bfree if os.geteuid() == 0 else found.f_bavail
        return free * found.f_frsize if found.f_ffree or not found.f_files else 0
