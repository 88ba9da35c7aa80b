"""zfs: such a pool can be described, but not started: virshpy has not learned to make volumes of ZFS."""

from __future__ import annotations

from virshpy.drivers.storage.backend import Backend, Traits, unsupported
from virshpy.enums import StorageVolType


class ZFS(Backend):
    traits = Traits("zfs", StorageVolType.BLOCK, tools=(("zpool", "zfsutils-linux"), ("zfs", "zfsutils-linux")))

    @classmethod
    def require_tools(cls) -> None:
        super().require_tools()
        error = unsupported("storage pools of type 'zfs' cannot be started")
        error.hint = "a file system of it can be a pool of type dir"
        raise error
