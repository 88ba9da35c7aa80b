"""<pool> and <volume>: storage pools and what is in them. Sizes are in bytes."""

from __future__ import annotations

import re

from virshpy import errors
from virshpy.xml.element import Element, attr, flag, leaf, many, one
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import INT, UINT, UUID, YESNO, Enum, Int, Scalar, Size, scale, strtol, xml

POOL_TYPES = "dir fs netfs logical disk iscsi iscsi-direct scsi mpath rbd sheepdog gluster zfs vstorage"
# What the source of each kind of pool must have, may have, and its formats, the first being the default.
NEEDS = {
    "fs": ("device",), "netfs": ("host", "dir"), "iscsi": ("host", "device"), "disk": ("device",), "scsi": ("adapter",),
    "rbd": ("host", "name"), "sheepdog": ("host", "name"), "gluster": ("host", "name"),
    "iscsi-direct": ("host", "device", "initiator"), "zfs": ("name",), "vstorage": ("name",),
}  # fmt: skip
FORMATS = {
    "fs": "auto ext2 ext3 ext4 ufs iso9660 udf gfs gfs2 vfat hfs+ xfs ocfs2 vmfs",
    "netfs": "auto nfs glusterfs cifs",
    "disk": "unknown dos dvh gpt mac bsd pc98 sun lvm2",
    "logical": "lvm2 unknown",
}
_IMAGES = "none raw dir bochs cloop dmg iso vpc vdi fat vhd ploop cow qcow qcow2 qed vmdk"
# What a volume may be, by the kind of pool; the volumes of the others have no format.
_VOLUME_FORMATS = {
    "dir": _IMAGES, "fs": _IMAGES, "netfs": _IMAGES, "vstorage": _IMAGES, "gluster": _IMAGES, "rbd": _IMAGES,
    "sheepdog": _IMAGES, "disk": "none linux fat16 fat32 linux-swap linux-lvm linux-raid extended",
}  # fmt: skip
_PATHLESS = ("rbd", "sheepdog", "gluster", "iscsi-direct")


class _Bytes(Size):
    """A size of storage, in bytes: what does not fit a file's offset is refused."""

    def __init__(self) -> None:
        super().__init__("bytes", 1, 1)

    def read(self, text: str, node: Node, name: str | None) -> int:
        number = strtol(text)
        if number is None or not 0 <= number < 2**64:
            raise Refusal(errors.XMLError, "malformed capacity element", node, f"expected {self.expected}")
        return scale(number, node.attrs.get("unit", ""), 1, node, 2**63 - 1)


BYTES = _Bytes()


class _Path(Scalar):
    """A path, without the slashes that say nothing."""

    def read(self, text: str, node: Node, name: str | None) -> str:
        return clean_path(text)


def clean_path(path: str) -> str:
    """virFileSanitizePath: no doubled slashes (but for two at the beginning), none at the end."""
    doubled = path.startswith("//") and not path.startswith("///")
    clean = re.sub("/+", "/", path)
    if len(clean) > 1 and clean.endswith("/"):
        clean = clean[:-1]
    return f"/{clean}" if doubled and clean != "/" else clean


class SourceHost(Element, tag="host"):
    name: str | None = attr()
    port: int | None = attr(INT)


class SourceDevice(Element, tag="device"):
    path: str | None = attr(required=xml("missing storage pool source device path"))
    part_separator: bool | None = attr(YESNO)


class SourceDir(Element, tag="dir"):
    path: str | None = attr(_Path())


class Adapter(Element, tag="adapter"):
    type: str | None = attr(Enum("scsi_host fc_host", xml("Unknown pool adapter type '%s'")))
    name: str | None = attr()
    parent: str | None = attr()
    parent_wwnn: str | None = attr()
    parent_wwpn: str | None = attr()
    parent_fabric_wwn: str | None = attr()
    managed: bool | None = attr(YESNO)
    wwnn: str | None = attr()
    wwpn: str | None = attr()


class IQN(Element, tag="iqn"):
    name: str | None = attr()


class Initiator(Element, tag="initiator"):
    iqn: IQN | None = one(IQN)


class AuthSecret(Element, tag="secret"):
    usage: str | None = attr()
    uuid: str | None = attr()


class Auth(Element, tag="auth"):
    type: str | None = attr(Enum("chap ceph", xml("unknown auth type '%s'")))
    username: str | None = attr()
    secret: AuthSecret | None = one(AuthSecret)


class Format(Element, tag="format"):
    type: str | None = attr()


class Vendor(Element):
    name: str | None = attr()


class Protocol(Element, tag="protocol"):
    ver: str | None = attr()


class PoolSource(Element, tag="source"):
    _open = True

    hosts: list[SourceHost] = many(SourceHost)
    devices: list[SourceDevice] = many(SourceDevice)
    dir: SourceDir | None = one(SourceDir)
    adapter: Adapter | None = one(Adapter)
    name: str | None = leaf()
    initiator: Initiator | None = one(Initiator)
    auth: Auth | None = one(Auth)
    kind: Format | None = one(Format)
    protocol: Protocol | None = one(Protocol)
    vendor: Vendor | None = one(Vendor, "vendor")
    product: Vendor | None = one(Vendor, "product")


class Permissions(Element, tag="permissions"):
    _open = True

    mode: int | None = leaf(Int(0, 0o7777, base=8, form="0%o", sentence=xml("malformed octal mode")))
    owner: int | None = leaf(Int(-1, 2**32 - 2, sentence=xml("malformed owner element")))
    group: int | None = leaf(Int(-1, 2**32 - 2, sentence=xml("malformed group element")))
    label: str | None = leaf()


class PoolTarget(Element, tag="target"):
    path: str | None = leaf(_Path())
    permissions: Permissions | None = one(Permissions)


class COW(Element, tag="cow"):
    state: bool | None = attr(YESNO)


class PoolFeatures(Element, tag="features"):
    cow: COW | None = one(COW)


class Pool(Element, tag="pool"):
    """The whole document of a pool."""

    _source = "(storage_pool_definition)"

    type: str | None = attr(Enum(POOL_TYPES))
    name: str | None = leaf()
    uuid: str | None = leaf(UUID(xml("malformed uuid element")))
    features: PoolFeatures | None = one(PoolFeatures)
    capacity: int | None = leaf(BYTES)
    allocation: int | None = leaf(BYTES)
    available: int | None = leaf(BYTES)
    source: PoolSource | None = one(PoolSource)
    target: PoolTarget | None = one(PoolTarget)

    def _check(self, node: Node) -> None:
        if not self.type:
            detail = "missing storage pool type attribute"
            raise Refusal(errors.InternalError, detail, node, "expected <pool type='dir'>")
        self.capacity = self.allocation = self.available = 0
        source = self.source = self.source or PoolSource()
        if not self.name and self.type not in ("logical", "sheepdog", "zfs"):
            self.name = source.name
        self.name = self.name or source.name
        if not self.name:
            raise Refusal(errors.XMLError, "missing pool source name element", node, "expected <name>…</name>")
        if "/" in self.name:
            raise Refusal(errors.XMLError, f"name {self.name} cannot contain '/'", node)
        if self.features is not None and self.type not in ("dir", "fs"):
            detail = "cow feature may only be used for 'fs' and 'dir' pools"
            raise Refusal(errors.NoSupport, detail, node)
        self._check_format(node)
        if self.type == "logical":
            source.name = source.name or self.name
        self._check_needs(node)
        self._check_target(node)

    def _check_format(self, node: Node) -> None:
        source = self.source
        assert source is not None
        known = FORMATS.get(self.type or "", "").split()
        if not known:
            source.kind = None
            return
        word = source.kind.type if source.kind else None
        if word is not None and word not in known:
            detail = f"unknown pool format type {word}"
            raise Refusal(errors.ConfigUnsupported, detail, node, f"expected one of {', '.join(known)}")
        source.kind = Format(type=word or known[0])

    def _check_needs(self, node: Node) -> None:
        source = self.source
        assert source is not None
        for part in NEEDS.get(self.type or "", ()):
            if part == "host" and not any(host.name for host in source.hosts):
                raise Refusal(errors.XMLError, "missing storage pool source host name", node)
            if part == "device" and not source.devices:
                raise Refusal(errors.XMLError, "missing storage pool source device name", node)
            if part == "dir" and not (source.dir and source.dir.path):
                raise Refusal(errors.XMLError, "missing storage pool source path", node)
            if part == "name" and not source.name:
                if self.type in ("zfs", "vstorage"):
                    source.name = self.name
                else:
                    raise Refusal(errors.XMLError, "missing mandatory 'name' field for pool source", node)
            if part == "adapter":
                self._check_adapter(node)

    def _check_adapter(self, node: Node) -> None:
        adapter = self.source.adapter if self.source else None
        if adapter is None:
            raise Refusal(errors.XMLError, "missing storage pool source adapter", node)
        adapter.type = adapter.type or "scsi_host"
        if adapter.type == "fc_host" and not (adapter.wwnn and adapter.wwpn):
            raise Refusal(errors.XMLError, "'wwnn' and 'wwpn' must be specified for adapter type 'fc_host'", node)
        if adapter.type == "scsi_host" and not adapter.name:
            detail = "Either 'name' or 'parent' must be specified for the 'scsi_host' adapter"
            raise Refusal(errors.XMLError, detail, node)

    def _check_target(self, node: Node) -> None:
        if self.type in _PATHLESS:
            self.target = None
            return
        source = self.source
        assert source is not None
        target = self.target = self.target or PoolTarget()
        if self.type == "logical":
            target.path = target.path or f"/dev/{source.name}"
        elif self.type == "zfs":
            target.path = target.path or f"/dev/zvol/{source.name}"
        if not target.path:
            raise Refusal(errors.XMLError, "missing storage pool target path", node, "expected <target><path>…</path>")


class Timestamps(Element, tag="timestamps"):
    atime: str | None = leaf()
    mtime: str | None = leaf()
    ctime: str | None = leaf()
    btime: str | None = leaf()


class VolumeEncryptionSecret(Element, tag="secret"):
    type: str | None = attr(Enum("passphrase", xml("unknown volume encryption secret type %s")))
    usage: str | None = attr()
    uuid: str | None = attr()


class Cipher(Element, tag="cipher"):
    name: str | None = attr()
    size: int | None = attr(UINT)
    mode: str | None = attr()
    hash: str | None = attr()


class Ivgen(Element, tag="ivgen"):
    name: str | None = attr()
    hash: str | None = attr()


class VolumeEncryption(Element, tag="encryption"):
    kind: str | None = attr(
        Enum("default qcow luks luks2 rbd", xml("unknown volume encryption format type %s")), "format"
    )
    engine: str | None = attr()
    secrets: list[VolumeEncryptionSecret] = many(VolumeEncryptionSecret)
    cipher: Cipher | None = one(Cipher)
    ivgen: Ivgen | None = one(Ivgen)


class VolumeFeatures(Element, tag="features"):
    _open = True

    lazy_refcounts: bool = flag()
    extended_l2: bool = flag()


class ClusterSize(Element, tag="clusterSize"):
    unit: str | None = attr()


class Extent(Element, tag="extent"):
    start: int | None = attr(Int(0, 2**64 - 1))
    end: int | None = attr(Int(0, 2**64 - 1))


class VolumeDevice(Element, tag="device"):
    path: str | None = attr()
    extents: list[Extent] = many(Extent)


class VolumeSource(Element, tag="source", drop_empty=True):
    devices: list[VolumeDevice] = many(VolumeDevice)


class VolumeTarget(Element, tag="target"):
    path: str | None = leaf()
    kind: Format | None = one(Format)
    permissions: Permissions | None = one(Permissions)
    timestamps: Timestamps | None = one(Timestamps)
    encryption: VolumeEncryption | None = one(VolumeEncryption)
    compat: str | None = leaf()
    cluster_size: int | None = leaf(Size("B", 1, 1), "clusterSize")
    nocow: bool = flag()
    features: VolumeFeatures | None = one(VolumeFeatures)


class BackingStore(Element, tag="backingStore"):
    path: str | None = leaf()
    kind: Format | None = one(Format)
    permissions: Permissions | None = one(Permissions)
    timestamps: Timestamps | None = one(Timestamps)


class Volume(Element, tag="volume"):
    """The whole document of a volume; ``settle`` says in what kind of pool."""

    _source = "(storage_volume_definition)"

    type: str | None = attr(Enum("file block dir network netdir ploop", xml("unknown volume type '%s'")))
    name: str | None = leaf()
    key: str | None = leaf()
    source: VolumeSource | None = one(VolumeSource)
    capacity: int | None = leaf(BYTES)
    allocation: int | None = leaf(BYTES)
    physical: int | None = leaf(BYTES)
    target: VolumeTarget | None = one(VolumeTarget)
    backing: BackingStore | None = one(BackingStore)

    def _check(self, node: Node) -> None:
        if not self.name:
            raise Refusal(errors.XMLError, "missing volume name element", node, "expected <name>…</name>")
        if self.capacity is None and self.backing is None:
            raise Refusal(errors.XMLError, "missing capacity element", node, "expected <capacity unit='G'>…</capacity>")

    def settle(self, pool_type: str) -> None:
        """What libvirt fills in by the kind of pool: the type, the format where there are formats."""
        target = self.target = self.target or VolumeTarget()
        self.allocation = self.capacity if self.allocation is None else self.allocation
        self.source = self.source or VolumeSource()
        self.type = self.type or "file"
        known = _VOLUME_FORMATS.get(pool_type, "").split()
        for part in (target, self.backing):
            if part is None:
                continue
            if not known:
                part.kind = None
                continue
            part.kind = part.kind or Format(type="none" if pool_type == "disk" else "raw")
            if part.kind.type not in known:
                detail = f"unknown volume format type {part.kind.type}"
                raise errors.ConfigUnsupported(detail, hint=f"one of {', '.join(known)}")
        if target.features is not None or target.compat is not None:
            target.compat = target.compat or "1.1"
