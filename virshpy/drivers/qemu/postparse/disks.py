"""Disks: bus, driver and address by the name of their target."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.places import drive_of
from virshpy.drivers.qemu.postparse.scsi import UNITS, require_unused
from virshpy.xml.domain.address import DriveAddress
from virshpy.xml.domain.storage import DiskDriver
from virshpy.xml.domain.targets import target_index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.postparse.scsi import DriveAddressParts
    from virshpy.xml.credentials import Encryption
    from virshpy.xml.domain.storage import BackingStore, Disk, IOTune, StorageSource

_PREFIXES = {"fd": "fdc", "hd": "ide", "sd": "scsi", "vd": "virtio", "xvd": "xen", "ubd": "uml"}


def source_text(disk: Disk) -> str | None:
    """What an error calls a disk's source."""
    source = disk.source
    if source is None:
        return None
    return source.file or source.dev or source.dir or source.name or source.volume


def complete_disk(disk: Disk, taken: set[DriveAddressParts]) -> None:
    """Bus, driver, read-only flag and, on drive buses, the address; ``taken`` are SCSI units of host devices."""
    target = disk.target
    if target is None or not target.dev:
        raise errors.NoTarget(source_text(disk) or "", hint="add <target dev='vda' bus='virtio'/> to the disk")
    if target.bus is None:
        target.bus = _default_bus(disk, target.dev)
    if disk.device == "cdrom":
        disk.readonly = True
    if disk.source is None and disk.type != "file":
        disk.type = "file"  # an empty drive is of no other kind
    if disk.type == "vhostuser" and disk.snapshot is None and not disk.readonly:
        disk.snapshot = "no"
    if target.tray == "closed":
        target.tray = None
    _complete_encryption(disk.encryption)
    if disk.source is not None:
        _complete_source(disk.source)
    _complete_chain(disk.backing_store)
    if disk.driver is None:
        disk.driver = DiskDriver()
    if disk.driver.name is None:
        disk.driver.name = "qemu"
    if disk.driver.cache == "default":
        disk.driver.cache = None
    # Nothing of something is nothing said.
    disk.driver.queues, disk.driver.queue_size = disk.driver.queues or None, disk.driver.queue_size or None
    target.rotation_rate = target.rotation_rate or None
    if disk.driver.type is None and disk.type != "volume":
        disk.driver.type = "raw"
    if target.bus in ("ide", "scsi", "sata", "fdc") and _needs_address(disk):
        disk.address = drive_address(disk)
        if target.bus == "scsi":
            require_unused(disk, disk.address, taken)
    elif disk.address is None and target_index(target.dev) < 0:
        raise _unknown_name(target.dev)


_PORTS = {
    "nbd": "10809", "sheepdog": "7000", "gluster": "24007", "iscsi": "3260", "http": "80", "https": "443", "ftp": "21",
    "ftps": "990", "tftp": "69", "ssh": "22", "vxhs": "9999",
}  # fmt: skip


def _complete_source(source: StorageSource) -> None:
    """The ports that protocols have."""
    if source.protocol:
        for host in source.hosts:
            if host.port is None and host.transport in (None, "tcp") and not host.socket:
                host.port = _PORTS.get(source.protocol)
    _complete_encryption(source.encryption)


def _complete_chain(store: BackingStore | None) -> None:
    while store is not None:
        if store.source is not None:
            _complete_source(store.source)
        store = store.backing_store


def _complete_encryption(encryption: Encryption | None) -> None:
    """Who decrypts: QEMU, where nothing is said."""
    if encryption is not None and encryption.engine is None:
        encryption.engine = "qemu"


def disk_has_source(disk: Disk) -> bool:
    if disk.source is None:
        return False
    if disk.type in ("network", "volume", "nvme", "vhostuser"):
        return True
    return bool(disk.source.file or disk.source.dev or disk.source.dir)


def _default_bus(disk: Disk, name: str) -> str:
    if disk.device == "floppy":
        return "fdc"
    if disk.device == "cdrom" and name.startswith("fd"):
        return "ide"
    for prefix, bus in _PREFIXES.items():
        if name.startswith(prefix):
            return bus
    return "ide"


def _needs_address(disk: Disk) -> bool:
    address = drive_of(disk)
    return disk.address is None or (address is not None and address.controller is None)


def _unknown_name(name: str) -> errors.Error:
    return errors.XMLError(
        f"Unknown disk name '{name}' and no address specified",
        hint="name the target as sda, vda, hda, fda …, or give the disk an <address>",
    )


def share_limits(disks: list[Disk]) -> None:
    """A disk that names only a group has that group's limits."""
    groups: dict[str, IOTune] = {}
    for disk in disks:
        if disk.iotune is not None and disk.iotune.group_name and disk.iotune.limits():
            groups.setdefault(disk.iotune.group_name, disk.iotune)
    for disk in disks:
        if disk.iotune is not None and not disk.iotune.limits() and disk.iotune.group_name in groups:
            disk.iotune = groups[disk.iotune.group_name].copy()


def drive_address(disk: Disk) -> DriveAddress:
    """The place that a target name stands for on its bus."""
    assert disk.target is not None
    index = target_index(disk.target.dev or "")
    if index < 0:
        raise _unknown_name(disk.target.dev or "")
    controller = bus = unit = 0
    if disk.target.bus == "ide":
        controller, rest = divmod(index, 4)
        bus, unit = divmod(rest, 2)
    elif disk.target.bus == "sata":
        controller, unit = divmod(index, 6)
    elif disk.target.bus == "fdc":
        controller, unit = divmod(index, 2)
    else:
        controller, unit = divmod(index, UNITS)
    return DriveAddress(type="drive", controller=controller, bus=bus, target=0, unit=unit)
