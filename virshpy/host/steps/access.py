"""Steps that open a file to the user a guest runs as.

The file may lie in a directory of somebody else's. It is therefore looked up once (untrusted.py), and what is done and
taken back is done to the file that was seen when the start was planned, whatever its name leads to by then.
"""

from __future__ import annotations

import os
import shlex
import stat

from virshpy import errors
from virshpy.host import access, untrusted
from virshpy.host.steps import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.host.untrusted import Opened

# A guest's user may have made a tree as deep as it likes; what lies deeper than anything of ours stays its own.
_DEEPEST = 16


class _Given(Step):
    """A file with its owner and group before, and the ``identity`` by which it is known again."""

    durable = True
    path: str
    uid: int | None = None  # also of a step that an earlier release recorded
    identity: list[int] | None = None

    def __init__(self, path: str, uid: int, *, made: bool = False) -> None:
        """``made``: an earlier step of the same plan makes it anew, and so it will be ours."""
        self.path = os.path.realpath(path)
        self.uid = uid
        self.owner, self.group = os.geteuid(), os.getegid()
        if made:
            return
        try:
            with untrusted.look(self.path) as file:
                self.identity = file.identity
                self.owner, self.group = file.status.st_uid, file.status.st_gid
        except OSError:
            pass  # it is made, or the attempt will say what is wrong

    def _found(self, note: Callable[[], None]) -> Opened:
        """The file that was seen, or made since; its identity is on record before anything is done to it."""
        file = untrusted.look(self.path)
        try:
            if self.identity is None:
                self.identity = file.require(owner=self.owner).identity
                note()
            return file.require(identity=self.identity)
        except BaseException:
            file.close()
            raise

    def _given(self) -> Opened:
        """The file, where it is still the same one. Raises OSError."""
        file = untrusted.look(self.path)
        try:
            return file.require(identity=self.identity)
        except OSError:
            file.close()
            raise


class GrantAccess(_Given, kind="access/1"):
    """One user may open one file: by an entry in its access list, or as its owner where there are no lists."""

    recorded = ("path", "uid", "owner", "group", "identity", "locks")
    uid: int
    locks = os.devnull  # of a step that an earlier release recorded

    def __init__(self, path: str, uid: int, wanted: int, locks: str) -> None:
        super().__init__(path, uid)
        self.wanted = wanted
        self.locks = locks

    def do(self, note: Callable[[], None]) -> None:
        try:
            with self._found(note) as file:
                if not access.grant(file, self.locks, self.uid, self.wanted):
                    file.chown(self.uid, -1)
        except OSError as error:
            raise errors.from_os_error(error, f"Failed to give user {self.uid} access to '{self.path}'") from None

    def undo(self) -> None:
        try:
            with self._given() as file:
                access.revoke(file, self.locks, self.uid)
                if file.status.st_uid == self.uid != self.owner:
                    file.chown(self.owner, self.group)
        except OSError:
            pass  # a file that is gone, or on a file system that is, needs nothing taken back

    def commands(self) -> list[str]:
        letters = "".join(letter for bit, letter in ((4, "r"), (2, "w"), (1, "x")) if self.wanted & bit)
        return [f"setfacl -m u:{self.uid}:{letters} {shlex.quote(self.path)}"]

    def undo_commands(self) -> list[str]:
        return [f"setfacl -x u:{self.uid} {shlex.quote(self.path)}"]


class GiveFile(_Given, kind="owner/1"):
    """A file of virshpy's own, given to a guest's user while it runs and taken back afterwards (NVRAM, TPM state)."""

    recorded: tuple[str, ...] = ("path", "uid", "owner", "group", "identity")

    def do(self, note: Callable[[], None]) -> None:
        assert self.uid is not None
        try:
            with self._found(note) as file:
                self._give(file, self.uid, self.uid)
        except OSError as error:
            raise errors.from_os_error(error, f"Failed to give '{self.path}' to user {self.uid}") from None

    def undo(self) -> None:
        try:
            with self._given() as file:
                self._take_back(file)
        except OSError:
            pass

    def _give(self, file: Opened, uid: int, gid: int) -> None:
        file.chown(uid, gid)

    def _take_back(self, file: Opened) -> None:
        """Only what is still the guest's: the rest was never given."""
        if self.uid is None or file.status.st_uid == self.uid:
            file.chown(self.owner, self.group)

    def commands(self) -> list[str]:
        return [f"chown {self.uid}:{self.uid} {shlex.quote(self.path)}"]

    def undo_commands(self) -> list[str]:
        return [f"chown {self.owner}:{self.group} {shlex.quote(self.path)}"]


class GiveTree(GiveFile, kind="tree-owner/1"):
    """A directory of virshpy's own with all that is in it, given to a guest's user and taken back (a TPM's state)."""

    def _give(self, file: Opened, uid: int, gid: int) -> None:
        _through(file, lambda entry: entry.chown(uid, gid))

    def _take_back(self, file: Opened) -> None:
        _through(file, super()._take_back)

    def commands(self) -> list[str]:
        return [f"chown -R {self.uid}:{self.uid} {shlex.quote(self.path)}"]

    def undo_commands(self) -> list[str]:
        return [f"chown -R {self.owner}:{self.group} {shlex.quote(self.path)}"]


def _through(file: Opened, visit: Callable[[Opened], None], depth: int = 0) -> None:
    """Visit a file, or a directory and then what is in it; no link is followed."""
    visit(file)
    if depth == _DEEPEST or not stat.S_ISDIR(file.status.st_mode):
        return
    folder = os.open(file.name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in os.listdir(folder):
            try:
                with untrusted.look(name, within=folder) as entry:
                    _through(entry, visit, depth + 1)
            except OSError:
                continue  # a link, or gone meanwhile
    finally:
        os.close(folder)
