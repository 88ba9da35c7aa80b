"""Disks and where their bytes are: sources, backing chains, encryption, authentication."""

from __future__ import annotations

import re

from virshpy import errors
from virshpy.xml.credentials import Auth, Encryption, Initiator
from virshpy.xml.domain.address import Device, DeviceSeclabel, VirtioDriver, skipped
from virshpy.xml.domain.sources import check_auth, check_source
from virshpy.xml.element import Element, attr, flag, leaf, many, one, text
from virshpy.xml.node import Node, Refusal
from virshpy.xml.pci import PCIPlace
from virshpy.xml.scalars import (
    DIR,
    HOST,
    NODE,
    ONOFF,
    PATH,
    POSITIVE,
    SERIAL,
    STR,
    TARGET,
    UINT,
    WWN,
    YESNO,
    Blank,
    Enum,
    Int,
    Scalar,
    Size,
    Wrapping,
    again,
    strtol,
    xml,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from virshpy.xml.schema import Found

SOURCE_TYPES = "none file block dir network volume nvme vhostuser"
FORMATS = "none raw dir bochs cloop dmg iso vpc vdi fat vhd ploop luks cow qcow qcow2 qed vmdk"
PROTOCOLS = "none nbd rbd sheepdog gluster iscsi http https ftp ftps tftp ssh vxhs nfs"


class MaxSize(Element, tag="max_size"):
    """``value`` in bytes."""

    value: int | None = text(Size("bytes", 1, 1))


class MetadataCache(Element, tag="metadata_cache", drop_empty=True):
    max_size: MaxSize | None = one(MaxSize)


class Port(Scalar):
    """A port, kept as it was written: QEMU wants it as text."""

    expected = "a number up to 65535"

    def read(self, text: str, node: Node, name: str | None) -> str:
        number = strtol(text)
        if number is None or not 0 <= number <= 65535:
            words = "failed to parse port number '{}'" if number is None or number < 0 else "port '{}' out of range"
            detail = words.format(text)
            raise Refusal(errors.InvalidArg, detail, node, f"expected {self.expected}")
        return text


class Host(Element, tag="host"):
    name: str | None = attr(HOST)
    port: str | None = attr(Port())
    transport: str | None = attr(Enum("tcp unix rdma", "unknown protocol transport type '%s'"))
    socket: str | None = attr(PATH)

    def _check(self, node: Node) -> None:
        if self.transport == "tcp":
            self.transport = None
        if self.transport == "unix":
            if not self.socket:
                raise Refusal(errors.XMLError, "missing socket for unix transport", node, "add socket='…'")
            self.name = self.port = None
            return
        if self.socket:
            detail = f"transport '{self.transport or 'tcp'}' does not support socket attribute"
            raise Refusal(errors.XMLError, detail, node, "say transport='unix'")
        if not self.name:
            raise Refusal(errors.XMLError, "missing name for host", node)


_SLICE = xml("missing offset or size attribute of slice")


class Slice(Element, tag="slice"):
    type: str | None = attr()
    offset: int | None = attr(
        Blank(Int(0, 2**64 - 1, sentence=xml("malformed value '%s' of 'offset' attribute of slice"))), required=_SLICE
    )
    size: int | None = attr(
        Blank(Int(0, 2**64 - 1, sentence=xml("malformed value '%s' of 'size' attribute of slice"))), required=_SLICE
    )


class Slices(Element, tag="slices", drop_empty=True):
    slices: list[Slice] = many(Slice)

    def _check(self, node: Node) -> None:
        self.slices = [row for row in self.slices if row.type == "storage"][:1]


class Snapshot(Element, tag="snapshot"):
    name: str | None = attr()


class ConfigFile(Element, tag="config"):
    file: str | None = attr()


class SSL(Element, tag="ssl"):
    verify: bool | None = attr(YESNO)


class Cookie(Element, tag="cookie"):
    name: str | None = attr()
    value: str | None = text()

    def _check(self, node: Node) -> None:
        if not self.name:
            raise Refusal(errors.XMLError, "missing cookie name", node)
        if not self.value:
            raise Refusal(errors.XMLError, f"missing value for cookie '{self.name}'", node)
        if not re.match(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+\Z", self.name):
            raise Refusal(errors.XMLError, f"cookie name '{self.name}' contains invalid characters", node)
        if not re.match(r'"?[^\s",;\\]*"?\Z', self.value):
            raise Refusal(errors.XMLError, f"value of cookie '{self.name}' contains invalid characters", node)


class Cookies(Element, tag="cookies"):
    cookies: list[Cookie] = many(Cookie)

    def _check(self, node: Node) -> None:
        for name in again(cookie.name for cookie in self.cookies):
            raise Refusal(errors.XMLError, f"duplicate cookie '{name}'", node)


_READAHEAD = Blank(Int(0, 2**64 - 1, sentence=xml("invalid readahead size or timeout")))


class Readahead(Element, tag="readahead"):
    size: int | None = attr(_READAHEAD)


class Timeout(Element, tag="timeout"):
    seconds: int | None = attr(_READAHEAD)


class Identity(Element, tag="identity"):
    user: str | None = attr()
    group: str | None = attr()


class Reconnect(Element, tag="reconnect"):
    """``timeout`` in seconds."""

    enabled: bool | None = attr(YESNO)
    timeout: int | None = attr(UINT)

    def _check(self, node: Node) -> None:
        if self.enabled and self.timeout is None:
            raise Refusal(errors.XMLError, "Missing required attribute 'timeout' in element 'reconnect'", node)
        if self.timeout == 0:
            detail = "chardev reconnect source timeout cannot be '0'"
            raise Refusal(errors.InvalidArg, detail, node, "expected a number of seconds, 1 or more")


class ReservationSource(Element, tag="source"):
    type: str | None = attr()
    path: str | None = attr()
    mode: str | None = attr()


class Reservations(Element, tag="reservations"):
    managed: bool | None = attr(YESNO, required=True)
    source: ReservationSource | None = one(ReservationSource)

    def _check(self, node: Node) -> None:
        if self.managed:
            return
        source = self.source or ReservationSource()
        for value, what in ((source.type, "connection type"), (source.path, "path"), (source.mode, "connection mode")):
            if not value:
                raise Refusal(errors.XMLError, f"missing {what} for <reservations/>", node)


class StorageSource(Element, tag="source"):
    """Where the bytes are; which fields apply is said by the type of the disk, backing store or mirror above it."""

    file: str | None = attr(PATH)
    fdgroup: str | None = attr()
    dev: str | None = attr(NODE)
    dir: str | None = attr(DIR)
    protocol: str | None = attr(Enum(PROTOCOLS))
    name: str | None = attr()
    query: str | None = attr()
    tls: bool | None = attr(YESNO)
    tlsHostname: str | None = attr()
    pool: str | None = attr()
    volume: str | None = attr()
    type: str | None = attr()
    managed: bool | None = attr(YESNO)
    namespace: int | None = attr(Wrapping(64, xml("malformed namespace '%s'")))
    path: str | None = attr()
    mode: str | None = attr()
    startupPolicy: str | None = attr(Enum("default mandatory requisite optional"))
    index: int | None = attr(UINT, runtime=True)
    hosts: list[Host] = many(Host)
    snapshot: Snapshot | None = one(Snapshot)
    config: ConfigFile | None = one(ConfigFile)
    address: PCIPlace | None = one(PCIPlace)
    initiator: Initiator | None = one(Initiator)
    ssl: SSL | None = one(SSL)
    cookies: Cookies | None = one(Cookies, secure=True)
    readahead: Readahead | None = one(Readahead)
    timeout: Timeout | None = one(Timeout)
    identity: Identity | None = one(Identity)
    reconnect: Reconnect | None = one(Reconnect)
    seclabels: list[DeviceSeclabel] = many(DeviceSeclabel, runtime=skipped)
    slices: Slices | None = one(Slices)
    auth: Auth | None = one(Auth)
    encryption: Encryption | None = one(Encryption)
    reservations: Reservations | None = one(Reservations)


class StorageFormat(Element, tag="format"):
    type: str | None = attr(
        Blank(Enum(FORMATS, xml("unknown storage source format '%s'"))),
        required=xml("missing disk backing store format"),
    )
    metadata_cache: MetadataCache | None = one(MetadataCache)


class BackingStore(Element, tag="backingStore"):
    """One layer of a chain. An empty one (no type) ends the chain and stops probing."""

    type: str | None = attr(Enum(SOURCE_TYPES, xml("unknown storage source type '%s'")))
    index: int | None = attr(UINT, runtime=True)
    image_format: StorageFormat | None = one(StorageFormat)
    source: StorageSource | None = one(StorageSource)
    backing_store: BackingStore | None = one(lambda: BackingStore, "backingStore")

    def _check(self, node: Node) -> None:
        check_source(self.type, self.source, node)
        if self.source is not None:
            check_auth(self.source.auth, self.source.protocol, node)


class Mirror(Element, tag="mirror"):
    type: str | None = attr()
    file: str | None = attr(PATH)
    format_name: str | None = attr(STR, "format")
    job: str | None = attr()
    ready: str | None = attr()
    image_format: StorageFormat | None = one(StorageFormat)
    source: StorageSource | None = one(StorageSource)
    backing_store: BackingStore | None = one(BackingStore)


_DRIVER_FORMATS = " ".join(word for word in FORMATS.split() if word not in ("none", "luks"))


class DriverFormat(Enum):
    """``aio`` is an old word for raw."""

    def read(self, text: str, node: Node, name: str | None) -> str:
        return super().read("raw" if text == "aio" else text, node, name)


class DiskDriver(VirtioDriver):
    name: str | None = attr()
    type: str | None = attr(DriverFormat(_DRIVER_FORMATS, "unknown driver format value '%s'"))
    cache: str | None = attr(Enum("default none writethrough writeback directsync unsafe"))
    error_policy: str | None = attr(Enum("stop report ignore enospace"))
    rerror_policy: str | None = attr(Enum("stop report ignore enospace"))
    io: str | None = attr(Enum("native threads io_uring"))
    ioeventfd: bool | None = attr(ONOFF)
    event_idx: bool | None = attr(ONOFF)
    copy_on_read: bool | None = attr(ONOFF)
    discard: str | None = attr(Enum("unmap ignore"))
    iothread: int | None = attr(POSITIVE)
    detect_zeroes: str | None = attr(Enum("off on unmap"))
    queues: int | None = attr(UINT)
    queue_size: int | None = attr(UINT)
    metadata_cache: MetadataCache | None = one(MetadataCache)


class Geometry(Element, tag="geometry", drop_empty=True):
    cyls: int | None = attr(UINT)
    heads: int | None = attr(UINT)
    secs: int | None = attr(UINT)
    trans: str | None = attr(Enum("none auto lba"))

    def _check(self, node: Node) -> None:
        if not (self.cyls and self.heads and self.secs):
            self.__dict__.clear()  # a third of a geometry is none


class BlockIO(Element, tag="blockio", drop_empty=True):
    logical_block_size: int | None = attr(UINT)
    physical_block_size: int | None = attr(UINT)


class BackendDomain(Element, tag="backenddomain"):
    name: str | None = attr()


class DiskTarget(Element, tag="target"):
    _needed = ("dev",)

    dev: str | None = attr(TARGET)
    bus: str | None = attr(Enum("none ide fdc scsi virtio xen usb uml sata sd"))
    tray: str | None = attr(Enum("closed open"))
    removable: bool | None = attr(ONOFF)
    rotation_rate: int | None = attr(UINT)


_IOTUNE = Int(0, 2**64 - 1, sentence=xml("disk iotune field '{tag}' must be an integer"))


class IOTune(Element, tag="iotune", drop_empty=True):
    """Limits in bytes and operations a second; ``*_max_length`` in seconds."""

    total_bytes_sec: int | None = leaf(_IOTUNE)
    read_bytes_sec: int | None = leaf(_IOTUNE)
    write_bytes_sec: int | None = leaf(_IOTUNE)
    total_iops_sec: int | None = leaf(_IOTUNE)
    read_iops_sec: int | None = leaf(_IOTUNE)
    write_iops_sec: int | None = leaf(_IOTUNE)
    total_bytes_sec_max: int | None = leaf(_IOTUNE)
    read_bytes_sec_max: int | None = leaf(_IOTUNE)
    write_bytes_sec_max: int | None = leaf(_IOTUNE)
    total_iops_sec_max: int | None = leaf(_IOTUNE)
    read_iops_sec_max: int | None = leaf(_IOTUNE)
    write_iops_sec_max: int | None = leaf(_IOTUNE)
    size_iops_sec: int | None = leaf(_IOTUNE)
    group_name: str | None = leaf()
    total_bytes_sec_max_length: int | None = leaf(_IOTUNE)
    read_bytes_sec_max_length: int | None = leaf(_IOTUNE)
    write_bytes_sec_max_length: int | None = leaf(_IOTUNE)
    total_iops_sec_max_length: int | None = leaf(_IOTUNE)
    read_iops_sec_max_length: int | None = leaf(_IOTUNE)
    write_iops_sec_max_length: int | None = leaf(_IOTUNE)

    def _check(self, node: Node) -> None:
        for word in ("bytes_sec", "iops_sec", "bytes_sec_max", "iops_sec_max"):
            total, parts = getattr(self, f"total_{word}"), [getattr(self, f"{way}_{word}") for way in ("read", "write")]
            if total and any(parts):
                raise Refusal(errors.XMLError, f"total and read/write {word} cannot be set at the same time", node)

    def limits(self) -> dict[str, int]:
        """Every limit that is set, by its name."""
        found = {name: getattr(self, name) for name in self._fields if name != "group_name"}
        return {name: value for name, value in found.items() if value}


def _wwn(text: str) -> bool:
    digits = text[2:] if text[:2] in ("0x", "0X") else text
    return len(digits) == 16 and all(letter in "0123456789abcdefABCDEF" for letter in digits)


class Transient(Element, tag="transient"):
    shareBacking: bool | None = attr(YESNO)


_SOURCES = {
    "file": frozenset({"file", "fdgroup"}),
    "block": frozenset({"dev"}),
    "dir": frozenset({"dir"}),
    "network": frozenset({"protocol", "name", "query", "tls", "tlsHostname"}),
    "volume": frozenset({"pool", "volume", "mode"}),
    "nvme": frozenset({"type", "managed", "namespace"}),
    "vhostuser": frozenset({"type", "path", "mode"}),
}


class Disk(Device, tag="disk"):
    type: str | None = attr(Enum(SOURCE_TYPES.removeprefix("none ")))
    device: str | None = attr(Enum("disk cdrom floppy lun"))
    model: str | None = attr(Enum("virtio virtio-transitional virtio-non-transitional"))
    rawio: bool | None = attr(YESNO)
    sgio: str | None = attr(Enum("filtered unfiltered"))
    snapshot: str | None = attr(Enum("no internal external manual"))
    driver: DiskDriver | None = one(DiskDriver)
    auth: Auth | None = one(Auth)
    source: StorageSource | None = one(StorageSource)
    backing_store: BackingStore | None = one(BackingStore)
    backenddomain: BackendDomain | None = one(BackendDomain)
    geometry: Geometry | None = one(Geometry)
    blockio: BlockIO | None = one(BlockIO)
    mirror: Mirror | None = one(Mirror, runtime=True)
    target: DiskTarget | None = one(DiskTarget)
    iotune: IOTune | None = one(IOTune)
    readonly: bool = flag()
    shareable: bool = flag()
    transient: Transient | None = one(Transient)
    serial: str | None = leaf(SERIAL)
    wwn: str | None = leaf(WWN)
    vendor: str | None = leaf()
    product: str | None = leaf()
    encryption: Encryption | None = one(Encryption)

    @classmethod
    def _faults(cls, node: Node) -> Iterable[Found]:
        from virshpy.xml.values import strangers

        source, kind = node.find("source"), node.attrs.get("type", "file")
        if source is not None and kind in _SOURCES:
            yield from strangers(source, _SOURCES[kind], frozenset().union(*_SOURCES.values()))

    def _check(self, node: Node) -> None:
        self.type, self.device = self.type or "file", self.device or "disk"
        if (self.readonly or self.device == "cdrom") and self.snapshot == "no":
            self.snapshot = None  # what is never written is never part of a snapshot: libvirt does not print it
        source = self.source
        if self.auth and source and source.auth:
            raise Refusal(errors.ConfigUnsupported, "an <auth> definition already found for disk source", node)
        if self.encryption and source and source.encryption:
            raise Refusal(errors.ConfigUnsupported, "an <encryption> definition already found for disk source", node)
        check_source(self.type, source, node)
        protocol = source.protocol if source else None
        check_auth(self.auth, protocol, node)
        check_auth(source.auth if source else None, protocol, node)
        if self.wwn and not _wwn(self.wwn):
            raise Refusal(errors.InternalError, f"Malformed wwn: {self.wwn}", node, "expected 16 hexadecimal digits")
        for name, most in (("vendor", 8), ("product", 16)):
            value = getattr(self, name)
            if value and len(value) > most:
                raise Refusal(errors.ConfigUnsupported, f"disk {name} is more than {most} characters", node)
