"""The processor of a host, from what was found out about it."""

from __future__ import annotations

from virshpy.drivers.cpu import cpuid, cpuinfo
from virshpy.drivers.cpu.decode import decode, without_broken
from virshpy.drivers.cpu.features import in_order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from virshpy.drivers.cpu.models import Model


class HostCPU:
    """``arch``, ``vendor`` or None, ``microcode``, ``signature`` (family, model, stepping) or None, ``physical_bits``,
    and its ``features`` in libvirt's names and order; what is not known is None, 0 or empty."""

    __slots__ = ("arch", "vendor", "microcode", "signature", "physical_bits", "features")

    def __init__(
        self,
        arch: str,
        kernel: str,
        answers: cpuid.Answers | None = None,
        capabilities: Callable[[], int | None] = lambda: None,
    ) -> None:
        """``kernel`` is /proc/cpuinfo, ``answers`` are those of CPUID, where it could be executed. ``capabilities``
        reads the register of architectural capabilities of a processor that has one; None where it may not be read.

        What CPUID says goes before what the kernel makes of it. How much memory can be addressed the kernel knows
        better: where memory is encrypted, some of the bits that CPUID counts are taken.
        """
        said = cpuinfo.rows(kernel)
        self.arch = arch
        self.microcode = _number(said.get("microcode", ""))
        self.physical_bits, virtual_bits = cpuinfo.address_bits(said)
        if answers:
            self.vendor = cpuid.vendor(answers)
            self.signature: tuple[int, int, int] | None = cpuid.signature(answers)
            found = cpuid.features(answers)
        else:
            self.vendor = cpuid.VENDORS.get(said.get("vendor_id", ""))
            self.signature = cpuinfo.signature(said)
            found = cpuinfo.features(said.get("flags", "").split(), virtual_bits)
        if "arch-capabilities" in found:
            found |= cpuid.capabilities(capabilities() or 0)
        self.features = in_order(without_broken(found, self.vendor, self.signature))

    def described(self, models: Mapping[str, Model]) -> tuple[str | None, list[str]]:
        """The named model of which it has everything, and what it has beyond that."""
        found = decode(self.features, models.values(), vendor=self.vendor, signature=self.signature, host=True)
        return (found.model.name, found.require) if found else (None, self.features)


def _number(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        return 0
