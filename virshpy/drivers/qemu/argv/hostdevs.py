"""Devices of the host given to the guest."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.argv.blockdev import iscsi_unit
from virshpy.drivers.qemu.argv.guest import Guest
from virshpy.drivers.qemu.argv.words import as_json
from virshpy.drivers.qemu.postparse.aliases import alias_of
from virshpy.drivers.qemu.postparse.places import drive_of
from virshpy.xml.domain.hostdev import HostAddress
from virshpy.xml.pci import PCIPlace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.argv.words import Properties
    from virshpy.xml.domain.hostdev import Hostdev


def add_hostdevs(guest: Guest) -> None:
    from virshpy.drivers.qemu.argv.disks import boot_indexes

    indexes = boot_indexes(guest)
    for hostdev in guest.domain.devices.hostdevs:
        if hostdev.mode != "subsystem" or (hostdev.address is not None and hostdev.address.type == "unassigned"):
            continue
        if hostdev.source is not None and hostdev.source.missing:
            continue
        builder = _KINDS.get(hostdev.type or "")
        if builder is None:
            raise errors.ConfigUnsupported(f"host device type '{hostdev.type}' is not supported yet")
        guest.device(builder(guest, hostdev, indexes.get(id(hostdev))))


def _usb(guest: Guest, hostdev: Hostdev, bootindex: int | None) -> Properties:
    source = hostdev.source
    address = source.address if source else None
    properties: Properties = {"driver": "usb-host"}
    if isinstance(address, HostAddress) and address.device:
        path = f"/dev/bus/usb/{address.bus or 0:03d}/{address.device:03d}"
        guest.out.file(path, "rw", "hostdev")
        properties["hostdevice"] = path
    elif source is not None and source.vendor is not None:
        properties |= {"vendorid": source.vendor.id, "productid": source.product.id if source.product else None}
    properties["id"] = alias_of(hostdev)
    if source is not None and source.guestReset is not None:
        properties["guest-reset"] = source.guestReset != "off"
        properties["guest-resets-all"] = {"uninitialized": False, "on": True}.get(source.guestReset)
    properties["bootindex"] = bootindex
    return properties | guest.place(hostdev)


def _pci(guest: Guest, hostdev: Hostdev, bootindex: int | None) -> Properties:
    address = hostdev.source.address if hostdev.source else None
    assert isinstance(address, PCIPlace)
    if hostdev.driver is not None and hostdev.driver.name in ("kvm", "xen"):
        raise errors.InternalError(
            f"invalid PCI passthrough type '{hostdev.driver.name}'", hint="say <driver name='vfio'/>, or leave it out"
        )
    host = f"{address.domain or 0:04x}:{address.bus or 0:02x}:{address.slot or 0:02x}.{address.function or 0:x}"
    teaming = hostdev.teaming
    return {
        "driver": "vfio-pci",
        "host": host,
        "id": alias_of(hostdev),
        "failover_pair_id": teaming.persistent if teaming else None,
        "bootindex": bootindex,
        **guest.place(hostdev),
        **_rom(guest, hostdev),
    }


def _rom(guest: Guest, hostdev: Hostdev) -> Properties:
    rom = hostdev.rom
    if rom is None:
        return {}
    if rom.file and rom.file.startswith("/"):
        guest.out.file(rom.file, "r", "ROM", shared=True)
    return {"rombar": {True: 1, False: 0}.get(rom.bar) if rom.bar is not None else None, "romfile": rom.file}


def _mdev(guest: Guest, hostdev: Hostdev, bootindex: int | None) -> Properties:
    address = hostdev.source.address if hostdev.source else None
    uuid = address.uuid if isinstance(address, HostAddress) else None
    return {
        # What the firmware draws on cannot be unplugged.
        "driver": "vfio-pci-nohotplug" if hostdev.ramfb else "vfio-pci",
        "id": alias_of(hostdev),
        "sysfsdev": f"/sys/bus/mdev/devices/{uuid}",
        "display": "on" if hostdev.display else "off",
        "ramfb": hostdev.ramfb if hostdev.ramfb else None,
        "bootindex": bootindex,
        **guest.place(hostdev),
    }


def _scsi(guest: Guest, hostdev: Hostdev, bootindex: int | None) -> Properties:
    alias, source = alias_of(hostdev), hostdev.source
    assert source is not None
    node = f"libvirt-{alias}-backend"
    if source.protocol == "iscsi":
        auth, password = source.auth, None
        initiator = source.initiator.iqn.name if source.initiator and source.initiator.iqn else None
        if auth is not None and auth.secret is not None:
            password = guest.secret(f"{node}-secret0", "iscsi", auth.secret)
        guest.add(
            "-blockdev",
            as_json(
                {
                    **iscsi_unit(source.name or "", source.hosts[0]), "user": auth.username if auth else None,
                    "password-secret": password, "initiator-name": initiator, "node-name": node,
                    "read-only": hostdev.readonly,
                }
            ),
        )  # fmt: skip
    else:
        path = _generic_device(guest, hostdev)
        guest.out.file(path, "rw", "hostdev")
        guest.add(
            "-blockdev",
            as_json({"driver": "host_device", "filename": path, "node-name": node, "read-only": hostdev.readonly}),
        )
    address = drive_of(hostdev)
    place = guest.scsi_place(address) if address is not None else {}
    return {
        "driver": "scsi-generic",
        "share-rw": True if hostdev.shareable else None,
        "drive": node,
        "id": alias,
        "bootindex": bootindex,
        **place,
    }


def _generic_device(guest: Guest, hostdev: Hostdev) -> str:
    """/dev/sgN of the unit that the source names."""
    source = hostdev.source
    place, adapter = source.address if source else None, source.adapter if source else None
    if not isinstance(place, HostAddress) or adapter is None:
        raise errors.ConfigUnsupported("a SCSI host device needs an adapter and an address in its <source>")
    return guest.runtime.generic_device(adapter.name or "", place.bus or 0, place.target or 0, place.unit or 0)


_KINDS = {"usb": _usb, "pci": _pci, "mdev": _mdev, "scsi": _scsi}
