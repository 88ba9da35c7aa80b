"""Steps on links, which are the host's or a namespace's."""

from __future__ import annotations

from virshpy.host.namespaces import Host, place
from virshpy.host.steps import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Self


class Placed(Step):
    """A step that changes something where links are. ``namespace`` is on record for one that is not on the host: the
    pid and the start time of the keeper. Where that has ended there is nothing to take back.
    """

    namespace: Sequence[int] | None = None

    def at(self, where: Host) -> Self:
        """Have it done there."""
        self.namespace = where.recorded
        return self

    @property
    def where(self) -> Host:
        return place(self.namespace)

    def data(self) -> dict[str, Any]:
        found = super().data()
        return found if self.namespace is None else {**found, "namespace": list(self.namespace)}

    def shown_all(self, lines: Sequence[str]) -> list[str]:
        return [self.where.shown(line) for line in lines]
