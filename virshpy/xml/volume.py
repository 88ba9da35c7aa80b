"""<volume>: what is in a storage pool. Sizes are in bytes."""

from __future__ import annotations

import re

from virshpy import errors
from virshpy.xml.credentials import Encryption
from virshpy.xml.element import Element, attr, flag, leaf, many, one
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import ULONG, Enum, Int, Scalar, Size, scale, strtol, xml

# libvirt's, and one that it does not know and QEMU does.
_IMAGES = "none raw dir bochs cloop dmg iso vpc vdi fat vhd ploop cow qcow qcow2 qed vmdk vhdx"
# What a volume may be, by the kind of pool; the volumes of the others have no format.
VOLUME_FORMATS = {
    "dir": _IMAGES, "fs": _IMAGES, "netfs": _IMAGES, "vstorage": _IMAGES, "gluster": _IMAGES, "rbd": _IMAGES,
    "sheepdog": _IMAGES, "disk": "none linux fat16 fat32 linux-swap linux-lvm linux-raid extended",
}  # fmt: skip


_NOBODY = 2**32 - 1


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


class Format(Element, tag="format"):
    type: str | None = attr()


class Permissions(Element, tag="permissions", drop_empty=True):
    """``owner`` and ``group`` are None where they are left as they come: in documents that is also -1."""

    mode: int | None = leaf(Int(0, 0o777, base=8, form="0%o", sentence=xml("malformed octal mode")))
    owner: int | None = leaf(Int(-1, _NOBODY, sentence=xml("malformed owner element")))
    group: int | None = leaf(Int(-1, _NOBODY, sentence=xml("malformed group element")))
    label: str | None = leaf()

    def _check(self, node: Node) -> None:
        self.owner = None if self.owner in (-1, _NOBODY) else self.owner
        self.group = None if self.group in (-1, _NOBODY) else self.group


class Timestamps(Element, tag="timestamps"):
    atime: str | None = leaf()
    mtime: str | None = leaf()
    ctime: str | None = leaf()
    btime: str | None = leaf()


class VolumeFeatures(Element, tag="features"):
    lazy_refcounts: bool = flag()
    extended_l2: bool = flag()

    def _check(self, node: Node) -> None:
        for child in node.children:
            if child.tag not in self._fields:
                raise Refusal(errors.ConfigUnsupported, f"unsupported feature {child.tag}", child)


class _Compat(Scalar):
    """The oldest QEMU that can read an image, as qemu-img says it: 0.10 or 1.1."""

    expected = "two numbers such as 1.1"

    def read(self, text: str, node: Node, name: str | None) -> str:
        if not re.fullmatch("[0-9]+\\.[0-9]+", text):
            raise Refusal(
                errors.XMLError, "forbidden characters in 'compat' attribute", node, f"expected {self.expected}"
            )
        return text


class Extent(Element, tag="extent"):
    start: int | None = attr(ULONG)
    end: int | None = attr(ULONG)


class VolumeDevice(Element, tag="device"):
    path: str | None = attr()
    extents: list[Extent] = many(Extent)


class VolumeSource(Element, tag="source", drop_empty=True):
    devices: list[VolumeDevice] = many(VolumeDevice)


class VolumeTarget(Element, tag="target"):
    path: str | None = leaf()
    kind: Format | None = one(Format)
    permissions: Permissions | None = one(Permissions)
    timestamps: Timestamps | None = one(Timestamps, runtime=True)
    encryption: Encryption | None = one(Encryption)
    compat: str | None = leaf(_Compat())
    cluster_size: int | None = leaf(Size("B", 1, 1), "clusterSize")
    nocow: bool = flag()
    features: VolumeFeatures | None = one(VolumeFeatures)


class BackingStore(Element, tag="backingStore"):
    path: str | None = leaf()
    kind: Format | None = one(Format)
    permissions: Permissions | None = one(Permissions)
    timestamps: Timestamps | None = one(Timestamps, runtime=True)


class Volume(Element, tag="volume"):
    """The whole document of a volume; ``settle`` says in what kind of pool."""

    _source = "(storage_volume_definition)"

    type: str | None = attr(Enum("file block dir network netdir ploop", "unknown volume type '%s'"))
    name: str | None = leaf()
    key: str | None = leaf()
    source: VolumeSource | None = one(VolumeSource, runtime=True)
    capacity: int | None = leaf(BYTES)
    allocation: int | None = leaf(BYTES)
    physical: int | None = leaf(BYTES, runtime=True)
    target: VolumeTarget | None = one(VolumeTarget)
    backing: BackingStore | None = one(BackingStore)

    def _check(self, node: Node) -> None:
        if not self.name:
            raise Refusal(errors.XMLError, "missing volume name element", node, "expected <name>…</name>")
        if self.backing is not None and not self.backing.path:
            self.backing = None

    def settle(self, pool_type: str, *, copied: bool = False) -> None:
        """What libvirt fills in by the kind of pool: the type, the format where there are formats.

        ``copied``: what is copied has a capacity. Raises XMLError, ConfigUnsupported.
        """
        if self.capacity is None and self.backing is None and not copied:
            raise errors.XMLError("missing capacity element", hint="say how large: <capacity unit='G'>…</capacity>")
        target = self.target = self.target or VolumeTarget()
        self.allocation = self.capacity if self.allocation is None else self.allocation
        self.source = self.source or VolumeSource()
        self.type = self.type or "file"
        # A partition may have no type. Of an image "none" is only listed among the formats.
        known = [word for word in VOLUME_FORMATS.get(pool_type, "").split() if word != "none" or pool_type == "disk"]
        for part in (target, self.backing):
            if part is None:
                continue
            if not known:
                part.kind = None
                continue
            part.kind = part.kind or Format()
            part.kind.type = part.kind.type or ("none" if pool_type == "disk" else "raw")
            if part.kind.type not in known:
                detail = f"unknown volume format type {part.kind.type}"
                raise errors.ConfigUnsupported(detail, hint=f"one of {', '.join(known)}")
        if target.features is not None or target.compat is not None:
            target.compat = target.compat or "1.1"
