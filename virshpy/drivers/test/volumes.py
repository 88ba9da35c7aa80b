"""Volumes of the imaginary host's pools: documents that take up room."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.storage import PoolRef, VolInfo, VolRef
from virshpy.drivers.test.pools import Pools
from virshpy.drivers.test.resources import PoolState
from virshpy.enums import StorageVolType
from virshpy.xml.volume import Volume

_KINDS = dict.fromkeys(("dir", "fs", "netfs", "vstorage"), StorageVolType.FILE)
_KINDS |= dict.fromkeys(("rbd", "sheepdog", "gluster", "iscsi-direct"), StorageVolType.NETWORK)


class Volumes(Pools):
    """virStorageVol*, without contents."""

    def storage_vol_lookup_by_name(self, pool: PoolRef, name: str) -> VolRef:
        state = self.active_pool(pool)
        return state.volume_ref(_volume(state, name))

    def storage_vol_lookup_by_key(self, key: str) -> VolRef:
        for state, volume in self._all():
            if volume.key == key:
                return state.volume_ref(volume)
        raise errors.NoStorageVol(f"no storage vol with matching key '{key}'")

    def storage_vol_lookup_by_path(self, path: str) -> VolRef:
        for state, volume in self._all():
            if _path(volume) == path:
                return state.volume_ref(volume)
        raise errors.NoStorageVol(f"no storage vol with matching path '{path}'")

    @accepts(4)
    def storage_vol_create_xml(self, pool: PoolRef, xml: str, *, flags: int = 0) -> VolRef:
        state = self.active_pool(pool)
        return self._create(state, self._read(state, xml, flags))

    @accepts(4)
    def storage_vol_create_xml_from(self, pool: PoolRef, xml: str, clone: VolRef, *, flags: int = 0) -> VolRef:
        state = self.active_pool(pool)
        volume = self._read(state, xml, flags)
        if volume.name in state.volumes:
            raise errors.OperationFailed("storage vol already exists")
        original = _volume(state, clone.name)
        if volume.capacity is not None and volume.capacity < (original.capacity or 0):
            volume.capacity = original.capacity
        return self._create(state, volume)

    def storage_vol_delete(self, volume: VolRef, *, flags: int = 0) -> None:
        state, document = self._find(volume)
        state.occupy(-(document.allocation or 0))
        del state.volumes[str(document.name)]

    @accepts(0)
    def storage_vol_get_info_flags(self, volume: VolRef, *, flags: int = 0) -> VolInfo:
        state, document = self._find(volume)
        kind = _KINDS.get(str(state.document.type), StorageVolType.BLOCK)
        return VolInfo(kind, document.capacity or 0, document.allocation or 0)

    def storage_vol_get_xml_desc(self, volume: VolRef) -> str:
        return self._find(volume)[1].format()

    def storage_vol_get_path(self, volume: VolRef) -> str:
        return _path(self._find(volume)[1])

    def _read(self, state: PoolState, xml: str, flags: int) -> Volume:
        volume = Volume.parse(xml, inactive=True, validate=bool(flags))
        volume.settle(str(state.document.type))
        return volume

    def _create(self, state: PoolState, volume: Volume) -> VolRef:
        if volume.name in state.volumes:
            raise errors.OperationFailed("storage vol already exists")
        if (volume.allocation or 0) > state.available:
            raise errors.InternalError(f"Not enough free space in pool for volume '{volume.name}'")
        return state.volume_ref(state.add(volume))

    def _all(self) -> list[tuple[PoolState, Volume]]:
        active = (state for state in self.host.resources.pools.values() if state.active)
        return [(state, volume) for state in active for volume in state.volumes.values()]

    def _find(self, ref: VolRef) -> tuple[PoolState, Volume]:
        state = self.active_pool(PoolRef(ref.pool, ""))
        return state, _volume(state, ref.name)


def _volume(state: PoolState, name: str) -> Volume:
    volume = state.volumes.get(name)
    if volume is None:
        raise errors.NoStorageVol(f"no storage vol with matching name '{name}'")
    return volume


def _path(volume: Volume) -> str:
    return (volume.target.path if volume.target else None) or ""
