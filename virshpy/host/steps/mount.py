"""A file system that is mounted while something is active."""

from __future__ import annotations

import shlex

from virshpy import errors
from virshpy.host import mounts, processes
from virshpy.host.steps import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PATIENCE = 30  # seconds for a server to answer
_ENDING = 10
_LEAVING = 3


class Mount(Step, kind="mount/1"):
    """``argv`` is mount(8) with its words, ``source`` what it mounts. Undone by umount(8), lazily where a server
    does not answer. What somebody else has mounted there from the same source is not ours, and stays."""

    recorded = ("path", "mounted")
    mounted = False

    def __init__(self, argv: Sequence[str], source: str, path: str) -> None:
        self.argv = list(argv)
        self.source = source
        self.path = path

    def do(self, note: Callable[[], None]) -> None:
        there = mounts.mounted_on(self.path)
        if there is not None and there.source == self.source:
            return
        self.mounted = True
        note()
        try:
            processes.run(self.argv, timeout=_PATIENCE, together=True)
        except BaseException:
            self.undo()
            raise

    def undo(self) -> None:
        if not self.mounted or mounts.mounted_on(self.path) is None:
            return
        if mounts.answers(self.path):
            processes.run(["umount", self.path], timeout=_ENDING, together=True)
            return
        # Of a server that does not answer nothing is asked, not even what the directory is. What was written for it
        # keeps the kernel waiting, and the program with it, when the directory has long been let go.
        try:
            processes.run(["umount", "-l", "-c", "-i", "-n", self.path], timeout=_LEAVING, together=True)
        except errors.OperationTimeout:
            if mounts.mounted_on(self.path) is not None:
                raise

    def commands(self) -> list[str]:
        return [shlex.join(self.argv)]

    def undo_commands(self) -> list[str]:
        return [f"umount {shlex.quote(self.path)}"] if self.mounted else []
