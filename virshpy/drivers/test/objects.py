"""Objects of a kind, held in memory: what :class:`virshpy.host.objects.Objects` is for those in a store.

A document is read when somebody asks for it: lists need names and states only.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.host.objects import Generic, Kind
from virshpy.loading import named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from virshpy.driver.interface import InterfaceRef
    from virshpy.driver.network import NetworkRef
    from virshpy.driver.nodedev import NodeDeviceRef
    from virshpy.driver.storage import PoolRef
    from virshpy.drivers.test.guest import Guest
    from virshpy.xml import interface, network, nodedev, storage
    from virshpy.xml.volume import Volume

    D = TypeVar("D")
    H = TypeVar("H", bound="Object | Guest")
else:
    D = H = None

POOL_SIZE = 100 << 30


class Lazy(Generic[D]):
    """A document as an attribute; what is put there may be its text."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.place = f"_{name}"

    def __get__(self, one: Any, owner: type) -> D:
        held = vars(one)[self.place]
        if isinstance(held, str):
            held = vars(one)[self.place] = one.read(held)
        return held  # type: ignore[no-any-return]

    def __set__(self, one: object, document: D | str | None) -> None:
        vars(one)[self.place] = document


class Object:
    """One object. One that is made with its document is there from the beginning, defined and active."""

    kind: Kind
    home: str  # of the class of its document
    document: Any

    @classmethod
    def read(cls, text: str, *, validate: bool = False) -> Any:
        """A document from a user, or of the host from the beginning."""
        return named(cls.home).parse(text, inactive=True, validate=validate)

    def __init__(self, name: str, uuid: str, document: Any = None) -> None:
        self.name = name
        self.uuid = uuid
        self.document = document
        self.active = self.persistent = document is not None
        self.autostart = False

    def take(self, document: Any, *, live: bool) -> None:
        """Become what a document says: active, or defined. Raises OperationInvalid for one that is active already."""
        if live and self.active:
            raise errors.OperationInvalid(f"{self.kind.noun} is already active as '{self.name}'")
        self.document = document
        self.active |= live
        self.persistent |= not live

    def lose(self, *, live: bool) -> None:
        """Be no more active, or no more defined."""
        self.active &= not live
        self.persistent &= live

    def affected(self, flags: int) -> list[Any]:
        """The documents that flags of ModificationImpact mean; here there is one for both."""
        self.kind.affected(self, flags)
        return [self.document]

    def refuse(self, document: Any) -> None:
        """Refuse another's document that would be this one again."""


class Objects(dict[str, H]):
    """The objects of one kind, by the name or the UUID by which references mean one, in the order of their making."""

    def __init__(self, make: type[H], *, key: str = "name") -> None:
        self.make = make
        self.kind = make.kind
        self.key = key

    def add(self, one: H) -> H:
        self[getattr(one, self.key)] = one
        return one

    # lookups
    def by_uuid(self, uuid: str) -> H | None:
        return self.get(uuid) if self.key == "uuid" else next((one for one in self.values() if one.uuid == uuid), None)

    def by_name(self, name: str) -> H | None:
        return self.get(name) if self.key == "name" else next((one for one in self.values() if one.name == name), None)

    def find(self, ref: Any) -> H:
        """The object that a reference means. Raises the error of the kind for one that is gone."""
        one = self.get(getattr(ref, self.key))
        if one is None:
            raise self.kind.gone(ref) if self.key == "uuid" else self.kind.absent("name", ref.name)
        return one

    def select(self, flags: int = 0) -> list[H]:
        """Those that list flags ask for."""
        return self.kind.chosen(self.values(), flags)

    def text(self, one: H, *, inactive: bool = False) -> str:
        """An object's document."""
        return one.document.format()

    # changes
    def define(self, document: Any) -> H:
        return self.admit(document, live=False)

    def admit(self, document: Any, *, live: bool) -> H:
        """Take a document in, for a new object or for the one of its name and UUID. Raises OperationFailed."""
        if not document.uuid:
            from virshpy.xml.uuids import new_uuid

            document.uuid = new_uuid()
        one = self.by_uuid(document.uuid)
        self.kind.refuse_clash(document.uuid, document.name, one, self.by_name(document.name))
        for other in self.values():
            other.refuse(document)
        if one is None:
            one = self.add(self.make(document.name, document.uuid))
        one.take(document, live=live)
        return one

    def set_autostart(self, ref: Any, autostart: bool) -> None:
        self.find(ref).autostart = autostart

    def modify(
        self, verb: str, ref: Any, flags: int, read: Callable[[str], Any], edit: Callable[[Any], object]
    ) -> None:
        """Apply ``edit`` to the documents that flags of ModificationImpact mean."""
        for document in self.find(ref).affected(flags):
            edit(document)

    def undefine(self, ref: Any) -> None:
        self.forget(self.find(ref))

    def forget(self, one: H) -> None:
        """Remove a definition; an active object stays, as a transient one."""
        self._lose(one, live=False)

    def stop(self, one: H) -> None:
        """Make one inactive; a transient one is gone then."""
        self._lose(one, live=True)

    def _lose(self, one: H, *, live: bool) -> None:
        one.lose(live=live)
        if not one.active and not one.persistent:
            del self[getattr(one, self.key)]


class Network(Object):
    kind = Kind("network", "Network")
    home = "virshpy.xml.network:Network"
    document: Lazy[network.Network] = Lazy()

    @property
    def ref(self) -> NetworkRef:
        from virshpy.driver.network import NetworkRef

        return NetworkRef(self.name, self.uuid)


class Pool(Object):
    """Its volumes, by name, outlive its being inactive."""

    kind = Kind("pool", "StoragePool", label="storage pool")
    home = "virshpy.xml.storage:Pool"
    document: Lazy[storage.Pool] = Lazy()

    def __init__(self, name: str, uuid: str, document: Any = None) -> None:
        super().__init__(name, uuid, document)
        self.volumes: dict[str, Volume] = {}

    @property
    def ref(self) -> PoolRef:
        from virshpy.driver.storage import PoolRef

        return PoolRef(self.name, self.uuid)

    @classmethod
    def read(cls, text: str, *, validate: bool = False) -> storage.Pool:
        return cls.sized(super().read(text, validate=validate))

    @staticmethod
    def sized(document: storage.Pool) -> storage.Pool:
        document.capacity, document.allocation, document.available = POOL_SIZE, 0, POOL_SIZE
        return document

    def refuse(self, document: storage.Pool) -> None:
        from virshpy.drivers.test.sources import same_source

        if self.uuid != document.uuid and same_source(document, self.document):
            raise errors.OperationFailed(f"Storage source conflict with pool: '{self.name}'")


class Interface(Object):
    kind = Kind("interface", "Interface")
    home = "virshpy.xml.interface:Interface"
    document: Lazy[interface.Interface] = Lazy()

    @property
    def ref(self) -> InterfaceRef:
        from virshpy.driver.interface import InterfaceRef

        return InterfaceRef(self.name, self.document.address)


class Device(Object):
    kind = Kind("device", "NodeDevice", label="node device")
    home = "virshpy.xml.nodedev:NodeDevice"
    document: Lazy[nodedev.NodeDevice] = Lazy()

    @property
    def ref(self) -> NodeDeviceRef:
        from virshpy.driver.nodedev import NodeDeviceRef

        return NodeDeviceRef(self.name)
