"""logical: the volumes of an LVM volume group."""

from __future__ import annotations

import os
import shlex

from virshpy import errors
from virshpy.driver.storage import VolInfo
from virshpy.drivers.storage.backend import Found, Space, Traits, program
from virshpy.drivers.storage.on_devices import OnDevices
from virshpy.drivers.storage.on_paths import describe_file
from virshpy.drivers.storage.signature import occupied, signature
from virshpy.enums import StoragePoolBuildFlags, StoragePoolState, StorageVolDeleteFlags, StorageVolType
from virshpy.host import devices, lvm
from virshpy.host.steps import Act
from virshpy.host.steps.lvm import (
    ActiveGroup,
    GrownVolume,
    NewLogicalVolume,
    NewPhysicalVolume,
    NewVolumeGroup,
    activate,
)
from virshpy.xml.storage import PoolSource, PoolSources, SourceDevice
from virshpy.xml.volume import BackingStore, Extent, Format, Volume, VolumeDevice, VolumeSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from virshpy.host.site import Site
    from virshpy.host.steps import Step

_KIB = 1024
_VOLUME_MODE = 0o600
_FORMAT = "LVM2_member"
_WIPED = "wipefs"


def create_words(
    group: str, name: str, capacity: int, allocation: int, origin: str | None = None, *, lvcreate: str = "lvcreate"
) -> list[str]:
    """``lvcreate …``: a plain volume; one whose space comes as it is written to, where ``allocation`` is less than
    ``capacity``; or a snapshot of ``origin``, which has room for that much to differ."""
    given = min(allocation, capacity) if origin is not None else allocation
    sparse = origin is None and allocation != capacity
    size = given if sparse or origin is not None else capacity
    words = [lvcreate, "--name", name, *(["-L", f"{-(-size // _KIB)}K"] if size else ["-l", "1"])]
    if sparse:
        words += ["--type", "snapshot", "--virtualsize", f"{-(-capacity // _KIB)}K"]
    return [*words, *(["-s", origin] if origin is not None else [group]), "--yes"]


def resize_words(group: str, name: str, capacity: int, *, shrink: bool, tool: str) -> list[str]:
    """``lvextend …``, ``lvreduce …``."""
    return [tool, *(["--force"] if shrink else []), "-L", f"{-(-capacity // _KIB)}K", f"{group}/{name}"]


def sources_of(groups: dict[str, list[str]]) -> PoolSources:
    """What pvs reports, as groups that could be pools."""
    return PoolSources(
        sources=[
            PoolSource(
                devices=[SourceDevice(path=path) for path in paths if path.startswith("/")],
                name=name,
                kind=Format(type="lvm2"),
            )
            for name, paths in groups.items()
            if name
        ]
    )


def pieces_of(volume: lvm.Volume) -> VolumeSource:
    """Where a volume is, device by device."""
    source = VolumeSource()
    for piece in volume.pieces:
        if not source.devices or source.devices[-1].path != piece.device:
            source.devices.append(VolumeDevice(path=piece.device))
        source.devices[-1].extents.append(Extent(start=piece.start, end=piece.end))
    return source


class Logical(OnDevices):
    traits = Traits(
        "logical", StorageVolType.BLOCK, builds=True, deletes=True, creates=True, copies=True, resizes=True,
        tools=(("lvs", "lvm2"), ("blkid", "util-linux"), (_WIPED, "util-linux")),
    )  # fmt: skip
    _is_made = False  # by this very call
    _group: lvm.Group | None = None  # as its state was just asked for

    # the pool
    @property
    def group(self) -> str:
        assert self.pool.source is not None
        return str(self.pool.source.name)

    @property
    def devices(self) -> list[str]:
        assert self.pool.source is not None
        return [str(device.path) for device in self.pool.source.devices]

    def _path(self, name: str) -> str:
        return f"/dev/{self.group}/{name}"

    def start_steps(self) -> Sequence[Step]:
        if not (self.site.rehearsing and self._is_made):
            self._require_group()
        return [ActiveGroup(self._activation(), self.group)]

    def _activation(self) -> list[str]:
        return [program("vgchange"), "-aly", self.group]

    def _require_group(self) -> None:
        """Raise ConfigUnsupported where there is no such group, or only one of other devices."""
        there = lvm.devices().get(self.group)
        if there is None:
            raise errors.ConfigUnsupported(
                f"cannot find logical volume group name '{self.group}'",
                hint="see what there is: vgs" if os.geteuid() == 0 else "only root sees volume groups",
            )
        if self.devices and not set(map(os.path.realpath, self.devices)).intersection(map(os.path.realpath, there)):
            raise errors.ConfigUnsupported(
                f"cannot find any matching source devices for logical volume group '{self.group}'",
                hint=f"it is on {', '.join(there)}: say so in the pool's document, or name no devices",
            )

    def refresh(self) -> None:
        self._known()
        activate(self._activation(), self.group)

    def require_ready(self) -> None:
        self._known()

    def _known(self) -> lvm.Group:
        """Raises SystemCallError where the group is gone, or does not answer."""
        group = lvm.group(self.group)
        if group is None:
            raise errors.SystemCallError(
                f"cannot find logical volume group name '{self.group}': No such file or directory",
                hint="somebody has removed or renamed it: see vgs",
            )
        return group

    def state(self) -> int:
        self._group = self._known()
        return StoragePoolState.DEGRADED if self._group.missing else StoragePoolState.RUNNING

    def space(self) -> Space:
        group = self._group or self._known()
        return Space(group.size, group.size - group.free, group.free)

    @classmethod
    def sources(cls, site: Site, spec: str | None) -> PoolSources:
        cls.require_tools()
        return sources_of(lvm.devices())

    # making and removing a group
    def build_steps(self, flags: int) -> Iterable[Step]:
        overwrite = bool(flags & StoragePoolBuildFlags.OVERWRITE)
        if not self.devices:
            raise errors.OperationInvalid(
                f"No source device specified when building pool '{self.pool.name}'",
                hint="a volume group is made of devices: <source><device path='/dev/…'/></source>",
            )
        for device in self.devices:
            devices.require_block(device)
            if not overwrite:
                _require_blank(device)
        groups = lvm.devices()
        if overwrite:
            yield from self._replaced(groups)
        elif self.group in groups:
            raise errors.StoragePoolBuilt(
                f"volume group '{self.group}' is there already", hint="it can be started: pool-start"
            )
        for device in self.devices:
            yield NewPhysicalVolume([program("pvcreate"), "--yes", device], device)
        yield NewVolumeGroup([program("vgcreate"), self.group, *self.devices], self.group, self.devices)
        self._is_made = True

    def _replaced(self, groups: dict[str, list[str]]) -> Iterable[Step]:
        """What takes away that which is on the devices. Raises OperationInvalid where it is in use, or others' too."""
        ours = set(map(os.path.realpath, self.devices))
        mine = set(map(os.path.realpath, groups.get(self.group, ())))
        for name, paths in groups.items():
            if name not in ("", self.group) and (shared := ours.intersection(map(os.path.realpath, paths))):
                raise errors.OperationInvalid(
                    f"device '{sorted(shared)[0]}' belongs to volume group '{name}'",
                    hint=f"take it out of there first: vgreduce {name} {sorted(shared)[0]}",
                )
        if not ours.issuperset(mine):
            raise errors.OperationInvalid(
                f"volume group '{self.group}' has other devices, too: {', '.join(sorted(mine - ours))}",
                hint="name all of them, or give the group of the pool another name",
            )
        if mine:
            yield self._removed()
        for device in self.devices:
            if os.path.realpath(device) not in mine:
                devices.require_free(device)
            words = [program(_WIPED), "--all", device]
            yield Act(lambda words=words: lvm.run(words), shlex.join(words))  # type: ignore[misc]

    def delete_steps(self) -> Iterable[Step]:
        self._require_group()
        there = set(map(os.path.realpath, lvm.devices()[self.group]))
        yield self._removed()
        for device in self.devices:
            if os.path.realpath(device) in there:
                words = [program("pvremove"), "--yes", device]
                yield Act(lambda words=words: lvm.run(words), shlex.join(words))  # type: ignore[misc]

    def _removed(self) -> Step:
        """The group goes, with all its volumes: with none of them where one is in use."""
        for volume in lvm.volumes(self.group, again=True):
            if volume.is_open and volume.is_usable:
                raise errors.OperationInvalid(
                    f"volume '{volume.name}' of volume group '{self.group}' is in use",
                    hint=f"see what has it open: fuser -v {self._path(volume.name)}, lsblk",
                )
        words = [program("vgremove"), "--force", self.group]

        def remove() -> None:
            devices.settle()
            lvm.run(words)

        return Act(remove, shlex.join(words))

    # what there is
    def volumes(self) -> Iterator[Found]:
        for volume in self._volumes():
            if volume.is_active and volume.is_usable:
                found = self.found(volume.name, self._path(volume.name), volume.uuid)
                if found is not None:
                    yield found._replace(detail=volume)

    def _volumes(self) -> list[lvm.Volume]:
        try:
            return lvm.volumes(self.group)
        except errors.InternalError:
            self._known()
            raise

    def info(self, found: Found, *, format: str | None = None, physical: bool = False) -> VolInfo:
        size = devices.size(found.path)
        return VolInfo(found.type, size, size if physical else _read_of(found).size)

    def describe(self, found: Found, *, format: str | None = None) -> Volume:
        read = _read_of(found)
        volume = super().describe(found)
        volume.allocation = read.size
        volume.source = pieces_of(read)
        if read.origin:
            path = self._path(read.origin)
            volume.backing = BackingStore(path=path)
            there = self.found(read.origin, path)
            describe_file(volume.backing, there.status if there is not None else None)
        return volume

    # making
    def place(self, name: str) -> str:
        if not lvm.is_name(name):
            raise errors.OperationInvalid(
                f"a logical volume cannot be called '{name}'", hint="letters, digits and + _ . - are what LVM knows"
            )
        return self._path(name)

    def device_steps(self, volume: Volume) -> Iterable[Step]:
        self.require_capacity(volume)
        size = self.room(volume)
        allocation = volume.capacity if volume.allocation is None else volume.allocation
        # What is said of the data counts for the header of encryption, too.
        allocation = size if (allocation or 0) >= (volume.capacity or 0) else allocation or 0
        words = create_words(
            self.group, str(volume.name), size, allocation, self._origin(volume), lvcreate=program("lvcreate")
        )
        yield NewLogicalVolume(words, self.group, str(volume.name), **self.shaped(volume, _VOLUME_MODE))

    def _origin(self, volume: Volume) -> str | None:
        """What it is a snapshot of: a volume of this group, by whichever of its names."""
        if volume.backing is None:
            return None
        path = str(volume.backing.path)
        real = os.path.realpath(path)
        for found in self.volumes():
            if path == found.path or real == os.path.realpath(found.path):
                return found.path
        raise errors.NoStorageVol(
            f"no storage vol with matching path '{path}'", hint=f"a snapshot is of a volume in group '{self.group}'"
        )

    # changing
    def delete_volume_steps(self, found: Found, flags: int) -> Iterable[Step]:
        self.require_unused(found)
        snapshots = sorted(
            volume.name for volume in lvm.volumes(self.group) if volume.is_snapshot and volume.origin == found.name
        )
        if snapshots and not flags & StorageVolDeleteFlags.WITH_SNAPSHOTS:
            raise errors.OperationInvalid(
                f"volume '{found.name}' has snapshots: {', '.join(snapshots)}",
                hint="they would go with it: delete them first, or say --delete-snapshots",
            )
        yield from self.zeroed(found, flags)
        words = [program("lvremove"), "--force", f"{self.group}/{found.name}"]

        def remove() -> None:
            devices.settle()  # udev looks into a device that was closed, and for that moment it is in use
            lvm.run(words)

        yield Act(remove, shlex.join(words))

    def resize_steps(self, found: Found, volume: Volume, capacity: int, flags: int) -> Iterable[Step]:
        read, now = _read_of(found), volume.capacity or 0
        if read.is_snapshot:
            raise errors.OperationInvalid(
                f"volume '{found.name}' is a snapshot, which is as large as its origin",
                hint=f"what may differ is made more by: lvextend --size +1G {self.group}/{found.name}",
            )
        if capacity > now:
            words = resize_words(self.group, found.name, capacity, shrink=False, tool=program("lvextend"))
            yield GrownVolume(words, self.group, found.name, now)
        elif capacity < now:
            self.require_unused(found)
            words = resize_words(self.group, found.name, capacity, shrink=True, tool=program("lvreduce"))
            yield Act(lambda: lvm.run(words), shlex.join(words))


def _read_of(found: Found) -> lvm.Volume:
    read: lvm.Volume = found.detail
    return read


def _require_blank(device: str) -> None:
    """Raise StoragePoolBuilt where there is something on a device that somebody may want."""
    found = signature(device)
    if found is not None:
        raise occupied(device, found, _FORMAT, "with --overwrite all in it is lost")
