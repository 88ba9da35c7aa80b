"""Documents that can be read and cannot be run: refused with libvirt's code and words.

Two moments, as in libvirt: what addresses depend on is checked before they are given out (``check_early``, called by
postparse), everything else on the complete document.
"""

from __future__ import annotations

from virshpy.drivers.qemu.postparse.validate.chardevs import check_chardevs
from virshpy.drivers.qemu.postparse.validate.controllers import check_bridges, check_controllers
from virshpy.drivers.qemu.postparse.validate.disks import check_disks, check_duplicates
from virshpy.drivers.qemu.postparse.validate.displays import check_displays
from virshpy.drivers.qemu.postparse.validate.filesystems import check_filesystem
from virshpy.drivers.qemu.postparse.validate.firmware import check_firmware
from virshpy.drivers.qemu.postparse.validate.interfaces import check_interfaces
from virshpy.drivers.qemu.postparse.validate.labels import check_labels
from virshpy.drivers.qemu.postparse.validate.machine import check_machine
from virshpy.drivers.qemu.postparse.validate.memory import check_memory
from virshpy.drivers.qemu.postparse.validate.peripherals import check_peripherals
from virshpy.drivers.qemu.postparse.validate.settings import check_settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain


def validate(domain: Domain, caps: QemuCaps) -> None:
    """Raise what libvirt raises for a complete document that it refuses at define."""
    check_machine(domain, caps)
    check_settings(domain)
    check_firmware(domain)
    check_memory(domain)
    check_labels(domain)
    check_disks(domain)
    check_chardevs(domain)
    check_bridges(domain)
    check_interfaces(domain)
    check_displays(domain, caps)
    check_controllers(domain)
    for filesystem in domain.devices.filesystems:
        check_filesystem(filesystem)
    check_peripherals(domain, caps)
    check_duplicates(domain)
