"""What kind of PCI connection each device of a guest needs; 0 for devices that are not on PCI."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.pci import connect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PCI = connect.PCI | connect.AUTOASSIGN
_PCIE = connect.PCIE | connect.AUTOASSIGN
_TRANSITIONAL = "virtio-transitional"
_VIRTIO = ("virtio", "virtio-non-transitional")


def not_on_pci(hint: str) -> errors.InternalError:
    """libvirt's refusal of a device for which it looks for a place on PCI, and knows that there is none."""
    return errors.InternalError("Cannot automatically add a new PCI bus for a device with connect flags 00", hint=hint)


def pci_needs(device: Any, pcie_root: bool) -> int:
    """The connection flags of a device, by its element; ``pcie_root`` says whether the root is PCI Express.

    A modern virtio device sits on either kind of bus and is given the root's.
    """
    rule = _RULES.get(device._tag)
    found = rule(device) if rule else 0
    if found & connect.PCIE and not pcie_root:
        found = _PCI
    return found


def _virtio(model: str | None) -> int:
    """Flags of a virtio device by its model word; transitional ones have I/O ports and need conventional PCI."""
    if model == _TRANSITIONAL:
        return _PCI
    return _PCIE if model is None or model in _VIRTIO else 0


def _controller(device: Any) -> int:
    kind, model = device.type, device.model
    if kind == "pci":
        return connect.NEEDS.get(model or "", 0)
    if kind == "ide" or kind == "sata":
        return _PCI
    if kind == "usb":
        if model == "none":
            return 0
        return _PCIE if model in ("nec-xhci", "qemu-xhci") else _PCI
    if kind == "scsi":
        if model in ("virtio-scsi", "virtio-non-transitional"):
            return _PCIE
        return 0 if model in (None, "ibmvscsi") else _PCI
    if kind == "virtio-serial":
        return _virtio(model)
    return 0


_CARDS = frozenset({
    "netfront", "rtl8139", "e1000", "virtio-transitional", "spapr-vlan", "lan9118", "scm91c111", "vlance", "vmxnet",
    "vmxnet2", "vmxnet3", "am79c970a", "am79c973", "82540em", "82545em", "82543gc",
})  # fmt: skip


def _interface(device: Any) -> int:
    """Cards that libvirt knows are conventional ones, if they are not virtio; one that it does not know is not."""
    model = device.model.type if device.model else None
    if model == "usb-net":
        return 0
    if device.type == "hostdev":
        return _PCIE
    return _PCI if (model or "").lower() in _CARDS else _PCIE


def _sound(device: Any) -> int:
    return 0 if device.model in ("sb16", "pcspk", "usb") else _PCI


def _disk(device: Any) -> int:
    return _virtio(device.model) if device.target and device.target.bus == "virtio" else 0


def _hostdev(device: Any) -> int:
    if device.mode == "capabilities":
        return 0
    if device.type == "pci":
        return _PCIE
    if device.type == "mdev":
        return _PCIE if device.model in (None, "vfio-pci") else 0
    if device.type == "scsi_host":
        return _virtio(device.model)
    return 0


def _video(device: Any) -> int:
    model = device.model.type if device.model else None
    if model in ("virtio", "bochs"):
        return _PCIE
    return 0 if model in ("ramfb", "none", "gop", None) else _PCI


def _serial(device: Any) -> int:
    return _PCI if device.target and device.target.type == "pci-serial" else 0


def _memory(device: Any) -> int:
    return _PCIE if device.model in ("virtio-pmem", "virtio-mem") else 0


def _iommu(device: Any) -> int:
    return connect.PCIE | connect.INTEGRATED if device.model == "virtio" else 0


_RULES: dict[str, Any] = {
    "controller": _controller,
    "interface": _interface,
    "sound": _sound,
    "disk": _disk,
    "hostdev": _hostdev,
    "video": _video,
    "serial": _serial,
    "memory": _memory,
    "iommu": _iommu,
    "filesystem": lambda device: _virtio(device.model),
    "memballoon": lambda device: _virtio(device.model),
    "rng": lambda device: _virtio(device.model),
    "vsock": lambda device: _virtio(device.model),
    "input": lambda device: _virtio(device.model) if device.bus == "virtio" else 0,
    "watchdog": lambda device: _PCI if device.model == "i6300esb" else 0,
    "shmem": lambda device: _PCI,
}
