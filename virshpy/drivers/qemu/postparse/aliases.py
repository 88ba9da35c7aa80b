"""Names of devices, given when a guest starts."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain import Domain


def assign_aliases(domain: Domain) -> None:
    """Give every device without an alias libvirt's: ``virtio-disk0``, ``net0``, ``serial0``, …"""
    raise NotImplementedError
