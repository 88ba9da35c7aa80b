"""The whole command line, part by part, in libvirt's order."""

from __future__ import annotations

from virshpy.drivers.qemu.argv import (
    boot,
    character,
    controllers,
    disks,
    display,
    filesystems,
    firmware,
    hostdevs,
    interfaces,
    machine,
    memory,
    peripherals,
)
from virshpy.drivers.qemu.argv.guest import Guest
from virshpy.drivers.qemu.argv.runtime import CommandLine, Runtime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain

SANDBOX = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"


def command_line(domain: Domain, caps: QemuCaps, runtime: Runtime) -> CommandLine:
    """The command line of a guest whose document is complete (postparse, assign_aliases).

    Raises ConfigUnsupported for what cannot be expressed.
    """
    guest = Guest(domain, caps, runtime)
    guest.add(domain.devices.emulator or caps.binary)
    for part in _PARTS:
        part(guest)
    _passthrough(guest)
    if runtime.sandbox:
        guest.add("-sandbox", SANDBOX)
    for part in _LAST_PARTS:
        part(guest)
    guest.add("-msg", "timestamp=on")
    _environment(guest)
    return guest.out


_PARTS = (
    machine.add_name,
    disks.add_reservations,
    machine.add_machine,
    machine.add_cpu,
    firmware.add_loader,
    memory.add_memory,
    machine.add_smp,
    machine.add_iothreads,
    memory.add_numa,
    boot.add_identity,
    display.add_none,
    boot.add_monitor,
    boot.add_clock,
    boot.add_lifecycle,
    boot.add_power_management,
    boot.add_boot,
    boot.add_root_words,
    peripherals.add_iommu,
    controllers.add_controllers,
    memory.add_devices,
    peripherals.add_hubs,
    controllers.add_late_controllers,
    disks.add_disks,
    filesystems.add_filesystems,
    interfaces.add_interfaces,
    character.add_smartcards,
    character.add_serials,
    character.add_parallels,
    character.add_channels,
    character.add_consoles,
    peripherals.add_tpms,
    peripherals.add_inputs,
    display.add_audio,
    display.add_graphics,
    display.add_video,
    display.add_sound,
    peripherals.add_watchdogs,
    character.add_redirdevs,
    hostdevs.add_hostdevs,
    boot.add_incoming,
    peripherals.add_memballoon,
    peripherals.add_rngs,
    peripherals.add_vmcoreinfo,
)
_LAST_PARTS = (peripherals.add_panics, peripherals.add_shmems, peripherals.add_vsock)


def _passthrough(guest: Guest) -> None:
    """What <qemu:commandline> adds, word by word."""
    extra = guest.domain.qemu_commandline
    if extra is not None:
        for argument in extra.args:
            guest.add(argument.value or "")


def _environment(guest: Guest) -> None:
    """QEMU's home is its own directory: nothing of the user's configuration is read."""
    home = guest.runtime.home_dir
    guest.out.env = {
        "HOME": home,
        "XDG_DATA_HOME": f"{home}/.local/share",
        "XDG_CACHE_HOME": f"{home}/.cache",
        "XDG_CONFIG_HOME": f"{home}/.config",
    }
    extra = guest.domain.qemu_commandline
    for variable in extra.envs if extra is not None else []:
        guest.out.env[variable.name or ""] = variable.value or ""
