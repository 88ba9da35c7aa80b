"""Disks: names, places, kinds, and what each kind can be told."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.controllers import scsi_model
from virshpy.drivers.qemu.postparse.disks import disk_has_source, source_text
from virshpy.drivers.qemu.postparse.places import drive_of, iothreads_of, machine_of
from virshpy.drivers.qemu.postparse.validate.images import check_image

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.address import DriveAddress
    from virshpy.xml.domain.storage import Disk

_SHAREABLE = ("raw", None)


def check_disks(domain: Domain) -> None:
    """Raises ConfigUnsupported and its kin, with libvirt's words, for a disk that QEMU cannot have."""
    for disk in domain.devices.disks:
        _check_disk(disk, domain)
        check_image(disk)
        _check_driver(disk, domain)
    _check_groups(domain.devices.disks)


def check_duplicates(domain: Domain) -> None:
    """Two disks cannot have one name, nor one place on a bus."""
    targets: dict[str, Disk] = {}
    for disk in domain.devices.disks:
        name = (disk.target.dev or "") if disk.target else ""
        other = targets.setdefault(name, disk)
        if other is not disk:
            raise errors.XMLError(
                f"target '{name}' duplicated for disk sources '{_shown(other)}' and '{_shown(disk)}'",
                hint="give one of the two disks another <target dev=…/>",
            )
    _check_places(domain)


def _shown(disk: Disk) -> str:
    return source_text(disk) or "<null>"


def _check_places(domain: Domain) -> None:
    seen: dict[tuple[object, ...], Disk] = {}
    for disk in domain.devices.disks:
        address = drive_of(disk)
        if address is None or disk.target is None:
            continue
        place = (disk.target.bus, address.controller, address.bus, address.target, address.unit)
        first = seen.setdefault(place, disk)
        if first is not disk and first.target is not None:
            raise errors.ConfigUnsupported(
                f"Found duplicate drive address for disk with target name '{first.target.dev}' "
                f"controller='{address.controller}' bus='{address.bus}' target='{address.target}' "
                f"unit='{address.unit}'",
                hint="give one of the two disks another <address>, or none",
            )


def _check_disk(disk: Disk, domain: Domain) -> None:
    target = disk.target
    assert target is not None
    name, bus, device = target.dev or "", target.bus, disk.device
    if name[-1:].isdigit() and name.rstrip("0123456789") != name and name[:2] in ("hd", "sd", "vd"):
        raise errors.ConfigUnsupported(
            f"invalid disk target '{name}', partitions can't appear in disk targets",
            hint=f"name the whole disk: {name.rstrip('0123456789')}",
        )
    if target.removable is not None and bus != "usb":
        raise errors.XMLError("removable is only valid for usb disks")
    _check_bus(disk)
    _check_address(disk, domain)
    if disk.readonly and device == "disk" and bus in ("ide", "sata"):
        raise errors.ConfigUnsupported(f"readonly {bus} disks are not supported", hint="use bus='virtio'")
    if not disk_has_source(disk) and device in ("disk", "lun"):
        raise errors.NoSource(name, hint="add <source file='…'/> to the disk")
    if disk.transient is not None:
        _check_transient(disk)
    if device == "lun":
        _check_lun(disk)
    else:
        for word, value in (("rawio", disk.rawio), ("sgio", disk.sgio)):
            if value is not None:
                raise errors.ConfigUnsupported(f"{word} can be used only with device='lun'")
        if disk.source is not None and disk.source.reservations is not None:
            raise errors.ConfigUnsupported("<reservations/> allowed only for lun devices")
    if disk.sgio == "unfiltered":
        raise errors.ConfigUnsupported("unfiltered sgio is no longer supported")
    _check_identity(disk)
    _check_geometry(disk)
    _check_limits(disk)


def _check_bus(disk: Disk) -> None:
    """A floppy drive is on a floppy controller, and nothing else is."""
    target = disk.target
    assert target is not None
    if disk.device == "floppy" and target.bus != "fdc":
        raise errors.InternalError(f"Invalid bus type '{target.bus}' for floppy disk", hint="use bus='fdc'")
    if disk.device != "floppy" and target.bus == "fdc":
        raise errors.InternalError(f"Invalid bus type '{target.bus}' for disk", hint="say device='floppy'")
    name = target.dev or ""
    if disk.device == "floppy" and not name.startswith("fd"):
        raise errors.InternalError(f"Invalid floppy device name: {name}", hint="name it fda or fdb")
    if disk.device == "disk" and name.startswith("fd"):
        raise errors.InternalError(f"Invalid harddisk device name: {name}", hint="name it vda, sda or hda")
    if disk.device == "cdrom" and target.bus == "virtio":
        raise errors.ConfigUnsupported(
            f"disk type of '{target.dev}' does not support ejectable media", hint="use bus='sata' or bus='scsi'"
        )
    if target.tray is not None and disk.device not in ("cdrom", "floppy"):
        raise errors.ConfigUnsupported("tray is only valid for cdrom and floppy")
    if target.rotation_rate:
        if target.bus not in ("scsi", "ide", "sata"):
            raise errors.InternalError("rotation rate is only valid for SCSI/IDE/SATA bus")
        if disk.device != "disk":
            raise errors.InternalError("rotation rate is only valid for disk device")
    if disk.model is not None and target.bus != "virtio":
        raise errors.ConfigUnsupported(f"disk model '{disk.model}' not supported for bus '{target.bus}'")


def _check_address(disk: Disk, domain: Domain) -> None:
    target, place, address = disk.target, disk.address, drive_of(disk)
    assert target is not None
    bus, kind = target.bus, place.type if place is not None else None
    if kind is not None:
        if bus == "virtio" and kind in ("drive", "usb", "virtio-serial", "ccid", "isa", "dimm"):
            raise errors.ConfigUnsupported(f"virtio disk cannot have an address of type '{kind}'")
        if kind == "ccw":
            raise errors.ConfigUnsupported(
                f"cannot use CCW address type for device '<null>' using machine type '{machine_of(domain)}'"
            )
        if bus in ("ide", "scsi", "sata", "fdc") and kind != "drive":
            raise errors.ConfigUnsupported(
                f"Invalid address type '{kind}' for the disk '{target.dev}' with the bus type '{bus}'",
                hint=f"leave out the <address>: the disk gets one on the {bus} bus",
            )
    if disk.acpi is not None and disk.acpi.index and kind != "pci":
        raise errors.ConfigUnsupported("ACPI index is only supported for PCI devices")
    if address is None:
        return
    number, target_number = address.bus or 0, address.target or 0
    if bus in ("ide", "fdc") and address.controller:
        raise errors.InternalError(
            f"Only 1 {bus.upper() if bus == 'ide' else bus} controller is supported",
            hint="an IDE controller takes four disks, hda to hdd; use bus='virtio'" if bus == "ide" else None,
        )
    if bus == "fdc":
        if number:
            raise errors.InternalError("Only 1 fdc bus is supported")
        if target_number:
            raise errors.ConfigUnsupported("target must be 0 for controller fdc")
    elif bus in ("ide", "sata"):
        if number and bus == "sata":
            raise errors.ConfigUnsupported("bus must be 0 for sata controller")
        if target_number:
            raise errors.ConfigUnsupported(f"target must be 0 for {bus} controller")
    elif bus == "scsi":
        check_scsi_place(address, domain)


def check_scsi_place(address: DriveAddress, domain: Domain) -> None:
    """Whether the controller has such a place, for a disk or a host device."""
    if address.target and scsi_model(domain, address.controller or 0) == "lsilogic":
        raise errors.ConfigUnsupported("target must be 0 for controller model 'lsilogic'")
    if address.bus:
        raise errors.InternalError("SCSI controller only supports 1 bus")


def _check_transient(disk: Disk) -> None:
    name, bus = (disk.target.dev, disk.target.bus) if disk.target else (None, None)
    if disk.readonly:
        raise errors.ConfigUnsupported(f"transient disk '{name}' must not be read-only")
    if disk.type != "file":
        raise errors.ConfigUnsupported(f"transient disk supported only with 'file' type ({name})")
    if disk.transient is not None and disk.transient.shareBacking and bus not in ("virtio", "usb", "scsi"):
        raise errors.ConfigUnsupported(
            f"disk bus '{bus}' doesn't support transiend disk backing image sharing", hint="use bus='virtio'"
        )


def _check_lun(disk: Disk) -> None:
    """A unit that the guest speaks to directly: nothing of it can be made up here."""
    target, source = disk.target, disk.source
    assert target is not None
    if target.bus not in ("virtio", "scsi"):
        raise errors.ConfigUnsupported(f"disk device='lun' is not supported for bus='{target.bus}'")
    if disk.type == "network":
        protocol = source.protocol if source else None
        if protocol != "iscsi":
            raise errors.ConfigUnsupported(f"disk device='lun' is not supported for protocol='{protocol}'")
    elif disk.type not in ("block", "volume"):
        raise errors.ConfigUnsupported("disk device='lun' is only valid for block type disk source")
    if disk.driver is not None and disk.driver.type not in ("raw", None):
        raise errors.ConfigUnsupported("disk device 'lun' must use 'raw' format")
    if disk.wwn:
        raise errors.ConfigUnsupported("Setting wwn is not supported for lun device")
    if disk.vendor or disk.product:
        raise errors.ConfigUnsupported("Setting vendor or product is not supported for lun device")
    if disk.serial and target.bus == "scsi":
        raise errors.ConfigUnsupported("scsi-block 'lun' devices do not support the serial property")


_SERIAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+. :/")


def _check_identity(disk: Disk) -> None:
    bus = disk.target.bus if disk.target else None
    if disk.serial and not set(disk.serial) <= _SERIAL:
        raise errors.InternalError(
            f"driver serial '{disk.serial}' contains unsafe characters", hint="letters, digits and _-+. are safe"
        )
    if disk.wwn and bus not in ("ide", "scsi"):
        raise errors.ConfigUnsupported("Only ide and scsi disk support wwn")
    if (disk.vendor or disk.product) and bus != "scsi":
        raise errors.ConfigUnsupported("Only scsi disk supports vendor and product")


def _check_geometry(disk: Disk) -> None:
    bus, geometry = disk.target.bus if disk.target else None, disk.geometry
    if geometry is None or not geometry._state():
        return
    if bus == "usb":
        raise errors.ConfigUnsupported(f"CHS geometry can not be set for '{bus}' bus")
    if geometry.trans not in (None, "none") and bus != "ide":
        raise errors.ConfigUnsupported(f"CHS translation mode can only be set for 'ide' bus not '{bus}'")


_MOST = 1000000000000000


def _check_limits(disk: Disk) -> None:
    if disk.iotune is None:
        return
    limits = disk.iotune.limits()
    if disk.iotune.group_name and not limits:
        raise errors.ConfigUnsupported("group_name can be configured only together with settings")
    if any(value > _MOST for name, value in limits.items()):
        raise errors.ArgumentUnsupported(f"block I/O throttle limit must be no more than {_MOST} using QEMU")


def _check_groups(disks: list[Disk]) -> None:
    """Disks of one group have one set of limits."""
    seen: dict[str, Disk] = {}
    for disk in disks:
        if disk.iotune is None or not disk.iotune.group_name:
            continue
        first = seen.setdefault(disk.iotune.group_name, disk)
        if first.iotune != disk.iotune and first.target and disk.target:
            raise errors.ConfigUnsupported(f"different iotunes for disks {first.target.dev} and {disk.target.dev}")


_VIRTIO_WORDS = ("event_idx", "ioeventfd")


def _check_driver(disk: Disk, domain: Domain) -> None:
    driver, target = disk.driver, disk.target
    assert driver is not None and target is not None
    if driver.name != "qemu":
        raise errors.ConfigUnsupported(
            f"unsupported driver name '{driver.name}' for disk '{target.dev}'", hint="it is name='qemu'"
        )
    if disk.shareable and not disk.readonly and driver.type not in _SHAREABLE and disk.device != "cdrom":
        raise errors.ConfigUnsupported(
            f"shared access for disk '{target.dev}' requires use of supported storage format",
            hint="several guests can write a raw image at once, and no other format",
        )
    if driver.copy_on_read and disk.readonly:
        raise errors.ConfigUnsupported(f"copy_on_read is not compatible with read-only disk '{target.dev}'")
    if driver.rerror_policy == "enospace":
        raise errors.ConfigUnsupported("Invalid disk read error policy: 'enospace'", hint="report, stop or ignore")
    if driver.io == "native" and driver.cache not in ("none", "directsync"):
        raise errors.ConfigUnsupported(
            "io='native' needs either no disk cache or directsync cache mode", hint="add cache='none'"
        )
    if target.bus != "virtio":
        for word in _VIRTIO_WORDS:
            if getattr(driver, word) is not None:
                raise errors.ConfigUnsupported(f"disk {word} mode supported only for virtio bus")
        for word in ("iommu", "ats", "packed"):
            if getattr(driver, word) is not None:
                raise errors.ConfigUnsupported(f"{word} driver option is only supported for virtio devices")
        if driver.queues:
            raise errors.ConfigUnsupported("queues attribute in disk driver element is only supported by virtio-blk")
    if driver.iothread:
        _check_iothread(disk, driver.iothread, domain)


def _check_iothread(disk: Disk, number: int, domain: Domain) -> None:
    target = disk.target
    assert target is not None
    if target.bus != "virtio":
        raise errors.ConfigUnsupported(f"IOThreads not available for bus {target.bus} target {target.dev}")
    if number not in iothreads_of(domain):
        raise errors.ConfigUnsupported(
            f"Disk iothread '{number}' not defined in iothreadid", hint="add <iothreads>…</iothreads>"
        )
