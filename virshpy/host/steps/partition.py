"""The step that makes a partition."""

from __future__ import annotations

import shlex

from virshpy import errors
from virshpy.host import devices, partitions, processes
from virshpy.host.programs import program
from virshpy.host.steps import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PATIENCE = 60  # seconds for a disk that sleeps


class NewPartition(Step, kind="partition/1"):
    """``argv`` is parted with its words, which makes a partition of the bytes from ``start`` to ``end`` of ``device``.

    They belong to none before, and by them it is known again: numbers go to others. ``node`` is where it will be.
    """

    recorded = ("device", "start", "end")
    durable = True

    def __init__(
        self, argv: Sequence[str], device: str, node: str, *, start: int, end: int, mode: int | None = None,
        owner: int | None = None, group: int | None = None,
    ) -> None:  # fmt: skip
        self.argv = list(argv)
        self.device = device
        self.node = node
        self.start = start
        self.end = end
        self.mode = mode
        self.owner = owner
        self.group = group

    def do(self, note: Callable[[], None]) -> None:
        try:
            run(self.argv)
            devices.require_node(self.node)
            self._require_size()
            devices.shape(self.node, self.mode, self.owner, self.group)
        except BaseException:
            self.undo()
            raise

    def _require_size(self) -> None:
        """The node is the new partition's, and not one of before that the kernel still holds on to."""
        wanted, there = self.end - self.start, devices.size(self.node)
        if there != wanted and not self._is_extended():
            raise errors.InternalError(
                f"device '{self.node}' has {there} bytes, its partition {wanted}",
                hint=f"the kernel knows another table than the disk has: partx --update {self.device}",
            )

    def _is_extended(self) -> bool:
        """The kernel gives no more of such a one than its table."""
        return "extended" in self.argv

    def undo(self) -> None:
        if (number := self._number()) is not None:
            devices.settle()
            run(self._removal(number))

    def _number(self) -> int | None:
        """Its number by now; None where it is not there, and where its disk is not."""
        try:
            table = partitions.read(self.device)
        except errors.SystemCallError:
            return None
        parts = table.parts if table is not None else ()
        return next((part.number for part in parts if (part.start, part.end) == (self.start, self.end)), None)

    def _removal(self, number: int) -> list[str]:
        return [program("parted"), "--script", self.device, "rm", str(number)]

    def commands(self) -> list[str]:
        return [shlex.join(self.argv), *devices.shaping(self.node, self.mode, self.owner, self.group)]

    def undo_commands(self) -> list[str]:
        number = self._number()
        return [shlex.join(self._removal(number))] if number is not None else []


def run(words: Sequence[str]) -> None:
    """Run parted. Raises InternalError with its own words, and what to do about them."""
    try:
        processes.run(words, timeout=_PATIENCE, together=True)
    except errors.InternalError as error:
        error.hint = next((hint for part, hint in _HINTS.items() if part in str(error)), _HINT)
        raise


_HINT = "parted has the last word on what a disk can be: see parted(8)"
_HINTS = {
    "unable to inform the kernel": "a partition of this disk is in use: see which, lsblk",
    "Permission denied": "disks are root's",
    "unrecognised disk label": "there is no table on it: pool-build makes one",
}
