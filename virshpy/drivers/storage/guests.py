"""What a guest gets of a pool: a disk of type volume, as the file, the device or the network disk that it really is."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.storage.backends import backend_of
from virshpy.drivers.storage.records import Pools
from virshpy.enums import StorageVolType
from virshpy.xml.domain.storage import Host, StorageSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.storage.backend import Found
    from virshpy.host.site import Site
    from virshpy.xml.storage import Pool

_PORTS = {"iscsi": 3260, "iscsi-direct": 3260, "gluster": 24007}


def real_source(site: Site, said: StorageSource) -> tuple[str, StorageSource]:
    """(type, source) of a disk whose source names a pool and a volume (virDomainDiskTranslateSourcePool).

    Raises NoStoragePool, ConfigUnsupported where the pool is not active, NoStorageVol, XMLError.
    """
    pools = Pools(site)
    row = pools.by_name(str(said.pool))
    if row is None:
        raise pools.kind.absent(
            "name", said.pool, hint="define it, or name the disk by its path: <disk type='file'>",
            action=("storage_pool_define_xml", "FILE"),
        )  # fmt: skip
    if not row.active:
        raise errors.ConfigUnsupported(
            f"storage pool '{said.pool}' containing volume '{said.volume}' is not active",
            hint="start the pool first",
            action=("storage_pool_create", row.name),
        )
    if said.mode is not None and row.type != "iscsi":
        raise errors.XMLError(
            "disk source mode is only valid when storage pool is of iscsi type", hint="leave mode= out of <source>"
        )
    pool = pools.document(row)
    backend = backend_of(pool, site)
    if not backend.is_reachable():
        raise errors.OperationTimeout(f"storage pool '{row.name}' does not answer", hint="its server is away")
    found = backend.find(str(said.volume))
    if found is None:
        raise errors.NoStorageVol(
            f"no storage vol with matching name '{said.volume}'",
            hint=f"see what is in pool '{row.name}'",
            action=("storage_pool_list_all_volumes", row.name),
        )
    kind, real = source_of(pool, found, said.mode)
    real.startupPolicy, real.encryption, real.reservations = said.startupPolicy, said.encryption, said.reservations
    real.slices, real.seclabels = said.slices, said.seclabels
    return kind, real


def source_of(pool: Pool, found: Found, mode: str | None) -> tuple[str, StorageSource]:
    """What a volume is to QEMU."""
    if pool.type in ("rbd", "gluster", "iscsi-direct") or mode == "direct":
        return "network", _network(pool, found)
    if found.type is StorageVolType.DIR:
        return "dir", StorageSource(dir=found.path)
    if found.type is StorageVolType.BLOCK:
        return "block", StorageSource(dev=found.path)
    return "file", StorageSource(file=found.path)


def _network(pool: Pool, found: Found) -> StorageSource:
    source = pool.source
    assert source is not None
    protocol = "iscsi" if pool.type in ("iscsi", "iscsi-direct") else str(pool.type)
    hosts = [
        Host(name=host.name, port=str(port) if (port := host.port or _PORTS.get(str(pool.type))) else None)
        for host in source.hosts
    ]
    name = f"{source.devices[0].path}/{_unit(found.name)}" if protocol == "iscsi" else found.path
    auth = source.auth.copy() if source.auth is not None else None
    if auth is not None:
        auth.type = None  # which protocol it is for is said by the disk
        auth.secret.type = "iscsi" if protocol == "iscsi" else "ceph"
    return StorageSource(protocol=protocol, name=name, hosts=hosts, auth=auth)


def _unit(name: str) -> str:
    """The number of a LUN, which is the last one in the name of its volume."""
    return name.rpartition(":")[2]
