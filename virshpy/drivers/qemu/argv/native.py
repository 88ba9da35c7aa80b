"""The text of `domxml-to-native qemu-argv`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain


def domxml_to_native(domain: Domain, caps: QemuCaps) -> str:
    """The command line as text that a shell takes, one option a line."""
    raise NotImplementedError
