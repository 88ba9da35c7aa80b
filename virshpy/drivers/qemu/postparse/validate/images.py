"""What a disk is made of: kinds of sources, formats, encryption."""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain.storage import Disk, StorageSource


def check_image(disk: Disk) -> None:
    """Raises ConfigUnsupported, mostly, with libvirt's words."""
    source, driver = disk.source, disk.driver
    if source is not None:
        _check_source(disk, source)
        encryption = source.encryption or disk.encryption
        if encryption is not None:
            _check_encryption(disk)
    kind = driver.type if driver is not None else None
    if disk.type == "vhostuser":
        _check_vhostuser(disk)
    elif kind == "cow":
        raise errors.ConfigUnsupported("'cow' storage format is not supported")
    elif kind == "fat" and disk.type != "dir":
        raise errors.ConfigUnsupported("storage format 'fat' is supported only with 'dir' storage type")
    elif disk.type == "dir":
        if kind == "fat" and not disk.readonly and disk.device != "cdrom":
            raise errors.ConfigUnsupported(
                "virtual FAT storage can't be accessed in read-write mode", hint="add <readonly/>"
            )
        if kind != "fat" and source is not None:
            raise errors.ConfigUnsupported(
                "storage type 'dir' requires use of storage format 'fat'", hint="add <driver type='fat'/>"
            )
    elif kind == "dir":
        raise errors.ConfigUnsupported(
            "'directory' storage format is not directly supported by QEMU, use 'dir' disk type instead"
        )
    elif kind == "iso":
        raise errors.ConfigUnsupported("storage format 'iso' is not directly supported by QEMU, use 'raw' instead")
    if driver is not None and driver.metadata_cache is not None and kind != "qcow2":
        raise errors.ConfigUnsupported("metadata cache max size control is supported only with qcow2 images")
    store = disk.backing_store
    while store is not None:
        if store.source is not None and store.type and store.image_format is None:
            raise errors.XMLError("missing disk backing store format", hint="add <format type='…'/> to <backingStore>")
        store = store.backing_store


def _check_source(disk: Disk, source: StorageSource) -> None:
    if source.startupPolicy == "requisite" and disk.device not in ("cdrom", "floppy"):
        raise errors.XMLError("disk startupPolicy 'requisite' is allowed only for cdrom or floppy")
    if disk.type == "nvme" and not source.namespace:
        raise errors.ConfigUnsupported("NVMe namespace can't be zero")
    if disk.type == "network":
        if source.protocol == "nfs" and len(source.hosts) != 1:
            raise errors.ConfigUnsupported("'nfs' protocol requires the usage of exactly one host")
        if source.protocol == "tftp":
            raise errors.ConfigUnsupported(
                f"'{source.protocol}' protocol is not supported with this QEMU binary", hint="fetch the image first"
            )
        if source.startupPolicy in ("optional", "requisite", "mandatory"):
            raise errors.XMLError(
                f"disk startupPolicy '{source.startupPolicy}' is not allowed for disk of 'network' type"
            )


def _check_encryption(disk: Disk) -> None:
    source, kind = disk.source, disk.driver.type if disk.driver else None
    encryption = (source.encryption if source else None) or disk.encryption
    assert encryption is not None
    if encryption.engine == "librbd":
        if source is None or source.protocol != "rbd":
            raise errors.ConfigUnsupported("librbd encryption is supported only with RBD backed disks")
    elif encryption.format_name == "luks2":
        raise errors.ConfigUnsupported("luks2 is currently not supported by the qemu encryption engine")
    elif encryption.format_name in ("qcow", "default"):
        raise errors.ConfigUnsupported("old qcow/qcow2 encryption is not supported", hint="say format='luks'")
    if kind not in ("raw", "qcow2", None):
        raise errors.ConfigUnsupported("encryption is supported only with 'raw' and 'qcow2' image format")
    if encryption.cipher is not None:
        raise errors.ConfigUnsupported("supplying <cipher> for domain disk definition is unnecessary")


def _check_vhostuser(disk: Disk) -> None:
    """The disk is another process's: QEMU only passes on what the guest asks."""
    target, driver = disk.target, disk.driver
    assert target is not None and driver is not None
    if target.bus != "virtio":
        raise errors.ConfigUnsupported("vhostuser disk supports only virtio bus")
    given = {
        "snapshot": disk.snapshot not in (None, "no"), "readonly": disk.readonly, "shareable": disk.shareable,
        "transient": disk.transient is not None, "serial": disk.serial, "wwn": disk.wwn, "vendor": disk.vendor,
        "product": disk.product, "cache": driver.cache, "error_policy": driver.error_policy,
        "rerror_policy": driver.rerror_policy, "io": driver.io, "ioeventfd": driver.ioeventfd is not None,
        "copy_on_read": driver.copy_on_read is not None, "discard": driver.discard, "iothread": driver.iothread,
        "detect_zeroes": driver.detect_zeroes, "metadata_cache": driver.metadata_cache is not None,
        "geometry": disk.geometry is not None, "iotune": disk.iotune is not None, "encryption": disk.encryption,
    }  # fmt: skip
    for word, value in given.items():
        if value:
            raise errors.ConfigUnsupported(f"{word} is not supported with vhostuser disk")
