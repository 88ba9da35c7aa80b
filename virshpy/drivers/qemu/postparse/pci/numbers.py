"""What identifies a PCI controller inside the guest: its QEMU model, chassis, port and bus numbers."""

from __future__ import annotations

from virshpy.drivers.qemu.postparse.places import pci_of
from virshpy.xml.domain.devices import ControllerModel, ControllerTarget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.devices import Controller

_MODELS = {
    "pci-bridge": "pci-bridge",
    "pci-expander-bus": "pxb",
    "dmi-to-pci-bridge": "i82801b11-bridge",
    "pcie-root-port": "pcie-root-port",
    "pcie-switch-upstream-port": "x3130-upstream",
    "pcie-switch-downstream-port": "xio3130-downstream",
    "pcie-expander-bus": "pxb-pcie",
    "pcie-to-pci-bridge": "pcie-pci-bridge",
}


def number_controller(controller: Controller, domain: Domain) -> None:
    """Fill in what the user left open."""
    model = controller.model or ""
    if model in _MODELS and (controller.model_name is None or controller.model_name.name is None):
        controller.model_name = ControllerModel(name=_MODELS[model])
    address = pci_of(controller)
    target = controller.target or ControllerTarget()
    index = controller.index or 0
    if model == "pci-bridge" and target.chassisNr is None:
        target.chassisNr = index
    elif model in ("pcie-root-port", "pcie-switch-downstream-port"):
        if target.chassis is None:
            target.chassis = index
        if target.port is None and address is not None:
            slot, function = address.slot or 0, address.function or 0
            target.port = (slot << 3) + function if model == "pcie-root-port" else slot
    elif model in ("pci-expander-bus", "pcie-expander-bus") and target.busNr is None:
        lowest = min(
            (c.target.busNr for c in _expanders(domain) if c.target and c.target.busNr is not None), default=256
        )
        target.busNr = lowest - 2
    if target != ControllerTarget():
        controller.target = target


def _expanders(domain: Domain) -> list[Controller]:
    return [c for c in domain.devices.controllers if c.model in ("pci-expander-bus", "pcie-expander-bus")]
