"""disk: the partitions of one device."""

from __future__ import annotations

import os
import shlex

from virshpy import errors
from virshpy.driver.storage import VolInfo
from virshpy.drivers.storage import partitioning
from virshpy.drivers.storage.backend import Found, Space, Traits, program
from virshpy.drivers.storage.on_devices import OnDevices
from virshpy.drivers.storage.signature import occupied, signature
from virshpy.enums import StoragePoolBuildFlags, StorageVolType
from virshpy.host import devices, partitions, processes
from virshpy.host.steps import Act
from virshpy.host.steps.partition import NewPartition, run
from virshpy.xml.storage import FreeExtent
from virshpy.xml.volume import Extent, Format, Volume, VolumeDevice, VolumeSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from virshpy.drivers.storage.contents import Contents
    from virshpy.host.partitions import Part, Table
    from virshpy.host.steps import Step
    from virshpy.xml.storage import Pool, SourceDevice

_PATIENCE = 60  # seconds for a disk that sleeps
_UNKNOWN = "unknown"
_DEFAULT = "dos"  # what is made where the document does not say which


class Partitions(OnDevices):
    traits = Traits(
        "disk", StorageVolType.BLOCK, builds=True, deletes=True, creates=True, copies=True,
        tools=(
            ("parted", "parted"), ("sfdisk", "fdisk"), ("partx", "util-linux"), ("blkid", "util-linux"),
            ("wipefs", "util-linux"),
        ),
    )  # fmt: skip
    _is_made = False  # by this very call

    # the pool
    @property
    def source(self) -> SourceDevice:
        assert self.pool.source is not None
        return self.pool.source.devices[0]

    @property
    def device(self) -> str:
        return str(self.source.path)

    @property
    def format(self) -> str:
        """The kind of table that it should have."""
        assert self.pool.source is not None
        return (self.pool.source.kind and self.pool.source.kind.type) or _UNKNOWN

    def start_steps(self) -> Sequence[Step]:
        if self.site.rehearsing and self._is_made:
            return ()
        devices.require_block(self.device)
        table = self._expected()
        missing = [part for part in table.parts if not os.path.exists(self._node(part.number))]
        return [self._told()] if missing else ()

    def _expected(self) -> Table:
        """The table, if it is what the document says. Raises StorageProbeFailed, OperationInvalid."""
        table = partitions.read(self.device, self.format)
        found = table.label if table is not None else signature(self.device)
        wanted = _DEFAULT if self.format == _UNKNOWN else self.format
        if found is None:
            raise errors.StorageProbeFailed(
                f"Device '{self.device}' is unrecognized, requires build", hint=f"pool-build {self.pool.name}"
            )
        if table is None or self.format not in (table.label, _UNKNOWN):
            raise errors.OperationInvalid(
                f"Format of device '{self.device}' does not match the expected format '{wanted}'",
                hint=f"it holds {found}: say so in the pool's document, or have it overwritten by pool-build",
            )
        return table

    def _told(self) -> Step:
        """A kernel that has not read the table is told of it."""
        words = [program("partx"), "--update", self.device]

        def tell() -> None:
            processes.run(words, timeout=_PATIENCE, check=False, together=True)
            devices.settle()

        return Act(tell, shlex.join(words))

    def refresh(self) -> None:
        if any(not os.path.exists(self._node(part.number)) for part in self.table().parts):
            self._told().do(lambda: None)

    def build_steps(self, flags: int) -> Iterable[Step]:
        words = partitioning.label_words(self.device, self.format, parted=program("parted"))
        devices.require_block(self.device)
        devices.require_free(self.device)
        found = self._content()
        if found is not None:
            if not flags & StoragePoolBuildFlags.OVERWRITE:
                wanted = _DEFAULT if self.format == _UNKNOWN else self.format
                overwriting = "--overwrite makes a new table, and all in it is lost"
                raise occupied(self.device, found, wanted, overwriting)
            yield _forgotten(self.device)
        yield Act(lambda: run(words), shlex.join(words))
        self._is_made = True

    def _content(self) -> str | None:
        """What is on the device: a table by libvirt's word, or anything else by blkid's."""
        table = partitions.read(self.device, self.format)
        return table.label if table is not None else signature(self.device)

    def delete_steps(self) -> Iterable[Step]:
        devices.require_block(self.device)
        devices.require_free(self.device)
        yield _forgotten(self.device)

    def table(self) -> Table:
        """Raises SystemCallError where the device is gone, StorageProbeFailed where the table is."""
        table = partitions.read(self.device, self.format)
        if table is None:
            raise errors.StorageProbeFailed(
                f"Device '{self.device}' is unrecognized, requires build", hint="somebody has taken its table away"
            )
        return table

    def require_ready(self) -> None:
        self.table()

    def space(self) -> Space:
        table = self.table()
        taken = sum(part.size for part in table.parts if part.kind != "extended")
        return Space(table.end, taken, sum(free.size for free in table.free()))

    def complete(self, pool: Pool) -> None:
        table = self.table()
        assert pool.source is not None
        pool.source.kind = Format(type=table.label)
        pool.source.devices[0].free_extents = [FreeExtent(start=free.start, end=free.end) for free in table.free()]

    # what there is
    def volumes(self) -> Iterator[Found]:
        table = self.table()
        names = _names_in(self.target)
        for part in table.parts:
            node = self._node(part.number)
            path = names.get(os.path.realpath(node), node)
            if (found := self.found(os.path.basename(node), path)) is not None:
                yield found._replace(detail=(table, part))

    def _node(self, number: int) -> str:
        # A map is known by its name; of other devices the name may be a link, which its partitions do not share.
        device = self.device if self.device.startswith("/dev/mapper/") else os.path.realpath(self.device)
        return partitioning.node_of(device, number, self.source.part_separator)

    def info(self, found: Found, *, format: str | None = None, physical: bool = False) -> VolInfo:
        volume = self.describe(found)
        size = volume.physical if physical else volume.allocation
        return VolInfo(found.type, volume.capacity or 0, size or 0)

    def describe(self, found: Found, *, format: str | None = None) -> Volume:
        table, part = _read_of(found)
        volume = super().describe(found)
        assert volume.target is not None
        volume.source = VolumeSource(
            devices=[VolumeDevice(path=self.device, extents=[Extent(start=part.start, end=part.end)])]
        )
        volume.capacity = volume.allocation = part.size
        if part.kind == "extended":
            volume.allocation = part.size - sum(free.size for free in table.free() if free.logical)
        volume.target.kind = Format(type=partitioning.format_of(part.type))
        return volume

    # making
    def place(self, name: str) -> str:
        if "/" in name or "\0" in name:
            raise errors.InvalidArg(f"invalid partition name '{name}'", hint="it is the next one's: see vol-list")
        return os.path.join(os.path.dirname(self._node(1)), name)

    def device_steps(self, volume: Volume) -> Iterable[Step]:
        self.require_capacity(volume)
        if volume.backing is not None:
            raise errors.NoSupport(
                "backing storage not supported for partitions", hint="an LVM or qcow2 volume can have it"
            )
        assert volume.target is not None and self.pool.uuid is not None
        format = (volume.target.kind and volume.target.kind.type) or "none"
        # Two that make partitions at once would take the same one.
        with self.site.lock("partitions", self.pool.uuid, "vol-create"):
            table = self.table()
            slot = self._slot(table, str(volume.name), format)
            there = partitioning.stretch(table, slot.kind, self.room(volume))
            words = partitioning.partition_words(
                self.device, table.label, slot, there, format, parted=program("parted")
            )
            yield NewPartition(
                words, self.device, self._node(slot.number), start=there.start, end=there.end,
                **self.shaped(volume, None),
            )  # fmt: skip

    def _slot(self, table: Table, name: str, format: str) -> partitioning.Slot:
        """What the new one is, by its name. Raises InvalidArg for a name that it cannot have."""
        names = {os.path.basename(self._node(slot.number)): slot for slot in partitioning.slots(table, format)}
        if name not in names:
            expected = next(iter(names))
            raise errors.InvalidArg(
                f"invalid partition name '{name}', expected '{expected}'",
                hint=f"a partition is called by its number: name the new one {expected}",
            )
        return names[name]

    # removing
    def delete_volume_steps(self, found: Found, flags: int) -> Iterable[Step]:
        assert self.pool.uuid is not None
        with self.site.lock("partitions", self.pool.uuid, "vol-delete"):
            table, part = self.table(), _read_of(found)[1]
            self._require_removable(found, table, part)
            yield from self.zeroed(found, flags)
            words = partitioning.removal_words(self.device, part.number, parted=program("parted"))
            yield Act(lambda: self._remove(words), shlex.join(words))

    def _remove(self, words: Sequence[str]) -> None:
        devices.settle()  # udev looks into a device that was closed, and for that moment it is in use
        run(words)
        devices.settle()

    def _require_removable(self, found: Found, table: Table, part: Part) -> None:
        self.require_unused(found)
        self._require_free(found.name, part)
        logical = [other for other in table.parts if other.kind == "logical"]
        if part.kind == "extended" and logical:
            names = ", ".join(f"'{os.path.basename(self._node(other.number))}'" for other in logical)
            raise errors.OperationInvalid(
                f"volume '{found.name}' is an extended partition, in which there is {names}",
                hint="delete what is in it first, the last one first",
            )
        if part.kind == "logical":
            for other in logical:  # their numbers change
                if other.number > part.number:
                    self._require_free(os.path.basename(self._node(other.number)), other)

    def _require_free(self, name: str, part: Part) -> None:
        node = self._node(part.number)
        use = devices.user_of(node) if part.kind != "extended" and os.path.exists(node) else None
        if use is not None:
            raise errors.OperationInvalid(f"volume '{name}' is {use}", hint="see what has it: lsblk, fuser -v")

    def contents(self, found: Found, volume: Volume) -> Contents:
        if _read_of(found)[1].kind == "extended":
            raise errors.OperationInvalid(
                f"volume '{found.name}' is an extended partition",
                hint="it holds no data but the table of what is in it: name one of those",
            )
        return super().contents(found, volume)


def _forgotten(device: str) -> Step:
    """What was on a device is known to nobody any more, the kernel included. It is lost."""
    words = [[program("wipefs"), "--all", device], [program("partx"), "--delete", device]]

    def forget() -> None:
        devices.settle()
        processes.run(words[0], timeout=_PATIENCE, together=True)
        # There may be none of which the kernel knows.
        processes.run(words[1], timeout=_PATIENCE, check=False, together=True)

    return Act(forget, *map(shlex.join, words))


def _read_of(found: Found) -> tuple[Table, Part]:
    read: tuple[Table, Part] = found.detail
    return read


def _names_in(folder: str) -> dict[str, str]:
    """The names that devices have in a directory such as /dev/disk/by-id; the nodes themselves are in /dev."""
    if folder == "/dev" or not folder.startswith("/dev/"):
        return {}
    try:
        return {os.path.realpath(path): path for name in sorted(os.listdir(folder)) if (path := f"{folder}/{name}")}
    except OSError:
        return {}
