"""A user's document made complete: every default and address that libvirt would write down."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.drivers.qemu.postparse.context import Context
    from virshpy.xml.domain import Domain


def postparse(domain: Domain, caps: QemuCaps, *, context: Context) -> None:
    """Fill in libvirt's defaults, in place; idempotent."""
    raise NotImplementedError
