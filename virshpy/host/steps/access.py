"""Steps that open a file to the user a guest runs as."""

from __future__ import annotations

import os
import shlex

from virshpy import errors
from virshpy.host import access
from virshpy.host.steps import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class GrantAccess(Step):
    """One user may open one file: by an entry in its access list, or as its owner where there are no lists."""

    recorded = ("path", "uid", "owner", "group")
    durable = True

    def __init__(self, path: str, uid: int, wanted: int) -> None:
        self.path = os.path.realpath(path)
        self.uid = uid
        self.wanted = wanted
        try:
            status = os.stat(self.path)
            self.owner, self.group = status.st_uid, status.st_gid
        except FileNotFoundError:  # an earlier step of the same plan makes it, and so it will be ours
            self.owner, self.group = os.geteuid(), os.getegid()

    def do(self, note: Callable[[], None]) -> None:
        try:
            if not access.grant(self.path, self.uid, self.wanted):
                os.chown(self.path, self.uid, -1)
        except OSError as error:
            raise errors.from_os_error(error, f"Failed to give user {self.uid} access to '{self.path}'") from None

    def undo(self) -> None:
        try:
            access.revoke(self.path, self.uid)
            if os.stat(self.path).st_uid == self.uid != self.owner:
                os.chown(self.path, self.owner, self.group)
        except OSError:
            pass  # a file that is gone, or on a file system that is, needs nothing taken back

    def commands(self) -> list[str]:
        letters = "".join(letter for bit, letter in ((4, "r"), (2, "w"), (1, "x")) if self.wanted & bit)
        return [f"setfacl -m u:{self.uid}:{letters} {shlex.quote(self.path)}"]

    def undo_commands(self) -> list[str]:
        return [f"setfacl -x u:{self.uid} {shlex.quote(self.path)}"]


class GiveTree(Step):
    """A directory of virshpy's own with all that is in it, given to a guest's user and taken back (a TPM's state)."""

    recorded = ("path", "owner", "group")
    durable = True

    def __init__(self, path: str, uid: int) -> None:
        self.path = path
        self.uid = uid
        self.owner, self.group = os.geteuid(), os.getegid()

    def do(self, note: Callable[[], None]) -> None:
        try:
            self._give(self.uid, self.uid)
        except OSError as error:
            raise errors.from_os_error(error, f"Failed to give '{self.path}' to user {self.uid}") from None

    def undo(self) -> None:
        try:
            self._give(self.owner, self.group)
        except OSError:
            pass

    def _give(self, uid: int, gid: int) -> None:
        for folder, _, names in os.walk(self.path):
            os.chown(folder, uid, gid)
            for name in names:
                os.chown(f"{folder}/{name}", uid, gid, follow_symlinks=False)

    def commands(self) -> list[str]:
        return [f"chown -R {self.uid}:{self.uid} {shlex.quote(self.path)}"]

    def undo_commands(self) -> list[str]:
        return [f"chown -R {self.owner}:{self.group} {shlex.quote(self.path)}"]


class GiveFile(Step):
    """A file of virshpy's own, given to a guest's user while it runs and taken back afterwards (NVRAM, TPM state)."""

    recorded = ("path", "owner", "group")
    durable = True

    def __init__(self, path: str, uid: int, owner: int, group: int) -> None:
        self.path = path
        self.uid = uid
        self.owner = owner
        self.group = group

    def do(self, note: Callable[[], None]) -> None:
        try:
            os.chown(self.path, self.uid, self.uid)
        except OSError as error:
            raise errors.from_os_error(error, f"Failed to give '{self.path}' to user {self.uid}") from None

    def undo(self) -> None:
        try:
            os.chown(self.path, self.owner, self.group)
        except OSError:
            pass

    def commands(self) -> list[str]:
        return [f"chown {self.uid}:{self.uid} {shlex.quote(self.path)}"]

    def undo_commands(self) -> list[str]:
        return [f"chown {self.owner}:{self.group} {shlex.quote(self.path)}"]
