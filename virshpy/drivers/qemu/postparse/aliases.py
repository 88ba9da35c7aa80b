"""Names of devices, given when a guest starts, and the numbers of its disks' layers."""

from __future__ import annotations

from itertools import count

from virshpy.drivers.qemu.postparse.controllers import scsi_model
from virshpy.drivers.qemu.postparse.pci.chipset import is_i440fx, is_q35
from virshpy.drivers.qemu.postparse.places import dimm_of, drive_of
from virshpy.xml.domain.address import Alias
from virshpy.xml.domain.targets import target_index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.devices import Controller, MemoryDevice
    from virshpy.xml.domain.storage import Disk

# Groups whose members are simply counted: the list's name in <devices>, and the prefix.
_COUNTED = (
    ("sounds", "sound"),
    ("redirdevs", "redir"),
    ("videos", "video"),
    ("inputs", "input"),
    ("hubs", "hub"),
    ("smartcards", "smartcard"),
    ("shmems", "shmem"),
    ("serials", "serial"),
    ("parallels", "parallel"),
    ("channels", "channel"),
    ("rngs", "rng"),
    ("tpms", "tpm"),
    ("watchdogs", "watchdog"),
    ("filesystems", "fs"),
)
_MEMORY = {"dimm": "dimm", "nvdimm": "nvdimm", "virtio-pmem": "virtiopmem", "virtio-mem": "virtiomem", "sgx-epc": "epc"}


def assign_aliases(domain: Domain) -> None:
    """Give every device without an alias libvirt's (``virtio-disk0``, ``net0``, ``serial0``, …), and number the layers
    of disks (``<source index=…>``), which name QEMU's block nodes."""
    devices = domain.devices
    for disk in devices.disks:
        _name(disk, disk_alias(disk, domain))
    for list_name, prefix in _COUNTED:
        for number, device in enumerate(getattr(devices, list_name)):
            _name(device, f"{prefix}{number}")
    _consoles(domain)
    assigned = [interface for interface in devices.interfaces if interface.type == "hostdev"]
    _numbered([*devices.hostdevs, *assigned], "hostdev")
    _numbered([i for i in devices.interfaces if i.type != "hostdev"], "net")
    for controller in devices.controllers:
        _name(controller, controller_alias(controller, domain))
    _name_memories(devices.memories)
    if devices.memballoon is not None and devices.memballoon.model != "none":
        _name(devices.memballoon, "balloon0")
    if devices.vsock is not None:
        _name(devices.vsock, "vsock0")
    if devices.iommu is not None:
        _name(devices.iommu, "iommu0")
    if devices.nvram is not None:
        _name(devices.nvram, "nvram")
    number_layers(domain)


def alias_of(device: Any) -> str:
    """The name of a device that has been given one."""
    return (device.alias.name or "") if device.alias is not None else ""


def _name(device: Any, name: str) -> None:
    if device.alias is None or not device.alias.name:
        device.alias = Alias(name=name)


def _numbered(group: Sequence[Any], prefix: str) -> None:
    numbers = _free(group, prefix)
    for device in group:
        if device.alias is None:
            _name(device, f"{prefix}{next(numbers)}")


def _free(group: Sequence[Any], prefix: str) -> Iterator[int]:
    """The numbers after the highest in use."""
    names = [alias_of(device) for device in group]
    used = [name[len(prefix) :] for name in names if name.startswith(prefix)]
    return count(1 + max((int(number) for number in used if number.isdigit()), default=-1))


def _consoles(domain: Domain) -> None:
    devices = domain.devices
    for number, console in enumerate(devices.consoles):
        target = console.target.type if console.target else None
        if number == 0 and target == "serial" and devices.serials:
            _name(console, alias_of(devices.serials[0]))
        else:
            _name(console, f"console{number}")


def disk_alias(disk: Disk, domain: Domain) -> str:
    assert disk.target is not None
    bus, address = disk.target.bus, drive_of(disk)
    if address is not None:
        parts = [address.controller or 0, address.bus or 0, address.target or 0, address.unit or 0]
        if bus != "scsi" or scsi_model(domain, parts[0]) == "lsilogic":
            del parts[2]
        return f"{bus}{'-'.join(str(part) for part in parts)}"
    prefix = {"virtio": "virtio-disk", "usb": "usb-disk", "xen": "xenblk", "sd": "sd-disk"}.get(
        bus or "", f"{bus}-disk"
    )
    return f"{prefix}{target_index(disk.target.dev or '')}"


def controller_alias(controller: Controller, domain: Domain) -> str:
    kind, index = controller.type, controller.index or 0
    if kind == "pci":
        return f"{'pcie' if controller.model == 'pcie-root' else 'pci'}.{index}"
    if index == 0 and (
        (kind == "ide" and (is_i440fx(domain) or is_q35(domain))) or (kind == "sata" and is_q35(domain))
    ):
        return "ide"
    if kind == "usb" and index == 0:
        return "usb"
    return f"{kind}{index}"


def _name_memories(memories: Sequence[MemoryDevice]) -> None:
    """What has a slot is called after it."""
    for memory in memories:
        address = dimm_of(memory)
        if address is not None:
            _name(memory, f"{_MEMORY[memory.model or 'dimm']}{address.slot or 0}")
    for prefix in dict.fromkeys(_MEMORY.values()):
        _numbered([memory for memory in memories if _MEMORY[memory.model or "dimm"] == prefix], prefix)


def layers(disk: Disk) -> Iterator[Any]:
    """What carries the number of each layer of a disk, top first: the disk's source, then its backing stores."""
    if disk.source is not None:
        yield disk.source
    store = disk.backing_store
    while store is not None and store.source is not None:
        yield store
        store = store.backing_store


def number_layers(domain: Domain) -> None:
    """Number layers from the last disk's top upwards; one that has a number keeps it."""
    last = max((layer.index or 0 for disk in domain.devices.disks for layer in layers(disk)), default=0)
    for disk in reversed(domain.devices.disks):
        for layer in layers(disk):
            if layer.index is None:
                last += 1
                layer.index = last
