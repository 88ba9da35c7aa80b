"""Network interfaces: address and model."""

from __future__ import annotations

from virshpy.drivers.qemu.postparse.places import is_x86
from virshpy.xml.domain.interface import InterfaceMAC, InterfaceModel
from virshpy.xml.port import VirtualPortParameters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.drivers.qemu.postparse.context import Context
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.interface import Interface
    from virshpy.xml.port import VirtualPort

# Models that libvirt knows, and writes in its own way.
_MODELS = {
    word.lower(): word
    for word in (
        "netfront", "rtl8139", "virtio", "e1000", "e1000e", "virtio-transitional", "virtio-non-transitional", "usb-net",
        "spapr-vlan", "lan9118", "scm91c111", "vlance", "vmxnet", "vmxnet2", "vmxnet3", "Am79C970A", "Am79C973",
        "82540EM", "82545EM", "82543GC",
    )
}  # fmt: skip
_DEFAULTS = ("rtl8139", "e1000", "virtio")


def complete_interfaces(domain: Domain, caps: QemuCaps, context: Context) -> None:
    used = {interface.mac.address for interface in domain.devices.interfaces if interface.mac}
    for interface in domain.devices.interfaces:
        if interface.mac is None or interface.mac.address is None:
            interface.mac = interface.mac or InterfaceMAC()
            interface.mac.address = _new_mac(used, context)
        complete_interface(interface, domain, caps, context)


def complete_interface(interface: Interface, domain: Domain, caps: QemuCaps, context: Context) -> None:
    if interface.virtualport is not None:
        complete_port(interface.virtualport, context)
    frames = interface.coalesce.rx.frames if interface.coalesce and interface.coalesce.rx else None
    if frames is None or not frames.max:
        interface.coalesce = None
    model = interface.model.type if interface.model else None
    if model is not None:
        assert interface.model is not None
        interface.model.type = _MODELS.get(model.lower(), model)
    elif interface.type not in ("hostdev",) and interface.model is None:
        kind = "virtio" if interface.type == "vdpa" else default_model(domain, caps)
        interface.model = InterfaceModel(type=kind)


def complete_port(port: VirtualPort, context: Context) -> None:
    """What names a port at its switch and was not said is made up."""
    made = {"openvswitch": ("interfaceid",), "802.1Qbg": ("instanceid",), None: ("instanceid", "interfaceid")}
    port.parameters = port.parameters or VirtualPortParameters()
    for name in made.get(port.type, ()):
        if getattr(port.parameters, name) is None:
            setattr(port.parameters, name, context.new_uuid())


def default_model(domain: Domain, caps: QemuCaps) -> str:
    """The card that a guest without instructions gets: the first that QEMU has."""
    if not is_x86(domain):
        return "virtio"
    return next((model for model in _DEFAULTS if model == "virtio" or caps.has_device(model)), "virtio")


def _new_mac(used: set[str | None], context: Context) -> str:
    """An address in the range that QEMU guests use, not one that this guest has."""
    while True:
        made = "52:54:00:" + ":".join(f"{byte:02x}" for byte in context.random(3))
        if made not in used:
            used.add(made)
            return made
