"""<devices>, and those of them that have no module of their own."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.domain.address import (
    ADDRESSES,
    Address,
    Alias,
    AnyAddress,
    Device,
    DeviceACPI,
    VirtioDriver,
    generated,
)
from virshpy.xml.domain.chardev import (
    BACKENDS,
    Channel,
    CharLog,
    CharSource,
    Console,
    Parallel,
    Protocol,
    Redirdev,
    Redirfilter,
    Serial,
    Smartcard,
)
from virshpy.xml.domain.display import Audio, Graphics, Hub, Input, Sound, Video
from virshpy.xml.domain.filesystem import Filesystem
from virshpy.xml.domain.hostdev import Hostdev
from virshpy.xml.domain.interface import Interface
from virshpy.xml.domain.storage import Disk
from virshpy.xml.element import Element, attr, flag, leaf, many, one, text, variant
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import (
    KIB,
    ONOFF,
    PATH,
    POSITIVE,
    UINT,
    ULONG,
    UUID,
    YESNO,
    Blank,
    Enum,
    Int,
    Ranges,
    Sentence,
    Size,
    again,
    internal,
    xml,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from virshpy.xml.schema import Found

VIRTIO_MODELS = "virtio virtio-transitional virtio-non-transitional"


class ControllerModel(Element, tag="model"):
    name: str | None = attr(
        Enum(
            "pci-bridge i82801b11-bridge ioh3420 x3130-upstream xio3130-downstream pxb pxb-pcie pcie-root-port "
            "spapr-pci-host-bridge pcie-pci-bridge"
        )
    )


class ControllerTarget(Element, tag="target", drop_empty=True):
    chassisNr: int | None = attr(Int(0, 2**31 - 1, base=0))
    chassis: int | None = attr(Int(0, 2**31 - 1, base=0))
    port: int | None = attr(Int(0, 2**31 - 1, base=0, form="0x%x"))
    busNr: int | None = attr(Int(0, 2**31 - 1, base=0))
    index: int | None = attr(Int(0, 2**31 - 1, base=0))
    hotplug: bool | None = attr(ONOFF)
    node: int | None = leaf(Int(0, 2**31 - 1, sentence=xml("invalid NUMA node in target")))


class ControllerDriver(VirtioDriver):
    queues: int | None = attr(UINT)
    cmd_per_lun: int | None = attr(UINT)
    max_sectors: int | None = attr(UINT)
    ioeventfd: bool | None = attr(ONOFF)
    iothread: int | None = attr(UINT)


class Controller(Device, tag="controller"):
    """``pcihole64`` in KiB."""

    _needed = ("type",)

    type: str | None = attr(Enum("ide fdc scsi sata virtio-serial ccid usb pci xenbus isa"))
    index: int | None = attr(Int(0, 2**31 - 1))
    model: str | None = attr()
    ports: int | None = attr(Int(0, 2**31 - 1))
    vectors: int | None = attr(Int(0, 2**31 - 1))
    maxGrantFrames: int | None = attr(Int(0, 2**31 - 1))
    maxEventChannels: int | None = attr(Int(0, 2**31 - 1))
    model_name: ControllerModel | None = one(ControllerModel, "model")
    target: ControllerTarget | None = one(ControllerTarget)
    driver: ControllerDriver | None = one(ControllerDriver)
    pcihole64: int | None = leaf(KIB)

    @classmethod
    def _faults(cls, node: Node) -> Iterable[Found]:
        from virshpy.xml.values import missing, not_among

        yield from missing(node, "model") if node.attrs.get("type") == "pci" else ()
        yield from not_among(node, "model", CONTROLLER_MODELS.get(node.attrs.get("type", ""), "").split())

    def _check(self, node: Node) -> None:
        self.type = self.type or "ide"
        words = CONTROLLER_MODELS.get(self.type or "", "").split()
        if words and self.model is not None and self.model not in words:
            raise Refusal(
                errors.ConfigUnsupported,
                f"Unknown model type '{self.model}'",
                node,
                f"expected one of {', '.join(words)}",
            )
        if self.driver and self.driver.iothread and not (self.type == "scsi" and self.model == "virtio-scsi"):
            detail = "'iothread' attribute only supported for virtio scsi controllers"
            if self.type != "scsi":
                raise Refusal(errors.XMLError, detail, node)
        if self.type != "pci" or self.model not in PCI_ROOTS:
            self.pcihole64 = None


PCI_ROOTS = ("pci-root", "pcie-root")
CONTROLLER_MODELS = {
    "scsi": (
        "auto buslogic lsilogic lsisas1068 vmpvscsi ibmvscsi virtio-scsi lsisas1078 virtio-transitional "
        "virtio-non-transitional ncr53c90 dc390 am53c974"
    ),
    "usb": (
        "piix3-uhci piix4-uhci ehci ich9-ehci1 ich9-uhci1 ich9-uhci2 ich9-uhci3 vt82c686b-uhci pci-ohci nec-xhci "
        "qusb1 qusb2 qemu-xhci none"
    ),
    "ide": "piix3 piix4 ich6",
    "pci": (
        "pci-root pcie-root pci-bridge dmi-to-pci-bridge pcie-to-pci-bridge pcie-root-port "
        "pcie-switch-upstream-port pcie-switch-downstream-port pci-expander-bus pcie-expander-bus"
    ),
    "virtio-serial": VIRTIO_MODELS,
}


class Stats(Element, tag="stats"):
    period: int | None = attr(Int(0, 2**31 - 1))


class MemBalloon(Device, tag="memballoon"):
    model: str | None = attr(Enum("virtio xen none virtio-transitional virtio-non-transitional"), required=True)
    autodeflate: bool | None = attr(ONOFF)
    freePageReporting: bool | None = attr(ONOFF)
    stats: Stats | None = one(Stats)
    alias: Alias | None = one(Alias, runtime=generated)
    acpi: DeviceACPI | None = one(DeviceACPI)
    address: AnyAddress | None = variant("type", ADDRESSES, Address, "address")
    driver: VirtioDriver | None = one(VirtioDriver)


class RngRate(Element, tag="rate"):
    """``bytes`` in every ``period`` milliseconds."""

    bytes: int | None = attr(Blank(Int(sentence=xml("invalid RNG rate bytes value"))))
    period: int | None = attr(Blank(Int(sentence=xml("invalid RNG rate period value"))))


class RngBackend(Element, tag="backend"):
    """``value`` is the device's path for ``model='random'``."""

    model: str | None = attr(Enum("random egd builtin", "unknown RNG backend model '%s'"))
    type: str | None = attr()
    value: str | None = text()
    sources: list[CharSource] = many(CharSource)
    protocol: Protocol | None = one(Protocol)
    log: CharLog | None = one(CharLog)

    def _check(self, node: Node) -> None:
        if self.model is None:
            raise Refusal(errors.XMLError, "missing RNG device backend model", node)
        if self.model == "egd":
            if self.type is None:
                raise Refusal(errors.XMLError, "missing EGD backend type", node)
            if self.type not in BACKENDS.split():
                raise Refusal(
                    errors.ConfigUnsupported,
                    f"unknown backend type '{self.type}' for egd",
                    node,
                    f"expected one of {BACKENDS}",
                )


class Rng(Device, tag="rng"):
    model: str | None = attr(Enum(VIRTIO_MODELS, "unknown RNG model '%s'"), required=xml("missing RNG device model"))
    rate: RngRate | None = one(RngRate)
    backend: RngBackend | None = one(RngBackend)
    driver: VirtioDriver | None = one(VirtioDriver)

    def _check(self, node: Node) -> None:
        if self.backend is None:
            raise Refusal(errors.XMLError, "only one RNG backend is supported", node, "expected one <backend>")
        if self.rate is not None and not self.rate.bytes:
            self.rate = None


class Watchdog(Device, tag="watchdog"):
    model: str | None = attr(
        Enum("i6300esb ib700 diag288", "unknown watchdog model '%s'"),
        required=internal("watchdog must contain model name"),
    )
    action: str | None = attr(
        Enum("reset shutdown poweroff pause dump none inject-nmi", "unknown watchdog action '%s'")
    )


class Panic(Device, tag="panic"):
    model: str | None = attr(Enum("default isa pseries hyperv s390", "unknown panic model '%s'"))


class TPMEncryption(Element, tag="encryption"):
    secret: str | None = attr()


class PCRBanks(Element, tag="active_pcr_banks", drop_empty=True):
    sha1: bool = flag()
    sha256: bool = flag()
    sha384: bool = flag()
    sha512: bool = flag()


class TPMDevice(Element, tag="device"):
    path: str | None = attr()


class TPMSource(Element, tag="source"):
    type: str | None = attr()
    mode: str | None = attr()
    path: str | None = attr()


class TPMBackend(Element, tag="backend"):
    type: str | None = attr(Enum("passthrough emulator external"), required=True)
    version: str | None = attr(Enum("default 1.2 2.0"))
    persistent_state: bool | None = attr(YESNO)
    encryption: TPMEncryption | None = one(TPMEncryption)
    active_pcr_banks: PCRBanks | None = one(PCRBanks)
    device: TPMDevice | None = one(TPMDevice)
    source: TPMSource | None = one(TPMSource)


class TPM(Device, tag="tpm"):
    model: str | None = attr(Enum("default tpm-tis tpm-crb tpm-spapr spapr-tpm-proxy"))
    backend: TPMBackend | None = one(TPMBackend)

    def _check(self, node: Node) -> None:
        if self.backend is None:
            raise Refusal(errors.XMLError, "missing TPM device backend", node)
        if len([child for child in node.children if child.tag == "backend"]) > 1:
            raise Refusal(errors.XMLError, "only one TPM backend is supported", node)
        if self.backend.type == "passthrough":
            self.backend.device = self.backend.device or TPMDevice()
            self.backend.device.path = self.backend.device.path or "/dev/tpm0"
        if self.backend.type == "external" and self.backend.source is None:
            raise Refusal(errors.XMLError, "missing external TPM backend type", node, "add <source type='unix' …/>")


class ShmemModel(Element, tag="model"):
    type: str | None = attr(Enum("ivshmem ivshmem-plain ivshmem-doorbell"))


class ShmemServer(Element, tag="server"):
    path: str | None = attr()


class ShmemMSI(Element, tag="msi"):
    vectors: int | None = attr(UINT)
    ioeventfd: bool | None = attr(ONOFF)


class Shmem(Device, tag="shmem"):
    """``size`` in MiB."""

    name: str | None = attr(required=xml("shmem element must contain 'name' attribute"))
    role: str | None = attr(Enum("master peer"))
    model: ShmemModel | None = one(ShmemModel)
    size: int | None = leaf(Size("M", 1 << 20, 1))
    server: ShmemServer | None = one(ShmemServer)
    msi: ShmemMSI | None = one(ShmemMSI)

    def _check(self, node: Node) -> None:
        if "/" in (self.name or ""):
            raise Refusal(errors.ConfigUnsupported, "shmem name cannot include '/' character", node)
        if self.model and self.model.type == "ivshmem-doorbell" and self.server is None:
            detail = "shmem model 'ivshmem-doorbell' is supported only with server option enabled"
            raise Refusal(errors.ConfigUnsupported, detail, node, "add <server path='…'/>")


_PLAIN = Size(path="./{tag}")


class MemorySource(Element, tag="source", drop_empty=True):
    """Sizes in KiB."""

    nodemask: tuple[int, ...] | None = leaf(Ranges(Sentence("Invalid value of 'nodemask': %s")))
    pagesize: int | None = leaf(_PLAIN)
    path: str | None = leaf()
    alignsize: int | None = leaf(_PLAIN)
    pmem: bool = flag()


class MemoryLabel(Element, tag="label"):
    size: int | None = leaf(Size(path="./label/size"))


class MemoryTarget(Element, tag="target"):
    """Sizes in KiB."""

    size: int | None = leaf(_PLAIN)
    node: int | None = leaf(Int(sentence=xml("invalid value of memory device node")))
    label: MemoryLabel | None = one(MemoryLabel)
    readonly: bool = flag()
    block: int | None = leaf(_PLAIN)
    requested: int | None = leaf(_PLAIN)
    current: int | None = leaf(_PLAIN, runtime=True)


class MemoryDevice(Device, tag="memory"):
    model: str | None = attr(Enum("dimm nvdimm virtio-pmem virtio-mem sgx-epc"), required=True)
    access: str | None = attr(Enum("shared private"))
    discard: bool | None = attr(YESNO)
    uuid: str | None = leaf(UUID())
    source: MemorySource | None = one(MemorySource)
    target: MemoryTarget | None = one(MemoryTarget)

    def _check(self, node: Node) -> None:
        if self.target is None:
            raise Refusal(errors.XMLError, "missing <target> element for <memory> device", node)
        if self.target.size is None:
            raise Refusal(errors.XMLError, "missing element or attribute './size'", node, "add <size unit='MiB'>…")
        if self.model == "dimm":
            self.uuid = None


class IOMMUDriver(Element, tag="driver", drop_empty=True):
    intremap: bool | None = attr(ONOFF)
    caching_mode: bool | None = attr(ONOFF)
    eim: bool | None = attr(ONOFF)
    iotlb: bool | None = attr(ONOFF)
    aw_bits: int | None = attr(UINT)


class IOMMU(Device, tag="iommu"):
    model: str | None = attr(Enum("intel smmuv3 virtio"), required=True)
    driver: IOMMUDriver | None = one(IOMMUDriver)


class CID(Element, tag="cid", drop_empty=True):
    auto: bool | None = attr(YESNO)
    address: int | None = attr(POSITIVE)

    def _check(self, node: Node) -> None:
        if self.address is not None and self.address < 3:
            raise Refusal(errors.ConfigUnsupported, "guest CIDs must be >= 3", node)


class Vsock(Device, tag="vsock"):
    model: str | None = attr(Enum(VIRTIO_MODELS))
    cid: CID | None = one(CID)
    alias: Alias | None = one(Alias, runtime=generated)
    address: AnyAddress | None = variant("type", ADDRESSES, Address, "address")
    driver: VirtioDriver | None = one(VirtioDriver)


class LeaseTarget(Element, tag="target"):
    path: str | None = attr()
    offset: int | None = attr(ULONG)


class Lease(Element, tag="lease"):
    lockspace: str | None = leaf()
    key: str | None = leaf()
    target: LeaseTarget | None = one(LeaseTarget)

    def _check(self, node: Node) -> None:
        for name, value in (("key", self.key), ("lockspace", self.lockspace), ("target", self.target)):
            if not value:
                raise Refusal(errors.XMLError, f"Missing '{name}' element for lease", node)
        if self.target is None or not self.target.path:
            raise Refusal(errors.XMLError, "Missing 'path' attribute to 'target' element for lease", node)


class NVRAMDevice(Device, tag="nvram"):
    """The NVRAM device of machines of another kind; not the variable store in <os>."""


_SINGLE = (
    ("memballoon", errors.InternalError, "memory balloon"), ("watchdog", errors.InternalError, "watchdog"),
    ("nvram", errors.XMLError, "nvram"), ("iommu", errors.XMLError, "IOMMU"), ("vsock", errors.XMLError, "vsock"),
)  # fmt: skip


class Devices(Element, tag="devices"):
    """Every device, grouped and in order."""

    _open = True
    _order = (
        "emulator disk controller lease filesystem interface smartcard parallel serial console channel input graphics"
        " sound audio video hostdev watchdog memballoon rng tpm nvram hub redirdev redirfilter panic shmem memory iommu"
        " vsock"
    )

    emulator: str | None = leaf(PATH)
    disks: list[Disk] = many(Disk)
    controllers: list[Controller] = many(Controller)
    leases: list[Lease] = many(Lease)
    filesystems: list[Filesystem] = many(Filesystem)
    interfaces: list[Interface] = many(Interface)
    smartcards: list[Smartcard] = many(Smartcard)
    serials: list[Serial] = many(Serial)
    parallels: list[Parallel] = many(Parallel)
    consoles: list[Console] = many(Console)
    channels: list[Channel] = many(Channel)
    inputs: list[Input] = many(Input)
    tpms: list[TPM] = many(TPM)
    graphics: list[Graphics] = many(Graphics)
    sounds: list[Sound] = many(Sound)
    audios: list[Audio] = many(Audio)
    videos: list[Video] = many(Video)
    hostdevs: list[Hostdev] = many(Hostdev)
    redirdevs: list[Redirdev] = many(Redirdev)
    redirfilter: Redirfilter | None = one(Redirfilter)
    hubs: list[Hub] = many(Hub)
    watchdogs: list[Watchdog] = many(Watchdog)
    memballoon: MemBalloon | None = one(MemBalloon)
    rngs: list[Rng] = many(Rng)
    nvram: NVRAMDevice | None = one(NVRAMDevice)
    panics: list[Panic] = many(Panic)
    shmems: list[Shmem] = many(Shmem)
    memories: list[MemoryDevice] = many(MemoryDevice)
    iommu: IOMMU | None = one(IOMMU)
    vsock: Vsock | None = one(Vsock)

    def _check(self, node: Node) -> None:
        tags = [child.tag for child in node.children]
        for tag, error, what in _SINGLE:
            if tags.count(tag) > 1:
                raise Refusal(error, f"only a single {what} device is supported", node, f"expected one <{tag}>")
        for number in again(audio.id for audio in self.audios):
            raise Refusal(errors.XMLError, f"audio ID {number} is used multiple times", node)
        if sum(1 for video in self.videos if video.model is not None and video.model.primary) > 1:
            raise Refusal(errors.ConfigUnsupported, "Only one primary video device is supported", node)
