"""What one kind of pool is: a frozen description, functions that give steps, and functions that read.

A backend is made of a pool's document for the length of a call, and keeps nothing. What it does to the host it gives as
steps, which a journal carries out and takes back; what volumes there are it reads from the storage each time, so that
what others make or remove is seen at once. Sizes are in bytes.
"""

from __future__ import annotations

from typing import NamedTuple

from virshpy import errors
from virshpy.enums import StoragePoolState, StorageVolType
from virshpy.host.programs import program as program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from os import stat_result
    from typing import Any

    from virshpy.driver.storage import VolInfo
    from virshpy.drivers.storage.contents import Contents
    from virshpy.host.site import Site
    from virshpy.host.steps import Step
    from virshpy.xml.storage import Pool, PoolSources
    from virshpy.xml.volume import Volume


class Traits(NamedTuple):
    """What holds for every pool of a kind.

    ``builds``: there is something to make before its first start, and ``deletes``: to remove after its last stop.
    ``creates``: volumes can be made in it and deleted; elsewhere they are what there is. ``copies``: a volume can
    be filled with another's data. ``resizes``: volumes can. ``tools``: the programs that it runs, each with the package
    that brings it.
    """

    type: str
    volume_type: StorageVolType
    builds: bool = False
    deletes: bool = False
    creates: bool = False
    copies: bool = False
    resizes: bool = False
    tools: tuple[tuple[str, str], ...] = ()


class Space(NamedTuple):
    """What a pool has, what of it is taken and what is free, in bytes."""

    capacity: int
    allocation: int
    available: int


class Found(NamedTuple):
    """A volume that is there. ``status`` is its file's, for volumes that are files, directories or block devices.

    ``detail``: what else its backend has read of it.
    """

    name: str
    path: str
    key: str
    type: StorageVolType
    status: stat_result | None = None
    detail: Any = None

    def identity(self) -> str:
        """What tells it from another one that has its name later; empty where nothing does. A number of a file is given
        to the next one when it is gone: when it was born is asked as well."""
        if self.status is None:
            return ""
        from virshpy.host.files import birth

        return f"{self.status.st_dev}:{self.status.st_ino}:{birth(self.path)}"


class Backend:
    """One pool, by its document. A kind of pool overrides what it can do; the rest refuses in libvirt's words."""

    traits: Traits

    def __init__(self, pool: Pool, site: Site) -> None:
        self.pool = pool
        self.site = site

    # the pool
    @classmethod
    def require_tools(cls) -> None:
        """Raise SystemCallError where a program that it needs is not installed."""
        for tool, package in cls.traits.tools:
            require_program(tool, package)

    def start_steps(self) -> Sequence[Step]:
        """What has to be done for its volumes to be there."""
        return ()

    def require_ready(self) -> None:
        """Raise an error where its volumes cannot be got at, now that it was started."""

    def is_reachable(self) -> bool:
        """Whether the storage answers. False costs a few seconds at the most."""
        return True

    def build_steps(self, flags: int) -> Iterable[Step]:
        """What makes the storage of an inactive pool (StoragePoolBuildFlags)."""
        return ()

    def delete_steps(self) -> Iterable[Step]:
        """What removes the storage of an inactive pool."""
        raise unsupported("pool does not support pool deletion")

    def refresh(self) -> None:
        """Have the host look again at what the storage offers, where it does not do so by itself."""

    def state(self) -> int:
        """StoragePoolState of an active pool that answers."""
        return StoragePoolState.RUNNING

    def space(self) -> Space:
        raise NotImplementedError

    def complete(self, pool: Pool) -> None:
        """Fill into a live document what only the storage says."""

    @classmethod
    def sources(cls, site: Site, spec: str | None) -> PoolSources:
        """What there is to make such pools of (virConnectFindStoragePoolSources)."""
        raise unsupported(f"pool type '{cls.traits.type}' does not support source discovery")

    # its volumes
    def volumes(self) -> Iterator[Found]:
        """All that are there, in no order."""
        raise NotImplementedError

    def find(self, name: str) -> Found | None:
        return next((found for found in self.volumes() if found.name == name), None)

    def find_path(self, path: str) -> Found | None:
        """The volume that is used by this path."""
        return next((found for found in self.volumes() if path == found.path), None)

    def find_key(self, key: str) -> Found | None:
        return next((found for found in self.volumes() if found.key == key), None)

    def info(self, found: Found, *, format: str | None = None, physical: bool = False) -> VolInfo:
        """``format``: what the image is known to be, so that its header is read as that or not at all."""
        raise NotImplementedError

    def describe(self, found: Found, *, format: str | None = None) -> Volume:
        """The whole document of a volume."""
        raise NotImplementedError

    def place(self, name: str) -> str:
        """The path that a new volume will have. Raises OperationInvalid for a name that it cannot have."""
        raise unsupported("storage pool does not support volume creation")

    def create_steps(self, volume: Volume, flags: int) -> Iterable[Step]:
        """What makes a volume of a document that was completed for this pool."""
        raise unsupported("storage pool does not support volume creation")

    def copy_steps(self, volume: Volume, original: Contents, flags: int) -> Iterable[Step]:
        """What makes a volume and fills it with the data of another."""
        raise unsupported("storage pool does not support volume creation from an existing volume")

    def delete_volume_steps(self, found: Found, flags: int) -> Iterable[Step]:
        raise unsupported("storage pool does not support vol deletion")

    def resize_steps(self, found: Found, volume: Volume, capacity: int, flags: int) -> Iterable[Step]:
        """``volume`` is what it is, ``capacity`` what it shall have."""
        raise unsupported("storage pool does not support changing of volume capacity")

    def require_within(self, found: Found) -> None:
        """Raise OperationInvalid where writing to a volume would write to something outside of the pool."""

    def contents(self, found: Found, volume: Volume) -> Contents:
        """The data of a volume, to be read, written and overwritten."""
        raise unsupported("storage pool doesn't support volume download")


def unsupported(detail: str) -> errors.NoSupport:
    """What pools of some type cannot do."""
    return errors.NoSupport(
        detail,
        hint="it depends on the type of pool; dir, fs, netfs and logical can make, fill, resize and delete volumes",
    )


def require_program(name: str, package: str, instead: str = "") -> None:
    """Raise SystemCallError where a program is not installed. ``instead`` is what else can be done about it."""
    if program(name) == name:
        raise errors.SystemCallError(
            f"Cannot find '{name}' in path: No such file or directory", hint=f"apt install {package}{instead}"
        )
