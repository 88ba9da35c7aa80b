"""Controllers: models that QEMU has, and the options that each of them takes."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.pci.chipset import is_i440fx
from virshpy.drivers.qemu.postparse.pci.needs import not_on_pci
from virshpy.drivers.qemu.postparse.places import iothreads_of, pci_of
from virshpy.xml.domain.devices import PCI_ROOTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.devices import Controller

_MOST_XHCI_PORTS = 15


def check_controllers(domain: Domain) -> None:
    """Raises ConfigUnsupported, mostly, with libvirt's words."""
    for controller in domain.devices.controllers:
        kind = controller.type
        if kind == "ide" and is_i440fx(domain) and controller.index:
            raise errors.ConfigUnsupported("Only a single IDE controller is supported for this machine type")
        if kind == "ide" and not is_i440fx(domain):
            raise errors.ConfigUnsupported(
                "IDE controllers are unsupported for this QEMU binary or machine type",
                hint="q35 machines have bus='sata'; bus='virtio' works on all",
            )
        if kind in ("isa", "xenbus"):
            raise not_on_pci(f"QEMU has no {kind} controllers to add: remove it")
        if controller.acpi is not None and controller.acpi.index and pci_of(controller) is None:
            raise errors.ConfigUnsupported("ACPI index is only supported for PCI devices")
        if kind == "usb":
            _check_usb(controller)
        elif kind == "scsi":
            _check_scsi(controller, domain)
        elif kind == "pci":
            _check_pci(controller, domain)
        if kind != "scsi":
            _check_driver(controller)


def check_bridges(domain: Domain) -> None:
    """A bridge cannot sit behind itself."""
    for controller in domain.devices.controllers:
        address = pci_of(controller)
        if controller.model == "pci-bridge" and address is not None and (address.bus or 0) >= (controller.index or 0):
            index, bus = controller.index or 0, address.bus or 0
            raise errors.ConfigUnsupported(
                f"PCI controller at index {index} (0x{index:02x}) has bus='0x{bus:02x}', but index must be larger "
                "than bus"
            )


def _check_usb(controller: Controller) -> None:
    if controller.model in ("nec-xhci", "qemu-xhci") and (controller.ports or 0) > _MOST_XHCI_PORTS:
        raise errors.ConfigUnsupported(
            f"'{controller.model}' controller only supports up to '{_MOST_XHCI_PORTS}' ports"
        )


_VIRTIO_SCSI = ("virtio-scsi", "virtio-transitional", "virtio-non-transitional")


def _check_scsi(controller: Controller, domain: Domain) -> None:
    if controller.model == "buslogic":
        raise errors.ConfigUnsupported("Unsupported controller model: buslogic", hint="say model='virtio-scsi'")
    if controller.model == "ncr53c90":
        raise errors.ConfigUnsupported("ncr53c90 SCSI controller is not a built-in for this machine")
    if controller.model not in _VIRTIO_SCSI:
        _check_driver(controller)
        return
    iothread = controller.driver.iothread if controller.driver else None
    if iothread and iothread not in iothreads_of(domain):
        raise errors.ConfigUnsupported(
            f"controller iothread '{iothread}' not defined in iothreadid", hint="add <iothreads>…</iothreads>"
        )


def _check_driver(controller: Controller) -> None:
    """What only a virtio-scsi controller can be told."""
    driver = controller.driver
    if driver is None:
        return
    for word in ("queues", "cmd_per_lun", "max_sectors", "ioeventfd"):
        if getattr(driver, word) not in (None, 0):
            raise errors.ConfigUnsupported(f"'{word}' is only supported by virtio-scsi controller")
    if driver.iothread:
        raise errors.XMLError("'iothread' attribute only supported for virtio scsi controllers")


_EXPANDERS = ("pci-expander-bus", "pcie-expander-bus")
_PORTS = ("pcie-root-port", "pcie-switch-downstream-port")
_NAMES = {
    "pci-bridge": ("pci-bridge",),
    "dmi-to-pci-bridge": ("i82801b11-bridge",),
    "pcie-root-port": ("ioh3420", "pcie-root-port"),
    "pcie-switch-upstream-port": ("x3130-upstream",),
    "pcie-switch-downstream-port": ("xio3130-downstream",),
    "pci-expander-bus": ("pxb",),
    "pcie-expander-bus": ("pxb-pcie",),
    "pcie-to-pci-bridge": ("pcie-pci-bridge",),
}
# The option as libvirt calls it, its field in <target>, the models that take it.
_OPTIONS = (
    ("targetIndex", "index", ()),
    ("chassisNr", "chassisNr", ("pci-bridge",)),
    ("chassis", "chassis", _PORTS),
    ("port", "port", _PORTS),
    ("busNr", "busNr", _EXPANDERS),
    ("numaNode", "node", _EXPANDERS),
    ("hotplug", "hotplug", (*_PORTS, "pci-root")),
)


_RANGES = (("chassis", 0, 255), ("port", 0, 255), ("busNr", 1, 254))


def _check_pci(controller: Controller, domain: Domain) -> None:
    model, target = controller.model, controller.target
    if model is None:
        raise errors.InternalError("PCI controller model was not set correctly", hint="add model='…'")
    name = (controller.model_name.name if controller.model_name else None) or "none"
    which = f"PCI controller with index '{controller.index}', model '{model}' and modelName '{name}'"
    if target is not None and target.index is not None and bool(target.index) != bool(controller.index):
        raise errors.ConfigUnsupported("Only the PCI controller with index 0 can have target index 0, and vice versa")
    if model not in _NAMES and name != "none":
        raise errors.ConfigUnsupported(f"Option 'modelName' is not valid for {which}")
    if name not in _NAMES.get(model, ("none",)):
        raise errors.ConfigUnsupported(f"Option 'modelName' has invalid value for {which}")
    for option, field, models in _OPTIONS:
        if target is not None and getattr(target, field) is not None and model not in models:
            raise errors.ConfigUnsupported(f"Option '{option}' is not valid for {which}")
    if target is not None and model == "pci-bridge" and not 1 <= (target.chassisNr or 0) <= 255:
        raise errors.ConfigUnsupported(f"PCI controller chassisNr '{target.chassisNr}' out of range - must be 1-255")
    for field, least, most in _RANGES if target is not None else ():
        value = getattr(target, field)
        if value is not None and not least <= value <= most:
            raise errors.ConfigUnsupported(f"PCI controller {field} '{value}' out of range - must be {least}-{most}")
    if model in PCI_ROOTS and controller.address is not None:
        raise errors.ConfigUnsupported("pci-root and pcie-root controllers should not have an address")
    if target is not None and target.node is not None and target.node >= len(domain.cells):
        raise errors.XMLError(
            f"{model} with index {controller.index} is configured for a NUMA node ({target.node}) not present in the "
            f"domain's <cpu><numa> array ({len(domain.cells)})"
        )
