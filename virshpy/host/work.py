"""Long work in progress: how far it is, for whoever watches, and a word to stop it.

A verb that moves much data tells here as it goes; another thread may look, and may ask it to end. It then ends by an
exception, and what it has done is taken back as after any other failure.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.host import signals


class Work:
    """What a connection is at. ``done`` of ``total`` bytes; 0 of 0 where it is at nothing that could be measured."""

    def __init__(self) -> None:
        self.done = 0
        self.total = 0
        self._cancelled = False

    def begin(self) -> None:
        """A new verb: what was told of the last one is void."""
        self.done = self.total = 0
        self._cancelled = False

    def tell(self, done: int, total: int) -> None:
        """Say how far it is. Raises OperationAborted, or Interrupted, where somebody wants it to end."""
        self.done, self.total = done, total
        signals.check()
        if self._cancelled:
            raise errors.OperationAborted("canceled by client", hint="nothing is left of it")

    def cancel(self) -> None:
        self._cancelled = True
