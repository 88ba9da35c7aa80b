"""<device>: the document of one of the host's devices, by what it can do. ``{name}`` in refusals becomes its name."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.element import Element, attr, leaf, many, one, text, variants
from virshpy.xml.interface import Link
from virshpy.xml.node import Node, Refusal
from virshpy.xml.pci import PCIPlace
from virshpy.xml.scalars import UINT, ULONG, UUID, Enum, Int, Sentence, internal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TypeVar

    C = TypeVar("C", bound="Capability")


class Capability(Element, tag="capability"):
    """What a device is or can do; ``capabilities`` are those within, in libvirt's order."""

    type: str | None = attr(required=True)

    @property
    def within(self) -> list[Capability]:
        return getattr(self, "capabilities", [])


def _number(what: str, *, form: str = "%d", base: int = 10, tag: str | None = None) -> Any:
    """A child that is a number and must be there."""
    problem = f"{what} supplied for '{{name}}'"
    number = Int(0, 2**64 - 1, base=base, form=form, sentence=internal(f"invalid {problem}"))
    return leaf(number, tag, required=internal(f"no {problem}"))


def _name(what: str, tag: str | None = None) -> Any:
    return leaf(tag=tag, required=internal(f"no {what} supplied for '{{name}}'"))


# A computer


class Hardware(Element, tag="hardware"):
    vendor: str | None = leaf()
    version: str | None = leaf()
    serial: str | None = leaf()
    uuid: str | None = leaf(UUID(internal("malformed uuid element for '{name}'")))


class Firmware(Element, tag="firmware"):
    vendor: str | None = leaf()
    version: str | None = leaf()
    release_date: str | None = leaf()


class System(Capability):
    product: str | None = leaf()
    hardware: Hardware | None = one(Hardware)
    firmware: Firmware | None = one(Firmware)

    def _check(self, node: Node) -> None:
        if self.hardware is None or self.hardware.uuid is None:
            raise Refusal(errors.InternalError, "no system UUID supplied for '{name}'", node)


# PCI


class _ModelId(Int):
    """What a maker calls a model, or the registry a maker: four hexadecimal digits."""

    def __init__(self, bus: str) -> None:
        super().__init__(0, 2**32 - 1, base=16, form="0x%04x")
        self.bus = bus

    def read(self, text: str, node: Node, name: str | None) -> int:
        try:
            return super().read(text, node, name)
        except Refusal:
            detail = f"invalid {self.bus} {node.tag} ID supplied for '{{name}}'"
            raise Refusal(errors.InternalError, detail, node, "expected hexadecimal digits") from None


class PCIModel(Element):
    id: int | None = attr(_ModelId("PCI"), required=internal("no PCI vendor ID supplied for '{name}'"))
    name: str | None = text()


class PhysicalFunction(Capability):
    """The function that a virtual one belongs to."""

    address: PCIPlace | None = one(PCIPlace)


class VirtualFunctions(Capability):
    """Those that a function has, of those that it can have."""

    max_count: int | None = attr(UINT, "maxCount")
    addresses: list[PCIPlace] = many(PCIPlace)


class MdevType(Element, tag="type"):
    id: str | None = attr(required=Sentence("missing type id attribute for '{name}'"))
    name: str | None = leaf()
    device_api: str | None = leaf(tag="deviceAPI")
    available_instances: int | None = leaf(UINT, "availableInstances")


class MdevTypes(Capability):
    """What mediated devices can be made of it."""

    types: list[MdevType] = many(MdevType)


class VPDField(Element):
    index: str | None = attr()
    value: str | None = text()


class VPDFields(Element, tag="fields"):
    access: str | None = attr(Enum("readonly readwrite"))
    change_level: str | None = leaf()
    manufacture_id: str | None = leaf()
    part_number: str | None = leaf()
    serial_number: str | None = leaf()
    asset_tag: str | None = leaf()
    vendor_fields: list[VPDField] = many(VPDField, "vendor_field")
    system_fields: list[VPDField] = many(VPDField, "system_field")


class VPD(Capability):
    """What a card says of itself: vital product data."""

    name: str | None = leaf()
    fields: list[VPDFields] = many(VPDFields)


class IOMMUGroup(Element, tag="iommuGroup"):
    """The functions that can only be given away together."""

    number: int | None = attr(UINT)
    addresses: list[PCIPlace] = many(PCIPlace)


class Numa(Element, tag="numa", drop_empty=True):
    node: int | None = attr(UINT)


class PCILink(Element, tag="link"):
    """What the link of a PCI Express device is capable of, or what state it is in; gigatransfers a second, lanes."""

    validity: str | None = attr(Enum("cap sta"))
    port: int | None = attr(UINT)
    speed: str | None = attr(Enum("2.5 5 8 16 32 64"))
    width: int | None = attr(UINT)


class PCIExpress(Element, tag="pci-express"):
    links: list[PCILink] = many(PCILink)


_PCI = {
    "phys_function": PhysicalFunction, "virt_functions": VirtualFunctions, "pci-bridge": Capability,
    "cardbus-bridge": Capability, "mdev_types": MdevTypes, "vpd": VPD,
}  # fmt: skip


class PCI(Capability):
    pci_class: int | None = leaf(Int(0, 0xFFFFFF, base=16, form="0x%06x"), "class")
    domain: int | None = _number("PCI domain ID")
    bus: int | None = _number("PCI bus ID")
    slot: int | None = _number("PCI slot ID")
    function: int | None = _number("PCI function ID")
    product: PCIModel | None = one(PCIModel, "product", required=internal("no PCI vendor ID supplied for '{name}'"))
    vendor: PCIModel | None = one(PCIModel, "vendor", required=internal("no PCI vendor ID supplied for '{name}'"))
    capabilities: list[Capability] = variants("type", _PCI, Capability)
    iommu_group: IOMMUGroup | None = one(IOMMUGroup)
    numa: Numa | None = one(Numa)
    express: PCIExpress | None = one(PCIExpress)

    def _check(self, node: Node) -> None:
        order = [*_PCI]
        self.capabilities.sort(key=lambda each: order.index(each.type) if each.type in order else len(order))


# USB


class USBModel(Element):
    id: int | None = attr(_ModelId("USB"), required=internal("no USB vendor ID supplied for '{name}'"))
    name: str | None = text()


class USBDevice(Capability):
    bus: int | None = _number("USB bus number")
    device: int | None = _number("USB device number")
    product: USBModel | None = one(USBModel, "product")
    vendor: USBModel | None = one(USBModel, "vendor")


class USBInterface(Capability):
    number: int | None = _number("USB interface number")
    usb_class: int | None = _number("USB interface class", tag="class")
    subclass: int | None = _number("USB interface subclass")
    protocol: int | None = _number("USB interface protocol")
    description: str | None = leaf()


# Networks


class NetFeature(Element, tag="feature"):
    name: str | None = attr(required=True)


class NetKind(Capability):
    type: str | None = attr(Enum("80203 80211", "invalid network type supplied for '{name}'"), required=True)


class Net(Capability):
    interface: str | None = _name("network interface")
    address: str | None = leaf()
    link: Link | None = one(Link)
    features: list[NetFeature] = many(NetFeature)
    capabilities: list[NetKind] = many(NetKind)


# Storage


class FCHost(Capability):
    wwnn: str | None = leaf()
    wwpn: str | None = leaf()
    fabric_wwn: str | None = leaf()


class VportOps(Capability):
    """How many virtual adapters there are, of how many there can be."""

    max_vports: int | None = leaf(UINT)
    vports: int | None = leaf(UINT)


class SCSIHostKind(Capability):
    type: str | None = attr(
        Enum("fc_host vport_ops", internal("unknown SCSI host capability type '%s' for '{name}'")), required=True
    )


class SCSIHost(Capability):
    """``host`` is missing only in what is to be made."""

    host: int | None = leaf(Int(sentence=internal("invalid SCSI host ID supplied for '{name}'")))
    unique_id: int | None = leaf(UINT)
    capabilities: list[Capability] = variants("type", {"fc_host": FCHost, "vport_ops": VportOps}, SCSIHostKind)


class RemotePort(Capability):
    rport: str | None = leaf()
    wwpn: str | None = leaf()


class SCSITarget(Capability):
    target: str | None = _name("target name")
    capabilities: list[RemotePort] = many(RemotePort)


class SCSI(Capability):
    host: int | None = _number("SCSI host ID")
    bus: int | None = _number("SCSI bus ID")
    target: int | None = _number("SCSI target ID")
    lun: int | None = _number("SCSI LUN ID")
    kind: str | None = leaf(tag="type")


class SCSIGeneric(Capability):
    char: str | None = leaf()


class Removable(Capability):
    media_available: int | None = leaf(UINT)
    media_size: int | None = leaf(ULONG)
    media_label: str | None = leaf()
    logical_block_size: int | None = leaf(ULONG, runtime=True)
    num_blocks: int | None = leaf(ULONG, runtime=True)


class StorageKind(Capability):
    type: str | None = attr(
        Enum("hotpluggable removable", internal("unknown storage capability type '%s' for '{name}'")), required=True
    )


class Storage(Capability):
    """A block device; sizes are in bytes."""

    block: str | None = _name("block device path")
    bus: str | None = leaf()
    drive_type: str | None = leaf()
    model: str | None = leaf()
    vendor: str | None = leaf()
    serial: str | None = leaf()
    size: int | None = leaf(Int(0, 2**64 - 1, sentence=internal("invalid size supplied for '{name}'")))
    logical_block_size: int | None = leaf(ULONG, runtime=True)
    num_blocks: int | None = leaf(ULONG, runtime=True)
    capabilities: list[Capability] = variants("type", {"removable": Removable}, StorageKind)

    def _check(self, node: Node) -> None:
        if self.size is None and not any(each.type == "removable" for each in self.capabilities):
            raise Refusal(errors.InternalError, "no size supplied for '{name}'", node, "add <size>…</size>")


# Others


_DRM = Enum("primary control render", "unknown drm type '%s' for '{name}'")


class DRM(Capability):
    kind: str | None = leaf(_DRM, "type", required=Sentence("unknown drm type '(null)' for '{name}'"))


class MdevAttribute(Element, tag="attr"):
    name: str | None = attr()
    value: str | None = attr()


class MdevKind(Element, tag="type"):
    id: str | None = attr(required=Sentence("missing type id attribute for '{name}'"))


class Mdev(Capability):
    """A mediated device; ``attributes`` are written, in order, when it is made."""

    kind: MdevKind | None = one(MdevKind, required=Sentence("missing type id attribute for '{name}'"))
    uuid: str | None = leaf(UUID(internal("Invalid uuid '%s' for new mdev device")))
    parent_addr: str | None = leaf(runtime=True)
    iommu_group: IOMMUGroup | None = one(IOMMUGroup)
    attributes: list[MdevAttribute] = many(MdevAttribute)

    def _check(self, node: Node) -> None:
        self.iommu_group = self.iommu_group or IOMMUGroup(number=0)


def _part(what: str, tag: str | None = None, *, digits: int, high: int, base: int = 16) -> Any:
    """A number of an address on a mainframe."""
    out = Sentence(f"{what} value '%s' is out of range for '{{name}}'")
    number = Int(0, high, base=base, form=f"0x%0{digits}x" if digits > 1 else "0x%x", sentence=out)
    return leaf(number, tag, required=Sentence(f"missing {what} value for '{{name}}'"))


class ChannelAddress(Element, tag="channel_dev_addr"):
    cssid: int | None = _part("cssid", digits=1, high=0xFE)
    ssid: int | None = _part("ssid", digits=1, high=3)
    devno: int | None = _part("devno", digits=4, high=0xFFFF)


class CCW(Capability):
    """A device of a mainframe's channel subsystem, by its address."""

    cssid: int | None = _part("cssid", digits=1, high=0xFE)
    ssid: int | None = _part("ssid", digits=1, high=3)
    devno: int | None = _part("devno", digits=4, high=0xFFFF)


class CSS(CCW):
    channel: ChannelAddress | None = one(ChannelAddress)
    capabilities: list[Capability] = variants("type", {"mdev_types": MdevTypes}, Capability)


class VDPA(Capability):
    chardev: str | None = leaf()


class APCard(Capability):
    """An adapter of a mainframe's cryptographic cards."""

    adapter: int | None = _part("ap-adapter", "ap-adapter", digits=2, high=2**31, base=0)


class APQueue(APCard):
    domain: int | None = _part("ap-domain", "ap-domain", digits=4, high=255, base=0)


class APMatrix(Capability):
    capabilities: list[Capability] = variants("type", {"mdev_types": MdevTypes}, Capability)


KINDS = {
    "system": System, "pci": PCI, "usb_device": USBDevice, "usb": USBInterface, "net": Net, "scsi_host": SCSIHost,
    "scsi_target": SCSITarget, "scsi": SCSI, "storage": Storage, "scsi_generic": SCSIGeneric, "drm": DRM, "mdev": Mdev,
    "ccw": CCW, "css": CSS, "vdpa": VDPA, "ap_card": APCard, "ap_queue": APQueue, "ap_matrix": APMatrix,
}  # fmt: skip


class OtherKind(Capability):
    type: str | None = attr(Enum(KINDS), required=True)


class Devnode(Element, tag="devnode"):
    type: str | None = attr(Enum("dev link"), required=True)
    path: str | None = text()


class DeviceParent(Element, tag="parent"):
    """The device that it is part of, by name; of an adapter that is to be made, also by world wide names."""

    wwnn: str | None = attr()
    wwpn: str | None = attr()
    fabric_wwn: str | None = attr()
    name: str | None = text()

    def _check(self, node: Node) -> None:
        for said, other in (("wwnn", "wwpn"), ("wwpn", "wwnn")):
            if getattr(self, said) and not getattr(self, other):
                detail = f"when providing parent {said}='{getattr(self, said)}', the {other} must also be provided"
                raise Refusal(errors.XMLError, detail, node)


class DeviceDriver(Element, tag="driver"):
    name: str | None = leaf()


class NodeDevice(Element, tag="device"):
    """The whole document. The first of its ``capabilities`` says what kind of device it is."""

    _source = "(node_device_definition)"
    _unnamed = "new device"

    name: str | None = leaf()
    path: str | None = leaf()
    devnodes: list[Devnode] = many(Devnode)
    above: DeviceParent | None = one(DeviceParent)
    driver: DeviceDriver | None = one(DeviceDriver, runtime=True)
    capabilities: list[Capability] = variants("type", KINDS, OtherKind, "capability")

    def _check(self, node: Node) -> None:
        if not self.capabilities:
            detail = f"no device capabilities for '{self.name or 'new device'}'"
            raise Refusal(errors.InternalError, detail, node, "expected <capability type='…'>")
        if self.name and any(isinstance(each, SCSIHost) and each.host is None for each in self.capabilities):
            raise Refusal(errors.InternalError, "no SCSI host ID supplied for '{name}'", node, "add <host>…</host>")

    @property
    def parent(self) -> str | None:
        return self.above.name if self.above is not None else None

    @parent.setter
    def parent(self, name: str | None) -> None:
        self.above = None if name is None else DeviceParent(name=name)

    def every_capability(self) -> Iterator[Capability]:
        """Its own capabilities, then those that they have inside (fc_host, vports, …)."""
        pending = [*self.capabilities]
        while pending:
            found = pending.pop(0)
            yield found
            pending += found.within

    @property
    def kinds(self) -> list[str]:
        """What it can do, in the words of virNodeDeviceListCaps."""
        return [{"vport_ops": "vports"}.get(str(each.type), str(each.type)) for each in self.every_capability()]

    def capability(self, kind: type[C]) -> C | None:
        """The capability of that class, wherever it is."""
        return next((found for found in self.every_capability() if type(found) is kind), None)
