"""Who may open what: POSIX access control lists as the kernel stores them, and a walk along a path.

The lists are read and written as extended attributes; no tool is called. Layout (linux/posix_acl_xattr.h): a 32-bit
version 2, then entries of tag (16 bits), permissions (16 bits) and id (32 bits), sorted by tag and id.
"""

from __future__ import annotations

import errno
import os
import struct

from virshpy.host import locks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from virshpy.host.untrusted import Opened

READ, WRITE, SEARCH = 4, 2, 1

_USER_OBJ, _USER, _GROUP_OBJ, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
_NO_ID = 0xFFFFFFFF
_ATTRIBUTE = "system.posix_acl_access"
_PATIENCE = 10  # seconds for another start to change its entry
_NO_LISTS = (errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENODATA)

Entries = dict[tuple[int, int], int]  # (tag, id) -> permissions


def _decode(raw: bytes) -> Entries:
    return {(tag, id): perm for tag, perm, id in struct.iter_unpack("<HHI", raw[4:])}


def _encode(entries: Entries) -> bytes:
    rows = (struct.pack("<HHI", tag, perm, id) for (tag, id), perm in sorted(entries.items()))
    return struct.pack("<I", 2) + b"".join(rows)


def _read(target: str) -> Entries:
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


def obstacles(path: str, uid: int, groups: Collection[int]) -> Iterator[str]:
    """The directories on the way to ``path`` that a user may not enter, from the top."""
    return (folder for folder in _parents(os.path.realpath(path)) if not allows(folder, uid, groups, SEARCH))


def grant(file: Opened, locks_file: str, uid: int, wanted: int) -> bool:
    """Give one user ``wanted`` on a file, beside what others have. False where the file system knows no such lists.

    ``locks_file`` is where the connection's locks are: two starts must not lose each other's entries.
    """
    with _alone(file, locks_file):
        entries = _read(file.name)
        entries[_USER, uid] = wanted
        entries[_MASK, _NO_ID] = _union(entries)
        try:
            os.setxattr(file.name, _ATTRIBUTE, _encode(entries))
        except OSError as error:
            if error.errno in _NO_LISTS:
                return False
            raise
    return True


def revoke(file: Opened, locks_file: str, uid: int) -> None:
    """Take one user's entry away; the last one leaves the plain mode that was there before."""
    with _alone(file, locks_file):
        entries = _read(file.name)
        if entries.pop((_USER, uid), None) is None:
            return
        if any(tag in (_USER, _GROUP) for tag, _ in entries):
            entries[_MASK, _NO_ID] = _union(entries)
        else:
            entries.pop((_MASK, _NO_ID), None)
        os.setxattr(file.name, _ATTRIBUTE, _encode(entries))


def _alone(file: Opened, locks_file: str) -> locks.Lock:
    """A lock of our own: one on the file itself could be held by anybody who may read it."""
    device, inode = file.identity
    return locks.acquire(locks_file, f"access-{device}-{inode}", "access", timeout=_PATIENCE)


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
