"""Storage pools and volumes."""

from __future__ import annotations

from virshpy.api.handle import ConnectionHandle, Handle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.structures import PoolInfo, PoolRef, VolInfo, VolRef
    from virshpy.driver.types import Stream


class StoragePool(Handle):
    """A storage pool (virStoragePoolPtr)."""

    ref: PoolRef

    @property
    def name(self) -> str:
        return self.ref.name

    @property
    def uuid(self) -> str:
        return self.ref.uuid

    def undefine(self) -> None:
        """virStoragePoolUndefine"""
        self._driver.storage_pool_undefine(self.ref)

    def build(self, flags: int = 0) -> None:
        """virStoragePoolBuild"""
        self._driver.storage_pool_build(self.ref, flags=flags)

    def create(self, flags: int = 0) -> None:
        """virStoragePoolCreate"""
        self._driver.storage_pool_create(self.ref, flags=flags)

    def destroy(self) -> None:
        """virStoragePoolDestroy"""
        self._driver.storage_pool_destroy(self.ref)

    def delete(self, flags: int = 0) -> None:
        """virStoragePoolDelete"""
        self._driver.storage_pool_delete(self.ref, flags=flags)

    def refresh(self) -> None:
        """virStoragePoolRefresh"""
        self._driver.storage_pool_refresh(self.ref)

    def info(self) -> PoolInfo:
        """virStoragePoolGetInfo"""
        return self._driver.storage_pool_get_info(self.ref)

    def xml_desc(self, flags: int = 0) -> str:
        """virStoragePoolGetXMLDesc"""
        return self._driver.storage_pool_get_xml_desc(self.ref, flags=flags)

    def autostart(self) -> bool:
        """virStoragePoolGetAutostart"""
        return self._driver.storage_pool_get_autostart(self.ref)

    def set_autostart(self, autostart: bool) -> None:
        """virStoragePoolSetAutostart"""
        self._driver.storage_pool_set_autostart(self.ref, autostart)

    def is_active(self) -> bool:
        """virStoragePoolIsActive"""
        return self._driver.storage_pool_is_active(self.ref)

    def is_persistent(self) -> bool:
        """virStoragePoolIsPersistent"""
        return self._driver.storage_pool_is_persistent(self.ref)

    def num_of_volumes(self) -> int:
        """virStoragePoolNumOfVolumes"""
        return self._driver.storage_pool_num_of_volumes(self.ref)

    def list_volumes(self) -> list[StorageVol]:
        """virStoragePoolListAllVolumes"""
        return [StorageVol(self.connection, ref) for ref in self._driver.storage_pool_list_all_volumes(self.ref)]

    def storage_vol_lookup_by_name(self, name: str) -> StorageVol:
        """virStorageVolLookupByName"""
        return StorageVol(self.connection, self._driver.storage_vol_lookup_by_name(self.ref, name))

    def storage_vol_create_xml(self, xml: str, flags: int = 0) -> StorageVol:
        """virStorageVolCreateXML"""
        return StorageVol(self.connection, self._driver.storage_vol_create_xml(self.ref, xml, flags=flags))

    def storage_vol_create_xml_from(self, xml: str, clone: StorageVol, flags: int = 0) -> StorageVol:
        """virStorageVolCreateXMLFrom"""
        return StorageVol(
            self.connection, self._driver.storage_vol_create_xml_from(self.ref, xml, clone.ref, flags=flags)
        )


class StorageVol(Handle):
    """A volume of a storage pool (virStorageVolPtr)."""

    ref: VolRef

    @property
    def pool(self) -> StoragePool:
        """virStoragePoolLookupByVolume: the pool that the volume is in."""
        return StoragePool(self.connection, self._driver.storage_pool_lookup_by_volume(self.ref))

    @property
    def name(self) -> str:
        return self.ref.name

    @property
    def key(self) -> str:
        return self.ref.key

    def delete(self, flags: int = 0) -> None:
        """virStorageVolDelete"""
        self._driver.storage_vol_delete(self.ref, flags=flags)

    def wipe(self) -> None:
        """virStorageVolWipe"""
        self._driver.storage_vol_wipe(self.ref)

    def wipe_pattern(self, algorithm: int) -> None:
        """virStorageVolWipePattern: ``algorithm`` is a StorageVolWipeAlgorithm."""
        self._driver.storage_vol_wipe_pattern(self.ref, algorithm)

    def resize(self, capacity: int, flags: int = 0) -> None:
        """virStorageVolResize: bytes."""
        self._driver.storage_vol_resize(self.ref, capacity, flags=flags)

    def upload(self, offset: int, length: int, flags: int = 0) -> Stream:
        """virStorageVolUpload: A stream to write into the volume."""
        return self._driver.storage_vol_upload(self.ref, offset, length, flags=flags)

    def download(self, offset: int, length: int, flags: int = 0) -> Stream:
        """virStorageVolDownload: A stream to read from the volume."""
        return self._driver.storage_vol_download(self.ref, offset, length, flags=flags)

    def info(self, flags: int = 0) -> VolInfo:
        """virStorageVolGetInfoFlags"""
        return self._driver.storage_vol_get_info_flags(self.ref, flags=flags)

    def xml_desc(self) -> str:
        """virStorageVolGetXMLDesc"""
        return self._driver.storage_vol_get_xml_desc(self.ref)

    def path(self) -> str:
        """virStorageVolGetPath"""
        return self._driver.storage_vol_get_path(self.ref)


class StorageMethods(ConnectionHandle):
    """A connection's methods about storage pools and volumes."""

    def list_storage_pools(self, flags: int = 0) -> list[StoragePool]:
        """virConnectListAllStoragePools"""
        return [StoragePool(self, ref) for ref in self.driver.connect_list_all_storage_pools(flags=flags)]

    def find_storage_pool_sources(self, type: str, src_spec: str | None = None) -> str:
        """virConnectFindStoragePoolSources"""
        return self.driver.connect_find_storage_pool_sources(type, src_spec)

    def storage_pool_capabilities(self) -> str:
        """virConnectGetStoragePoolCapabilities"""
        return self.driver.connect_get_storage_pool_capabilities()

    def storage_pool_lookup_by_name(self, name: str) -> StoragePool:
        """virStoragePoolLookupByName"""
        return StoragePool(self, self.driver.storage_pool_lookup_by_name(name))

    def storage_pool_lookup_by_uuid(self, uuid: str) -> StoragePool:
        """virStoragePoolLookupByUUIDString"""
        return StoragePool(self, self.driver.storage_pool_lookup_by_uuid_string(uuid))

    def storage_pool_lookup_by_target_path(self, path: str) -> StoragePool:
        """virStoragePoolLookupByTargetPath"""
        return StoragePool(self, self.driver.storage_pool_lookup_by_target_path(path))

    def storage_pool_define_xml(self, xml: str, flags: int = 0) -> StoragePool:
        """virStoragePoolDefineXML"""
        return StoragePool(self, self.driver.storage_pool_define_xml(xml, flags=flags))

    def storage_pool_create_xml(self, xml: str, flags: int = 0) -> StoragePool:
        """virStoragePoolCreateXML"""
        return StoragePool(self, self.driver.storage_pool_create_xml(xml, flags=flags))

    def storage_vol_lookup_by_key(self, key: str) -> StorageVol:
        """virStorageVolLookupByKey"""
        return StorageVol(self, self.driver.storage_vol_lookup_by_key(key))

    def storage_vol_lookup_by_path(self, path: str) -> StorageVol:
        """virStorageVolLookupByPath"""
        return StorageVol(self, self.driver.storage_vol_lookup_by_path(path))
