"""The host's processor as the kernel tells it, and the named model that comes closest to it."""

from __future__ import annotations

import os

from virshpy.drivers.cpu.decode import decode, without_broken
from virshpy.drivers.cpu.features import CAPABILITY_BITS, from_kernel, in_order
from virshpy.drivers.cpu.hypervisor import VENDORS
from virshpy.drivers.qemu.capabilities import kvm
from virshpy.drivers.qemu.node.kernel import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from virshpy.drivers.cpu.models import Model

# Virtual addresses of so many bits need five levels of page tables.
_FIVE_LEVELS = 57
# The model specific register of architectural capabilities.
_CAPABILITIES = 0x10A


class HostCPU:
    """``arch``, ``vendor`` or None, ``microcode``, ``signature`` (family, model, stepping), ``physical_bits``, and its
    ``features`` in libvirt's names and order."""

    __slots__ = ("arch", "vendor", "microcode", "signature", "physical_bits", "features")

    def __init__(self) -> None:
        self.arch = os.uname().machine
        self.vendor: str | None = None
        self.microcode: int | None = None
        self.signature: tuple[int, int, int] | None = None
        self.physical_bits = 0
        self.features: list[str] = []

    def described(self, models: Mapping[str, Model]) -> tuple[str | None, list[str]]:
        """The named model of which it has everything, and what it has beyond that."""
        found = decode(self.features, models.values(), vendor=self.vendor, signature=self.signature, host=True)
        return (found.model.name, found.require) if found else (None, self.features)


def host_cpu() -> HostCPU:
    """The first processor of the host."""
    cpu = HostCPU()
    rows: dict[str, str] = {}
    for line in (read("/proc/cpuinfo") or "").split("\n\n")[0].splitlines():
        key, _, value = line.partition(":")
        rows[key.strip()] = value.strip()
    cpu.vendor = VENDORS.get(rows.get("vendor_id", ""))
    if "microcode" in rows:
        cpu.microcode = int(rows["microcode"], 0)
    if {"cpu family", "model", "stepping"} <= rows.keys() and rows["stepping"].isdigit():
        cpu.signature = (int(rows["cpu family"]), int(rows["model"]), int(rows["stepping"]))
    physical, virtual = _address_bits(rows.get("address sizes", ""))
    cpu.physical_bits = physical
    features = from_kernel(rows.get("flags", "").split())
    if virtual >= _FIVE_LEVELS:
        features.add("la57")  # a kernel that was built without them does not list it
    if "arch-capabilities" in features:
        bits = kvm.feature_register(_CAPABILITIES) or 0
        features |= {name for bit, name in CAPABILITY_BITS.items() if bits >> bit & 1}
    cpu.features = in_order(without_broken(features, cpu.vendor, cpu.signature))
    return cpu


def _address_bits(text: str) -> tuple[int, int]:
    """Physical and virtual, of ``48 bits physical, 57 bits virtual``."""
    found = [int(word) for word in text.replace(",", " ").split() if word.isdigit()]
    return (found[0], found[1]) if len(found) == 2 else (0, 0)
