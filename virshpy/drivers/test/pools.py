"""Storage pools of the imaginary host: each is 100 GiB, whatever its kind."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.storage import PoolInfo, PoolRef, StorageOperations, VolRef
from virshpy.drivers.test.host import Part, checked_uuid
from virshpy.drivers.test.resources import PoolState
from virshpy.enums import (
    ListStoragePoolsFlags,
    StoragePoolEventID,
    StoragePoolEventLifecycleType,
    StoragePoolState,
)
from virshpy.xml.storage import POOL_TYPES, Pool, PoolSource

L, E = ListStoragePoolsFlags, StoragePoolEventLifecycleType
_NETFS = """\
<sources>
  <source>
    <host name='%s'/>
    <dir path='/testshare'/>
    <format type='nfs'/>
  </source>
</sources>
"""
_LOGICAL = (
    "<sources>\n"
    + "".join(
        f"  <source>\n    <device path='/dev/sda2{n}'/>\n    <name>testvg{n + 1}</name>\n    <format type='lvm2'/>\n"
        "  </source>\n"
        for n in range(2)
    )
    + "</sources>\n"
)


class Pools(Part, StorageOperations):
    """virStoragePool*; nothing is built or deleted, for there is nothing."""

    def connect_list_all_storage_pools(self, *, flags: int = 0) -> list[PoolRef]:
        return [state.ref for state in self.host.resources.pools.values() if _matches(state, flags)]

    def connect_find_storage_pool_sources(self, type: str, src_spec: str | None = None) -> str:
        if type == "dir":  # the first of libvirt's kinds, which its test driver takes for none
            raise errors.InternalError(f"unknown storage pool type {type}")
        source = PoolSource.parse(src_spec, source="(storage_source_specification)") if src_spec is not None else None
        if type == "logical":
            return _LOGICAL
        if type == "netfs":
            if source is None or not source.hosts or not source.hosts[0].name:
                raise errors.InvalidArg("hostname must be specified for netfs sources")
            return _NETFS % source.hosts[0].name
        if source is not None and type not in POOL_TYPES.split():
            raise errors.InternalError("missing backend for pool type -1")
        raise errors.NoSupport(f"pool type '{type}' does not support source discovery")

    def storage_pool_lookup_by_name(self, name: str) -> PoolRef:
        return self._named(name).ref

    def storage_pool_lookup_by_uuid_string(self, uuid: str) -> PoolRef:
        state = self.host.resources.pools.get(checked_uuid(uuid, "virStoragePoolLookupByUUIDString"))
        if state is None:
            raise errors.NoStoragePool(f"no storage pool with matching uuid '{uuid}'")
        return state.ref

    def storage_pool_lookup_by_volume(self, volume: VolRef) -> PoolRef:
        return self._named(volume.pool).ref

    @accepts(1)
    def storage_pool_define_xml(self, xml: str, *, flags: int = 0) -> PoolRef:
        state = self.host.resources.admit_pool(Pool.parse(xml, validate=bool(flags)), live=False)
        state.persistent = True
        self.host.tell("pool", state.ref, 0, event=E.DEFINED, detail=0)
        return state.ref

    @accepts(0)
    def storage_pool_create_xml(self, xml: str, *, flags: int = 0) -> PoolRef:
        state = self.host.resources.admit_pool(Pool.parse(xml), live=True)
        state.active = True
        self.host.tell("pool", state.ref, 0, event=E.STARTED, detail=0)
        return state.ref

    def storage_pool_undefine(self, pool: PoolRef) -> None:
        self._inactive(pool)
        del self.host.resources.pools[pool.uuid]
        self.host.tell("pool", pool, 0, event=E.UNDEFINED, detail=0)

    @accepts(0)
    def storage_pool_build(self, pool: PoolRef, *, flags: int = 0) -> None:
        self._inactive(pool)
        self.host.tell("pool", pool, 0, event=E.CREATED, detail=0)

    @accepts(0)
    def storage_pool_create(self, pool: PoolRef, *, flags: int = 0) -> None:
        self._inactive(pool).active = True
        self.host.tell("pool", pool, 0, event=E.STARTED, detail=0)

    def storage_pool_destroy(self, pool: PoolRef) -> None:
        state = self.active_pool(pool)
        state.active = False
        if not state.persistent:
            del self.host.resources.pools[pool.uuid]
        self.host.tell("pool", pool, 0, event=E.STOPPED, detail=0)

    @accepts(0)
    def storage_pool_delete(self, pool: PoolRef, *, flags: int = 0) -> None:
        self._inactive(pool)
        self.host.tell("pool", pool, 0, event=E.DELETED, detail=0)

    def storage_pool_refresh(self, pool: PoolRef) -> None:
        self.active_pool(pool)
        self.host.tell("pool", pool, StoragePoolEventID.REFRESH)

    def storage_pool_get_info(self, pool: PoolRef) -> PoolInfo:
        state = self._pool(pool)
        running = StoragePoolState.RUNNING if state.active else StoragePoolState.INACTIVE
        return PoolInfo(running, state.document.capacity, state.allocation, state.available)

    @accepts(0)
    def storage_pool_get_xml_desc(self, pool: PoolRef, *, flags: int = 0) -> str:
        return self._pool(pool).document.format()

    def storage_pool_get_autostart(self, pool: PoolRef) -> bool:
        return self._pool(pool).autostart

    def storage_pool_set_autostart(self, pool: PoolRef, autostart: bool) -> None:
        state = self._pool(pool)
        if not state.persistent:
            raise errors.InvalidArg("pool has no config file")
        state.autostart = autostart

    def storage_pool_is_active(self, pool: PoolRef) -> bool:
        return self._pool(pool).active

    def storage_pool_is_persistent(self, pool: PoolRef) -> bool:
        return self._pool(pool).persistent

    def storage_pool_num_of_volumes(self, pool: PoolRef) -> int:
        return len(self.active_pool(pool).volumes)

    def storage_pool_list_all_volumes(self, pool: PoolRef) -> list[VolRef]:
        state = self._pool(pool)
        if not state.active:
            raise errors.OperationInvalid("storage pool is not active")
        return [state.volume_ref(volume) for volume in state.volumes.values()]

    def active_pool(self, ref: PoolRef) -> PoolState:
        """A pool that must be active. Raises NoStoragePool, OperationInvalid."""
        state = self._pool(ref)
        if not state.active:
            raise errors.OperationInvalid(f"storage pool '{ref.name}' is not active")
        return state

    def _pool(self, ref: PoolRef) -> PoolState:
        return self._named(ref.name)

    def _named(self, name: str) -> PoolState:
        for state in self.host.resources.pools.values():
            if state.document.name == name:
                return state
        raise errors.NoStoragePool(f"no storage pool with matching name '{name}'")

    def _inactive(self, ref: PoolRef) -> PoolState:
        state = self._pool(ref)
        if state.active:
            raise errors.OperationInvalid(f"storage pool '{ref.name}' is active")
        return state


def _matches(state: PoolState, flags: int) -> bool:
    questions = (
        (L.ACTIVE, L.INACTIVE, state.active),
        (L.PERSISTENT, L.TRANSIENT, state.persistent),
        (L.AUTOSTART, L.NO_AUTOSTART, state.autostart),
    )
    if not all(not flags & (yes | no) or flags & (yes if fact else no) for yes, no, fact in questions):
        return False
    kinds = flags & ~(L.DIR - 1)
    return not kinds or bool(kinds & ListStoragePoolsFlags[str(state.document.type).upper().replace("-", "_")])
