"""Who may open what: POSIX access control lists as the kernel stores them, and a walk along a path.

The lists are read and written as extended attributes; no tool is called. Layout (linux/posix_acl_xattr.h): a 32-bit
version 2, then entries of tag (16 bits), permissions (16 bits) and id (32 bits), sorted by tag and id.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

READ, WRITE, SEARCH = 4, 2, 1

_USER_OBJ, _USER, _GROUP_OBJ, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
_NO_ID = 0xFFFFFFFF
_ATTRIBUTE = "system.posix_acl_access"
_NO_LISTS = (errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENODATA)

Entries = dict[tuple[int, int], int]  # (tag, id) -> permissions


def _decode(raw: bytes) -> Entries:
    return {(tag, id): perm for tag, perm, id in struct.iter_unpack("<HHI", raw[4:])}


def _encode(entries: Entries) -> bytes:
    rows = (struct.pack("<HHI", tag, perm, id) for (tag, id), perm in sorted(entries.items()))
    return struct.pack("<I", 2) + b"".join(rows)


def _read(target: int | str) -> Entries:
    """The list of a file; made up from its mode where it has none, which is what the kernel means by that."""
    try:
        return _decode(os.getxattr(target, _ATTRIBUTE))
    except OSError as error:
        if error.errno not in _NO_LISTS:
            raise
        mode = os.stat(target).st_mode
        return {(_USER_OBJ, _NO_ID): mode >> 6 & 7, (_GROUP_OBJ, _NO_ID): mode >> 3 & 7, (_OTHER, _NO_ID): mode & 7}


def allows(path: str, uid: int, groups: Collection[int], wanted: int) -> bool:
    """Whether a user who is not root has all of ``wanted`` (READ | WRITE | SEARCH) on one file or directory."""
    status = os.stat(path)
    entries = _read(path)
    mask = entries.get((_MASK, _NO_ID), 7)
    if uid == status.st_uid:
        return entries[_USER_OBJ, _NO_ID] & wanted == wanted
    if (_USER, uid) in entries:
        return entries[_USER, uid] & mask & wanted == wanted
    grants = [perm for (tag, id), perm in entries.items() if tag == _GROUP and id in groups]
    if status.st_gid in groups:
        grants.append(entries[_GROUP_OBJ, _NO_ID])
    if grants:
        return any(perm & mask & wanted == wanted for perm in grants)
    return entries[_OTHER, _NO_ID] & wanted == wanted


def obstacle(path: str, uid: int, groups: Collection[int]) -> str | None:
    """The first directory on the way to ``path`` that a user may not enter, or None."""
    for directory in _parents(os.path.realpath(path)):
        if not allows(directory, uid, groups, SEARCH):
            return directory
    return None


def grant(path: str, uid: int, wanted: int) -> bool:
    """Give one user ``wanted`` on a file, beside what others have. False where the file system knows no such lists."""
    with _locked(path) as fd:
        entries = _read(fd)
        entries[_USER, uid] = wanted
        entries[_MASK, _NO_ID] = _union(entries)
        try:
            os.setxattr(fd, _ATTRIBUTE, _encode(entries))
        except OSError as error:
            if error.errno in _NO_LISTS:
                return False
            raise
    return True


def revoke(path: str, uid: int) -> None:
    """Take one user's entry away; the last one leaves the plain mode that was there before."""
    with _locked(path) as fd:
        entries = _read(fd)
        if entries.pop((_USER, uid), None) is None:
            return
        if any(tag in (_USER, _GROUP) for tag, _ in entries):
            entries[_MASK, _NO_ID] = _union(entries)
        else:
            entries.pop((_MASK, _NO_ID), None)
        os.setxattr(fd, _ATTRIBUTE, _encode(entries))


def _union(entries: Entries) -> int:
    mask = 0
    for (tag, _), perm in entries.items():
        if tag in (_USER, _GROUP, _GROUP_OBJ):
            mask |= perm
    return mask


def _parents(path: str) -> Iterator[str]:
    found = []
    while (path := os.path.dirname(path)) not in found:
        found.append(path)
    return reversed(found)


class _locked:
    """A descriptor of a file under an exclusive flock, so that two starts do not lose each other's entries."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __enter__(self) -> int:
        # A device is opened without waiting for it, and a list on it needs no open for writing.
        self.fd = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if stat.S_ISREG(os.fstat(self.fd).st_mode):
            fcntl.flock(self.fd, fcntl.LOCK_EX)
        return self.fd

    def __exit__(self, *exception: object) -> None:
        os.close(self.fd)
