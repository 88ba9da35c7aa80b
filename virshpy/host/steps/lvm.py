"""Steps that make, activate and resize what LVM has: physical volumes, groups and logical volumes.

Each is undone by name, so none begins where that name is somebody else's already.
"""

from __future__ import annotations

import os
import shlex

from virshpy import errors
from virshpy.host import devices, lvm
from virshpy.host.programs import program
from virshpy.host.steps import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class _Told:
    """What a step is that is one command of LVM's. ``begun``: from there on there may be something to take back."""

    durable = True
    begun = False
    argv: list[str]

    def do(self, note: Callable[[], None]) -> None:
        self.require_new()
        self.begun = True
        note()
        try:
            lvm.run(self.argv)
            self.follow()
        except BaseException:
            self.undo()
            raise

    def require_new(self) -> None:
        """Raise an error where its name is taken."""

    def follow(self) -> None:
        """What is done once the command has been."""

    def is_there(self) -> bool:
        """Whether there is something to take back, and it is ours."""
        raise NotImplementedError

    def removal(self) -> list[str]:
        raise NotImplementedError

    def undo(self) -> None:
        if self.begun and self.is_there():
            devices.settle()
            lvm.run(self.removal())

    def commands(self) -> list[str]:
        return [shlex.join(self.argv)]

    def undo_commands(self) -> list[str]:
        return [shlex.join(self.removal())]


class NewPhysicalVolume(_Told, Step, kind="physical-volume/1"):
    """A device that nobody has is marked as LVM's."""

    recorded = ("device", "begun")

    def __init__(self, argv: Sequence[str], device: str) -> None:
        self.argv = list(argv)
        self.device = device

    def is_there(self) -> bool:
        return os.path.realpath(self.device) in map(os.path.realpath, lvm.devices().get("", ()))

    def removal(self) -> list[str]:
        return [program("pvremove"), "--yes", self.device]


class NewVolumeGroup(_Told, Step, kind="volume-group/1"):
    """A group of devices that were just marked. One with a device that is not among them is not ours."""

    recorded = ("name", "devices", "begun")

    def __init__(self, argv: Sequence[str], name: str, paths: Sequence[str]) -> None:
        self.argv = list(argv)
        self.name = name
        self.devices = list(paths)

    def is_there(self) -> bool:
        ours, there = set(map(os.path.realpath, self.devices)), lvm.devices().get(self.name, [])
        return bool(there) and ours.issuperset(map(os.path.realpath, there))

    def removal(self) -> list[str]:
        return [program("vgremove"), "--force", self.name]


class ActiveGroup(Step, kind="active-group/1"):
    """The volumes of a group have their nodes. Undone for all of them, whoever has activated them first."""

    recorded = ("name",)

    def __init__(self, argv: Sequence[str], name: str) -> None:
        self.argv = list(argv)
        self.name = name

    def do(self, note: Callable[[], None]) -> None:
        before = _active(self.name)
        try:
            activate(self.argv, self.name)
        except BaseException:
            for volume in sorted(_active(self.name) - before):
                lvm.run([program("lvchange"), "-aln", f"{self.name}/{volume}"])
            raise

    def undo(self) -> None:
        if lvm.group(self.name) is not None:
            devices.settle()
            lvm.run(self._removal())

    def _removal(self) -> list[str]:
        return [program("vgchange"), "-aln", self.name]

    def commands(self) -> list[str]:
        return [shlex.join(self.argv)]

    def undo_commands(self) -> list[str]:
        return [shlex.join(self._removal())]


def _active(name: str) -> set[str]:
    try:
        return set(os.listdir(f"/dev/{name}"))
    except OSError:
        return set()


def activate(argv: Sequence[str], name: str) -> None:
    """Activate what of a group can be. Where a device is missing, that is not all of it, and no error."""
    try:
        lvm.run(argv)
    except errors.InternalError:
        group = lvm.group(name)
        if group is None or not group.missing:
            raise
    devices.settle()


class _OfVolume(_Told):
    """A step about one volume; ``vg`` is the name of its group."""

    vg: str
    name: str

    def volume(self, *, again: bool = True) -> lvm.Volume | None:
        try:
            there = lvm.volumes(self.vg, again=again)
        except errors.InternalError:
            if lvm.group(self.vg) is None:
                return None
            raise
        return next((volume for volume in there if volume.name == self.name), None)


class NewLogicalVolume(_OfVolume, Step, kind="logical-volume/1"):
    """A volume of a group, whose node gets its mode and owner."""

    recorded = ("vg", "name", "begun")

    def __init__(
        self, argv: Sequence[str], vg: str, name: str, *, mode: int | None, owner: int | None, group: int | None
    ) -> None:
        self.argv = list(argv)
        self.vg = vg
        self.name = name
        self.mode = mode
        self.owner = owner
        self.group = group

    @property
    def node(self) -> str:
        return f"/dev/{self.vg}/{self.name}"

    def require_new(self) -> None:
        if self.volume(again=False) is not None:
            raise errors.StorageVolExist(
                f"'{self.name}'", hint=f"its group has it, though not active: lvs {self.vg}/{self.name}"
            )

    def follow(self) -> None:
        devices.require_node(self.node)
        devices.shape(self.node, self.mode, self.owner, self.group)

    def is_there(self) -> bool:
        return self.volume() is not None

    def removal(self) -> list[str]:
        return [program("lvremove"), "--force", f"{self.vg}/{self.name}"]

    def commands(self) -> list[str]:
        return [*super().commands(), *devices.shaping(self.node, self.mode, self.owner, self.group)]


class GrownVolume(_OfVolume, Step, kind="grown-volume/1"):
    """A volume becomes larger; ``before`` is the size in bytes that it goes back to."""

    recorded = ("vg", "name", "before", "begun")

    def __init__(self, argv: Sequence[str], vg: str, name: str, before: int) -> None:
        self.argv = list(argv)
        self.vg = vg
        self.name = name
        self.before = before

    def is_there(self) -> bool:
        volume = self.volume()
        return volume is not None and volume.size > self.before

    def removal(self) -> list[str]:
        return [program("lvreduce"), "--force", "--size", f"{self.before}b", f"{self.vg}/{self.name}"]
