"""The imaginary host: its shape, what there is on it, and who listens."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import Contract
from virshpy.driver.record import Record
from virshpy.drivers.objects import ObjectRows
from virshpy.drivers.test.guest import Guest
from virshpy.drivers.test.objects import Device, Interface, Network, Objects, Pool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from virshpy.driver.domain import DomainRef
    from virshpy.driver.node import NodeInfo


class Cell(Record):
    """A NUMA cell: memory in KiB, and its pages as (size in KiB, how many)."""

    __slots__ = ("number", "memory", "pages")
    number: int
    memory: int
    pages: tuple[tuple[int, int], ...]


_HUGE = ((2048, 0), (1048576, 0))


class Host:
    """All that there is to one connection."""

    def __init__(self) -> None:
        self.uri = ""
        self.guests = Objects(Guest, key="uuid")
        self.networks = Objects(Network)
        self.pools = Objects(Pool)
        self.interfaces = Objects(Interface)
        self.devices = Objects(Device)
        self.last_id = 0
        self.node: NodeInfo | None = None  # of a file
        self.cells = [Cell(0, 2 << 20, ((4, 524288), *_HUGE)), Cell(1, 4 << 20, ((8, 524288), *_HUGE))]
        self.listeners: dict[int, tuple[str, object, int, Callable[..., None]]] = {}
        self.last_listener = 0

    def tell(self, kind: str, ref: object, event_id: int, **carried: int) -> None:
        """Call those who listen for this event of this object, or of all of its kind."""
        for wanted, about, number, callback in list(self.listeners.values()):
            if wanted == kind and number == event_id and about in (None, _identity(ref)):
                callback(ref, **carried)

    def listen(self, kind: str, about: object, event_id: int, callback: Callable[..., None]) -> int:
        """Register a callback; the number ends it."""
        self.last_listener += 1
        self.listeners[self.last_listener] = (kind, _identity(about), event_id, callback)
        return self.last_listener


class Part(Contract):
    """Base of the parts of this driver: groups of rows about one imaginary host."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.host = host


class ObjectPart(ObjectRows, Part):
    """Base of the parts about one kind of objects."""

    @property
    def objects(self) -> Objects[Any]:
        raise NotImplementedError

    def read(self, text: str, *, validate: bool = False) -> Any:
        return self.objects.make.read(text, validate=validate)


class Guests(Part):
    """Base of the parts about domains."""

    def guest(self, ref: DomainRef) -> Guest:
        return self.host.guests.find(ref)

    def active_guest(self, ref: DomainRef) -> Guest:
        guest = self.guest(ref)
        if not guest.active:
            raise errors.OperationInvalid("domain is not running")
        return guest


def _identity(ref: object) -> object:
    return getattr(ref, "uuid", None) or getattr(ref, "name", None)
