"""A rehearsal: the journal of a verb that is only to be told about (``--dry-run``)."""

from __future__ import annotations

from virshpy import errors
from virshpy.host.journal import Journal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.host.steps import Step


class Rehearsal(Journal):
    """Tells each step in place of doing it, and ends the verb where it would be committed: raises Rehearsed there.

    Its rows are written like those of any journal, since others refer to them: in a transaction that is rolled back.
    """

    def __init__(self, entry: Journal, told: list[str]) -> None:
        vars(self).update(vars(entry), told=told)

    def do(self, step: Step) -> None:
        self.steps[self._next] = step
        self._next += 1
        self.told += step.commands()

    def hold(self, also: Callable[[], object], note: str = "") -> None:
        also()  # it may refuse; what it writes is rolled back with the rest
        raise errors.Rehearsed([*self.told, *([f"# {note}"] if note else [])])

    finish = hold

    def undo(self, also: Callable[[], object] | None = None) -> None:
        lines = [line for seq in self.backwards() for line in self.steps[seq].undo_commands()]
        raise errors.Rehearsed(self.told + lines)
