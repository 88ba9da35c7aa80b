"""What is on record about storage: pools, and of volumes only what the storage itself does not say.

What volumes there are is never kept: a pool is what is in it now, whoever has put it there. Of a volume that was made
here its document is kept until the pool is refreshed or stopped, as libvirt does; and for good that it was made raw: a
guest may write into a raw image whatever it likes, the header of another format included.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.storage import PoolRef
from virshpy.enums import StoragePoolEventID, StoragePoolEventLifecycleType
from virshpy.host.objects import Kind, Objects, Row
from virshpy.host.outbox import Outbox
from virshpy.xml.storage import Pool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.host.site import Site

_VOLUMES = """
CREATE TABLE main.volume (
    pool TEXT NOT NULL, name TEXT NOT NULL, identity TEXT NOT NULL, format TEXT, xml TEXT,
    PRIMARY KEY (pool, name)) WITHOUT ROWID
"""


class PoolRow(Row):
    """One pool: ``type`` is libvirt's word for its kind, ``target`` the path below which its volumes are, if any, and
    ``now`` its document: the live one while it is active."""

    type: str
    target: str | None
    now: str

    @property
    def ref(self) -> PoolRef:
        return PoolRef(self.name, self.uuid)


class Pools(Objects[PoolRow]):
    """The pools of a site."""

    row = PoolRow
    more_columns = ("coalesce(a.xml, d.xml) AS now",)

    def __init__(self, site: Site) -> None:
        self._parsed: tuple[str, Pool] | None = None
        self._outbox = Outbox(site)
        super().__init__(site, Kind("pool", "StoragePool", label="storage pool"), columns=("type", "target"))

    def tell(self, one: Row | Pool, event: int) -> None:
        """Say what has become of a pool (StoragePoolEventLifecycleType), in the transaction by which it has."""
        self._outbox.tell("pool", str(one.uuid), str(one.name), StoragePoolEventID.LIFECYCLE, event)

    def tell_refreshed(self, row: PoolRow) -> None:
        self._outbox.tell("pool", row.uuid, row.name, StoragePoolEventID.REFRESH)

    def save(self, document: Any, text: str) -> None:
        super().save(document, text)
        self.tell(document, StoragePoolEventLifecycleType.DEFINED)

    def columns_of(self, document: Pool) -> dict[str, Any]:
        return {"type": document.type, "target": document.target and document.target.path}

    def admit(self, document: Any) -> None:
        """Beside clashes of names, refuse a second pool of one source: each would count and delete what both have."""
        super().admit(document)
        wanted = source_of(document)
        for row in self.query():
            if row.uuid != document.uuid and wanted & source_of(self.document(row)):
                raise errors.OperationFailed(
                    f"Storage source conflict with pool: '{row.name}'",
                    hint="one storage is one pool: use that one, or undefine it first",
                    action=("storage_pool_undefine", row.name),
                )

    def document(self, row: PoolRow, *, inactive: bool = False) -> Pool:
        """A pool's document, to be looked at: whoever looks at 5,000 volumes of one pool has the same each time."""
        text = self.text(row, inactive=True) if inactive else row.now
        if self._parsed is None or self._parsed[0] != text:
            self._parsed = text, Pool.parse(text)
        return self._parsed[1]

    def require_active(self, ref: PoolRef) -> PoolRow:
        """Raises NoStoragePool, OperationInvalid."""
        return self.active(self.find(ref))

    @staticmethod
    def active(row: PoolRow) -> PoolRow:
        if not row.active:
            raise errors.OperationInvalid(
                f"storage pool '{row.name}' is not active",
                hint="start it first",
                action=("storage_pool_create", row.name),
            )
        return row

    def require_inactive(self, ref: PoolRef, still: str = "already") -> PoolRow:
        row = self.find(ref)
        if row.active:
            raise errors.OperationInvalid(
                f"storage pool '{row.name}' is {still} active",
                hint="stop it first" if still == "still" else None,
                action=("storage_pool_destroy", row.name) if still == "still" else None,
            )
        return row


class VolumeRecords:
    """What is on record about the volumes of a site's pools. ``identity`` tells whether it is still the same volume."""

    def __init__(self, site: Site) -> None:
        self.store = site.store
        self.store.include("volume", state=[_VOLUMES])

    def find(self, pool: str, name: str) -> Any:
        return self.store.one("SELECT identity, format, xml FROM main.volume WHERE pool = ? AND name = ?", pool, name)

    def save(self, pool: str, name: str, identity: str, format: str | None, xml: str | None) -> None:
        self.store.execute(
            "INSERT OR REPLACE INTO main.volume VALUES (?, ?, ?, ?, ?)", pool, name, identity, format, xml
        )

    def forget(self, pool: str, name: str) -> None:
        self.store.execute("DELETE FROM main.volume WHERE pool = ? AND name = ?", pool, name)

    def look_again(self, pool: str) -> None:
        """Forget the documents of a pool's volumes; what is raw stays raw."""
        self.store.execute("DELETE FROM main.volume WHERE pool = ? AND format IS NOT 'raw'", pool)
        self.store.execute("UPDATE main.volume SET xml = NULL WHERE pool = ?", pool)

    def forget_all(self, pool: str) -> None:
        self.store.execute("DELETE FROM main.volume WHERE pool = ?", pool)


def source_of(pool: Pool) -> set[tuple[str, ...]]:
    """What a pool is made of: two pools that have anything of it in common are the same storage."""
    source, target = pool.source, pool.target
    assert source is not None
    kind = str(pool.type)
    if kind == "dir":
        return {(kind, str(target and target.path))}
    hosts = [f"{host.name}:{host.port or ''}" for host in source.hosts] or [""]
    if kind == "netfs":
        return {(kind, host, str(source.dir and source.dir.path)) for host in hosts}
    if kind == "gluster":
        return {(kind, host, str(source.name), str(source.dir and source.dir.path)) for host in hosts}
    if kind in ("rbd", "sheepdog"):
        return {(kind, host, str(source.name)) for host in hosts}
    if kind in ("iscsi", "iscsi-direct"):
        name = source.initiator and source.initiator.iqn and source.initiator.iqn.name
        return {(kind, host, str(device.path), str(name)) for host in hosts for device in source.devices}
    if kind == "scsi":
        return _of_adapter(pool)
    if kind == "mpath":
        return {(kind,)}  # there is one table of maps on a host
    named: set[tuple[str, ...]] = {(kind, str(source.name))} if kind in ("vstorage", "zfs", "logical") else set()
    return named | {("device", str(device.path)) for device in source.devices}


def _of_adapter(pool: Pool) -> set[tuple[str, ...]]:
    adapter = pool.source.adapter if pool.source is not None else None
    if adapter is None:
        return set()
    if adapter.type == "fc_host":
        return {("scsi", str(adapter.wwnn), str(adapter.wwpn))}
    if adapter.parentaddr is not None:
        place = adapter.parentaddr
        return {("scsi", str(place.address), str(place.unique_id))}
    return {("scsi", str(adapter.name))}
