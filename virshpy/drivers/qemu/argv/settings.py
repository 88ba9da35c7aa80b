"""What a document asks for and the command line cannot say: QMP commands for a guest that is loaded, not running."""

from __future__ import annotations

from virshpy.drivers.qemu.postparse.aliases import alias_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.storage import Disk, IOTune

    Command = tuple[str, dict[str, Any]]

_LIMITS = {"total_bytes_sec": "bps", "read_bytes_sec": "bps_rd", "write_bytes_sec": "bps_wr",
           "total_iops_sec": "iops", "read_iops_sec": "iops_rd", "write_iops_sec": "iops_wr"}  # fmt: skip


def settings(domain: Domain) -> list[Command]:
    """(command, arguments) in order, for a document that has aliases: I/O limits of disks, links that are down, the
    balloon's first size and how often it reports."""
    devices = domain.devices
    commands: list[Command] = []
    for disk in devices.disks:
        if disk.iotune is not None:
            commands.append(("block_set_io_throttle", {"id": _device_path(disk), **limits(disk.iotune)}))
    for interface in devices.interfaces:
        if interface.link is not None and interface.link.state == "down":
            commands.append(("set_link", {"name": alias_of(interface), "up": False}))
    balloon = devices.memballoon
    if balloon is not None and balloon.model != "none" and domain.memory is not None:
        if balloon.stats is not None and balloon.stats.period:
            path = f"/machine/peripheral/{alias_of(balloon)}"
            value = {"path": path, "property": "guest-stats-polling-interval", "value": balloon.stats.period}
            commands.append(("qom-set", value))
        if domain.current_memory and domain.current_memory < (domain.memory.value or 0):
            commands.append(("balloon", {"value": domain.current_memory * 1024}))
    return commands


def limits(tune: IOTune) -> dict[str, Any]:
    """The arguments of block_set_io_throttle; those that are not given are 0, which is no limit."""
    found: dict[str, Any] = {}
    for name, word in _LIMITS.items():
        found[word] = getattr(tune, name) or 0
        burst, length = getattr(tune, f"{name}_max"), getattr(tune, f"{name}_max_length")
        if burst:
            found[f"{word}_max"] = burst
        if length:
            found[f"{word}_max_length"] = length
    if tune.size_iops_sec:
        found["iops_size"] = tune.size_iops_sec
    if tune.group_name:
        found["group"] = tune.group_name
    return found


def _device_path(disk: Disk) -> str:
    """QEMU's object behind a disk."""
    alias = alias_of(disk)
    bus = disk.target.bus if disk.target else None
    if bus == "virtio":
        return f"/machine/peripheral/{alias}/virtio-backend"
    if bus == "usb":
        return f"/machine/peripheral/{alias}/{alias}.0/legacy[0]"
    return alias
