"""The contract's rows about storage pools: what is on record of them, and their life."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.storage import PoolInfo, PoolRef, StorageOperations, VolRef
from virshpy.drivers.objects import ObjectRows
from virshpy.drivers.storage.backends import backend_class, backend_of
from virshpy.drivers.storage.records import Pools, VolumeRecords
from virshpy.enums import (
    ListStoragePoolsFlags,
    StoragePoolBuildFlags,
    StoragePoolCreateFlags,
    StoragePoolDeleteFlags,
    StoragePoolEventLifecycleType,
    StoragePoolState,
)
from virshpy.xml.storage import POOL_TYPES, Pool, clean_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.storage.backend import Backend
    from virshpy.drivers.storage.records import PoolRow
    from virshpy.host.journal import Journal
    from virshpy.host.site import Site
    from virshpy.xml.node import Warning

_EVENT = StoragePoolEventLifecycleType
_LONGEST = 255  # bytes of a file's name, which libvirt makes of a pool's
_CREATE, _BUILD = StoragePoolCreateFlags, StoragePoolBuildFlags
_TYPES = {word: int(ListStoragePoolsFlags[word.upper().replace("-", "_")]) for word in POOL_TYPES.split()}
_OVERWRITES = {
    int(_BUILD.OVERWRITE | _BUILD.NO_OVERWRITE): (
        "VIR_STORAGE_POOL_BUILD_OVERWRITE", "VIR_STORAGE_POOL_BUILD_NO_OVERWRITE"
    ),
    int(_CREATE.WITH_BUILD_OVERWRITE | _CREATE.WITH_BUILD_NO_OVERWRITE): (
        "VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE", "VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE"
    ),
}  # fmt: skip


class PoolRows(ObjectRows, StorageOperations):
    """virStoragePool*."""

    error_domain = errors.ErrorDomain.STORAGE

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.pools = Pools(site)
        self.records = VolumeRecords(site)

    @property
    def objects(self) -> Pools:
        return self.pools

    @property
    def site(self) -> Site:
        return self.pools.site

    def read(self, text: str, *, validate: bool = False) -> Pool:
        warnings: list[Warning] = []
        document = Pool.parse(text, inactive=True, validate=validate, warnings=warnings)
        for warning in warnings:
            self.place.warn(str(warning))
        backend_class(str(document.type))
        if len(f"{document.name}.xml".encode(errors="surrogateescape")) > _LONGEST:
            raise errors.SystemCallError(
                f"Failed to create file '{document.name}.xml': File name too long", hint="choose a shorter <name>"
            )
        return document

    def backend(self, row: PoolRow, *, inactive: bool = False) -> Backend:
        return backend_of(self.pools.document(row, inactive=inactive), self.site)

    # finding
    storage_pool_lookup_by_name = ObjectRows.lookup_by_name
    storage_pool_is_active = ObjectRows.is_active
    storage_pool_is_persistent = ObjectRows.is_persistent
    storage_pool_get_autostart = ObjectRows.get_autostart

    def connect_list_all_storage_pools(self, *, flags: int = 0) -> list[PoolRef]:
        types = flags & sum(_TYPES.values())
        return [row.ref for row in self.pools.select(flags) if not types or types & _TYPES[row.type]]

    def storage_pool_lookup_by_uuid_string(self, uuid: str) -> PoolRef:
        return self.lookup_by_uuid(uuid)  # type: ignore[no-any-return]

    def storage_pool_lookup_by_target_path(self, path: str) -> PoolRef:
        clean = clean_path(path)
        for row in self.pools.query():
            if row.active and row.target == clean:
                return row.ref
        raise self.pools.kind.absent("target path", clean)

    def storage_pool_lookup_by_volume(self, volume: VolRef) -> PoolRef:
        row = self.pools.by_name(volume.pool)
        if row is None:
            raise self.absent("name", volume.pool)
        return row.ref

    # asking
    def storage_pool_get_info(self, pool: PoolRef) -> PoolInfo:
        row = self.pools.find(pool)
        if not row.active:
            return PoolInfo(StoragePoolState.INACTIVE, 0, 0, 0)
        backend = self.backend(row)
        if not backend.is_reachable():
            return PoolInfo(StoragePoolState.INACCESSIBLE, 0, 0, 0)
        try:
            return PoolInfo(backend.state(), *backend.space())
        except errors.SystemCallError:
            return PoolInfo(StoragePoolState.INACCESSIBLE, 0, 0, 0)  # its target is gone

    @accepts(1)
    def storage_pool_get_xml_desc(self, pool: PoolRef, *, flags: int = 0) -> str:
        row = self.pools.find(pool)
        if not row.active or (flags and row.persistent):
            return self.pools.text(row, inactive=bool(flags))
        document = self.pools.document(row).copy()
        backend = backend_of(document, self.site)
        if backend.is_reachable():
            try:
                document.capacity, document.allocation, document.available = backend.space()
                backend.complete(document)
            except (errors.SystemCallError, OSError):
                pass  # its target is gone: what is on record is all there is to say
        return document.format(secure=True)

    def connect_find_storage_pool_sources(self, type: str, src_spec: str | None = None) -> str:
        if type not in POOL_TYPES.split():
            raise errors.InternalError(f"unknown storage pool type {type}", hint=f"one of {POOL_TYPES}")
        return backend_class(type).sources(self.site, src_spec).format()

    def connect_get_storage_pool_capabilities(self) -> str:
        from virshpy.drivers.storage.capabilities import capabilities

        return capabilities().format()

    # definitions
    def storage_pool_define_xml(self, xml: str, *, flags: int = 0) -> PoolRef:
        return self.define_xml(xml, flags=flags)  # type: ignore[no-any-return]

    def storage_pool_undefine(self, pool: PoolRef) -> None:
        with self.pools.changing("pool-undefine", pool.uuid) as entry:
            row = self.pools.require_inactive(pool, "still")

            def forget() -> None:
                self.pools.forget(row)
                self.records.forget_all(row.uuid)
                self.pools.tell(row, _EVENT.UNDEFINED)

            entry.finish(forget, self.pools.note("forget", row))

    def storage_pool_set_autostart(self, pool: PoolRef, autostart: bool) -> None:
        if not self.pools.find(pool).persistent:
            raise errors.InternalError("pool has no config file", hint="a transient pool is gone when it stops")
        self.set_autostart(pool, autostart)

    # life
    def storage_pool_create_xml(self, xml: str, *, flags: int = 0) -> PoolRef:
        _refuse_both(flags)
        document = self.read(xml)
        if document.uuid is None:
            from virshpy.xml.uuids import new_uuid

            document.uuid = new_uuid()
        with self.pools.lock(document.uuid, "pool-create"):
            self.pools.admit(document)
            row = self.pools.by_uuid(document.uuid)
            if row is not None and row.active:
                raise errors.OperationInvalid(f"pool is already active as '{row.name}'")
            self._start("pool-create", document, flags)
        return PoolRef(str(document.name), document.uuid)

    def storage_pool_create(self, pool: PoolRef, *, flags: int = 0) -> None:
        _refuse_both(flags)
        with self.pools.lock(pool.uuid, "pool-start"):
            row = self.pools.require_inactive(pool)
            self._start("pool-start", self.pools.document(row, inactive=True), flags)

    def _start(self, verb: str, document: Pool, flags: int) -> None:
        backend = backend_of(document, self.site)
        backend.require_tools()
        assert document.uuid is not None
        with self.pools.change(verb, document.uuid) as entry:
            entry.write()
            if flags:
                self._build(entry, backend, _build_flags(flags))
            for step in backend.start_steps():
                entry.do(step)
            if not self.site.rehearsing:
                backend.require_ready()
            entry.hold(lambda: self._activate(document, entry), f"say that pool '{document.name}' is active")

    def _activate(self, document: Pool, entry: Journal) -> None:
        self.pools.admit(document)
        self.records.look_again(str(document.uuid))
        self.pools.write(
            self.pools.live,
            document.uuid,
            name=document.name,
            journal=entry.id,
            xml=document.format(secure=True),
            **self.pools.columns_of(document),
        )
        self.pools.tell(document, _EVENT.STARTED)

    def storage_pool_destroy(self, pool: PoolRef) -> None:
        with self.pools.lock(pool.uuid, "pool-destroy"):
            row = self.pools.require_active(pool)
            self._refuse_at_work(row)
            entry = self.site.held(row.journal)
            entry.told.append(f"# say that pool '{row.name}' is inactive")
            try:
                entry.undo()
            except errors.Error:
                entry.hold_again()
                raise
            with self.pools.store.transaction():
                self.records.look_again(row.uuid) if row.persistent else self.records.forget_all(row.uuid)
                self.pools.tell(row, _EVENT.STOPPED)

    def _refuse_at_work(self, row: PoolRow) -> None:
        """A pool whose volumes somebody is making or filling is not taken away under them."""
        busy = f"volume.{row.uuid}."
        query = "SELECT verb FROM {}.journal WHERE substr(subject, 1, ?) = ? AND phase = 'doing'"
        for db in ("run", "main"):
            if (found := self.pools.store.one(query.format(db), len(busy), busy)) is not None:
                raise errors.InternalError(
                    f"pool '{row.name}' has asynchronous jobs running.", hint=f"wait until its {found[0]} has ended"
                )

    def storage_pool_build(self, pool: PoolRef, *, flags: int = 0) -> None:
        _refuse_both(flags)
        with self.pools.lock(pool.uuid, "pool-build"):
            row = self.pools.require_inactive(pool)
            backend = self.backend(row, inactive=True)
            backend.require_tools()
            with self.pools.change("pool-build", row.uuid, lasting=True) as entry:
                self._build(entry, backend, flags)
                entry.finish(lambda: self.pools.tell(row, _EVENT.CREATED))

    def _build(self, entry: Journal, backend: Backend, flags: int) -> None:
        for step in backend.build_steps(flags):
            entry.do(step)

    def storage_pool_delete(self, pool: PoolRef, *, flags: int = 0) -> None:
        if flags & StoragePoolDeleteFlags.ZEROED:
            raise errors.NoSupport("pools are not overwritten when they are deleted")
        with self.pools.lock(pool.uuid, "pool-delete"):
            row = self.pools.require_inactive(pool, "still")
            backend = self.backend(row, inactive=True)
            backend.require_tools()
            with self.pools.change("pool-delete", row.uuid, lasting=True) as entry:
                for step in backend.delete_steps():
                    entry.do(step)

                def forget() -> None:
                    self.records.forget_all(row.uuid)
                    self.pools.tell(row, _EVENT.DELETED)

                entry.finish(forget)

    def storage_pool_refresh(self, pool: PoolRef) -> None:
        with self.pools.lock(pool.uuid, "pool-refresh"):
            row = self.pools.require_active(pool)
            self._refuse_at_work(row)
            backend = self.reached(row)
            backend.refresh()
            backend.require_ready()
            with self.pools.change("pool-refresh", row.uuid, lasting=True) as entry:

                def look_again() -> None:
                    self.records.look_again(row.uuid)
                    self.pools.tell_refreshed(row)

                entry.finish(look_again, f"look again at what is in pool '{row.name}'")

    def reached(self, row: PoolRow) -> Backend:
        """The backend of an active pool whose storage answers. Raises OperationTimeout where it does not."""
        backend = self.backend(row)
        if not backend.is_reachable():
            raise errors.OperationTimeout(
                f"storage pool '{row.name}' does not answer",
                hint="its server is away or does not let us in; stop the pool, or wait until it is back",
                action=("storage_pool_destroy", row.name),
            )
        return backend


def _refuse_both(flags: int) -> None:
    for both, names in _OVERWRITES.items():
        if flags & both == both:
            raise errors.Misuse(f"Flags '{names[0]}' and '{names[1]}' are mutually exclusive")


def _build_flags(flags: int) -> int:
    """What StoragePoolCreateFlags mean for the build."""
    if flags & _CREATE.WITH_BUILD_OVERWRITE:
        return _BUILD.OVERWRITE
    return _BUILD.NO_OVERWRITE if flags & _CREATE.WITH_BUILD_NO_OVERWRITE else _BUILD.NEW
