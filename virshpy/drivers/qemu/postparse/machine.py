"""Architecture, emulator, machine type, and the settings that every guest has."""

from __future__ import annotations

import os
from itertools import count

from virshpy import errors
from virshpy.xml.domain.cpu import Clock
from virshpy.xml.domain.osboot import BootDevice
from virshpy.xml.domain.tuning import VCPU, IOThread, Memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain

ARCHES = frozenset(
    word
    for words in (
        "alpha armv6l armv7l armv7b aarch64 cris i686 ia64 lm32 loongarch64 m68k microblaze microblazeel mips mipsel",
        "mips64 mips64el openrisc parisc parisc64 ppc ppc64 ppc64le ppcemb riscv32 riscv64 s390 s390x sh4 sh4eb sparc",
        "sparc64 unicore32 x86_64 xtensa xtensaeb",
    )
    for word in words.split()
)


def select_emulator(domain: Domain) -> str:
    """The QEMU binary of a document: its own <emulator>, or the one for its architecture.

    Raises ConfigUnsupported where the architecture is unknown or there is no binary for it.
    """
    from virshpy.drivers.qemu.capabilities.probe import default_emulator

    kind = domain.os.type if domain.os else None
    arch = (kind.arch if kind else None) or os.uname().machine
    if arch not in ARCHES:
        raise errors.ConfigUnsupported(f"Unknown architecture {arch}", hint="QEMU calls the usual one x86_64")
    if domain.devices.emulator:
        return domain.devices.emulator
    found = default_emulator(arch)
    if found is None:
        package = "qemu-system-x86" if arch in ("x86_64", "i686") else "qemu-system"
        raise errors.ConfigUnsupported(f"No emulator found for arch '{arch}'", hint=f"apt install {package}")
    return found


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
    if domain.vcpu is None:
        domain.vcpu = VCPU(value=1)
    numa = domain.numatune.memory if domain.numatune else None
    tune = domain.cputune
    pinned = domain.vcpu.cpuset or (tune and (tune.vcpupins or tune.emulatorpin or tune.iothreadpins))
    if not pinned and numa is not None and numa.placement == "auto":
        domain.vcpu.placement = "auto"
    domain.vcpu.placement = domain.vcpu.placement or "static"
    if domain.vcpu.current == domain.vcpu.value:
        domain.vcpu.current = None
    complete_numa(domain)
    complete_memory(domain)
    complete_iothreads(domain)
    if not domain.os.boots and domain.os.type and domain.os.type.value == "hvm" and not _device_boot(domain):
        domain.os.boots.append(BootDevice(dev="hd"))


_MOST_VCPUS = 16384


def complete_numa(domain: Domain) -> None:
    """Cells are numbered in order; processors that no cell names belong to the first."""
    cells = domain.cpu.numa.cells if domain.cpu and domain.cpu.numa else []
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
    if domain.iothreadids is None or not domain.iothreadids.iothreads:
        return
    threads = domain.iothreadids.iothreads
    used = {thread.id for thread in threads}
    free = (number for number in count(1) if number not in used)
    threads += [IOThread(id=next(free)) for _ in range(len(threads), domain.iothreads or 0)]
    domain.iothreads = len(threads)


def complete_memory(domain: Domain) -> None:
    """<memory> is what there is in all: the NUMA cells where there are some, and memory devices."""
    cells = domain.cpu.numa.cells if domain.cpu and domain.cpu.numa else []
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
    groups = (devices.disks, devices.interfaces, devices.hostdevs, devices.redirdevs)
    return any(device.boot is not None for group in groups for device in group)
