"""The contract's rows about volumes."""

from __future__ import annotations

from contextlib import ExitStack

from virshpy import errors
from virshpy.driver.storage import PoolRef, VolInfo, VolRef
from virshpy.drivers.storage.backend import unsupported
from virshpy.drivers.storage.contents import InUse
from virshpy.drivers.storage.pools import PoolRows
from virshpy.enums import (
    StorageVolCreateFlags,
    StorageVolInfoFlags,
    StorageVolResizeFlags,
    StorageVolType,
    StorageVolWipeAlgorithm,
)
from virshpy.xml.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from virshpy.driver.stream import DataStream
    from virshpy.drivers.storage.backend import Backend, Found
    from virshpy.drivers.storage.contents import Contents
    from virshpy.drivers.storage.records import PoolRow, VolumeRecords
    from virshpy.host.journal import Journal
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

    def pool_of(self, volume: VolRef) -> PoolRow:
        """The pool that a reference names. Raises NoStoragePool, OperationInvalid where it is not active."""
        row = self.pools.by_name(volume.pool)
        if row is None:
            raise self.absent("name", volume.pool)
        return self.pools.active(row)

    def place_of(self, volume: VolRef) -> Place:
        """The volume of a reference. Raises NoStoragePool, OperationInvalid, NoStorageVol."""
        row = self.pool_of(volume)
        backend = self.reached(row)
        found = backend.find(volume.name)
        if found is None:
            raise errors.NoStorageVol(
                f"no storage vol with matching name '{volume.name}'",
                hint="it was there, and somebody has removed or renamed it",
            )
        return Place(row, backend, found)

    # asking
    def storage_vol_get_info_flags(self, volume: VolRef, *, flags: int = 0) -> VolInfo:
        place = self.place_of(volume)
        physical = bool(flags & StorageVolInfoFlags.GET_PHYSICAL)
        format, _ = self._record(place)
        return place.backend.info(place.found, format=format, physical=physical)

    def storage_vol_get_xml_desc(self, volume: VolRef) -> str:
        return self._described(self.place_of(volume)).format()

    def storage_vol_get_path(self, volume: VolRef) -> str:
        return self.place_of(volume).found.path

    def _record(self, place: Place) -> tuple[str | None, str | None]:
        """(format, document) on record of a volume, if it is still the same one. Only "raw" is a format on record: all
        others are told by their headers."""
        known = self.records.find(place.row.uuid, place.found.name)
        if known is None or known["identity"] != place.found.identity():
            return None, None
        return known["format"], known["xml"]

    def _described(self, place: Place) -> Volume:
        """A volume's document: what it was made of, as long as that is on record, with what its storage says now."""
        format, text = self._record(place)
        now = place.backend.describe(place.found, format=format)
        if text is None:
            return now
        made = Volume.parse(text)
        assert made.target is not None and now.target is not None
        made.type, made.key, made.source = now.type, now.key, now.source
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
        with self.lock(row, name, "vol-create"):
            if backend.find(name) is not None:
                raise errors.StorageVolExist(f"'{name}'", hint="choose another name, or delete that one first")
            return self._make("vol-create", row, backend, volume, lambda: backend.create_steps(volume, flags))

    def storage_vol_create_xml_from(self, pool: PoolRef, xml: str, clone: VolRef, *, flags: int = 0) -> VolRef:
        row = self.pools.require_active(pool)
        backend = self.reached(row)
        volume = self._read(row, xml, flags, copied=True)
        name = str(volume.name)
        if not backend.traits.copies:
            raise unsupported("storage pool does not support volume creation from an existing volume")
        # What is copied is not changed by another command meanwhile. Two that copy each other wait for no ring.
        both = {_key(row, name), _key(self.pool_of(clone), clone.name)}
        with ExitStack() as locks:
            for key in sorted(both):
                locks.enter_context(self.site.lock("volume", key, "vol-clone"))
            if backend.find(name) is not None:
                raise errors.InternalError(
                    f"storage volume name '{name}' already in use.",
                    hint="choose another name, or delete that one first",
                )
            original = self.place_of(clone)
            described = self._described(original)
            self._take_after(volume, described)
            contents = original.backend.contents(original.found, described)
            contents.capacity = described.capacity or 0
            if original.found.type is not StorageVolType.DIR:
                with Unused(self, original):
                    contents.require_unused(writing=True)
            return self._make("vol-clone", row, backend, volume, lambda: backend.copy_steps(volume, contents, flags))

    @staticmethod
    def _take_after(volume: Volume, original: Volume) -> None:
        """A copy is at least as large as what is copied, and has its backing file only as the original has it."""
        capacity = original.capacity or 0
        volume.capacity = max(volume.capacity or 0, capacity)
        # A file system may need more space for a file than there is in it.
        volume.allocation = min(max(volume.allocation or 0, original.allocation or 0), volume.capacity)
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
        with self.change(verb, row, name) as entry:
            for step in steps():
                entry.do(step)
            made = None if self.site.rehearsing else backend.find(name)
            entry.finish(lambda: self._remember(row, made, volume), f"say that '{name}' is in pool '{row.name}'")
        return VolRef(row.name, name, made.key if made is not None else str(volume.key))

    def _remember(self, row: PoolRow, found: Found | None, volume: Volume) -> None:
        if found is None:
            return
        format = volume.target and volume.target.kind and volume.target.kind.type
        plain = format == "raw" and not (volume.target and volume.target.encryption)
        self.records.save(row.uuid, found.name, found.identity(), "raw" if plain else None, volume.format())

    def _read(self, row: PoolRow, xml: str, flags: int, *, copied: bool = False) -> Volume:
        volume = Volume.parse(xml, inactive=True, validate=bool(flags & StorageVolCreateFlags.VALIDATE))
        volume.settle(row.type, copied=copied)
        return volume

    # changing
    def storage_vol_delete(self, volume: VolRef, *, flags: int = 0) -> None:
        with Changing(self, "vol-delete", volume) as (place, entry):
            for step in place.backend.delete_volume_steps(place.found, flags):
                entry.do(step)
            entry.finish(
                lambda: self.records.forget(place.row.uuid, volume.name),
                f"forget volume '{volume.name}' of pool '{place.row.name}'",
            )

    def storage_vol_resize(self, volume: VolRef, capacity: int, *, flags: int = 0) -> None:
        if not capacity and not flags & (_RESIZE.DELTA | _RESIZE.SHRINK):
            raise errors.Misuse(
                "capacity in virStorageVolResize cannot be zero without 'delta' or 'shrink' flags set",
                hint="say how large it shall be",
            )
        with Changing(self, "vol-resize", volume) as (place, entry):
            described = self._described(place)
            wanted = self._wanted_size(place, described, capacity, flags)
            for step in place.backend.resize_steps(place.found, described, wanted, flags):
                entry.do(step)
            entry.finish(lambda: None)

    def _wanted_size(self, place: Place, volume: Volume, capacity: int, flags: int) -> int:
        now, allocation = volume.capacity or 0, volume.allocation or 0
        wanted = capacity
        if flags & _RESIZE.DELTA:
            wanted = now - capacity if flags & _RESIZE.SHRINK else now + capacity
            wanted = max(wanted, 0)
        if wanted < allocation and volume.type == "file":
            raise errors.InvalidArg(
                "can't shrink capacity below existing allocation", hint=f"it has {allocation} bytes of data"
            )
        if wanted < now and not flags & _RESIZE.SHRINK:
            raise errors.InvalidArg(
                "Can't shrink capacity below current capacity unless shrink flag explicitly specified",
                hint="what is beyond its new end is lost: say --shrink if that is meant",
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
        with Changing(self, "vol-wipe", volume) as (place, entry):
            place.backend.require_within(place.found)
            contents = self.contents(place)
            for step in contents.wipe_steps(algorithm, self.site):
                entry.do(step)
            entry.finish(lambda: None)

    # data
    def storage_vol_upload(self, volume: VolRef, offset: int, length: int, *, flags: int = 0) -> DataStream:
        change = Changing(self, "vol-upload", volume)
        place, entry = change.__enter__()
        try:
            place.backend.require_within(place.found)
            contents = self.contents(place)
            contents.require_unused()
            return contents.upload(Filling(change, place, entry, self.records), offset, length)
        except BaseException as error:
            change.__exit__(type(error), error, error.__traceback__)
            raise

    def storage_vol_download(self, volume: VolRef, offset: int, length: int, *, flags: int = 0) -> DataStream:
        contents = self.contents(self.place_of(volume))
        self.site.work.begin()
        return contents.download(offset, length, self.site.work)

    # what the verbs share
    def contents(self, place: Place) -> Contents:
        return place.backend.contents(place.found, self._described(place))

    def lock(self, row: PoolRow, name: str, verb: str) -> Lock:
        return self.site.lock("volume", _key(row, name), verb)

    def change(self, verb: str, row: PoolRow, name: str) -> Change:
        return self.site.change(verb, "volume", _key(row, name), lasting=True)

    def user_of(self, place: Place) -> str | None:
        """The running guest of this connection in whose document a volume stands, by its path or by its pool."""
        from virshpy.enums import ListDomainsFlags
        from virshpy.xml.write import escape

        path = f"'{escape(place.found.path)}'"
        volume = f"pool='{escape(place.row.name)}' volume='{escape(place.found.name)}'"
        for domain in self.driver.connect_list_all_domains(flags=ListDomainsFlags.ACTIVE):
            try:
                text = self.driver.domain_get_xml_desc(domain)
            except errors.Error:
                continue
            if path in text or volume in text:
                return str(domain.name)
        return None


class Unused:
    """A context in which it is said which guest it is that has a volume open."""

    def __init__(self, rows: StorageRows, place: Place) -> None:
        self._rows = rows
        self._place = place

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, InUse):
            return
        guest = self._rows.user_of(self._place)
        path = self._place.found.path
        if guest is None:
            raise errors.OperationInvalid(
                f"volume '{path}' is in use by another process", hint=f"see which: fuser -v {path}"
            ) from None
        raise errors.OperationInvalid(
            f"volume '{path}' is in use by domain '{guest}'",
            hint=f"shut '{guest}' down first",
            action=("domain_shutdown_flags", guest),
        ) from None


class Changing:
    """A context in which one volume is changed: what was found under its lock, and the journal."""

    def __init__(self, rows: StorageRows, verb: str, volume: VolRef) -> None:
        self._rows = rows
        self._verb = verb
        self._volume = volume
        self._stack = ExitStack()

    def __enter__(self) -> tuple[Place, Journal]:
        rows, name = self._rows, self._volume.name
        row = rows.pool_of(self._volume)
        with ExitStack() as stack:
            stack.enter_context(rows.lock(row, name, self._verb))
            place = rows.place_of(self._volume)
            stack.enter_context(Unused(rows, place))
            rows.site.work.begin()
            entry = stack.enter_context(rows.change(self._verb, row, name))
            self._stack = stack.pop_all()
        return place, entry

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)


class Filling:
    """What an upload changes: a volume that was found under its lock, and the journal. It is over once, by ``end``."""

    def __init__(self, change: Changing, place: Place, entry: Journal, records: VolumeRecords) -> None:
        self._change: Changing | None = change
        self.place = place
        self.entry = entry
        self._records = records
        self.site = place.backend.site

    def commit(self) -> None:
        """The volume holds something else from now on."""
        row, name = self.place.row, self.place.found.name
        self.entry.finish(lambda: self._records.forget(row.uuid, name), f"say that '{name}' has other content")

    def end(self, error: BaseException | None) -> None:
        if self._change is not None:
            change, self._change = self._change, None
            change.__exit__(type(error) if error else None, error, None)


def _key(row: PoolRow, name: str) -> str:
    return f"{row.uuid}.{name}"
