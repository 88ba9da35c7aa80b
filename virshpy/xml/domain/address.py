"""Where a device sits: its address, and the other things that libvirt prints at the end of every device."""

from __future__ import annotations

import re

from virshpy import errors
from virshpy.xml.element import Element, attr, many, one, variant
from virshpy.xml.node import Node, Refusal
from virshpy.xml.pci import check_pci, hexadecimal
from virshpy.xml.scalars import ALIAS, ONOFF, PATH, POSITIVE, STR, UINT, YESNO, Enum, Int, Lenient, Scalar, Sentence

_TYPES = Enum(
    "pci drive virtio-serial ccid usb spapr-vio virtio-s390 ccw virtio-mmio isa dimm unassigned",
    Sentence("unknown address type '%s'", errors.ConfigUnsupported),
)


class Address(Element, tag="address"):
    """An address of a type that has no fields of its own (``unassigned``, ``virtio-mmio``)."""

    type: str | None = attr(_TYPES, required=True)


class Zpci(Element, tag="zpci"):
    uid: int | None = attr(hexadecimal(4))
    fid: int | None = attr(hexadecimal(8))


class PCIAddress(Element, tag="address"):
    """``type='pci'``; all four numbers are None when the address was left to libvirt."""

    type: str | None = attr()
    domain: int | None = attr(hexadecimal(4))
    bus: int | None = attr(hexadecimal(2))
    slot: int | None = attr(hexadecimal(2))
    function: int | None = attr(hexadecimal(1))
    multifunction: bool | None = attr(ONOFF)
    zpci: Zpci | None = one(Zpci)

    def _check(self, node: Node) -> None:
        check_pci(self, node, 0xFFFF)  # type: ignore[arg-type]

    def __str__(self) -> str:
        return f"{self.domain or 0:04x}:{self.bus or 0:02x}:{self.slot or 0:02x}.{self.function or 0:x}"


class DriveAddress(Element, tag="address"):
    type: str | None = attr()
    controller: int | None = attr(UINT)
    bus: int | None = attr(UINT)
    target: int | None = attr(UINT)
    unit: int | None = attr(UINT)

    def _check(self, node: Node) -> None:
        self.controller, self.bus = self.controller or 0, self.bus or 0
        self.target, self.unit = self.target or 0, self.unit or 0


class VirtioSerialAddress(Element, tag="address"):
    type: str | None = attr()
    controller: int | None = attr(UINT)
    bus: int | None = attr(UINT)
    port: int | None = attr(UINT)

    def _check(self, node: Node) -> None:
        self.controller, self.bus, self.port = self.controller or 0, self.bus or 0, self.port or 0


class CCIDAddress(Element, tag="address"):
    type: str | None = attr()
    controller: int | None = attr(UINT)
    slot: int | None = attr(UINT)

    def _check(self, node: Node) -> None:
        self.controller, self.slot = self.controller or 0, self.slot or 0


class USBPort(Scalar):
    """A path through hubs: ``1``, ``1.2``, up to four numbers of which the first and the others are below 256."""

    expected = "up to four port numbers with dots, such as 1.2"

    def read(self, text: str, node: Node, name: str | None) -> str:
        parts = text.split(".")
        if len(parts) > 4 or not all(part.isascii() and part.isdigit() and int(part[:4]) < 256 for part in parts):
            detail = "Cannot parse <address> 'port' attribute"
            raise Refusal(errors.InternalError, detail, node, f"expected {self.expected}")
        return ".".join(str(int(part)) for part in parts)


class USBAddress(Element, tag="address"):
    _needed = ("bus",)

    type: str | None = attr()
    bus: int | None = attr(UINT)
    port: str | None = attr(USBPort())

    def _check(self, node: Node) -> None:
        self.bus = self.bus or 0


class SpaprVIOAddress(Element, tag="address"):
    type: str | None = attr()
    reg: int | None = attr(hexadecimal(8, 64))


class CCWAddress(Element, tag="address"):
    type: str | None = attr()
    cssid: int | None = attr(hexadecimal())
    ssid: int | None = attr(hexadecimal())
    devno: int | None = attr(hexadecimal(4))


class ISAAddress(Element, tag="address"):
    type: str | None = attr()
    iobase: int | None = attr(Int(base=16, form="0x%x"))
    irq: int | None = attr(Int(base=16, form="0x%x"))


class DIMMAddress(Element, tag="address"):
    type: str | None = attr()
    slot: int | None = attr(UINT, required=True)
    base: int | None = attr(Int(0, 2**64 - 1, base=16, form="0x%x"))


AnyAddress = (
    Address | PCIAddress | DriveAddress | VirtioSerialAddress | CCIDAddress | USBAddress | SpaprVIOAddress | CCWAddress
    | ISAAddress | DIMMAddress
)  # fmt: skip
ADDRESSES: dict[str, type[Element]] = {
    "pci": PCIAddress,
    "drive": DriveAddress,
    "virtio-serial": VirtioSerialAddress,
    "ccid": CCIDAddress,
    "usb": USBAddress,
    "spapr-vio": SpaprVIOAddress,
    "ccw": CCWAddress,
    "isa": ISAAddress,
    "dimm": DIMMAddress,
}


class Alias(Element, tag="alias"):
    """A device's name; only names beginning with ``ua-`` are a user's and outlive a run."""

    name: str | None = attr(ALIAS)


def generated(alias: Alias) -> bool:
    return not re.match(r"ua-[A-Za-z0-9_-]*\Z", alias.name or "")


class Upper(Scalar):
    """A word that machines of old know in capitals only."""

    def read(self, text: str, node: Node, name: str | None) -> str:
        return text.upper()


class Boot(Element, tag="boot"):
    order: int | None = attr(Int(nonzero=True), required=True)
    loadparm: str | None = attr(Upper())


class Rom(Element, tag="rom"):
    enabled: bool | None = attr(YESNO)
    bar: bool | None = attr(ONOFF)
    file: str | None = attr(PATH)


class DeviceACPI(Element, tag="acpi"):
    index: int | None = attr(POSITIVE)


class Master(Element, tag="master"):
    startport: int | None = attr(UINT)


class Device(Element, trailing=True):
    """Base of all devices: what libvirt prints last in each."""

    boot: Boot | None = one(Boot)
    alias: Alias | None = one(Alias, runtime=generated)
    master: Master | None = one(Master)
    rom: Rom | None = one(Rom)
    acpi: DeviceACPI | None = one(DeviceACPI)
    address: AnyAddress | None = variant("type", ADDRESSES, Address, "address")


class VirtioDriver(Element, tag="driver", drop_empty=True, trailing=True):
    """The options that every virtio device's <driver> takes."""

    iommu: bool | None = attr(ONOFF)
    ats: bool | None = attr(ONOFF)
    packed: bool | None = attr(ONOFF)
    page_per_vq: bool | None = attr(ONOFF)


class DeviceSeclabel(Element, tag="seclabel"):
    """A label for one image or chardev."""

    model: str | None = attr()
    relabel: bool | None = attr(YESNO)
    labelskip: bool | None = attr(Lenient(YESNO))
    labels: list[str] = many(STR, "label")

    def _check(self, node: Node) -> None:
        if self.relabel is None and not self.labelskip:
            self.relabel = True


def skipped(label: DeviceSeclabel) -> bool:
    """Whether a label only says that this run has none."""
    return bool(label.labelskip)
