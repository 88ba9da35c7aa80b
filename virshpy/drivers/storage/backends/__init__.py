"""The kinds of pools, a module for each; one is loaded when a pool of its kind is asked about."""

from __future__ import annotations

from virshpy import errors
from virshpy.loading import named
from virshpy.xml.storage import POOL_TYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.storage.backend import Backend
    from virshpy.host.site import Site
    from virshpy.xml.storage import Pool

HERE = "virshpy.drivers.storage.backends"
BACKENDS = {
    "dir": f"{HERE}.directory:Directory",
    "fs": f"{HERE}.mounted:FileSystem",
    "netfs": f"{HERE}.mounted:NetworkFileSystem",
    "logical": f"{HERE}.logical:Logical",
    "disk": f"{HERE}.partitions:Partitions",
    "iscsi": f"{HERE}.iscsi:Iscsi",
    "iscsi-direct": f"{HERE}.iscsi_direct:IscsiDirect",
    "scsi": f"{HERE}.scsi:Scsi",
    "mpath": f"{HERE}.multipath:Multipath",
    "rbd": f"{HERE}.rbd:RBD",
    "gluster": f"{HERE}.gluster:Gluster",
    "zfs": f"{HERE}.zfs:ZFS",
}
# libvirt's number of each kind, which its errors name.
_NUMBERS = {word: number for number, word in enumerate(POOL_TYPES.split())}


def backend_class(kind: str) -> type[Backend]:
    """The class for a kind of pool. Raises InternalError for one that this host cannot have."""
    if kind not in BACKENDS:
        raise errors.InternalError(
            f"missing backend for pool type {_NUMBERS.get(kind, -1)} ({kind})",
            hint=f"virshpy has {', '.join(BACKENDS)}",
        )
    found: type[Backend] = named(BACKENDS[kind])
    return found


def backend_of(pool: Pool, site: Site) -> Backend:
    return backend_class(str(pool.type))(pool, site)
