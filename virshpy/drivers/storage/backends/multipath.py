"""mpath: the disks of this host to which several ways lead, under the one name that multipathd gives each."""

from __future__ import annotations

from virshpy.drivers.storage.backend import Traits
from virshpy.drivers.storage.found_disks import FoundDisks
from virshpy.enums import StorageVolType
from virshpy.host import disks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.drivers.storage.backend import Found


class Multipath(FoundDisks):
    traits = Traits("mpath", StorageVolType.BLOCK)

    def refresh(self) -> None:
        disks.wait_for_names()

    def volumes(self) -> Iterator[Found]:
        for found in disks.maps():
            path = f"/dev/mapper/{found.name}"
            if volume := self.disk(found.device, found.size, path=path):
                yield volume
