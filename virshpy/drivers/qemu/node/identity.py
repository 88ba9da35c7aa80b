"""Which host this is: its shape in figures, its name, its UUID, what its firmware says of it."""

from __future__ import annotations

import os

from virshpy.drivers.qemu.node.kernel import read
from virshpy.drivers.qemu.node.memory import cells
from virshpy.drivers.qemu.node.processors import Topology, online_cpus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.node import NodeInfo


def node_info() -> NodeInfo:
    """virNodeGetInfo: model, memory in KiB, CPUs, MHz, NUMA cells, sockets per cell, cores per socket, threads."""
    from virshpy.driver.node import NodeInfo

    online = online_cpus()
    places = [Topology(cpu) for cpu in online]
    groups = cells()
    sockets = max((len({p.socket for p in places if p.cpu in cell.cpus}) for cell in groups), default=1) or 1
    per_socket: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for cell in groups:
        for place in places:
            if place.cpu in cell.cpus:
                per_socket.setdefault((cell.number, place.socket), set()).add((place.die, place.core))
    cores = max((len(found) for found in per_socket.values()), default=1)
    threads = max((len([c for c in place.siblings if c in online]) for place in places), default=1)
    nodes = len(groups)
    if nodes * sockets * cores * threads < len(online):
        # Some hosts do not add up; libvirt then calls everything one flat socket.
        nodes, sockets, cores, threads = 1, 1, len(online), 1
    # A guest whose memory was grown may have more in /proc/meminfo than in its cells; libvirt adds up the cells.
    memory = sum(cell.memory for cell in groups)
    return NodeInfo(os.uname().machine, memory, len(online), _mhz(), nodes, sockets, cores, threads)


def _mhz() -> int:
    for line in (read("/proc/cpuinfo") or "").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("cpu MHz", "clock"):
            return int(float(value.strip().removesuffix("MHz")))
    return 0


def hostname() -> str:
    """The host's name, canonical where the resolver knows a better one (virConnectGetHostname)."""
    import socket

    name = socket.gethostname()
    if "." in name or name.startswith("localhost"):
        return name
    try:
        found = socket.getaddrinfo(name, None, flags=socket.AI_CANONNAME)
    except (OSError, UnicodeError):  # UnicodeError: a part of the name is longer than 63 letters
        return name
    canonical = found[0][3] if found else ""
    return name if not canonical or canonical.startswith("localhost") else canonical


def host_uuid() -> str:
    """The host's UUID: the firmware's where it has a plausible one, else one derived from /etc/machine-id."""
    from uuid import UUID

    for text in (read("/sys/class/dmi/id/product_uuid"), read("/etc/machine-id")):
        try:
            found = UUID(text or "")
        except ValueError:
            continue
        if len(set(found.hex)) > 1:
            return str(found)
    return str(UUID(int=0))


def sysinfo_xml() -> str:
    """virConnectGetSysinfo. Raises ConfigUnsupported where the host's SMBIOS cannot be read."""
    from virshpy import errors

    rows = []
    for title, names in _SMBIOS:
        found = [(key, value) for key, file in names if (value := read(f"/sys/class/dmi/id/{file}"))]
        if found:
            lines = [f"    <entry name='{key}'>{_escape(value)}</entry>" for key, value in found]
            rows.append("\n".join([f"  <{title}>", *lines, f"  </{title}>"]))
    if not rows:
        raise errors.ConfigUnsupported(
            "Host SMBIOS information is not available", hint="this host's firmware has no such tables"
        )
    return "\n".join(["<sysinfo type='smbios'>", *rows, "</sysinfo>", ""])


# What libvirt calls the kernel's files, in its order.
_SMBIOS = (
    ("bios", (
        ("vendor", "bios_vendor"), ("version", "bios_version"), ("date", "bios_date"), ("release", "bios_release"),
    )),
    ("system", (
        ("manufacturer", "sys_vendor"), ("product", "product_name"), ("version", "product_version"),
        ("serial", "product_serial"), ("uuid", "product_uuid"), ("sku", "product_sku"), ("family", "product_family"),
    )),
    ("baseBoard", (
        ("manufacturer", "board_vendor"), ("product", "board_name"), ("version", "board_version"),
        ("serial", "board_serial"), ("asset", "board_asset_tag"),
    )),
    ("chassis", (
        ("manufacturer", "chassis_vendor"), ("version", "chassis_version"), ("serial", "chassis_serial"),
        ("asset", "chassis_asset_tag"),
    )),
)  # fmt: skip


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
