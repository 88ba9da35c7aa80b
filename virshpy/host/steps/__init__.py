"""Steps: single changes to the host, each of which is data and knows how to take itself back.

A step is written to the journal before it is carried out. From there on whoever reads the journal can undo it, with
nothing but the step's ``recorded`` fields: the process that began it may be dead.

What every step keeps to:
- ``do`` either does all of it, or raises and leaves nothing;
- ``undo`` brings the host to "never done" from anywhere: not begun, half done, done, undone already; or raises;
- ``settle`` finishes what must wait until there is no way back (removing what was put aside);
- ``release`` lets go of descriptors that were held for later steps; it changes nothing on the host.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar


class Step:
    """One change. A subclass names in ``recorded`` the attributes that its undo and settle need; they are JSON values.

    ``kind`` is its name in the journal (kinds.py); a step without one is not recorded, as nothing of it is to be taken
    back. ``durable``: the effect outlives a reboot, so its record must too. ``kept``: undone where the verb fails, but
    not when the object that it was made for stops.
    """

    classes: ClassVar[dict[str, type[Step]]] = {}
    kind: ClassVar[str] = ""
    recorded: tuple[str, ...] = ()
    durable = False
    kept = False
    # The process that it has started.
    pid = 0
    # An attempt to take it back has failed before: this one need not wait as long.
    again = False

    def __init_subclass__(cls, *, kind: str = "") -> None:
        cls.kind = kind
        if kind:
            cls.classes[kind] = cls

    def do(self, note: Callable[[], None]) -> None:
        """Carry it out. ``note()`` records the step anew, for what is only known half way (a pid)."""
        raise NotImplementedError

    def undo(self) -> None:
        raise NotImplementedError

    def settle(self) -> None:
        """Nothing is left to do for most steps."""

    def release(self) -> None:
        """Nothing is held by most steps."""

    def commands(self) -> list[str]:
        """The step as lines that an administrator would type in a shell."""
        raise NotImplementedError

    def undo_commands(self) -> list[str]:
        """Its undo, the same way."""
        raise NotImplementedError

    @property
    def inside(self) -> int:
        """The process in which it has changed something, and whose end takes that back; 0 where it is in none."""
        return 0

    def data(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.recorded}


class Act(Step):
    """One act of which nothing is to be taken back. ``result`` comes of it; ``lines`` are what a rehearsal shows."""

    result: Any = None

    def __init__(self, act: Callable[[], object], *lines: str) -> None:
        self.act = act
        self.lines = lines

    def do(self, note: Callable[[], None]) -> None:
        self.result = self.act()

    def commands(self) -> list[str]:
        return list(self.lines)
