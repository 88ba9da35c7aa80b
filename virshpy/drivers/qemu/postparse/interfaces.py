"""Network interfaces: address and model."""

from __future__ import annotations

from virshpy.drivers.qemu.postparse.places import is_x86
from virshpy.xml.domain.interface import InterfaceMAC, InterfaceModel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.drivers.qemu.postparse.context import Context
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.interface import Interface

_DEFAULTS = ("rtl8139", "e1000", "virtio")


def complete_interface(interface: Interface, domain: Domain, caps: QemuCaps, context: Context) -> None:
    if interface.mac is None or interface.mac.address is None:
        interface.mac = interface.mac or InterfaceMAC()
        interface.mac.address = new_mac(domain, context)
    model = interface.model.type if interface.model else None
    if model is not None:
        known = ("virtio", "virtio-transitional", "virtio-non-transitional", "e1000", "e1000e", "rtl8139", "pcnet",
                 "ne2k_pci", "ne2k_isa", "vmxnet3", "i82551", "i82557b", "i82559er", "usb-net", "lan9118",
                 "scm91c111", "spapr-vlan", "smc91c111", "vlance", "vmxnet", "vmxnet2", "netfront", "virtio-net",
                 "82540em", "82545em", "82543gc", "am79c970a", "am79c973")  # fmt: skip
        if model.lower() in known and interface.model:
            interface.model.type = model.lower()
    elif interface.type not in ("hostdev",) and interface.model is None:
        kind = "virtio" if interface.type == "vdpa" else default_model(domain, caps)
        interface.model = InterfaceModel(type=kind)


def default_model(domain: Domain, caps: QemuCaps) -> str:
    """The card that a guest without instructions gets: the first that QEMU has."""
    if not is_x86(domain):
        return "virtio"
    return next((model for model in _DEFAULTS if model == "virtio" or caps.has_device(model)), "virtio")


def new_mac(domain: Domain, context: Context) -> str:
    """An address in the range that QEMU guests use, not one that this guest has."""
    used = {i.mac.address for i in domain.devices.interfaces if i.mac}
    while True:
        made = "52:54:00:" + ":".join(f"{byte:02x}" for byte in context.random(3))
        if made not in used:
            return made
