"""Storage pools of the imaginary host: each is 100 GiB, whatever its kind."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.storage import PoolInfo, PoolRef, StorageOperations, VolRef
from virshpy.drivers.objects import ObjectRows
from virshpy.drivers.test.host import ObjectPart
from virshpy.enums import (
    ListStoragePoolsFlags,
    StoragePoolEventID,
    StoragePoolEventLifecycleType,
    StoragePoolState,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.test.objects import Objects, Pool

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


class Pools(ObjectPart, StorageOperations):
    """virStoragePool*; nothing is built or deleted, for there is nothing."""

    @property
    def objects(self) -> Objects[Pool]:
        return self.host.pools

    storage_pool_lookup_by_name = ObjectRows.lookup_by_name
    storage_pool_lookup_by_uuid_string = ObjectRows.lookup_by_uuid
    storage_pool_get_autostart = ObjectRows.get_autostart
    storage_pool_is_active = ObjectRows.is_active
    storage_pool_is_persistent = ObjectRows.is_persistent

    def connect_list_all_storage_pools(self, *, flags: int = 0) -> list[PoolRef]:
        found, kinds = self.objects.select(flags), flags & ~(L.DIR - 1)
        return [pool.ref for pool in found if not kinds or kinds & L[str(pool.document.type).upper().replace("-", "_")]]

    def storage_pool_lookup_by_volume(self, volume: VolRef) -> PoolRef:
        return self.objects.find(PoolRef(volume.pool, "")).ref

    def connect_find_storage_pool_sources(self, type: str, src_spec: str | None = None) -> str:
        from virshpy.xml.storage import POOL_TYPES, PoolSource

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

    @accepts(1)
    def storage_pool_define_xml(self, xml: str, *, flags: int = 0) -> PoolRef:
        ref: PoolRef = self.define_xml(xml, flags=flags)
        return self._tell(ref, E.DEFINED)

    @accepts(0)
    def storage_pool_create_xml(self, xml: str, *, flags: int = 0) -> PoolRef:
        return self._tell(self.objects.admit(self.read(xml), live=True).ref, E.STARTED)

    def storage_pool_undefine(self, pool: PoolRef) -> None:
        self.objects.forget(self._inactive(pool))
        self._tell(pool, E.UNDEFINED)

    @accepts(0)
    def storage_pool_build(self, pool: PoolRef, *, flags: int = 0) -> None:
        self._inactive(pool)
        self._tell(pool, E.CREATED)

    @accepts(0)
    def storage_pool_create(self, pool: PoolRef, *, flags: int = 0) -> None:
        self._inactive(pool).active = True
        self._tell(pool, E.STARTED)

    def storage_pool_destroy(self, pool: PoolRef) -> None:
        self.objects.stop(self.active_pool(pool))
        self._tell(pool, E.STOPPED)

    @accepts(0)
    def storage_pool_delete(self, pool: PoolRef, *, flags: int = 0) -> None:
        self._inactive(pool)
        self._tell(pool, E.DELETED)

    def _tell(self, ref: PoolRef, event: int) -> PoolRef:
        self.host.tell("pool", ref, 0, event=event, detail=0)
        return ref

    def storage_pool_refresh(self, pool: PoolRef) -> None:
        self.active_pool(pool)
        self.host.tell("pool", pool, StoragePoolEventID.REFRESH)

    def storage_pool_get_info(self, pool: PoolRef) -> PoolInfo:
        one = self.objects.find(pool)
        running = StoragePoolState.RUNNING if one.active else StoragePoolState.INACTIVE
        document = one.document
        return PoolInfo(running, document.capacity or 0, document.allocation or 0, document.available or 0)

    @accepts(0)
    def storage_pool_get_xml_desc(self, pool: PoolRef, *, flags: int = 0) -> str:
        return self.objects.text(self.objects.find(pool))

    def storage_pool_set_autostart(self, pool: PoolRef, autostart: bool) -> None:
        if not self.objects.find(pool).persistent:
            raise errors.InvalidArg("pool has no config file")
        self.set_autostart(pool, autostart)

    def active_pool(self, ref: PoolRef) -> Pool:
        """A pool that must be active. Raises NoStoragePool, OperationInvalid."""
        pool = self.objects.find(ref)
        if not pool.active:
            raise errors.OperationInvalid(f"storage pool '{ref.name}' is not active")
        return pool

    def _inactive(self, ref: PoolRef) -> Pool:
        pool = self.objects.find(ref)
        if pool.active:
            raise errors.OperationInvalid(f"storage pool '{ref.name}' is active")
        return pool
