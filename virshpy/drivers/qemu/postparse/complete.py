"""A user's document made complete: every default and address that libvirt would write down."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse import controllers, ports
from virshpy.drivers.qemu.postparse.chardevs import complete_chardevs, mirror_address
from virshpy.drivers.qemu.postparse.cpu import complete_cpu
from virshpy.drivers.qemu.postparse.disks import complete_disk, share_limits
from virshpy.drivers.qemu.postparse.displays import complete_displays
from virshpy.drivers.qemu.postparse.firmware import complete_firmware
from virshpy.drivers.qemu.postparse.interfaces import complete_interfaces
from virshpy.drivers.qemu.postparse.machine import complete_basics, complete_machine
from virshpy.drivers.qemu.postparse.pci import assign_pci_addresses
from virshpy.drivers.qemu.postparse.peripherals import complete_peripherals
from virshpy.drivers.qemu.postparse.places import machine_of
from virshpy.drivers.qemu.postparse.scsi import hostdev_units
from virshpy.drivers.qemu.postparse.usb import assign_usb
from virshpy.drivers.qemu.postparse.validate.early import check_early, check_emulator, check_given
from virshpy.xml.domain.targets import sort_disks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.drivers.qemu.postparse.context import Context
    from virshpy.xml.domain import Domain


def postparse(domain: Domain, caps: QemuCaps, *, context: Context) -> None:
    """Fill in libvirt's defaults and addresses, in place; a complete document stays as it is.

    Raises what libvirt raises where an address cannot be (XMLError, InternalError, ConfigUnsupported).
    """
    if domain.uuid is None:
        domain.uuid = context.new_uuid()
    if domain.genid == "":
        domain.genid = context.new_uuid()
    complete_machine(domain, caps)
    check_emulator(domain, caps)
    check_given(domain)
    complete_basics(domain)
    complete_cpu(domain, caps)
    complete_firmware(domain, context)
    controllers.name_masters(domain)
    controllers.sort_controllers(domain)
    controllers.assign_indexes(domain)
    controllers.add_hostdev_scsi(domain)
    controllers.add_machine_controllers(domain, caps)
    sort_disks(domain)
    taken = hostdev_units(domain)
    for disk in domain.devices.disks:
        complete_disk(disk, taken)
    share_limits(domain.devices.disks)
    complete_interfaces(domain, caps, context)
    complete_chardevs(domain)
    complete_displays(domain, caps)
    complete_peripherals(domain)
    controllers.default_models(domain, caps)
    controllers.add_implied(domain)
    controllers.add_hostdev_scsi(domain)
    controllers.default_models(domain, caps)
    check_early(domain)
    try:
        assign_addresses(domain, caps)
    except errors.Error as error:
        if caps.machine(machine_of(domain)) is None:
            error.hint = f"{caps.binary} has no machine type '{machine_of(domain)}'; the capabilities list them"
            error.action = ("connect_get_capabilities",)
        raise
    mirror_address(domain)


def assign_addresses(domain: Domain, caps: QemuCaps) -> None:
    """Addresses for every device that has none; controllers and hubs are added where that takes them."""
    ports.assign_ccid(domain)
    ports.assign_virtio_serial(domain)
    assign_pci_addresses(domain, caps)
    assign_usb(domain)
    ports.assign_memory_slots(domain)
