"""The whole command line, part by part, in libvirt's order."""

from __future__ import annotations

from virshpy.drivers.qemu.argv.runtime import CommandLine, Runtime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain


def command_line(domain: Domain, caps: QemuCaps, runtime: Runtime) -> CommandLine:
    """The command line of a guest whose document is complete (postparse, assign_aliases)."""
    raise NotImplementedError
