"""What all handles share.

A handle names an object to a driver (``ref``) and calls the driver's rows with it. It stays usable while the object
changes; its methods may raise :class:`virshpy.errors.Error`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.api.connection import Connection
    from virshpy.api.domain import Domain
    from virshpy.driver.registry import Driver


class Handle:
    """An object of a connection. ``origin`` is the connection, or the handle that found it."""

    connection: Connection
    driver: Driver
    ref: Any

    def __init__(self, origin: Any, ref: Any) -> None:
        self.connection = origin.connection
        self.driver = origin.driver
        self.ref = ref

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {' '.join(repr(getattr(self.ref, slot)) for slot in self.ref.__slots__)}>"


class Named(Handle):
    """An object with a name."""

    @property
    def name(self) -> str:
        return str(self.ref.name)


class Identified(Named):
    """An object with a name and a UUID."""

    @property
    def uuid(self) -> str:
        return str(self.ref.uuid)


class Moment(Named):
    """A snapshot or a checkpoint of ``domain``."""

    domain: Domain

    def __init__(self, origin: Domain | Moment, ref: Any) -> None:
        super().__init__(origin, ref)
        self.domain = origin.domain if isinstance(origin, Moment) else origin
