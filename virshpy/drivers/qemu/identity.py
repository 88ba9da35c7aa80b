"""Whom a guest's QEMU runs as, and what that user may reach."""

from __future__ import annotations

import os
import zlib

from virshpy import errors
from virshpy.host import access, processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from virshpy.drivers.qemu.records import Domains


class Identity:
    """Whom a guest runs as: ``uid`` (None: as ourselves) and the groups it needs."""

    def __init__(self, uid: int | None, groups: Sequence[int] = ()) -> None:
        self.uid = uid
        self.groups = list(groups)

    def may(self, path: str, wanted: int) -> bool:
        if self.uid is None:
            return os.access(path, wanted)
        return access.allows(path, self.uid, [self.uid, *self.groups], wanted)

    def obstacle(self, path: str) -> str | None:
        return next(self.obstacles(path), None)

    def obstacles(self, path: str) -> Iterator[str]:
        """The directories on the way to a path that this user may not enter."""
        return iter(()) if self.uid is None else access.obstacles(path, self.uid, [self.uid, *self.groups])


def guest_identity(domains: Domains, id: int) -> Identity:
    """Whom guest number ``id`` runs as: ourselves, or for root a uid of the configured range that nobody uses.

    Connections of one host know nothing of each other's guests: each begins at a place of its own in the range, and
    passes over the users of all processes there are.
    """
    if os.geteuid() != 0:
        return Identity(None)
    first, count = domains.site.config.guest_uids
    taken = processes.users() | {row[0] for row in domains.store.all("SELECT uid FROM run.active")}
    place = zlib.crc32(domains.site.directories.run.encode()) + id
    for offset in range(count):
        uid = first + (place + offset) % count
        if uid not in taken:
            return Identity(uid, _kvm_groups())
    raise errors.ResourceBusy(
        f"all {count} users for guests are in use",
        hint=f"widen guest_uids in {domains.site.directories.config}/virshpy.toml",
    )


def _kvm_groups() -> list[int]:
    try:
        return [os.stat("/dev/kvm").st_gid] if os.stat("/dev/kvm").st_gid else []
    except FileNotFoundError:
        return []
