"""What libvirt's parser asks of a disk's source, and what it fills in, by the type of the disk."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.node import Node, Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.credentials import Auth
    from virshpy.xml.domain.storage import StorageSource

_SECRETS = {"rbd": "ceph", "iscsi": "iscsi"}


_WEB = frozenset({"http", "https"})
_FILES = _WEB | {"ftp", "ftps"}
# What libvirt reads of a source of some protocols, and of no other.
_ONLY = {
    "query": _WEB, "cookies": _WEB, "ssl": frozenset({"https", "ftps"}), "readahead": _FILES | {"tftp"},
    "timeout": _FILES | {"tftp"}, "reconnect": frozenset(), "identity": frozenset({"nfs"}),
}  # fmt: skip


def check_source(type: str | None, source: StorageSource | None, node: Node) -> None:
    """Refuse a source that lacks what its type needs; raises Refusal with libvirt's words."""
    if source is None:
        return
    if type == "network":
        _network(source, node)
        for name, protocols in _ONLY.items():
            if source.protocol not in protocols:
                source.__dict__.pop(name, None)
    elif type == "volume":
        if not (source.pool and source.volume):
            detail = "'pool' and 'volume' must be specified together for 'pool' type source"
            raise Refusal(errors.XMLError, detail, node)
    elif type == "nvme":
        _nvme(source, node)
    elif type == "vhostuser" and source.type == "unix" and not source.path:
        raise Refusal(errors.XMLError, "missing 'path' attribute for vhostuser disk source", node)


def check_auth(auth: Auth | None, protocol: str | None, node: Node) -> None:
    """A disk's secret says what it is for, and for some protocols that must be the right thing."""
    if auth is None:
        return
    kind = auth.secret.type
    if kind is None:
        raise Refusal(errors.ConfigUnsupported, "unknown secret type '<null>'", node, "add type='…' to <secret>")
    wanted = _SECRETS.get(protocol or "")
    if wanted and kind != wanted:
        raise Refusal(errors.ConfigUnsupported, f"invalid secret type '{kind}'", node, f"expected '{wanted}'")


def _network(source: StorageSource, node: Node) -> None:
    if source.protocol is None:
        raise Refusal(errors.XMLError, "Missing required attribute 'protocol' in element 'source'", node)
    if not source.name:
        if source.protocol == "nbd":
            return
        raise Refusal(errors.XMLError, "missing name for disk source", node, "add name='…'")
    if source.protocol in ("rbd", "gluster") and "/" not in source.name:
        detail = f"can't split path '{source.name}' into pool name and image name"
        raise Refusal(errors.XMLError, detail, node, "expected name='POOL/IMAGE'")
    if source.protocol == "iscsi" and "/" not in source.name:
        source.name += "/0"  # the first unit


def _nvme(source: StorageSource, node: Node) -> None:
    for name, value in (("type", source.type), ("namespace", source.namespace)):
        if value is None:
            raise Refusal(errors.XMLError, f"missing '{name}' attribute to disk source", node)
    if source.address is None:
        raise Refusal(errors.XMLError, "NVMe disk source is missing address", node, "add <address domain='…' …/>")
    if source.managed is None:
        source.managed = True
