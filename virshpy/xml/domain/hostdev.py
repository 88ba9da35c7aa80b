"""Host devices given to the guest: PCI, USB, SCSI, vhost-scsi, mediated devices."""

from __future__ import annotations

import re

from virshpy import errors
from virshpy.xml.credentials import Auth, Initiator
from virshpy.xml.domain.address import Device
from virshpy.xml.domain.interface import Teaming
from virshpy.xml.domain.storage import Host
from virshpy.xml.element import Element, Reading, attr, flag, leaf, many, one, variant
from virshpy.xml.node import Node, Refusal
from virshpy.xml.pci import PCIPlace
from virshpy.xml.scalars import ONOFF, UINT, UINT0, ULONG, UUID, YESNO, Enum, Int, Lenient, Sentence, internal


class HostdevDriver(Element, tag="driver"):
    name: str | None = attr(Enum("default kvm vfio xen"))


class USBNumber(Element):
    id: int | None = attr(Int(0, 0xFFFF, base=0, form="0x%04x"), required=True)


class HostAddress(Element, tag="address"):
    """Of a USB device (bus, device), a SCSI unit (bus, target, unit) or a mediated device (uuid)."""

    uuid: str | None = attr(UUID(internal("Cannot parse uuid attribute of element <address>")))
    bus: int | None = attr(UINT0)
    device: int | None = attr(UINT0)
    target: int | None = attr(UINT)
    unit: int | None = attr(ULONG)


def _bus_of(node: Node) -> str:
    """Which kind of address, where only its attributes tell."""
    return "pci" if node.attrs.keys() & {"domain", "slot", "function"} else ""


class Adapter(Element, tag="adapter"):
    name: str | None = attr()


class HostdevSource(Element, tag="source"):
    """Printed even if it is empty, unlike libvirt's, which libvirt could not read again."""

    startupPolicy: str | None = attr(Enum("default mandatory requisite optional"))
    guestReset: str | None = attr(Enum("off uninitialized on"))
    missing: bool | None = attr(YESNO, runtime=True)
    protocol: str | None = attr()
    wwpn: str | None = attr()
    name: str | None = attr()
    writeFiltering: bool | None = attr(YESNO)
    vendor: USBNumber | None = one(USBNumber, "vendor")
    product: USBNumber | None = one(USBNumber, "product")
    hosts: list[Host] = many(Host)
    auth: Auth | None = one(Auth)
    initiator: Initiator | None = one(Initiator)
    adapter: Adapter | None = one(Adapter)
    address: HostAddress | PCIPlace | None = variant(_bus_of, {"pci": PCIPlace}, HostAddress, "address")
    block: str | None = leaf()
    char: str | None = leaf()
    interface: str | None = leaf()


class Hostdev(Device, tag="hostdev"):
    _needed = ("type",)

    mode: str | None = attr(Enum("subsystem capabilities", "unknown hostdev mode '%s'"))
    type: str | None = attr(
        Enum(
            "usb pci scsi scsi_host mdev storage misc net",
            Sentence("unknown host device source address type '%s'", errors.ConfigUnsupported),
        )
    )
    managed: bool | None = attr(Lenient(YESNO))
    sgio: str | None = attr(Enum("filtered unfiltered"))
    rawio: bool | None = attr(YESNO)
    model: str | None = attr(Enum("vfio-pci vfio-ccw vfio-ap virtio virtio-transitional virtio-non-transitional"))
    display: bool | None = attr(ONOFF)
    ramfb: bool | None = attr(ONOFF)
    driver: HostdevDriver | None = one(HostdevDriver)
    source: HostdevSource | None = one(HostdevSource)
    teaming: Teaming | None = one(Teaming)
    readonly: bool = flag()
    shareable: bool = flag()

    def _check(self, node: Node) -> None:
        if self.mode is None:
            self.mode = "subsystem"
        if self.type == "mdev" and self.model is None:
            raise Refusal(errors.XMLError, "Missing required attribute 'model' in element 'hostdev'", node)
        if self.type is None:
            raise Refusal(errors.XMLError, "missing source address type", node)
        if self.type != "mdev":
            self.display = self.ramfb = None
        if self.source is None:
            raise Refusal(errors.XMLError, "Missing <source> element in hostdev device", node)
        if self.mode == "subsystem":
            self._leave_to_its_kind(node)
        within = node.find("source")
        assert within is not None
        place = within.find("address")
        if self.mode == "capabilities":
            self._check_capability(self.source, within)
        elif self.type == "pci":
            if not isinstance(self.source.address, PCIPlace):
                self.source.address = PCIPlace._read(place or Node("address"), Reading(False))
            if self.source.address.domain is None:
                self.source.address = PCIPlace(domain=0, bus=0, slot=0, function=0)
        else:
            self._check_source(self.source, within, place)

    def _leave_to_its_kind(self, node: Node) -> None:
        """Refuse options that another kind of device has; what is no option at all there is not read."""
        for word in ("sgio", "rawio"):
            if getattr(self, word) is not None and self.type != "scsi":
                raise Refusal(errors.XMLError, f"{word} is only supported for scsi host device", node)
        if self.model is not None and self.type not in ("mdev", "scsi_host"):
            # libvirt names the type that the device has, and means those that have models.
            detail = f"'model' attribute in <hostdev> is only supported when type='{self.type}'"
            raise Refusal(errors.XMLError, detail, node, "expected type='mdev' or 'scsi_host', or no model")
        if self.source is not None and self.source.startupPolicy not in (None, "default") and self.type != "usb":
            detail = "Setting startupPolicy is only allowed for USB devices"
            raise Refusal(errors.ConfigUnsupported, detail, node)
        if self.type != "scsi":
            self.readonly = self.shareable = False
        if self.type != "pci":
            self.driver = None

    def _check_source(self, source: HostdevSource, node: Node, place: Node | None) -> None:
        """What each kind of device must be found by."""
        if self.type == "usb":
            if source.vendor is not None and source.product is None:
                raise Refusal(errors.InternalError, "missing product", node, "add <product id='0x…'/>")
            if source.product is not None and source.vendor is None:
                raise Refusal(errors.InternalError, "missing vendor", node, "add <vendor id='0x…'/>")
            if source.vendor is not None and source.vendor.id == 0:
                detail = "Invalid value for attribute 'id' in element 'vendor': Zero is not permitted"
                raise Refusal(errors.XMLError, detail, node)
            _need(place, "bus device")
        elif self.type == "mdev":
            if place is None:
                raise Refusal(errors.ConfigUnsupported, "Missing <address> element", node)
            if "uuid" not in place.attrs:
                raise Refusal(errors.ConfigUnsupported, "Missing 'uuid' attribute for element <address>", place)
        elif self.type == "scsi" and source.protocol == "iscsi":
            if not source.name:
                raise Refusal(errors.XMLError, "missing iSCSI hostdev source path name", node)
            if "/" not in source.name:
                source.name += "/0"  # the first unit
            if len(source.hosts) != 1:
                several = "only one source host address may be specified for the iSCSI hostdev"
                detail = several if source.hosts else "missing the host address for the iSCSI hostdev"
                raise Refusal(errors.XMLError, detail, node)
        elif self.type == "scsi":
            if source.protocol not in (None, "adapter"):
                raise Refusal(errors.ConfigUnsupported, f"Unknown SCSI subsystem protocol '{source.protocol}'", node)
            if place is None:
                raise Refusal(errors.XMLError, "'address' must be specified for scsi hostdev source", node)
            _need(place, "bus target unit")
            if source.adapter is None or not source.adapter.name:
                raise Refusal(errors.XMLError, "'adapter' name must be specified for scsi hostdev source", node)
        elif self.type == "scsi_host" and source.protocol is None:
            raise Refusal(errors.XMLError, "Missing scsi_host subsystem protocol", node)
        elif self.type == "scsi_host" and source.protocol == "vhost":
            if source.wwpn is None:
                raise Refusal(errors.XMLError, "missing vhost-scsi hostdev source wwpn", node)
            if not re.fullmatch(r"naa\.[0-9a-fA-F]{16}", source.wwpn):
                expected = "expected naa. and 16 hexadecimal digits"
                raise Refusal(errors.XMLError, "malformed 'wwpn' value", node, expected)

    def _check_capability(self, source: HostdevSource, node: Node) -> None:
        for type, tag, what in _CAPABILITIES:
            if self.type == type:
                if getattr(source, tag) is None:
                    detail = f"Missing <{tag}> element in hostdev {what} device"
                    raise Refusal(errors.XMLError, detail, node, f"add <{tag}>…</{tag}>")
                return
        raise Refusal(
            errors.ConfigUnsupported,
            f"unknown host device source address type '{self.type}'",
            node,
            "expected storage, misc or net",
        )


_CAPABILITIES = (("storage", "block", "block"), ("misc", "char", "character"), ("net", "interface", "interface"))


def _need(node: Node | None, names: str) -> None:
    for name in names.split():
        if node is not None and name not in node.attrs:
            raise Refusal(errors.XMLError, f"Missing required attribute '{name}' in element 'address'", node)
