"""All rows as attributes of a driver. Type checkers read rows.pyi instead, where they are what the groups declare."""

from __future__ import annotations

from virshpy.driver.groups import GROUPS
from virshpy.loading import named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class RowOfPart:
    """A row as an attribute of the driver: what it gives is the same row of the part that answers its group. The driver
    keeps it, since some rows are asked for each of a thousand domains."""

    __slots__ = ("name", "group")

    def __init__(self, name: str, group: str) -> None:
        self.name = name
        self.group = group

    def __get__(self, driver: Any, owner: type) -> Any:
        if driver is None:
            return self
        found = vars(driver)[self.name] = getattr(driver.part(self.group), self.name)
        return found

    @property
    def row(self) -> Any:
        """Its declaration; loads the group's module."""
        return getattr(named(GROUPS[self.group][0]), self.name)


AllRows = type(
    "AllRows",
    (),
    {name: RowOfPart(name, group) for group, (_, names) in GROUPS.items() for name in names.split()},
)
