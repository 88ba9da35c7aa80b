"""Which emulator, architecture, machine and accelerator a question is about that leaves some of them open."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.cpu.models import ARCHITECTURES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.drivers.qemu.capabilities.caps import Machine, QemuCaps


class Choice:
    """``caps``, ``arch`` (libvirt's name), ``machine``, ``kind`` (``qemu`` or ``kvm``)."""

    __slots__ = ("caps", "arch", "machine", "kind")

    def __init__(self, caps: QemuCaps, arch: str, machine: Machine, kind: str) -> None:
        self.caps = caps
        self.arch = arch
        self.machine = machine
        self.kind = kind

    @property
    def accelerator(self) -> str:
        return "kvm" if self.kind == "kvm" else "tcg"


def arch_of(caps: QemuCaps) -> str:
    return "i686" if caps.arch == "i386" else caps.arch


def choose(
    find: Callable[[str | None, str | None], QemuCaps | None],
    emulator: str | None,
    arch: str | None,
    machine: str | None,
    virt_type: str | None,
) -> Choice:
    """What is None gets what a guest would get. ``find`` gives the capabilities of an emulator or, for None, of the one
    for an architecture, or None where there is none.

    Raises InvalidArg for what this QEMU does not do, ConfigUnsupported where no QEMU is there.
    """
    import os

    if virt_type is not None and virt_type not in ("qemu", "kvm"):
        from virshpy.xml.domain import VIRT_TYPES

        if virt_type not in VIRT_TYPES.words:
            raise errors.InvalidArg(f"unknown virttype: {virt_type}", hint="QEMU runs qemu and kvm")
    if arch is not None and arch not in ARCHITECTURES:
        raise errors.InvalidArg(f"unknown architecture: {arch}")
    wanted = arch or os.uname().machine
    caps = find(emulator, wanted)
    if caps is None:
        raise errors.ConfigUnsupported(
            f"unable to find any emulator to serve '{wanted}' architecture",
            hint="install QEMU (Debian, Ubuntu: apt install qemu-system-x86), or name one",
        )
    if arch_of(caps) != wanted:
        raise errors.InvalidArg(f"Emulator '{caps.binary}' does not support arch '{wanted}'")
    found = caps.machine(machine or caps.default_machine)
    if found is None:
        raise errors.InvalidArg(
            f"the machine '{machine}' is not supported by emulator '{caps.binary}'",
            hint="the capabilities list the machine types",
            action=("connect_get_capabilities",),
        )
    return Choice(caps, wanted, found, _kind(caps, virt_type))


def _kind(caps: QemuCaps, wanted: str | None) -> str:
    if wanted is None:
        return "kvm" if caps.kvm_usable else "qemu"
    if wanted not in ("qemu", "kvm"):
        raise errors.InvalidArg(f"Emulator '{caps.binary}' does not support virt type '{wanted}'")
    if wanted == "kvm" and not caps.kvm_usable:
        raise errors.InvalidArg(f"KVM is not supported by '{caps.binary}' on this host", hint=caps.kvm_reason)
    return wanted
