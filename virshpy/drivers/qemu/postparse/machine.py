"""Architecture, emulator, machine type, and the settings that every guest has."""

from __future__ import annotations

from itertools import count

from virshpy.drivers.qemu.postparse.vcpus import complete_vcpus
from virshpy.xml.domain.clock import Clock
from virshpy.xml.domain.osboot import BootDevice
from virshpy.xml.domain.tuning import IOThread, Memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain


def complete_machine(domain: Domain, caps: QemuCaps) -> None:
    """<emulator> and the canonical machine type."""
    assert domain.os is not None and domain.os.type is not None
    kind = domain.os.type
    if kind.arch is None:
        kind.arch = {"i386": "i686"}.get(caps.arch, caps.arch)
    if not domain.devices.emulator:
        domain.devices.emulator = caps.binary
    if not kind.machine:
        kind.machine = caps.default_machine
    else:
        found = caps.machine(kind.machine)
        if found is not None:
            kind.machine = found.name


def complete_basics(domain: Domain) -> None:
    """Life cycle, clock, boot order, memory and CPU count."""
    assert domain.os is not None
    domain.on_poweroff = domain.on_poweroff or "destroy"
    domain.on_reboot = domain.on_reboot or "restart"
    domain.on_crash = domain.on_crash or "destroy"
    if domain.clock is None:
        domain.clock = Clock(offset="utc")
    complete_vcpus(domain)
    complete_numa(domain)
    complete_memory(domain)
    if domain.memory_backing is not None and domain.memory_backing.hugepages is not None and not domain.cells:
        for page in domain.memory_backing.hugepages.pages:
            if page.nodeset == (0,):
                page.nodeset = None
    complete_iothreads(domain)
    if not domain.os.boots and domain.os.type and domain.os.type.value == "hvm" and not _device_boot(domain):
        domain.os.boots.append(BootDevice(dev="hd"))


_MOST_VCPUS = 16384


def complete_numa(domain: Domain) -> None:
    """Cells are numbered in order; processors that no cell names belong to the first."""
    cells = domain.cells
    for number, cell in enumerate(cells):
        if cell.id is None:
            cell.id = number
    cells.sort(key=lambda cell: cell.id or 0)
    if cells and domain.vcpu is not None and (domain.vcpu.value or 1) <= _MOST_VCPUS:  # or it is refused later
        named = {number for cell in cells for number in cell.cpus or ()}
        rest = set(range(domain.vcpu.value or 1)) - named
        if rest and named:
            cells[0].cpus = tuple(sorted(rest | set(cells[0].cpus or ())))


def complete_iothreads(domain: Domain) -> None:
    """Where some I/O threads are listed, all are, and there are as many as are listed."""
    if domain.cputune is not None:
        domain.cputune.iothreadpins.sort(key=lambda pin: pin.iothread or 0)
    domain.iothreads = domain.iothreads or None
    if domain.iothreadids is None or not domain.iothreadids.iothreads:
        return
    threads = domain.iothreadids.iothreads
    used = {thread.id for thread in threads}
    free = (number for number in count(1) if number not in used)
    threads += [IOThread(id=next(free)) for _ in range(len(threads), domain.iothreads or 0)]
    domain.iothreads = len(threads)


def complete_memory(domain: Domain) -> None:
    """<memory> is what there is in all: the NUMA cells where there are some, and memory devices."""
    cells = domain.cells
    in_cells = sum(cell.memory or 0 for cell in cells)
    domain.memory = domain.memory or Memory()
    if in_cells:
        devices = sum((device.target.size or 0) if device.target else 0 for device in domain.devices.memories)
        domain.memory.value = in_cells + devices
    total = domain.memory.value or 0
    if not domain.current_memory or domain.current_memory > total:
        domain.current_memory = total


def initial_memory(domain: Domain) -> int:
    """Memory at power-on without memory devices, in KiB."""
    assert domain.memory is not None
    devices = sum((device.target.size or 0) if device.target else 0 for device in domain.devices.memories)
    return (domain.memory.value or 0) - devices


def _device_boot(domain: Domain) -> bool:
    devices = domain.devices
    groups = (devices.disks, devices.interfaces, devices.hostdevs, devices.redirdevs, devices.filesystems)
    return any(device.boot is not None for group in groups for device in group)
