"""Devices of the host that a guest is given: found before QEMU looks for them, or said to be missing."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.host import usb
from virshpy.xml.domain.hostdev import HostAddress
from virshpy.xml.pci import PCIPlace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.hostdev import Hostdev

_GROUPS = "/sys/kernel/iommu_groups"
_VFIO = "/dev/vfio/vfio"


def find_devices(domain: Domain) -> None:
    """Put into the document where its devices are. Raises ConfigUnsupported, SystemCallError, InternalError,
    OperationFailed."""
    for hostdev in domain.devices.hostdevs:
        if hostdev.mode == "subsystem" and hostdev.source is not None:
            if hostdev.type == "usb":
                _find_usb(hostdev)
            elif hostdev.type == "pci":
                _require_pci(hostdev)
            elif hostdev.type == "mdev":
                _require_mdev(hostdev)


def _find_usb(hostdev: Hostdev) -> None:
    source = hostdev.source
    assert source is not None
    address = source.address if isinstance(source.address, HostAddress) else HostAddress()
    vendor = source.vendor.id if source.vendor else None
    product = source.product.id if source.product else None
    source.missing = None
    try:
        bus, device = usb.find(vendor, product, address.bus, address.device)
    except (errors.InternalError, errors.SystemCallError):
        if source.startupPolicy != "optional":
            raise
        source.missing = True
    else:
        source.address = HostAddress(bus=bus, device=device)


def _require_pci(hostdev: Hostdev) -> None:
    address = hostdev.source.address if hostdev.source else None
    assert isinstance(address, PCIPlace)
    name = f"{address.domain or 0:04x}:{address.bus or 0:02x}:{address.slot or 0:02x}.{address.function or 0:x}"
    path = f"/sys/bus/pci/devices/{name}/config"
    there = os.path.exists(path)
    known = "lspci -D shows the addresses of those that there are; they change with slots and the firmware's settings"
    if obstacle := _obstacle():
        raise errors.ConfigUnsupported(
            "host doesn't support passthrough of host PCI devices",
            hint=obstacle if there else f"{obstacle}; nor is there a device {name}: {known}",
        )
    if not there:
        raise errors.SystemCallError(
            f"Device {name} not found: could not access {path}: No such file or directory", hint=known
        )


def _require_mdev(hostdev: Hostdev) -> None:
    address = hostdev.source.address if hostdev.source else None
    uuid = address.uuid if isinstance(address, HostAddress) else None
    if obstacle := _obstacle():
        raise errors.ConfigUnsupported("Mediated host device assignment requires VFIO support", hint=obstacle)
    if not os.path.exists(f"/sys/bus/mdev/devices/{uuid}"):
        raise errors.DeviceMissing(
            f"mediated device '{uuid}' not found",
            hint="they are gone after a reboot: ls /sys/bus/mdev/devices shows those that there are",
        )


def _obstacle() -> str | None:
    """Why this host cannot give its devices away, and what would help."""
    try:
        groups = os.listdir(_GROUPS)
    except OSError:
        groups = []
    if not groups:
        return (
            f"{_GROUPS} is empty: switch VT-d or AMD-Vi on in the firmware, and boot with intel_iommu=on"
            " (AMD: amd_iommu=on)"
        )
    return None if os.path.exists(_VFIO) else f"{_VFIO} is not there: modprobe vfio-pci"
