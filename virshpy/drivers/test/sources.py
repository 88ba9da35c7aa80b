"""Whether two storage pools of the test driver would be the same storage twice."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.storage import Pool


def same_source(one: Pool, other: Pool) -> bool:
    """By target for directories, by source for the rest."""
    if one.type == "dir" or other.type == "dir":
        return one.type == other.type and _target(one) == _target(other)
    if one.type != other.type or one.source is None or other.source is None:
        return False
    if one.type in ("rbd", "sheepdog", "gluster", "mpath"):
        return False
    if one.type == "scsi":
        return one.source.adapter == other.source.adapter
    if one.type == "zfs":
        return one.source.name == other.source.name
    hosts = one.source.hosts == other.source.hosts
    if one.type == "netfs":
        return hosts and one.source.dir == other.source.dir
    return hosts and one.source.devices == other.source.devices and bool(one.source.devices)


def _target(pool: Pool) -> str | None:
    return pool.target.path if pool.target else None
