"""Networks, pools, interfaces and devices of the imaginary host, and how a document becomes one."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.interface import InterfaceRef
from virshpy.driver.network import NetworkRef
from virshpy.driver.nodedev import NodeDeviceRef
from virshpy.driver.storage import PoolRef, VolRef
from virshpy.drivers.test.host import new_uuid
from virshpy.xml.interface import Interface
from virshpy.xml.network import Network
from virshpy.xml.nodedev import NodeDevice
from virshpy.xml.storage import Pool
from virshpy.xml.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from virshpy.xml.element import Element
    from virshpy.xml.node import Node

    E = TypeVar("E", bound=Element)

POOL_SIZE = 100 << 30


class NetworkState:
    """A network: ``live`` while it is active."""

    def __init__(self, document: Network) -> None:
        self.document = document
        self.active = False
        self.persistent = False
        self.autostart = False

    @property
    def ref(self) -> NetworkRef:
        return NetworkRef(self.document.name, self.document.uuid)


class PoolState:
    """A pool and its volumes, by name; they outlive its being inactive."""

    def __init__(self, document: Pool) -> None:
        self.document = document
        self.volumes: dict[str, Volume] = {}
        self.active = False
        self.persistent = False
        self.autostart = False

    @property
    def ref(self) -> PoolRef:
        return PoolRef(self.document.name, self.document.uuid)

    def volume_ref(self, volume: Volume) -> VolRef:
        return VolRef(self.document.name, volume.name, volume.key)

    @property
    def allocation(self) -> int:
        return self.document.allocation or 0

    @property
    def available(self) -> int:
        return self.document.available or 0

    def occupy(self, count: int) -> None:
        """Count bytes as taken, or, negative, as free again."""
        self.document.allocation = self.allocation + count
        self.document.available = self.available - count

    def add(self, volume: Volume) -> Volume:
        """Put a volume under the pool's directory. Its key is its path."""
        assert volume.name and volume.target
        directory = self.document.target.path if self.document.target else "(null)"  # libvirt's own answer
        volume.target.path = volume.key = f"{directory}/{volume.name}"
        self.occupy(volume.allocation or 0)
        self.volumes[volume.name] = volume
        return volume


class InterfaceState:
    """An interface of the host."""

    def __init__(self, document: Interface, active: bool) -> None:
        self.document = document
        self.active = active

    @property
    def ref(self) -> InterfaceRef:
        return InterfaceRef(self.document.name, self.document.address)


class Resources:
    """What there is beside domains."""

    def __init__(self) -> None:
        self.networks: dict[str, NetworkState] = {}  # by UUID, like the pools
        self.pools: dict[str, PoolState] = {}
        self.interfaces: dict[str, InterfaceState] = {}  # by name, like the devices
        self.interfaces_before: dict[str, InterfaceState] | None = None  # while a change is tried
        self.devices: dict[str, NodeDevice] = {}

    def add_network(self, document: Node | str) -> NetworkState:
        """A network that runs from the beginning."""
        state = self.admit_network(_parsed(Network, document), live=False)
        state.active = state.persistent = True
        return state

    def add_pool(self, document: Node | str) -> PoolState:
        """A pool that is active from the beginning."""
        state = self.admit_pool(_parsed(Pool, document), live=False)
        state.active = state.persistent = True
        return state

    def add_interface(self, document: Node | str) -> None:
        """An interface that is up from the beginning."""
        parsed = _parsed(Interface, document)
        self.interfaces[str(parsed.name)] = InterfaceState(parsed, True)

    def add_device(self, document: Node | str) -> None:
        """A device of the host."""
        parsed = _parsed(NodeDevice, document)
        self.devices[str(parsed.name)] = parsed

    # networks
    def admit_network(self, document: Network, *, live: bool) -> NetworkState:
        """Take in a definition, new or in place of the one of the same name and UUID. Raises OperationFailed."""
        document.uuid = document.uuid or new_uuid()
        for other in self.networks.values():
            _one_of_a_kind("network", document, other.document)
        state = self.networks.get(document.uuid)
        if state is None:
            state = self.networks[document.uuid] = NetworkState(document)
        elif live and state.active:
            raise errors.OperationInvalid(f"network is already active as '{document.name}'")
        state.document = document
        return state

    # pools
    def admit_pool(self, document: Pool, *, live: bool) -> PoolState:
        """The same for pools, none of which may use another's source."""
        document.uuid = document.uuid or new_uuid()
        for other in self.pools.values():
            _one_of_a_kind("pool", document, other.document)
            if other.document.uuid != document.uuid and _same_source(document, other.document):
                raise errors.OperationFailed(f"Storage source conflict with pool: '{other.document.name}'")
        state = self.pools.get(document.uuid)
        if state is None:
            state = self.pools[document.uuid] = PoolState(document)
        elif live and state.active:
            raise errors.OperationInvalid(f"pool is already active as '{document.name}'")
        if state.document is not document or not document.capacity:
            document.capacity, document.allocation, document.available = POOL_SIZE, 0, POOL_SIZE
        state.document = document
        return state

    # devices
    def device(self, ref: NodeDeviceRef) -> NodeDevice:
        device = self.devices.get(ref.name)
        if device is None:
            raise errors.NoNodeDevice(f"no node device with matching name '{ref.name}'")
        return device


def _one_of_a_kind(what: str, document: Network | Pool, other: Network | Pool) -> None:
    if other.name == document.name and other.uuid != document.uuid:
        raise errors.OperationFailed(f"{what} '{document.name}' already exists with uuid {other.uuid}")
    if other.name != document.name and other.uuid == document.uuid:
        raise errors.OperationFailed(f"{what} '{other.name}' is already defined with uuid {document.uuid}")


def _same_source(one: Pool, other: Pool) -> bool:
    """Whether two pools would be the same thing twice (by target for directories, by source for the rest)."""
    if one.type == "dir" or other.type == "dir":
        return one.type == other.type and _target(one) == _target(other)
    if one.type != other.type or one.source is None or other.source is None:
        return False
    if one.type in ("rbd", "sheepdog", "gluster", "mpath"):
        return False
    if one.type == "scsi":
        return one.source.adapter == other.source.adapter
    if one.type == "zfs":
        return one.source.name == other.source.name
    hosts = one.source.hosts == other.source.hosts
    if one.type == "netfs":
        return hosts and one.source.dir == other.source.dir
    return hosts and one.source.devices == other.source.devices and bool(one.source.devices)


def _target(pool: Pool) -> str | None:
    return pool.target.path if pool.target else None


def _parsed(kind: type[E], document: Node | str) -> E:
    if isinstance(document, str):
        return kind.parse(document, inactive=True)
    return kind.from_node(document, inactive=True)
