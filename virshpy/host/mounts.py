"""What is mounted where; and small file systems of a guest's own, which it cannot fill beyond their size."""

from __future__ import annotations

import ctypes
import os
import re

from virshpy import errors

_MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 2, 4, 8
_MNT_DETACH = 2


def mount_tmpfs(path: str, *, size: int, files: int, mode: int) -> bool:
    """Mount an empty file system of ``size`` bytes and ``files`` names on a directory; False where there is none.

    It must be there for every command, from wherever it is run: in a namespace whose mounts do not reach the host
    (a unit with PrivateTmp, say) none is made.
    """
    if os.geteuid() != 0 or _is_secluded(path):
        return False
    options = f"size={size},nr_inodes={files},mode={mode:04o}".encode()
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    return bool(ctypes.CDLL(None).mount(b"virshpy", os.fsencode(path), b"tmpfs", flags, options) == 0)


def unmount(path: str) -> None:
    """Take away what is mounted on a directory, if anything is. What is still open lasts until it is closed."""
    while is_mount_point(path) and ctypes.CDLL(None).umount2(os.fsencode(path), _MNT_DETACH) == 0:
        continue


def is_mount_point(path: str) -> bool:
    try:
        return os.lstat(path).st_dev != os.lstat(os.path.dirname(path)).st_dev
    except OSError:
        return False


class Mounted:
    """One line of the table of mounts: ``source`` is mounted on ``point``."""

    __slots__ = ("point", "type", "source", "master")

    def __init__(self, line: str) -> None:
        before, _, after = line.partition(" - ")
        _, _, _, _, point, _, *tags = before.split()
        self.point = _unescaped(point)
        self.type, source, _ = after.split(" ", 2)
        self.source = _unescaped(source)
        self.master = any(tag.startswith("master:") for tag in tags)


def table() -> list[Mounted]:
    """What is mounted in this namespace, in the order in which it was (proc(5), mountinfo). Nothing is waited for."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as lines:
        return [Mounted(line) for line in lines]


def mounted_on(path: str) -> Mounted | None:
    """What is mounted on a directory, seen last; None where nothing is."""
    path = os.path.normpath(path)
    return next((mounted for mounted in reversed(table()) if mounted.point == path), None)


def answers(path: str, patience: float = 3) -> bool:
    """Whether the file system of a path answers. Who asks a server that is away hangs: another process does."""
    from virshpy.host import processes

    try:
        processes.run(["stat", "-f", "-c", "%b", path], timeout=patience, together=True)
    except errors.Error:
        return False
    return True


def _unescaped(word: str) -> str:
    """Blanks and backslashes stand there as three octal digits."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), word)


def _is_secluded(path: str) -> bool:
    """Whether mounts below a path stay in this namespace: theirs follows another (proc(5), mountinfo)."""
    found, secluded = "", False
    for mounted in table():
        point = mounted.point
        inside = point == "/" or path == point or path.startswith(f"{point}/")
        if inside and len(point) >= len(found):
            found, secluded = point, mounted.master
    return secluded
