"""Documents that can be read and cannot be run: refused with libvirt's code and words."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain


def validate(domain: Domain, caps: QemuCaps) -> None:
    """Raise what libvirt raises for a document it refuses at define."""
