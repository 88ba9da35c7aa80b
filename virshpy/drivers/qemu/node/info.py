"""Facts of the host, read from /proc and /sys."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.types import NodeInfo

CPUS = "/sys/devices/system/cpu"
NODES = "/sys/devices/system/node"


def read(path: str) -> str | None:
    """A file of /proc or /sys, stripped; None where there is none."""
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        return None


def number_list(text: str | None) -> list[int]:
    """The kernel's ``0-3,8`` as numbers."""
    numbers: list[int] = []
    for part in (text or "").split(","):
        if part:
            first, _, last = part.partition("-")
            numbers.extend(range(int(first), int(last or first) + 1))
    return numbers


def online_cpus() -> list[int]:
    return number_list(read(f"{CPUS}/online")) or list(range(os.cpu_count() or 1))


class Topology:
    """Where a CPU sits: ``socket``, ``die``, ``core``, ``siblings`` (CPU numbers that share the core)."""

    __slots__ = ("cpu", "socket", "die", "core", "siblings")

    def __init__(self, cpu: int) -> None:
        folder = f"{CPUS}/cpu{cpu}/topology"
        self.cpu = cpu
        self.socket = max(int(read(f"{folder}/physical_package_id") or 0), 0)
        self.die = max(int(read(f"{folder}/die_id") or 0), 0)
        self.core = int(read(f"{folder}/core_id") or 0)
        self.siblings = number_list(read(f"{folder}/thread_siblings_list")) or [cpu]


def memory_total() -> int:
    """The host's memory in KiB."""
    return _meminfo(read("/proc/meminfo"), "MemTotal")


def free_memory() -> int:
    """Free memory in bytes (virNodeGetFreeMemory): of the NUMA cells where the kernel shows them."""
    nodes = [read(f"{NODES}/node{node}/meminfo") for node in number_list(read(f"{NODES}/online"))]
    free = sum(_meminfo(text, "MemFree") for text in nodes) * 1024
    return free or os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _meminfo(text: str | None, key: str) -> int:
    for line in (text or "").splitlines():
        name, _, value = line.partition(":")
        if name.split()[-1:] == [key]:
            return int(value.split()[0])
    return 0


def cells() -> list[tuple[int, list[int], int]]:
    """NUMA cells as (id, online CPUs, memory in KiB); one cell of everything where the kernel shows none."""
    online = online_cpus()
    found = []
    for node in number_list(read(f"{NODES}/online")):
        text = read(f"{NODES}/node{node}/meminfo")
        if text is not None:
            cpus = [cpu for cpu in number_list(read(f"{NODES}/node{node}/cpulist")) if cpu in online]
            found.append((node, cpus, _meminfo(text, "MemTotal")))
    return found or [(0, online, memory_total())]


def node_info() -> NodeInfo:
    """virNodeGetInfo: model, memory in KiB, CPUs, MHz, NUMA cells, sockets per cell, cores per socket, threads."""
    from virshpy.driver.types import NodeInfo

    online = online_cpus()
    places = [Topology(cpu) for cpu in online]
    groups = cells()
    sockets = max((len({p.socket for p in places if p.cpu in cpus}) for _, cpus, _ in groups), default=1) or 1
    per_socket: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for index, (_, cpus, _) in enumerate(groups):
        for place in places:
            if place.cpu in cpus:
                per_socket.setdefault((index, place.socket), set()).add((place.die, place.core))
    cores = max((len(found) for found in per_socket.values()), default=1)
    threads = max((len([c for c in place.siblings if c in online]) for place in places), default=1)
    nodes = len(groups)
    if nodes * sockets * cores * threads < len(online):
        # Some hosts do not add up; libvirt then calls everything one flat socket.
        nodes, sockets, cores, threads = 1, 1, len(online), 1
    # A guest whose memory was grown may have more in /proc/meminfo than in its cells; libvirt adds up the cells.
    memory = sum(memory for _, _, memory in groups)
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
    except OSError:
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
    for title, prefix, names in _SMBIOS:
        found = [(key, value) for key, file in names if (value := read(f"/sys/class/dmi/id/{prefix}_{file}"))]
        if found:
            lines = [f"    <entry name='{key}'>{_escape(value)}</entry>" for key, value in found]
            rows.append("\n".join([f"  <{title}>", *lines, f"  </{title}>"]))
    if not rows:
        raise errors.ConfigUnsupported("Host SMBIOS information is not available")
    return "\n".join(["<sysinfo type='smbios'>", *rows, "</sysinfo>", ""])


_SMBIOS = (
    ("bios", "bios", (("vendor", "vendor"), ("version", "version"), ("date", "date"), ("release", "release"))),
    ("system", "product", (
        ("product", "name"), ("version", "version"), ("serial", "serial"), ("uuid", "uuid"), ("sku", "sku"),
        ("family", "family"),
    )),
    ("baseBoard", "board", (
        ("manufacturer", "vendor"), ("product", "name"), ("version", "version"), ("serial", "serial"),
        ("asset", "asset_tag"),
    )),
)  # fmt: skip


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
