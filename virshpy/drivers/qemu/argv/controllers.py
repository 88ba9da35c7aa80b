"""Controllers that are devices: all but those of the chipset."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.argv.guest import Guest, virtio_name, virtio_options
from virshpy.drivers.qemu.postparse.aliases import alias_of
from virshpy.drivers.qemu.postparse.pci.chipset import built_in
from virshpy.drivers.qemu.postparse.places import drive_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.argv.words import Properties
    from virshpy.xml.domain.devices import Controller

_ORDER = ("pci", "usb", "scsi", "ide", "sata", "virtio-serial")
_USB = {
    "piix3-uhci": "piix3-usb-uhci", "piix4-uhci": "piix4-usb-uhci", "ehci": "usb-ehci", "ich9-ehci1": "ich9-usb-ehci1",
    "ich9-uhci1": "ich9-usb-uhci1", "ich9-uhci2": "ich9-usb-uhci2", "ich9-uhci3": "ich9-usb-uhci3",
    "vt82c686b-uhci": "vt82c686b-usb-uhci", "pci-ohci": "pci-ohci", "nec-xhci": "nec-usb-xhci",
    "qemu-xhci": "qemu-xhci",
}  # fmt: skip
_SCSI = {
    "lsilogic": "lsi", "lsisas1068": "mptsas1068", "lsisas1078": "megasas", "vmpvscsi": "pvscsi",
    "ibmvscsi": "spapr-vscsi", "ncr53c90": "esp", "dc390": "dc390", "am53c974": "am53c974",
}  # fmt: skip


def add_controllers(guest: Guest) -> None:
    """PCI first, then by type, each in the order of the document."""
    for kind in _ORDER:
        _add_all(guest, kind)
    if not guest.q35 and not any(controller.type == "usb" for controller in guest.domain.devices.controllers):
        guest.add("-usb")  # the machine's own, where it has one


def _add_all(guest: Guest, kind: str) -> None:
    for controller in guest.domain.devices.controllers:
        properties = controller_properties(guest, controller) if controller.type == kind else None
        if properties is not None:
            guest.device(properties)


def add_late_controllers(guest: Guest) -> None:
    """Those that can be behind a hub, or that only some machines lack."""
    _add_all(guest, "ccid")
    if guest.q35:
        _add_floppy_controller(guest)


def controller_properties(guest: Guest, controller: Controller) -> Properties | None:
    """The -device of a controller; None for one that the machine has anyway."""
    kind = controller.type
    if kind == "pci":
        return _pci(guest, controller)
    if kind == "usb":
        return _usb(guest, controller)
    if kind == "scsi":
        return _scsi(guest, controller)
    if kind == "virtio-serial":
        return {
            "driver": virtio_name("virtio-serial", controller.model),
            **virtio_options(controller),
            "id": alias_of(controller),
            "max_ports": controller.ports,
            "vectors": controller.vectors,
            **guest.place(controller),
        }
    if kind == "ccid":
        return {"driver": "usb-ccid", "id": alias_of(controller), **guest.place(controller)}
    if kind == "sata" and built_in(guest.domain, controller) is None:
        return {"driver": "ahci", "id": alias_of(controller), **guest.place(controller)}
    return None


def _pci(guest: Guest, controller: Controller) -> Properties | None:
    model, target = controller.model, controller.target
    if model in ("pci-root", "pcie-root"):
        return None
    properties: Properties = {"driver": controller.model_name.name if controller.model_name else None}
    hotplug = target.hotplug if target else None
    if model == "pci-bridge" and target:
        properties["chassis_nr"] = target.chassisNr
    elif model in ("pci-expander-bus", "pcie-expander-bus") and target:
        properties["bus_nr"] = target.busNr
    elif model in ("pcie-root-port", "pcie-switch-downstream-port") and target:
        properties |= {"port": target.port, "chassis": target.chassis}
    properties["id"] = alias_of(controller)
    if model in ("pci-expander-bus", "pcie-expander-bus") and target:
        properties["numa_node"] = target.node
    if model in ("pcie-root-port", "pcie-switch-downstream-port") and hotplug is not None:
        properties["hotplug"] = hotplug
    return properties | guest.place(controller)


def _usb(guest: Guest, controller: Controller) -> Properties | None:
    model = controller.model
    if model == "none" or model is None:
        return None
    properties: Properties = {"driver": _USB.get(model, model)}
    if not guest.caps.has_device(_USB.get(model, model)):
        raise errors.ConfigUnsupported(f"USB controller model '{model}' not supported in this QEMU binary")
    if controller.ports is not None and model not in ("nec-xhci", "qemu-xhci"):
        raise errors.ConfigUnsupported(
            f"usb controller type '{model}' doesn't support 'ports' with this QEMU binary", hint="say model='qemu-xhci'"
        )
    if controller.ports is not None:
        properties |= {"p2": controller.ports, "p3": controller.ports}
    if controller.master is not None:
        properties |= {
            "masterbus": f"{_usb_master(guest, controller)}.0",
            "firstport": controller.master.startport or 0,
        }
    else:
        properties["id"] = alias_of(controller)
    return properties | guest.place(controller)


def _usb_master(guest: Guest, controller: Controller) -> str:
    for other in guest.domain.devices.controllers:
        if other.type == "usb" and other.index == controller.index and other.master is None:
            return alias_of(other)
    return alias_of(controller)


def _scsi(guest: Guest, controller: Controller) -> Properties:
    model, driver = controller.model or "", controller.driver
    if model in ("virtio-scsi", "virtio-transitional", "virtio-non-transitional"):
        properties: Properties = {
            "driver": virtio_name("virtio-scsi", model if model != "virtio-scsi" else None),
            "iothread": f"iothread{driver.iothread}" if driver and driver.iothread else None,
            **virtio_options(controller),
        }
    else:
        properties = {"driver": _SCSI.get(model, model)}
    properties["id"] = alias_of(controller)
    if driver is not None:
        properties |= {
            "num_queues": driver.queues or None,
            "cmd_per_lun": driver.cmd_per_lun or None,
            "max_sectors": driver.max_sectors or None,
            "ioeventfd": driver.ioeventfd,
        }
    return properties | guest.place(controller)


def _add_floppy_controller(guest: Guest) -> None:
    """q35 has no floppy controller of its own."""
    from virshpy.drivers.qemu.argv.disks import boot_indexes

    floppies = [d for d in guest.domain.devices.disks if d.target and d.target.bus == "fdc"]
    if not floppies:
        return
    indexes = boot_indexes(guest)
    properties: Properties = {"driver": "isa-fdc"}
    for disk in floppies:
        address = drive_of(disk)
        unit = (address.unit or 0) if address else 0
        properties[f"bootindex{'AB'[unit % 2]}"] = indexes.get(id(disk))
    guest.device(properties)
