"""UEFI and BIOS: the loader and its variable store, chosen by the firmware descriptors of the host."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.drivers.qemu.postparse.context import Context
    from virshpy.xml.domain import Domain


def complete_firmware(domain: Domain, caps: QemuCaps, context: Context) -> None:
    """Fill <loader> and <nvram>."""
