"""The imaginary host: its domains, its shape, and the rest of it, which is made when somebody asks."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import Contract
from virshpy.driver.node import NodeInfo
from virshpy.driver.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.drivers.test.guest import Guest
    from virshpy.drivers.test.resources import Resources


class Cell(Record):
    """A NUMA cell: memory in KiB, and its pages as (size in KiB, how many)."""

    __slots__ = ("number", "memory", "pages")
    number: int
    memory: int
    pages: tuple[tuple[int, int], ...]


_HUGE = ((2048, 0), (1048576, 0))


class Host:
    """Domains by UUID, and what is beside them."""

    def __init__(self, fill: Callable[[Resources], None] | None = None) -> None:
        self.uri = ""
        self.guests: dict[str, Guest] = {}
        self.last_id = 0
        self.node = NodeInfo("i686", 3 << 20, 16, 1400, 2, 2, 2, 2)
        self.cells = [Cell(0, 2 << 20, ((4, 524288), *_HUGE)), Cell(1, 4 << 20, ((8, 524288), *_HUGE))]
        self.listeners: dict[int, tuple[str, object, int, Callable[..., None]]] = {}
        self.last_listener = 0
        self._fill = fill
        self._resources: Resources | None = None

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

    @property
    def resources(self) -> Resources:
        if self._resources is None:
            from virshpy.drivers.test.resources import Resources

            self._resources = Resources()
            if self._fill is not None:
                self._fill(self._resources)
        return self._resources


class Part(Contract):
    """Base of the parts of this driver: groups of rows about one imaginary host."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.host = host


def _identity(ref: object) -> object:
    return getattr(ref, "uuid", None) or getattr(ref, "name", None)


def checked_uuid(text: str, function: str) -> str:
    """A UUID as users write it. Raises InvalidArg for what is none, in the words of libvirt's own functions."""
    from virshpy.xml.scalars import read_uuid

    uuid = read_uuid(text)
    if uuid is None:
        raise errors.Misuse(f"uuidstr in {function} must be a valid UUID")
    return uuid


def new_uuid() -> str:
    from uuid import uuid4

    return str(uuid4())
