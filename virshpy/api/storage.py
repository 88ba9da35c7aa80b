"""Storage pools and volumes."""

from __future__ import annotations

from virshpy.api import kinds
from virshpy.api.calls import calls, gives, lists
from virshpy.api.handle import Identified, Named
from virshpy.driver.registry import Driver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.storage import PoolRef, VolRef


class StoragePool(Identified):
    """A storage pool (virStoragePoolPtr)."""

    ref: PoolRef

    create = calls(Driver.storage_pool_create)
    destroy = calls(Driver.storage_pool_destroy)
    undefine = calls(Driver.storage_pool_undefine)
    build = calls(Driver.storage_pool_build)
    delete = calls(Driver.storage_pool_delete)
    refresh = calls(Driver.storage_pool_refresh)
    info = calls(Driver.storage_pool_get_info)
    xml_desc = calls(Driver.storage_pool_get_xml_desc)
    autostart = calls(Driver.storage_pool_get_autostart)
    set_autostart = calls(Driver.storage_pool_set_autostart)
    is_active = calls(Driver.storage_pool_is_active)
    is_persistent = calls(Driver.storage_pool_is_persistent)
    num_of_volumes = calls(Driver.storage_pool_num_of_volumes)
    list_volumes = lists(Driver.storage_pool_list_all_volumes, kinds.volume)
    storage_vol_lookup_by_name = gives(Driver.storage_vol_lookup_by_name, kinds.volume)
    storage_vol_create_xml = gives(Driver.storage_vol_create_xml, kinds.volume)

    def storage_vol_create_xml_from(self, xml: str, clone: StorageVol, *, flags: int = 0) -> StorageVol:
        """virStorageVolCreateXMLFrom"""
        return StorageVol(self, self.driver.storage_vol_create_xml_from(self.ref, xml, clone.ref, flags=flags))


class StorageVol(Named):
    """A volume of a storage pool (virStorageVolPtr)."""

    ref: VolRef

    @property
    def pool(self) -> StoragePool:
        """virStoragePoolLookupByVolume: the pool that the volume is in."""
        return StoragePool(self, self.driver.storage_pool_lookup_by_volume(self.ref))

    @property
    def key(self) -> str:
        return self.ref.key

    delete = calls(Driver.storage_vol_delete)
    wipe = calls(Driver.storage_vol_wipe)
    wipe_pattern = calls(Driver.storage_vol_wipe_pattern)
    resize = calls(Driver.storage_vol_resize)
    upload = calls(Driver.storage_vol_upload)
    download = calls(Driver.storage_vol_download)
    info = calls(Driver.storage_vol_get_info_flags)
    xml_desc = calls(Driver.storage_vol_get_xml_desc)
    path = calls(Driver.storage_vol_get_path)
