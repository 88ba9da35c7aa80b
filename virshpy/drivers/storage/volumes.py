"""The contract's rows about volumes."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.storage import PoolRef, VolInfo, VolRef
from virshpy.drivers.storage.contents import InUse
from virshpy.drivers.storage.pools import PoolRows
from virshpy.enums import StorageVolCreateFlags, StorageVolInfoFlags, StorageVolResizeFlags, StorageVolWipeAlgorithm
from virshpy.xml.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from virshpy.driver.stream import DataStream
    from virshpy.drivers.storage.backend import Backend, Found
    from virshpy.drivers.storage.contents import Contents
    from virshpy.drivers.storage.records import PoolRow
    from virshpy.host.locks import Lock
    from virshpy.host.site import Change
    from virshpy.host.steps import Step

_RESIZE = StorageVolResizeFlags


class Place:
    """A volume that is there: its pool's row, the backend, and what was found."""

    __slots__ = ("row", "backend", "found")

    def __init__(self, row: PoolRow, backend: Backend, found: Found) -> None:
        self.row = row
        self.backend = backend
        self.found = found

    @property
    def ref(self) -> VolRef:
        return VolRef(self.row.name, self.found.name, self.found.key)


class StorageRows(PoolRows):
    """virStorageVol*, and virStoragePool*."""

    # finding
    def storage_pool_num_of_volumes(self, pool: PoolRef) -> int:
        return len(self.storage_pool_list_all_volumes(pool))

    def storage_pool_list_all_volumes(self, pool: PoolRef) -> list[VolRef]:
        row = self.pools.require_active(pool)
        return [VolRef(row.name, found.name, found.key) for found in self.reached(row).volumes()]

    def storage_vol_lookup_by_name(self, pool: PoolRef, name: str) -> VolRef:
        row = self.pools.require_active(pool)
        found = self.reached(row).find(name)
        if found is None:
            raise errors.NoStorageVol(
                f"no storage vol with matching name '{name}'",
                hint=f"see what is in pool '{row.name}'",
                action=("storage_pool_list_all_volumes", row.name),
            )
        return VolRef(row.name, found.name, found.key)

    def storage_vol_lookup_by_key(self, key: str) -> VolRef:
        return self._anywhere("key", key, lambda backend: backend.find_key(key))

    def storage_vol_lookup_by_path(self, path: str) -> VolRef:
        from virshpy.xml.storage import clean_path

        clean = clean_path(path)
        return self._anywhere("path", path, lambda backend: backend.find_path(clean))

    def _anywhere(self, what: str, value: str, find: Callable[[Backend], Found | None]) -> VolRef:
        """The volume in whichever active pool has it. One whose storage does not answer stops no look into others."""
        for row in self.pools.query():
            if not row.active:
                continue
            try:
                backend = self.backend(row)
                found = find(backend) if backend.is_reachable() else None
            except errors.Error:
                continue
            if found is not None:
                return VolRef(row.name, found.name, found.key)
        raise errors.NoStorageVol(f"no storage vol with matching {what} '{value}'", hint="it is in no active pool")

    def _find(self, volume: VolRef) -> Place:
        """The volume of a reference. Raises NoStoragePool, OperationInvalid, NoStorageVol."""
        row = self.pools.by_name(volume.pool)
        if row is None:
            raise self.absent("name", volume.pool)
        backend = self.reached(self.pools.active(row))
        found = backend.find(volume.name)
        if found is None:
            raise errors.NoStorageVol(
                f"no storage vol with matching name '{volume.name}'",
                hint="it was there, and somebody has removed or renamed it",
            )
        return Place(row, backend, found)

    # asking
    def storage_vol_get_info_flags(self, volume: VolRef, *, flags: int = 0) -> VolInfo:
        place = self._find(volume)
        physical = bool(flags & StorageVolInfoFlags.GET_PHYSICAL)
        return place.backend.info(place.found, format=self._known_format(place), physical=physical)

    def storage_vol_get_xml_desc(self, volume: VolRef) -> str:
        return self._described(self._find(volume)).format()

    def storage_vol_get_path(self, volume: VolRef) -> str:
        return self._find(volume).found.path

    def _record(self, place: Place) -> tuple[str | None, str | None]:
        """(format, document) on record of a volume, if it is still the same one."""
        known = self.records.find(place.row.uuid, place.found.name)
        if known is None or known["identity"] != place.found.identity:
            return None, None
        return known["format"], known["xml"]

    def _known_format(self, place: Place) -> str | None:
        format, _ = self._record(place)
        return "raw" if format == "raw" else None

    def _described(self, place: Place) -> Volume:
        """A volume's document: what it was made of, as long as that is on record, with what its storage says now."""
        format, text = self._record(place)
        now = place.backend.describe(place.found, format="raw" if format == "raw" else None)
        if text is None:
            return now
        made = Volume.parse(text)
        assert made.target is not None and now.target is not None
        made.type, made.key = now.type, now.key
        made.capacity, made.allocation, made.physical = now.capacity, now.allocation, now.physical
        made.target.path = now.target.path
        made.target.permissions, made.target.timestamps = now.target.permissions, now.target.timestamps
        if made.backing is not None and now.backing is not None and now.backing.permissions is not None:
            made.backing.permissions, made.backing.timestamps = now.backing.permissions, now.backing.timestamps
        return made

    # making
    def storage_vol_create_xml(self, pool: PoolRef, xml: str, *, flags: int = 0) -> VolRef:
        row = self.pools.require_active(pool)
        backend = self.reached(row)
        volume = self._read(row, xml, flags)
        name = str(volume.name)
        with self._lock(row, name, "vol-create"):
            if backend.find(name) is not None:
                raise errors.StorageVolExist(f"'{name}'", hint="choose another name, or delete that one first")
            return self._make("vol-create", row, backend, volume, lambda: backend.create_steps(volume, flags))

    def storage_vol_create_xml_from(self, pool: PoolRef, xml: str, clone: VolRef, *, flags: int = 0) -> VolRef:
        row = self.pools.require_active(pool)
        backend = self.reached(row)
        original = self._find(clone)
        volume = self._read(row, xml, flags)
        name = str(volume.name)
        with self._lock(row, name, "vol-clone"):
            if backend.find(name) is not None:
                raise errors.InternalError(
                    f"storage volume name '{name}' already in use.",
                    hint="choose another name, or delete that one first",
                )
            described = self._described(original)
            self._take_after(volume, described)
            contents = original.backend.contents(original.found, described)
            contents.capacity = described.capacity or 0
            with self._unchanged(original, contents):
                return self._make(
                    "vol-clone", row, backend, volume, lambda: backend.copy_steps(volume, contents, flags)
                )

    def _unchanged(self, original: Place, contents: Contents) -> Lock:
        """What is copied is not changed by another command meanwhile, nor by a guest."""
        lock = self._lock(original.row, original.found.name, "vol-clone")
        try:
            contents.require_idle()
        except BaseException as error:
            lock.release()
            raise self._named(error) from None
        return lock

    @staticmethod
    def _take_after(volume: Volume, original: Volume) -> None:
        """A copy is at least as large as what is copied, and has its backing file only as the original has it."""
        capacity = original.capacity or 0
        volume.capacity = max(volume.capacity or 0, capacity)
        volume.allocation = max(volume.allocation or 0, original.allocation or 0)
        mine, theirs = volume.backing, original.backing
        if mine is not None and theirs is not None and mine.path != theirs.path:
            raise errors.InternalError(
                "a different backing store cannot be specified.", hint="leave <backingStore> out for a copy of its own"
            )

    def _make(
        self, verb: str, row: PoolRow, backend: Backend, volume: Volume, steps: Callable[[], Iterable[Step]]
    ) -> VolRef:
        name = str(volume.name)
        backend.require_tools()
        assert volume.target is not None
        volume.target.path = volume.key = backend.place(name)
        self.site.work.begin()
        with self._change(verb, row, name) as entry:
            for step in steps():
                entry.do(step)
            entry.finish(lambda: self._remember(row, backend, volume), f"say that '{name}' is in pool '{row.name}'")
        found = backend.find(name)
        return VolRef(row.name, name, found.key if found is not None else str(volume.key))

    def _remember(self, row: PoolRow, backend: Backend, volume: Volume) -> None:
        found = None if self.site.rehearsing else backend.find(str(volume.name))
        if found is None:
            return
        format = volume.target and volume.target.kind and volume.target.kind.type
        plain = format == "raw" and not (volume.target and volume.target.encryption)
        self.records.save(row.uuid, found.name, found.identity, "raw" if plain else None, volume.format())

    def _read(self, row: PoolRow, xml: str, flags: int) -> Volume:
        volume = Volume.parse(xml, inactive=True, validate=bool(flags & StorageVolCreateFlags.VALIDATE))
        volume.settle(row.type)
        return volume

    # changing
    def storage_vol_delete(self, volume: VolRef, *, flags: int = 0) -> None:
        place = self._find(volume)
        with (
            self._lock(place.row, volume.name, "vol-delete"),
            self._change("vol-delete", place.row, volume.name) as entry,
        ):
            for step in self._steps(place.backend.delete_volume_steps(place.found, flags)):
                entry.do(step)
            entry.finish(
                lambda: self.records.forget(place.row.uuid, volume.name),
                f"forget volume '{volume.name}' of pool '{place.row.name}'",
            )

    def storage_vol_resize(self, volume: VolRef, capacity: int, *, flags: int = 0) -> None:
        place = self._find(volume)
        with self._lock(place.row, volume.name, "vol-resize"):
            described = self._described(place)
            wanted = self._wanted_size(place, described, capacity, flags)
            self.site.work.begin()
            with self._change("vol-resize", place.row, volume.name) as entry:
                for step in self._steps(place.backend.resize_steps(place.found, described, wanted, flags)):
                    entry.do(step)
                entry.finish(lambda: None)

    def _wanted_size(self, place: Place, volume: Volume, capacity: int, flags: int) -> int:
        now, allocation = volume.capacity or 0, volume.allocation or 0
        wanted = capacity
        if flags & _RESIZE.DELTA:
            wanted = now - capacity if flags & _RESIZE.SHRINK else now + capacity
            wanted = max(wanted, 0)
        if wanted < now and not flags & _RESIZE.SHRINK:
            raise errors.InvalidArg(
                "Can't shrink capacity below current capacity unless shrink flag explicitly specified",
                hint="what is beyond its new end is lost: say --shrink if that is meant",
            )
        if wanted < allocation and volume.type == "file" and _is_raw(volume):
            raise errors.InvalidArg(
                "can't shrink capacity below existing allocation", hint=f"it has {allocation} bytes of data"
            )
        if flags & _RESIZE.ALLOCATE and wanted > now and wanted - now > place.backend.space().available:
            raise errors.OperationFailed(
                "Not enough space left in storage pool", hint="leave out --allocate, or make room in the pool"
            )
        return wanted

    def storage_vol_wipe(self, volume: VolRef) -> None:
        self._wipe(volume, StorageVolWipeAlgorithm.ZERO)

    def storage_vol_wipe_pattern(self, volume: VolRef, algorithm: int) -> None:
        if algorithm not in set(StorageVolWipeAlgorithm):
            raise errors.InvalidArg(f"wiping algorithm {algorithm} not supported", hint="see vol-wipe's --algorithm")
        self._wipe(volume, algorithm)

    def _wipe(self, volume: VolRef, algorithm: int) -> None:
        place = self._find(volume)
        with self._lock(place.row, volume.name, "vol-wipe"):
            contents = place.backend.contents(place.found, self._described(place))
            place.backend.require_within(place.found)
            self.site.work.begin()
            with self._change("vol-wipe", place.row, volume.name) as entry:
                for step in self._steps(contents.wipe_steps(algorithm, self.site)):
                    entry.do(step)
                entry.finish(lambda: None)

    # data
    def storage_vol_upload(self, volume: VolRef, offset: int, length: int, *, flags: int = 0) -> DataStream:
        from virshpy.drivers.storage.streams import Upload

        place = self._find(volume)
        place.backend.require_within(place.found)
        lock = self._lock(place.row, volume.name, "vol-upload")
        try:
            self.site.work.begin()
            contents = place.backend.contents(place.found, self._described(place))
            return Upload(self, place, contents, lock, offset, length, sparse=bool(flags))
        except BaseException as error:
            lock.release()
            raise self._named(error) from None

    def storage_vol_download(self, volume: VolRef, offset: int, length: int, *, flags: int = 0) -> DataStream:
        from virshpy.drivers.storage.streams import Download

        place = self._find(volume)
        contents = place.backend.contents(place.found, self._described(place))
        self.site.work.begin()
        return Download(contents, offset, length, self.site.work, sparse=bool(flags))

    # what the verbs share
    def _lock(self, row: PoolRow, name: str, verb: str) -> Lock:
        return self.site.lock("volume", _key(row, name), verb)

    def _change(self, verb: str, row: PoolRow, name: str) -> Change:
        return self.site.change(verb, "volume", _key(row, name), lasting=True)

    def _steps(self, steps: Iterable[Step]) -> Iterator[Step]:
        """The steps; an image that a guest has open is refused with the guest's name."""
        try:
            yield from steps
        except InUse as error:
            raise self._named(error) from None

    def _named(self, error: BaseException) -> BaseException:
        if not isinstance(error, InUse):
            return error
        guest = self._user_of(error.path)
        if guest is None:
            return errors.OperationInvalid(
                f"volume '{error.path}' is in use by another process", hint=f"see which: fuser -v {error.path}"
            )
        return errors.OperationInvalid(
            f"volume '{error.path}' is in use by domain '{guest}'",
            hint=f"shut '{guest}' down first",
            action=("domain_shutdown_flags", guest),
        )

    def _user_of(self, path: str) -> str | None:
        """The running guest of this connection in whose document a path stands."""
        from virshpy.enums import ListDomainsFlags

        for domain in self.driver.connect_list_all_domains(flags=ListDomainsFlags.ACTIVE):
            try:
                if f"'{path}'" in self.driver.domain_get_xml_desc(domain):
                    return str(domain.name)
            except errors.Error:
                continue
        return None


def _key(row: PoolRow, name: str) -> str:
    return f"{row.uuid}.{name}"


def _is_raw(volume: Volume) -> bool:
    return (volume.target and volume.target.kind and volume.target.kind.type) in (None, "raw", "iso")
