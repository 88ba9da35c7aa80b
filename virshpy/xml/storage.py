"""<pool>: where volumes are. Sizes are in bytes."""

from __future__ import annotations

import re

from virshpy import errors
from virshpy.xml.credentials import Auth, Initiator
from virshpy.xml.element import Element, attr, leaf, many, one
from virshpy.xml.node import Node, Refusal
from virshpy.xml.pci import PCIPlace
from virshpy.xml.scalars import INT, STR, UINT, ULONG, UUID, YESNO, Enum, Scalar, Sentence, xml
from virshpy.xml.volume import BYTES, Format, Permissions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.element import Plan, Reading

POOL_TYPES = "dir fs netfs logical disk iscsi iscsi-direct scsi mpath rbd sheepdog gluster zfs vstorage"
# What the source of each kind of pool has; with a star: must have.
_SOURCES = {
    "fs": "devices*", "netfs": "hosts* dir* protocol", "logical": "name devices", "disk": "devices*",
    "iscsi": "hosts* devices* initiator", "iscsi-direct": "hosts* devices* initiator*", "scsi": "adapter*",
    "rbd": "hosts* name*", "sheepdog": "hosts* name*", "gluster": "hosts* name* dir", "zfs": "name* devices",
    "vstorage": "name*",
}  # fmt: skip
_TAGS = {"host": "hosts", "device": "devices"} | {
    part: part for part in ("dir", "adapter", "name", "initiator", "protocol")
}
# The formats of the source of each kind of pool. The first is the default, but not of a volume group.
FORMATS = {
    "fs": "auto ext2 ext3 ext4 ufs iso9660 udf gfs gfs2 vfat hfs+ xfs ocfs2 vmfs",
    "netfs": "auto nfs glusterfs cifs",
    "disk": "unknown dos dvh gpt mac bsd pc98 sun lvm2",
    "logical": "unknown lvm2",
}
DEFAULT_FORMATS = {kind: words.split()[0] for kind, words in FORMATS.items()} | {"logical": "lvm2"}
_PATHLESS = ("rbd", "sheepdog", "gluster", "iscsi-direct")
_OPTIONS = {"fs": "mount_opts", "netfs": "mount_opts", "rbd": "config_opts"}


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
    name: str | None = attr(required=xml("missing storage pool host name"))
    port: int | None = attr(INT)


class FreeExtent(Element, tag="freeExtent"):
    start: int | None = attr(ULONG)
    end: int | None = attr(ULONG)


class SourceDevice(Element, tag="device"):
    """``free_extents``: of a disk, what belongs to no partition."""

    path: str | None = attr(required=xml("missing storage pool source device path"))
    part_separator: bool | None = attr(YESNO)
    free_extents: list[FreeExtent] = many(FreeExtent, runtime=True)


class SourceDir(Element, tag="dir"):
    path: str | None = attr(_Path())


class ParentAddress(Element, tag="parentaddr"):
    """An adapter by where it sits; ``unique_id`` tells those of one card apart."""

    unique_id: int | None = attr(UINT, required=xml("Missing or invalid scsi adapter 'unique_id' value"))
    address: PCIPlace | None = one(PCIPlace, required=xml("Missing scsi_host PCI address element"))


class Adapter(Element, tag="adapter"):
    """A host bus adapter, by name or place; or a virtual one, made of its ``parent``'s and named by two numbers."""

    type: str | None = attr(Enum("scsi_host fc_host"))
    name: str | None = attr()
    parent: str | None = attr()
    parent_wwnn: str | None = attr()
    parent_wwpn: str | None = attr()
    parent_fabric_wwn: str | None = attr()
    managed: bool | None = attr(YESNO)
    wwnn: str | None = attr()
    wwpn: str | None = attr()
    parentaddr: ParentAddress | None = one(ParentAddress)

    def _read_children(self, node: Node, plan: Plan, values: dict[str, Any], reading: Reading) -> None:
        if not self.type:
            detail = "Use of 'parentaddr' element requires use of the adapter 'type'"
            raise Refusal(errors.XMLError, detail, node, "say type='scsi_host'")
        super()._read_children(node, plan, values, reading)

    def _check(self, node: Node) -> None:
        if self.name:
            self.type = self.type or "scsi_host"

    def check(self, node: Node) -> None:
        """Refuse what no pool of a host's adapters could be made of."""
        if not self.type:
            raise Refusal(errors.XMLError, "missing storage pool source adapter", node)
        if self.type == "fc_host":
            self._check_virtual(node)
        elif self.name and self.parentaddr:
            detail = "Both 'name' and 'parent' cannot be specified for the 'scsi_host' adapter"
            raise Refusal(errors.XMLError, detail, node)
        elif not self.name and not self.parentaddr:
            detail = "Either 'name' or 'parent' must be specified for the 'scsi_host' adapter"
            raise Refusal(errors.XMLError, detail, node)

    def _check_virtual(self, node: Node) -> None:
        if not (self.wwnn and self.wwpn):
            raise Refusal(errors.XMLError, "'wwnn' and 'wwpn' must be specified for adapter type 'fchost'", node)
        for said, other in (("parent_wwnn", "parent_wwpn"), ("parent_wwpn", "parent_wwnn")):
            if getattr(self, said) and not getattr(self, other):
                value = getattr(self, said)
                detail = f"when providing {said}='{value}', the {other} must also be provided"
                raise Refusal(errors.XMLError, detail, node)
        for wwn in (self.wwnn, self.wwpn, self.parent_wwnn, self.parent_wwpn, self.parent_fabric_wwn):
            if wwn and not re.fullmatch("(0x)?[0-9a-fA-F]{16}", wwn):
                raise Refusal(errors.InternalError, f"Malformed wwn: {wwn}", node, "expected 16 hexadecimal digits")


class Vendor(Element):
    name: str | None = attr()


class Protocol(Element, tag="protocol", drop_empty=True):
    ver: str | None = attr()


class PoolSource(Element, tag="source"):
    """Where the volumes come from; ``settle`` says for what kind of pool."""

    _source = "(storage_source_specification)"
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

    def settle(self, pool: str, node: Node) -> None:
        """Fill in the format where such a source has one."""
        known = FORMATS.get(pool, "").split()
        word = self.kind.type if self.kind else None
        if known and word is not None and word not in known:
            detail = f"unknown pool format type {word}"
            raise Refusal(errors.ConfigUnsupported, detail, node, f"expected one of {', '.join(known)}")
        self.kind = (self.kind or Format()) if known else None
        if self.kind is not None:
            self.kind.type = word or DEFAULT_FORMATS[pool]
        if self.auth is not None and self.auth.type is None:
            raise Refusal(errors.ConfigUnsupported, "storage pool missing auth type", node, "say type='chap'")
        if pool == "gluster" and self.dir is None:
            self.dir = SourceDir(path="/")

    def check(self, pool: str, node: Node) -> None:
        """Refuse a source that lacks what such a pool needs."""
        there = {
            "hosts": self.hosts, "devices": self.devices, "dir": self.dir and self.dir.path, "adapter": self.adapter,
            "name": self.name, "initiator": self.initiator and self.initiator.iqn and self.initiator.iqn.name,
        }  # fmt: skip
        for part in _SOURCES.get(pool, "").split():
            if part.endswith("*") and not there[part[:-1]]:
                what = part[:-1]
                sentence = _MISSING.get(f"{pool} {what}", _MISSING[what])
                raise sentence.refusal("", node, f"<source> with <{what.removesuffix('s')}>")
        if self.adapter is not None:
            self.adapter.check(node)


# What is said of a part that is missing; some kinds of pool have words of their own.
_MISSING = {
    "hosts": xml("missing storage pool source host name"),
    "devices": xml("missing storage pool source device name"),
    "dir": xml("missing storage pool source path"),
    "adapter": xml("missing storage pool source adapter"),
    "name": xml("missing mandatory 'name' field for pool source"),
    "rbd name": xml("element 'name' is mandatory for RBD pool"),
    "initiator": Sentence("missing initiator IQN"),
}


class PoolSources(Element, tag="sources"):
    """What a host offers to make pools of."""

    _open = True

    sources: list[PoolSource] = many(PoolSource)


class PoolTarget(Element, tag="target"):
    path: str | None = leaf(_Path())
    permissions: Permissions | None = one(Permissions)


class COW(Element, tag="cow", drop_empty=True):
    state: bool | None = attr(YESNO)


class PoolFeatures(Element, tag="features", drop_empty=True):
    cow: COW | None = one(COW)


class RefreshVolume(Element, tag="volume", drop_empty=True):
    allocation: str | None = attr(Enum("default capacity", "unknown storage pool volume refresh allocation type %s"))


class Refresh(Element, tag="refresh", drop_empty=True):
    """How the allocation of volumes is found: by asking, or as if each took its capacity."""

    volume: RefreshVolume | None = one(RefreshVolume)


class MountOption(Element, tag="fs:option"):
    name: str | None = attr(required=xml("no fs mount option name specified"))


class MountOptions(Element, tag="fs:mount_opts", drop_empty=True):
    options: list[MountOption] = many(MountOption)


class ConfigOption(Element, tag="rbd:option"):
    name: str | None = attr(required=xml("no rbd option name specified"))
    value: str | None = attr()

    def _check(self, node: Node) -> None:
        if not self.name:
            raise Refusal(errors.XMLError, "empty rbd option name specified", node)
        if not self.value:
            how = "no" if self.value is None else "empty"
            raise Refusal(errors.XMLError, f"{how} rbd option value specified for name '{self.name}'", node)


class ConfigOptions(Element, tag="rbd:config_opts", drop_empty=True):
    options: list[ConfigOption] = many(ConfigOption)


class Pool(Element, tag="pool"):
    """The whole document of a pool."""

    _source = "(storage_pool_definition)"
    _namespaces = {
        "http://libvirt.org/schemas/storagepool/fs/1.0": "fs",
        "http://libvirt.org/schemas/storagepool/rbd/1.0": "rbd",
    }

    type: str | None = attr(Enum(POOL_TYPES))
    name: str | None = leaf()
    uuid: str | None = leaf(UUID(xml("malformed uuid element")))
    capacity: int | None = leaf(BYTES)
    allocation: int | None = leaf(BYTES)
    available: int | None = leaf(BYTES)
    features: PoolFeatures | None = one(PoolFeatures)
    source: PoolSource | None = one(PoolSource)
    target: PoolTarget | None = one(PoolTarget)
    refresh: Refresh | None = one(Refresh)
    mount_opts: MountOptions | None = one(MountOptions)
    config_opts: ConfigOptions | None = one(ConfigOptions)

    def _read_children(self, node: Node, plan: Plan, values: dict[str, Any], reading: Reading) -> None:
        """What such a pool's source has no use for is not read, and so not refused."""
        useful = _SOURCES.get(self.type or "", "").replace("*", "").split()
        children = []
        for child in node.children:
            for part in [*child.children] if child.tag == "source" and self.type else ():
                if part.tag in _TAGS and _TAGS[part.tag] not in useful and part.tag != "name":
                    child = child.without(part)
            children.append(child)
        self._read_each(children, plan, values, reading)

    def _check(self, node: Node) -> None:
        if not self.type:
            detail = "Missing required attribute 'type' in element 'pool'"
            raise Refusal(errors.XMLError, detail, node, "expected <pool type='dir'>")
        self.capacity = self.allocation = self.available = 0
        source = self.source = self.source or PoolSource()
        self.name = self.name or source.name
        if not self.name:
            raise Refusal(errors.XMLError, "missing pool source name element", node, "expected <name>…</name>")
        if "/" in self.name:
            raise Refusal(errors.XMLError, f"name {self.name} cannot contain '/'", node)
        if self.features is not None and self.features.cow is not None and self.type not in ("dir", "fs"):
            detail = "cow feature may only be used for 'fs' and 'dir' pools"
            raise Refusal(errors.NoSupport, detail, node)
        if self.type in ("logical", "zfs", "vstorage"):
            source.name = source.name or self.name
        if "name" not in _SOURCES.get(self.type, ""):
            source.name = None
        source.settle(self.type, node)
        source.check(self.type, node)
        for name in ("mount_opts", "config_opts"):
            said: MountOptions | ConfigOptions | None = getattr(self, name)
            if said is not None and (_OPTIONS.get(self.type) != name or not said.options):
                setattr(self, name, None)
        if source.protocol is not None and not source.protocol.ver:
            source.protocol = None
        self._check_target(node)

    def _check_target(self, node: Node) -> None:
        if self.type in _PATHLESS:
            self.target = None
            return
        source = self.source
        assert source is not None
        target = self.target = self.target or PoolTarget()
        if self.type == "logical":
            target.path = f"/dev/{source.name}"
        elif self.type == "zfs":
            target.path = f"/dev/zvol/{source.name}"
        if not target.path:
            raise Refusal(errors.XMLError, "missing storage pool target path", node, "expected <target><path>…</path>")


class DefaultFormat(Element, tag="defaultFormat"):
    type: str | None = attr()


class Choice(Element, tag="enum"):
    name: str | None = attr()
    values: list[str] = many(STR, "value")


class Formats(Element):
    default: DefaultFormat | None = one(DefaultFormat)
    enums: list[Choice] = many(Choice)


class PoolSupport(Element, tag="pool"):
    """What there is of one kind of pool: the formats of its source, and those of its volumes."""

    _open = True

    type: str | None = attr()
    supported: bool | None = attr(YESNO)
    pool_options: Formats | None = one(Formats, "poolOptions")
    volume_options: Formats | None = one(Formats, "volOptions")


class PoolCapabilities(Element, tag="storagepoolCapabilities"):
    """What kinds of pools a host can have."""

    pools: list[PoolSupport] = many(PoolSupport)
