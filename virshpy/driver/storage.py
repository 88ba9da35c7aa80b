"""Rows: storage pools and volumes."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation
from virshpy.driver.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.stream import DataStream
    from virshpy.enums import StoragePoolState, StorageVolType


class PoolRef(Record):
    """remote_nonnull_storage_pool: what names a pool to a driver."""

    __slots__ = ("name", "uuid")
    name: str
    uuid: str


class VolRef(Record):
    """remote_nonnull_storage_vol: the name of its pool, its own, and its key."""

    __slots__ = ("pool", "name", "key")
    pool: str
    name: str
    key: str


class PoolInfo(Record):
    """virStoragePoolInfo: state (StoragePoolState), bytes."""

    __slots__ = ("state", "capacity", "allocation", "available")
    state: StoragePoolState | int
    capacity: int
    allocation: int
    available: int


class VolInfo(Record):
    """virStorageVolInfo: type (StorageVolType), bytes."""

    __slots__ = ("type", "capacity", "allocation")
    type: StorageVolType | int
    capacity: int
    allocation: int


class StorageOperations(Contract):
    """Storage pools and volumes."""

    @operation("virConnectListAllStoragePools", flags="ListStoragePoolsFlags", plain="virConnectNumOfStoragePools")
    def connect_list_all_storage_pools(self, *, flags: int = 0) -> list[PoolRef]: ...

    @operation("virConnectFindStoragePoolSources", writes=True)
    def connect_find_storage_pool_sources(self, type: str, src_spec: str | None = None) -> str: ...

    @operation("virConnectGetStoragePoolCapabilities")
    def connect_get_storage_pool_capabilities(self) -> str: ...

    @operation("virStoragePoolLookupByName")
    def storage_pool_lookup_by_name(self, name: str) -> PoolRef: ...

    @operation("virStoragePoolLookupByUUIDString", plain="virStoragePoolLookupByUUID")
    def storage_pool_lookup_by_uuid_string(self, uuid: str) -> PoolRef: ...

    @operation("virStoragePoolLookupByTargetPath")
    def storage_pool_lookup_by_target_path(self, path: str) -> PoolRef: ...

    @operation("virStoragePoolLookupByVolume")
    def storage_pool_lookup_by_volume(self, volume: VolRef) -> PoolRef: ...

    @operation("virStoragePoolDefineXML", writes=True, flags="StoragePoolDefineFlags")
    def storage_pool_define_xml(self, xml: str, *, flags: int = 0) -> PoolRef: ...

    @operation("virStoragePoolCreateXML", writes=True, flags="StoragePoolCreateFlags")
    def storage_pool_create_xml(self, xml: str, *, flags: int = 0) -> PoolRef: ...

    @operation("virStoragePoolUndefine", writes=True)
    def storage_pool_undefine(self, pool: PoolRef) -> None: ...

    @operation("virStoragePoolBuild", writes=True, flags="StoragePoolBuildFlags")
    def storage_pool_build(self, pool: PoolRef, *, flags: int = 0) -> None: ...

    @operation("virStoragePoolCreate", writes=True, flags="StoragePoolCreateFlags")
    def storage_pool_create(self, pool: PoolRef, *, flags: int = 0) -> None: ...

    @operation("virStoragePoolDestroy", writes=True)
    def storage_pool_destroy(self, pool: PoolRef) -> None: ...

    @operation("virStoragePoolDelete", writes=True, flags="StoragePoolDeleteFlags")
    def storage_pool_delete(self, pool: PoolRef, *, flags: int = 0) -> None: ...

    @operation("virStoragePoolRefresh", writes=True)
    def storage_pool_refresh(self, pool: PoolRef) -> None: ...

    @operation("virStoragePoolGetInfo")
    def storage_pool_get_info(self, pool: PoolRef) -> PoolInfo: ...

    @operation("virStoragePoolGetXMLDesc", flags="StorageXMLFlags")
    def storage_pool_get_xml_desc(self, pool: PoolRef, *, flags: int = 0) -> str: ...

    @operation("virStoragePoolGetAutostart")
    def storage_pool_get_autostart(self, pool: PoolRef) -> bool: ...

    @operation("virStoragePoolSetAutostart", writes=True)
    def storage_pool_set_autostart(self, pool: PoolRef, autostart: bool) -> None: ...

    @operation("virStoragePoolIsActive")
    def storage_pool_is_active(self, pool: PoolRef) -> bool: ...

    @operation("virStoragePoolIsPersistent")
    def storage_pool_is_persistent(self, pool: PoolRef) -> bool: ...

    @operation("virStoragePoolNumOfVolumes")
    def storage_pool_num_of_volumes(self, pool: PoolRef) -> int: ...

    @operation("virStoragePoolListAllVolumes")
    def storage_pool_list_all_volumes(self, pool: PoolRef) -> list[VolRef]: ...

    @operation("virStorageVolLookupByName")
    def storage_vol_lookup_by_name(self, pool: PoolRef, name: str) -> VolRef: ...

    @operation("virStorageVolLookupByKey")
    def storage_vol_lookup_by_key(self, key: str) -> VolRef: ...

    @operation("virStorageVolLookupByPath")
    def storage_vol_lookup_by_path(self, path: str) -> VolRef: ...

    @operation("virStorageVolCreateXML", writes=True, flags="StorageVolCreateFlags")
    def storage_vol_create_xml(self, pool: PoolRef, xml: str, *, flags: int = 0) -> VolRef: ...

    @operation("virStorageVolCreateXMLFrom", writes=True, flags="StorageVolCreateFlags")
    def storage_vol_create_xml_from(self, pool: PoolRef, xml: str, clone: VolRef, *, flags: int = 0) -> VolRef: ...

    @operation("virStorageVolDelete", writes=True, flags="StorageVolDeleteFlags")
    def storage_vol_delete(self, volume: VolRef, *, flags: int = 0) -> None: ...

    @operation("virStorageVolWipe", writes=True)
    def storage_vol_wipe(self, volume: VolRef) -> None: ...

    @operation("virStorageVolWipePattern", writes=True)
    def storage_vol_wipe_pattern(self, volume: VolRef, algorithm: int) -> None:
        """``algorithm`` is a StorageVolWipeAlgorithm."""

    @operation("virStorageVolResize", writes=True, flags="StorageVolResizeFlags")
    def storage_vol_resize(self, volume: VolRef, capacity: int, *, flags: int = 0) -> None:
        """Bytes."""

    @operation("virStorageVolUpload", writes=True, flags="StorageVolUploadFlags", carries="stream")
    def storage_vol_upload(self, volume: VolRef, offset: int, length: int, *, flags: int = 0) -> DataStream:
        """A stream to write into the volume."""

    @operation("virStorageVolDownload", writes=True, flags="StorageVolDownloadFlags", carries="stream")
    def storage_vol_download(self, volume: VolRef, offset: int, length: int, *, flags: int = 0) -> DataStream:
        """A stream to read from the volume."""

    @operation("virStorageVolGetInfoFlags", flags="StorageVolInfoFlags", plain="virStorageVolGetInfo")
    def storage_vol_get_info_flags(self, volume: VolRef, *, flags: int = 0) -> VolInfo: ...

    @operation("virStorageVolGetXMLDesc")
    def storage_vol_get_xml_desc(self, volume: VolRef) -> str: ...

    @operation("virStorageVolGetPath")
    def storage_vol_get_path(self, volume: VolRef) -> str: ...
