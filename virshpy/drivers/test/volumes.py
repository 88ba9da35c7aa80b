"""Volumes of the imaginary host's pools: documents that take up room."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.storage import PoolRef, VolInfo, VolRef
from virshpy.drivers.test.pools import Pools
from virshpy.enums import StorageVolType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.test.objects import Pool
    from virshpy.xml.volume import Volume

_KINDS = dict.fromkeys(("dir", "fs", "netfs", "vstorage"), StorageVolType.FILE)
_KINDS |= dict.fromkeys(("rbd", "sheepdog", "gluster", "iscsi-direct"), StorageVolType.NETWORK)


class Volumes(Pools):
    """virStorageVol*, without contents."""

    def storage_pool_num_of_volumes(self, pool: PoolRef) -> int:
        return len(self.active_pool(pool).volumes)

    def storage_pool_list_all_volumes(self, pool: PoolRef) -> list[VolRef]:
        one = self.objects.find(pool)
        if not one.active:
            raise errors.OperationInvalid("storage pool is not active")
        return [_ref(one, volume) for volume in one.volumes.values()]

    def storage_vol_lookup_by_name(self, pool: PoolRef, name: str) -> VolRef:
        one = self.active_pool(pool)
        return _ref(one, _volume(one, name))

    def storage_vol_lookup_by_key(self, key: str) -> VolRef:
        for pool, volume in self._all():
            if volume.key == key:
                return _ref(pool, volume)
        raise errors.NoStorageVol(f"no storage vol with matching key '{key}'")

    def storage_vol_lookup_by_path(self, path: str) -> VolRef:
        for pool, volume in self._all():
            if _path(volume) == path:
                return _ref(pool, volume)
        raise errors.NoStorageVol(f"no storage vol with matching path '{path}'")

    @accepts(4)
    def storage_vol_create_xml(self, pool: PoolRef, xml: str, *, flags: int = 0) -> VolRef:
        one = self.active_pool(pool)
        return _create(one, _read(one, xml, flags))

    @accepts(4)
    def storage_vol_create_xml_from(self, pool: PoolRef, xml: str, clone: VolRef, *, flags: int = 0) -> VolRef:
        one = self.active_pool(pool)
        volume = _read(one, xml, flags)
        if volume.name in one.volumes:
            raise errors.OperationFailed("storage vol already exists")
        original = _volume(one, clone.name)
        if volume.capacity is not None and volume.capacity < (original.capacity or 0):
            volume.capacity = original.capacity
        return _create(one, volume)

    @accepts(0)
    def storage_vol_delete(self, volume: VolRef, *, flags: int = 0) -> None:
        pool, document = self._find(volume)
        _occupy(pool, -(document.allocation or 0))
        del pool.volumes[str(document.name)]

    @accepts(0)
    def storage_vol_get_info_flags(self, volume: VolRef, *, flags: int = 0) -> VolInfo:
        pool, document = self._find(volume)
        kind = _KINDS.get(str(pool.document.type), StorageVolType.BLOCK)
        return VolInfo(kind, document.capacity or 0, document.allocation or 0)

    def storage_vol_get_xml_desc(self, volume: VolRef) -> str:
        return self._find(volume)[1].format()

    def storage_vol_get_path(self, volume: VolRef) -> str:
        return _path(self._find(volume)[1])

    def _all(self) -> list[tuple[Pool, Volume]]:
        active = (pool for pool in self.objects.values() if pool.active)
        return [(pool, volume) for pool in active for volume in pool.volumes.values()]

    def _find(self, ref: VolRef) -> tuple[Pool, Volume]:
        pool = self.active_pool(PoolRef(ref.pool, ""))
        return pool, _volume(pool, ref.name)


def put(pool: Pool, volume: Volume) -> Volume:
    """Put a volume under its pool's directory. Its key is its path."""
    assert volume.name and volume.target
    directory = pool.document.target.path if pool.document.target else "(null)"  # libvirt's own answer
    volume.target.path = volume.key = f"{directory}/{volume.name}"
    _occupy(pool, volume.allocation or 0)
    pool.volumes[volume.name] = volume
    return volume


def _occupy(pool: Pool, count: int) -> None:
    """Count bytes as taken, or, negative, as free again."""
    document = pool.document
    document.allocation, document.available = (document.allocation or 0) + count, (document.available or 0) - count


def _read(pool: Pool, xml: str, flags: int) -> Volume:
    from virshpy.xml.volume import Volume

    volume = Volume.parse(xml, inactive=True, validate=bool(flags))
    volume.settle(str(pool.document.type))
    return volume


def _create(pool: Pool, volume: Volume) -> VolRef:
    if volume.name in pool.volumes:
        raise errors.OperationFailed("storage vol already exists")
    if (volume.allocation or 0) > (pool.document.available or 0):
        raise errors.InternalError(f"Not enough free space in pool for volume '{volume.name}'")
    return _ref(pool, put(pool, volume))


def _volume(pool: Pool, name: str) -> Volume:
    volume = pool.volumes.get(name)
    if volume is None:
        raise errors.NoStorageVol(f"no storage vol with matching name '{name}'")
    return volume


def _ref(pool: Pool, volume: Volume) -> VolRef:
    return VolRef(pool.name, volume.name, volume.key)


def _path(volume: Volume) -> str:
    return (volume.target.path if volume.target else None) or ""
