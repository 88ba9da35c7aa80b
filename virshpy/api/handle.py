"""What all handles share, and how methods that few commands need stay unloaded.

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
    from virshpy.driver.types import DomainRef, Record


class Handle:
    """An object of a connection."""

    connection: Connection
    ref: Any

    def __init__(self, connection: ConnectionHandle, ref: Any) -> None:
        self.connection = connection  # type: ignore[assignment]  # nothing else is made of that class
        self.ref = ref
        self._driver = connection.driver

    def __repr__(self) -> str:
        ref: Record = self.ref
        return f"<{type(self).__name__} {' '.join(repr(getattr(ref, slot)) for slot in ref.__slots__)}>"


class SnapshotHandle(Handle):
    """A snapshot or a checkpoint of ``domain``."""

    domain: Domain

    def __init__(self, domain: DomainHandle, ref: Any) -> None:
        super().__init__(domain.connection, ref)
        self.domain = domain  # type: ignore[assignment]  # nor of this one


class DomainHandle(Handle):
    """Base of Domain and of the groups of its methods."""

    ref: DomainRef


class ConnectionHandle:
    """Base of Connection and of the groups of its methods."""

    driver: Driver


class FarDomain(DomainHandle):
    """Base of Domain at run time: a method that is not in Domain's own module is found when it is called."""

    def __getattr__(self, name: str) -> Any:
        if name[:1] == "_":
            raise AttributeError(name)
        from virshpy.api.everything import DomainMethods

        return _found(DomainMethods, name, self)


class FarConnection(ConnectionHandle):
    """The same for Connection."""

    def __getattr__(self, name: str) -> Any:
        if name[:1] == "_":
            raise AttributeError(name)
        from virshpy.api.everything import ConnectionMethods

        return _found(ConnectionMethods, name, self)


def _found(methods: type, name: str, handle: object) -> Any:
    method = getattr(methods, name, None)
    if method is None:
        raise AttributeError(f"{type(handle).__name__!r} object has no attribute {name!r}")
    return method.__get__(handle)
