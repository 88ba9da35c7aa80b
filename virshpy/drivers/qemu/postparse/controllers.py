"""Controllers: those every machine has, those that devices imply, and the models of those without one."""

from __future__ import annotations

from itertools import count

from virshpy import errors
from virshpy.drivers.qemu.postparse.pci.chipset import is_i440fx, is_q35
from virshpy.drivers.qemu.postparse.places import card_of, drive_of, is_x86, machine_of, port_of
from virshpy.xml.domain.address import Master
from virshpy.xml.domain.devices import PCI_ROOTS, Controller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.chardev import Channel, Console

_LAST = 2047  # libvirt adds all controllers up to the one that is named, and says this when slots run out
_USB2 = ("ich9-ehci1", "ich9-uhci1", "ich9-uhci2", "ich9-uhci3")


def sort_controllers(domain: Domain) -> None:
    """The document's own controllers where libvirt lists them: by type; behind those of their type that do not have a
    higher index, companions of a USB 2 controller behind it, one without an index behind all that came before it."""
    groups: dict[str | None, list[tuple[int, Controller]]] = {}
    highest: dict[str | None, int] = {}
    for new in domain.devices.controllers:
        group, top = groups.setdefault(new.type, []), highest.get(new.type, -1)
        number = 2 * (new.index or 0) + (new.master is not None)
        place = len(group)
        if new.index is not None and number < top:
            place = next(position for position, (other, _) in enumerate(group) if other > number)
        group.insert(place, (number, new))
        highest[new.type] = max(number, top)
    domain.devices.controllers = [controller for group in groups.values() for _, controller in group]


def controller_of(domain: Domain, kind: str, index: int) -> Controller | None:
    return next((c for c in domain.devices.controllers if c.type == kind and c.index == index), None)


def scsi_model(domain: Domain, index: int) -> str | None:
    """The model of a SCSI controller; None as well where there is none."""
    controller = controller_of(domain, "scsi", index)
    return controller.model if controller is not None else None


def ensure_controller(domain: Domain, kind: str, index: int, model: str | None = None) -> Controller | None:
    """Add a controller unless there is one of that type and index; returns the new one."""
    if controller_of(domain, kind, index) is not None:
        return None
    if index > _LAST:
        raise errors.InternalError(
            "a PCI slot is needed to connect a PCI controller model='pci-bridge', but none is available,"
            " and it cannot be automatically added",
            hint=f"a device names {kind} controller {index}: no machine has that many",
        )
    made = Controller(type=kind, index=index, model=model)
    domain.devices.controllers.append(made)
    return made


def assign_indexes(domain: Domain) -> None:
    """Controllers without an index get the first free one of their type. A USB 2 controller and its companions, in
    whatever order they stand together, share one."""
    controllers = domain.devices.controllers
    used: dict[str | None, set[int]] = {}
    free: dict[str | None, Iterator[int]] = {}
    for controller in controllers:
        if controller.index is not None:
            used.setdefault(controller.type, set()).add(controller.index)
    for position, controller in enumerate(controllers):
        if controller.index is not None:
            continue
        before = controllers[position - 1] if position else None
        if controller.model in _USB2 and before is not None and before.model in _USB2 and before.index is not None:
            group = {c.model for c in controllers[:position] if c.type == "usb" and c.index == before.index}
            if controller.model not in group:
                controller.index = before.index
                continue
        taken = used.setdefault(controller.type, set())
        numbers = free.setdefault(controller.type, count())
        controller.index = next(number for number in numbers if number not in taken)
    if any(controller.index and controller.model in PCI_ROOTS for controller in controllers):
        raise errors.XMLError(
            "pci-root and pcie-root controllers should have index 0", hint="further buses are bridges, or ports"
        )


_FIRST_PORT = {"ich9-uhci1": 0, "ich9-uhci2": 2, "ich9-uhci3": 4}


def name_masters(domain: Domain) -> None:
    """Companions serve the first ports of the USB 2 controller that has their index."""
    controllers = domain.devices.controllers
    for controller in controllers:
        if (
            controller.type == "usb"
            and controller.model in _FIRST_PORT
            and controller.master is None
            and any(c.model == "ich9-ehci1" and c.index == controller.index for c in controllers)
        ):
            controller.master = Master(startport=_FIRST_PORT[controller.model])


def add_machine_controllers(domain: Domain, caps: QemuCaps) -> None:
    """What every guest of a machine type has: a USB controller, SATA on q35, the PCI root."""
    pci_root: str | None = None
    usb: str | None = ""
    sata = False
    if not is_x86(domain):
        pci_root, usb = "pcie-root", "qemu-xhci"
    elif is_q35(domain):
        pci_root, sata = "pcie-root", True
        usb = next((m for m in ("qemu-xhci", "nec-usb-xhci", "ich9-usb-ehci1") if caps.has_device(m)), None)
        usb = {"nec-usb-xhci": "nec-xhci", "ich9-usb-ehci1": "ich9-ehci1"}.get(usb or "", usb)
    elif is_i440fx(domain):
        pci_root = "pci-root"
    elif machine_of(domain) == "isapc":
        usb = None
    controllers = domain.devices.controllers
    if usb is not None and controller_of(domain, "usb", 0) is None:
        controllers.append(Controller(type="usb", index=0, model=usb or None))
    if sata:
        ensure_controller(domain, "sata", 0)
    if pci_root:
        ensure_controller(domain, "pci", 0, pci_root)


def default_models(domain: Domain, caps: QemuCaps) -> None:
    """The model of a controller that has none, by what QEMU offers."""
    for controller in domain.devices.controllers:
        if controller.type == "usb" and controller.model == "none":
            controller.address = None
        elif controller.type == "usb" and controller.model is None:
            if caps.has_device("piix3-usb-uhci"):
                controller.model = "piix3-uhci"
            elif caps.has_device("qemu-xhci"):
                controller.model = "qemu-xhci"
        elif controller.type == "scsi" and controller.model in (None, "auto"):
            lsi = caps.has_device("lsi53c895a") or caps.has_device("lsi")
            controller.model = "lsilogic" if lsi else "virtio-scsi"


def add_implied(domain: Domain) -> None:
    """Controllers for the disks, ports and cards that need one."""
    devices = domain.devices
    for kind in ("scsi", "fdc", "ide", "sata"):
        highest = -1
        for disk in devices.disks:
            address = drive_of(disk)
            if disk.target and disk.target.bus == kind and address is not None:
                highest = max(highest, address.controller or 0)
        _ensure_up_to(domain, kind, highest)
    for port in virtio_ports(domain):
        place = port_of(port)
        ensure_controller(domain, "virtio-serial", (place.controller or 0) if place else 0)
    for card in devices.smartcards:
        slot = card_of(card)
        ensure_controller(domain, "ccid", (slot.controller or 0) if slot else 0)


def virtio_ports(domain: Domain) -> list[Channel | Console]:
    """What is a port on a virtio-serial controller."""
    devices = domain.devices
    found: list[Channel | Console] = [c for c in devices.channels if c.target and c.target.type == "virtio"]
    return found + [c for c in devices.consoles if c.target and c.target.type == "virtio"]


def add_hostdev_scsi(domain: Domain) -> None:
    """SCSI host devices need a controller; the one that they name, or else the first."""
    highest, model = -1, None
    for hostdev in domain.devices.hostdevs:
        address = drive_of(hostdev)
        number = (address.controller or 0) if address is not None else 0
        if hostdev.type == "scsi" and number > highest:
            # Where one of them is full, the next is of its model.
            controller = controller_of(domain, "scsi", number)
            highest, model = number, controller.model if controller is not None else model
    _ensure_up_to(domain, "scsi", highest, model)


def _ensure_up_to(domain: Domain, kind: str, highest: int, model: str | None = None) -> None:
    if highest > _LAST:
        ensure_controller(domain, kind, highest, model)
    for index in range(highest + 1):
        ensure_controller(domain, kind, index, model)
