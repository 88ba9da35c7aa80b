"""PCI addresses: which bus a device may sit on, which slot is free, and which controllers that takes."""

from __future__ import annotations

from virshpy.drivers.qemu.postparse.pci.assign import assign_pci_addresses

__all__ = ["assign_pci_addresses"]
