"""Disks: the block nodes of each chain, then the device that the guest sees."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.argv.blockdev import CACHE, CHAINED, MANAGED_RESERVATIONS, Layer, add_layer
from virshpy.drivers.qemu.argv.guest import Guest, virtio_name, virtio_options
from virshpy.drivers.qemu.argv.words import as_json, comma
from virshpy.drivers.qemu.postparse.aliases import alias_of
from virshpy.drivers.qemu.postparse.disks import disk_has_source
from virshpy.drivers.qemu.postparse.places import drive_of
from virshpy.xml.domain.storage import DiskDriver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.drivers.qemu.argv.words import Properties
    from virshpy.xml.domain.storage import BackingStore, Disk, StorageSource

_BOOT_KIND = {"disk": "hd", "lun": "hd", "cdrom": "cdrom", "floppy": "fd"}


def boot_indexes(guest: Guest) -> dict[int, int]:
    """Boot order by id() of the device: its own <boot order>, or the first of each kind in <os><boot dev>."""
    domain = guest.domain
    assert domain.os is not None
    order = {boot.dev: number for number, boot in reversed(list(enumerate(domain.os.boots, 1)))}
    found: dict[int, int] = {}
    for disk in domain.devices.disks:
        kind = _BOOT_KIND.get(disk.device or "disk", "hd")
        if disk.boot is not None:
            found[id(disk)] = disk.boot.order or 0
        elif kind in order:
            found[id(disk)] = order.pop(kind)
    for interface in domain.devices.interfaces:
        if interface.boot is not None:
            found[id(interface)] = interface.boot.order or 0
        elif "network" in order and interface.type != "hostdev":
            found[id(interface)] = order.pop("network")
    for device in [*domain.devices.hostdevs, *domain.devices.redirdevs]:
        if device.boot is not None:
            found[id(device)] = device.boot.order or 0
    return found


def add_disks(guest: Guest) -> None:
    indexes = boot_indexes(guest)
    for disk in guest.domain.devices.disks:
        bootindex = indexes.get(id(disk))
        assert disk.target is not None
        if disk.target.bus == "sd":
            _add_sd(guest, disk)
            continue
        if disk.target.bus == "fdc":
            if bootindex and not guest.q35:
                address = drive_of(disk)
                unit = "AB"[(address.unit or 0) % 2] if address else "A"
                guest.add("-global", f"isa-fdc.bootindex{unit}={bootindex}")
            bootindex = None
        if disk.type == "vhostuser":
            _add_vhost_user(guest, disk, bootindex)
            continue
        guest.device(device_properties(guest, disk, add_chain(guest, disk), bootindex))


def add_reservations(guest: Guest) -> None:
    """The one helper that serves all disks whose reservations are the host's to manage."""
    sources = [disk.source for disk in guest.domain.devices.disks if disk.source is not None]
    if any(source.reservations is not None and source.reservations.managed for source in sources):
        path = f"{guest.runtime.run_dir}/{MANAGED_RESERVATIONS}.sock"
        guest.object("pr-manager-helper", MANAGED_RESERVATIONS, path=path)


def cache_mode(disk: Disk) -> str | None:
    """How the host caches a disk. What several guests write at once must not be cached."""
    given = disk.driver.cache if disk.driver is not None else None
    written = disk.shareable and not disk.readonly
    return "none" if written and given in (None, "default") and disk_has_source(disk) else given


def _add_sd(guest: Guest, disk: Disk) -> None:
    path = disk.source.file if disk.source else None
    if path:
        guest.out.file(path, "rw", "disk")
    format_ = disk.driver.type if disk.driver else "raw"
    guest.add("-drive", f"file={path},format={format_},if=sd,index=0")


def _add_vhost_user(guest: Guest, disk: Disk, bootindex: int | None) -> None:
    """A disk of another process, which is asked on its socket."""
    assert disk.source is not None
    name, reconnect = f"chr-vu-{alias_of(disk)}", disk.source.reconnect
    words = f"socket,id={name},path={comma(disk.source.path or '')}"
    if reconnect is not None and reconnect.enabled:
        words += f",reconnect={reconnect.timeout}"
    guest.add("-chardev", words)
    guest.out.peer(disk.source.path or "", reconnect)
    properties = device_properties(guest, disk, None, bootindex)
    properties["driver"] = virtio_name("vhost-user-blk", disk.model)
    guest.device({**properties, "chardev": name})


def add_chain(guest: Guest, disk: Disk) -> str | None:
    """Add the nodes of a disk's chain, lowest layer first; the name of the top node, or None for an empty drive."""
    if not disk_has_source(disk) or disk.source is None:
        return None
    top_readonly = disk.readonly or disk.device == "cdrom"
    rows: list[Layer] = []
    driver = disk.driver
    mode = cache_mode(disk)
    if mode is not None and (driver is None or driver.cache != mode):
        driver = DiskDriver() if driver is None else driver.copy()
        driver.cache = mode
    cache = driver.metadata_cache.max_size if driver and driver.metadata_cache else None
    first = Layer(
        disk.type or "file", _source(disk), f"libvirt-{disk.source.index}", format=(driver and driver.type) or "raw",
        readonly=top_readonly, driver=driver, floppy=disk.device == "floppy",
        cache_size=cache.value if cache else None,
    )  # fmt: skip
    rows.append(first)
    store = disk.backing_store
    while store is not None and store.source is not None and store.type:
        if rows[-1].format not in CHAINED:
            raise errors.ConfigUnsupported(f"storage format '{rows[-1].format}' does not support backing store")
        rows[-1].backing = f"libvirt-{store.index}-format"
        rows.append(_backing_layer(store, driver))
        store = store.backing_store
    if store is not None and (store.source is None or not store.type):
        rows[-1].backing = None
    image = _path(rows[1 if disk.transient is not None and len(rows) > 1 else 0])
    for number, layer in enumerate(rows):
        if path := _path(layer):
            mode, shared = "r" if layer.readonly or number else "rw", bool(disk.shareable) or number > 0
            kind = "block device" if layer.type == "block" else "disk"
            guest.out.file(path, mode, kind, shared or mode == "r", above=image if path != image and number else None)
    for layer in reversed(rows):
        add_layer(guest, layer)
    top = f"{rows[0].name}-format"
    if driver is not None and driver.copy_on_read:
        name = f"libvirt-CoR-{disk.target.dev if disk.target else ''}"
        guest.add("-blockdev", as_json({"driver": "copy-on-read", "node-name": name, "file": top, "discard": "unmap"}))
        return name
    return top


def _source(disk: Disk) -> StorageSource:
    """A disk's own source. Its key and its password may stand beside the source as well as in it."""
    assert disk.source is not None
    if disk.auth is None and disk.encryption is None:
        return disk.source
    source = disk.source.copy()
    source.auth = disk.auth or source.auth
    source.encryption = disk.encryption or source.encryption
    return source


def _backing_layer(store: BackingStore, driver: Any) -> Layer:
    assert store.source is not None
    cache = (
        store.image_format.metadata_cache.max_size if store.image_format and store.image_format.metadata_cache else None
    )
    return Layer(
        store.type or "file", store.source, f"libvirt-{store.index}",
        format=(store.image_format.type if store.image_format else None) or "raw",
        readonly=True, driver=_inherited(driver),
        cache_size=cache.value if cache else None,
    )  # fmt: skip


def _inherited(driver: Any) -> Any:
    """What lower layers take over from the top."""
    if driver is None:
        return None
    lower = driver.copy()
    lower.detect_zeroes = None
    return lower


def _path(layer: Layer) -> str | None:
    names = {"file": layer.source.file, "block": layer.source.dev}
    return names.get(layer.type, layer.source.dir)


def device_properties(guest: Guest, disk: Disk, drive: str | None, bootindex: int | None) -> Properties:
    """The -device of a disk, in libvirt's order."""
    target, driver = disk.target, disk.driver
    assert target is not None
    properties: Properties = {"driver": _driver_name(disk)}
    if target.bus == "virtio":
        properties |= {
            "iothread": f"iothread{driver.iothread}" if driver and driver.iothread else None,
            **virtio_options(disk),
            "ioeventfd": driver.ioeventfd if driver else None,
            "event_idx": driver.event_idx if driver else None,
            "scsi": True if disk.device == "lun" else None,
            "num-queues": driver.queues if driver else None,
            "queue-size": driver.queue_size if driver else None,
        }
    properties |= _bus_properties(guest, disk)
    blockio, geometry = disk.blockio, disk.geometry
    cache = CACHE.get(cache_mode(disk) or "")
    properties |= {
        "share-rw": True if disk.shareable else None,
        "drive": drive,
        "id": alias_of(disk),
        "bootindex": bootindex,
        "logical_block_size": (blockio.logical_block_size or None) if blockio else None,
        "physical_block_size": (blockio.physical_block_size or None) if blockio else None,
        "wwn": int(disk.wwn.removeprefix("0x"), 16) if disk.wwn else None,
        "rotation_rate": target.rotation_rate,
        "vendor": disk.vendor,
        "product": disk.product,
        "removable": bool(target.removable)
        if target.bus == "usb"
        else target.removable
        if target.bus == "scsi"
        else None,
        "write-cache": ("on" if cache[2] else "off") if cache and disk.device != "lun" else None,
        "cyls": geometry.cyls if geometry else None,
        "heads": geometry.heads if geometry else None,
        "secs": geometry.secs if geometry else None,
        "bios-chs-trans": geometry.trans if geometry and geometry.trans != "none" else None,
        "serial": disk.serial.replace(" ", "\\ ") if disk.serial else None,
        **_error_policy(disk),
    }
    return properties


def _error_policy(disk: Disk) -> Properties:
    driver = disk.driver
    if driver is None or not (driver.error_policy or driver.rerror_policy):
        return {}
    write = driver.error_policy
    read = driver.rerror_policy or (None if write == "enospace" else write)
    return {"werror": "enospc" if write == "enospace" else write, "rerror": read}


def _driver_name(disk: Disk) -> str:
    assert disk.target is not None
    bus, device = disk.target.bus, disk.device
    if bus == "virtio":
        return virtio_name("virtio-blk", disk.model, disk)
    if bus in ("ide", "sata"):
        return "ide-cd" if device == "cdrom" else "ide-hd"
    if bus == "scsi":
        return {"cdrom": "scsi-cd", "lun": "scsi-block"}.get(device or "", "scsi-hd")
    if bus == "usb":
        return "usb-storage"
    if bus == "fdc":
        return "floppy"
    raise errors.InternalError(f"unsupported disk bus '{bus}' with device setup", hint="use bus='virtio'")


def _bus_properties(guest: Guest, disk: Disk) -> Properties:
    assert disk.target is not None
    bus, address = disk.target.bus, drive_of(disk)
    if address is None:
        return guest.place(disk)
    controller, unit = address.controller or 0, address.unit or 0
    if bus == "fdc":
        return {"unit": unit}
    if bus in ("ide", "sata"):
        name = guest.controller_name(bus, controller)
        return {"bus": f"{name}.{unit}"} if bus == "sata" else {"bus": f"{name}.{address.bus or 0}", "unit": unit}
    place = guest.scsi_place(address)
    if disk.device != "lun":
        place["device_id"] = disk.serial or f"drive-{alias_of(disk)}"
    return place
