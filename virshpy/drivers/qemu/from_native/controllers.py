"""Controllers: what other devices are plugged into."""

from __future__ import annotations

import re

from virshpy.drivers.qemu.from_native.reading import Reading, make, on_off
from virshpy.drivers.qemu.from_native.words import Params, as_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.node import Node

# -device -> (type, model) of a controller; None: the type's only one.
_PCI = {
    "pcie-root-port": "pcie-root-port", "ioh3420": "pcie-root-port", "pci-bridge": "pci-bridge",
    "i82801b11-bridge": "dmi-to-pci-bridge", "pcie-pci-bridge": "pcie-to-pci-bridge",
    "x3130-upstream": "pcie-switch-upstream-port", "xio3130-downstream": "pcie-switch-downstream-port",
    "pxb": "pci-expander-bus", "pxb-pcie": "pcie-expander-bus",
}  # fmt: skip
_OTHERS: dict[str, tuple[str, str | None]] = {
    "piix3-usb-uhci": ("usb", "piix3-uhci"), "piix4-usb-uhci": ("usb", "piix4-uhci"), "usb-ehci": ("usb", "ehci"),
    "ich9-usb-ehci1": ("usb", "ich9-ehci1"), "ich9-usb-uhci1": ("usb", "ich9-uhci1"),
    "ich9-usb-uhci2": ("usb", "ich9-uhci2"), "ich9-usb-uhci3": ("usb", "ich9-uhci3"),
    "vt82c686b-usb-uhci": ("usb", "vt82c686b-uhci"), "pci-ohci": ("usb", "pci-ohci"),
    "nec-usb-xhci": ("usb", "nec-xhci"), "qemu-xhci": ("usb", "qemu-xhci"),
    "lsi": ("scsi", "lsilogic"), "lsi53c895a": ("scsi", "lsilogic"), "mptsas1068": ("scsi", "lsisas1068"),
    "megasas": ("scsi", "lsisas1078"), "pvscsi": ("scsi", "vmpvscsi"), "dc390": ("scsi", "dc390"),
    "am53c974": ("scsi", "am53c974"), "virtio-scsi-pci": ("scsi", "virtio-scsi"),
    "virtio-scsi-pci-transitional": ("scsi", "virtio-transitional"),
    "virtio-scsi-pci-non-transitional": ("scsi", "virtio-non-transitional"),
    "ahci": ("sata", None), "ich9-ahci": ("sata", None), "usb-ccid": ("ccid", None),
    "virtio-serial": ("virtio-serial", None), "virtio-serial-pci": ("virtio-serial", None),
    "virtio-serial-pci-transitional": ("virtio-serial", "virtio-transitional"),
    "virtio-serial-pci-non-transitional": ("virtio-serial", "virtio-non-transitional"),
    "virtio-scsi": ("scsi", "virtio-scsi"),
}  # fmt: skip
# What libvirt calls a type's controllers, where that is not the type.
_PREFIXES = {"pci": r"pci\.", "sata": "(?:sata|ahci)"}


def read_controllers(reading: Reading) -> None:
    cards = [card for card in reading.unused(reading.cards) if card.get("driver") in {*_PCI, *_OTHERS}]
    _number(reading, cards)
    for card in cards:
        name = card.text("driver") or ""
        if name in _PCI:
            _pci(reading, card, name)
        else:
            _other(reading, card, *_OTHERS[name])
    if reading.top.pop("usb").attrs.get("on"):
        # -usb and usb=on: the controller of the chipset.
        reading.add(make("controller", {"type": "usb", "index": 0, "model": None if reading.q35 else "piix3-uhci"}))
    elif reading.x86 and not any(node.attrs.get("type") == "usb" for node in reading.devices):
        reading.add(make("controller", {"type": "usb", "index": 0, "model": "none"}))
    first = "pcie.0" if reading.q35 else "pci.0"
    reading.buses.setdefault(first, ("pci", 0))


def _number(reading: Reading, cards: list[Params]) -> None:
    """Give every controller an index: cards may stand before the controller that they name."""
    reading.buses["pcie.0" if reading.q35 else "pci.0"] = ("pci", 0)
    for kind in ("ide",) if not reading.q35 else ("sata",):
        reading.buses["ide"] = (kind, 0)
    for card in cards:
        driver = str(card["driver"])
        kind = "pci" if driver in _PCI else _OTHERS[driver][0]
        master = card.get("masterbus")
        if master is not None:
            continue
        match = re.fullmatch(rf"(?:ua-)?{_PREFIXES.get(kind, kind)}([0-9]{{0,9}})", card.name)
        wanted = int(match[1] or 0) if match else None
        name = card.name or f"{driver}-{len(reading.buses)}"
        reading.buses[name] = (kind, reading.free_index(kind, wanted))
        card.setdefault("id", name)
        if _PCI.get(driver, "").endswith(("root-port", "downstream-port")):
            reading.ports.add(name)


def _pci(reading: Reading, card: Params, driver: str) -> None:
    model = _PCI[driver]
    _, index = reading.buses[card.text("id") or ""]
    target = {
        "chassisNr": card.text("chassis_nr") if model == "pci-bridge" else None,
        "chassis": card.text("chassis"),
        "port": card.text("port"),
        "busNr": card.text("bus_nr"),
        "hotplug": on_off(card.switch("hotplug")),
    }
    node = card.text("numa_node")
    children = [make("model", {"name": driver})]
    if node is not None or any(target.values()):
        children.append(make("target", target, make("node", text=node) if node is not None else None))
    attrs = {"type": "pci", "index": index, "model": model}
    reading.add(make("controller", attrs, *children, reading.place(card)), card)


def _other(reading: Reading, card: Params, kind: str, model: str | None) -> None:
    master = card.text("masterbus")
    if master is not None:
        index, below = reading.index_of(master, "usb"), make("master", {"startport": card.text("firstport") or "0"})
    else:
        index, below = reading.buses[card.text("id") or ""][1], None
    attrs: dict[str, Any] = {"type": kind, "index": index, "model": model}
    children: list[Node | None] = [below]
    if kind == "virtio-serial":
        attrs |= {"ports": card.text("max_ports"), "vectors": card.text("vectors")}
    elif kind == "usb" and "p2" in card and card.get("p2") == card.get("p3"):
        attrs["ports"] = card.text("p2")
        card.drop("p3")
    driver = reading.virtio(card)
    if kind == "scsi":
        thread = as_text(card.get("iothread", ""))
        if re.fullmatch("iothread[0-9]+", thread):
            driver["iothread"] = card.text("iothread", "") and thread.removeprefix("iothread")
        driver |= {
            "queues": card.text("num_queues"), "cmd_per_lun": card.text("cmd_per_lun"),
            "max_sectors": card.text("max_sectors"), "ioeventfd": on_off(card.switch("ioeventfd")),
        }  # fmt: skip
    if any(value is not None for value in driver.values()):
        children.append(make("driver", driver))
    place = reading.place(card)
    reading.add(make("controller", attrs, *children, place), card)
