"""Small file systems of a guest's own, which it cannot fill beyond their size: tmpfs, by mount(2)."""

from __future__ import annotations

import ctypes
import os

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


def _is_secluded(path: str) -> bool:
    """Whether mounts below a path stay in this namespace: theirs follows another (proc(5), mountinfo)."""
    found, secluded = "", False
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as table:
        for line in table:
            fields, _, _ = line.partition(" - ")
            _, _, _, _, point, _, *tags = fields.split()
            inside = point == "/" or path == point or path.startswith(f"{point}/")
            if inside and len(point) >= len(found):
                found, secluded = point, any(tag.startswith("master:") for tag in tags)
    return secluded
