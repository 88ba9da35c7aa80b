"""The guest's processor: the machine's own model where the document has none, and how strictly it is checked."""

from __future__ import annotations

from virshpy.xml.domain.cpu import CPU, CPUModel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain


def complete_cpu(domain: Domain, caps: QemuCaps) -> None:
    if domain.cpu is None:
        domain.cpu = CPU()
    cpu = domain.cpu
    assert domain.os is not None and domain.os.type is not None
    if cpu.mode is None:
        cpu.mode = "custom"
    if cpu.mode == "custom" and (cpu.model is None or cpu.model.value is None):
        machine = caps.machine(domain.os.type.machine or "")
        model = machine.default_cpu if machine else None
        if model:
            # The machine's own processor is there by definition: nothing to compare with the host's.
            cpu.match, cpu.check = "exact", "none"
            cpu.model = CPUModel(fallback="forbid", value=model)
    _complete_given(cpu, domain.type == "kvm")
    for feature in cpu.features:
        feature.policy = feature.policy or "require"


def _complete_given(cpu: CPU, kvm: bool) -> None:
    if cpu.mode in ("host-passthrough", "maximum"):
        cpu.check = cpu.check or "none"
        if cpu.migratable is None and cpu.mode == "host-passthrough":
            cpu.migratable = not any(feature.name == "invtsc" for feature in cpu.features)
    elif cpu.mode == "host-model":
        cpu.check = cpu.check or "partial"
        if cpu.model is not None and cpu.model.value is None and cpu.model.vendor_id is None:
            cpu.model = None
    else:
        cpu.match = cpu.match or "exact"
        cpu.check = cpu.check or ("partial" if kvm else "none")
        if cpu.model is not None and cpu.model.fallback is None:
            cpu.model.fallback = "allow"
