"""The guest's processor: the machine's own model where the document has none, and how strictly it is checked; at start,
the named model that a document without one stands for."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.cpu.compare import X86, Processor, compare
from virshpy.drivers.cpu.document import CPUDocument
from virshpy.drivers.cpu.models import Model
from virshpy.enums import CPUCompareResult
from virshpy.xml.domain.cpu import CPU, CPUFeature, CPUModel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.cpu.hypervisor import HypervisorCPUs
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


def resolve_cpu(domain: Domain, caps: QemuCaps) -> None:
    """Decide, in place, what the guest of a complete document gets: ``host-model`` and ``minimum`` become a named model
    with features, as does a model that this QEMU has not; an optional feature is on or off.

    Raises InternalError for a model that nobody knows, ConfigUnsupported for one that QEMU has not or for such a
    feature, CPUIncompatible where the document insists on what a guest cannot have.
    """
    cpu = domain.cpu
    assert cpu is not None and domain.os is not None and domain.os.type is not None
    unnamed = cpu.mode in ("host-passthrough", "maximum") and not cpu.features
    unnamed = unnamed or cpu.mode == "custom" and (cpu.model is None or cpu.model.value is None)
    if domain.os.type.arch not in X86 or unnamed or _is_default(cpu, domain, caps):
        return
    offer = caps.processors("kvm" if domain.type == "kvm" and caps.kvm_present else "tcg")
    if not offer.models:
        return
    for feature in cpu.features:
        if not offer.knows(feature.name or "") and feature.name not in ("osxsave", "ospke"):
            raise errors.ConfigUnsupported(
                f"unknown CPU feature: {feature.name}", hint="virshpy hypervisor-cpu-baseline --features names some"
            )
    _check_partial(cpu, domain, caps, offer)
    asked, cpu.features = cpu.features, []
    if cpu.mode == "host-model" or cpu.match == "minimum":
        _take_host_model(cpu, offer)
    elif cpu.mode == "custom":
        _translate(cpu, offer)
    listed = {feature.name: feature for feature in cpu.features}
    for feature in asked:
        if feature.policy == "optional" and cpu.mode == "custom":
            feature.policy = "require" if feature.name in offer.movable else "disable"
        if feature.name in listed:
            listed[feature.name].policy = feature.policy
        else:
            cpu.features.append(feature)


def _is_default(cpu: CPU, domain: Domain, caps: QemuCaps) -> bool:
    """Whether the processor is the machine's own, which is there by definition: QEMU need not be asked."""
    assert domain.os is not None and domain.os.type is not None
    machine = caps.machine(domain.os.type.machine or "")
    own = machine is not None and cpu.model is not None and cpu.model.value == machine.default_cpu
    return own and cpu.mode == "custom" and cpu.match == "exact" and cpu.check == "none" and not cpu.features


def _take_host_model(cpu: CPU, offer: HypervisorCPUs) -> None:
    found = offer.host_model(movable=True)
    if found is None:
        raise errors.InternalError("CPU model host-model cannot be expressed", hint="use <cpu mode='maximum'/>")
    vendor_id = cpu.model.vendor_id if cpu.model else None
    cpu.mode, cpu.match = "custom", "exact"
    cpu.model = CPUModel(fallback="forbid", value=found.model.name, vendor_id=vendor_id)
    cpu.vendor = offer.vendor
    cpu.features = [CPUFeature(name=name, policy=policy) for name, policy in found.policies]


def _translate(cpu: CPU, offer: HypervisorCPUs) -> None:
    """A model that QEMU has not becomes the one that it has that comes closest."""
    assert cpu.model is not None
    name = cpu.model.value or ""
    if name in offer.blocked:
        return
    model = offer.models.get(name)
    if model is None:
        raise errors.InternalError(f"Unknown CPU model {name}", hint="virshpy hypervisor-cpu-models names them")
    found = offer.translated(model.features, cpu.vendor) if cpu.model.fallback != "forbid" else None
    if found is None:
        raise errors.ConfigUnsupported(
            f"CPU model {name} is not supported by hypervisor",
            hint="with <model fallback='allow'> the closest that it has is taken",
        )
    cpu.model.value = found.model.name
    removed = [(name, "disable") for name in sorted(model.removed - model.features)]
    cpu.features = [CPUFeature(name=name, policy=policy) for name, policy in found.policies + removed]


def _check_partial(cpu: CPU, domain: Domain, caps: QemuCaps, offer: HypervisorCPUs) -> None:
    """``check='partial'``: what the document insists on must be something that a guest can have here."""
    if cpu.check != "partial" or (domain.type == "kvm" and not caps.kvm_usable) or cpu.model is None:
        return
    if cpu.mode != "custom" or cpu.model.value not in offer.models:
        return
    asked = CPUDocument()
    asked.match, asked.model, asked.vendor = cpu.match, cpu.model.value, cpu.vendor
    asked.features = [(feature.name or "", feature.policy or "require") for feature in cpu.features]
    arch = domain.os.type.arch if domain.os and domain.os.type else None
    model = Model(cpu.model.value, offer.own(cpu.model.value))
    host = Processor(arch or "x86_64", offer.vendor, offer.features)
    result, why = compare(asked, host, {cpu.model.value: model})
    if result == CPUCompareResult.INCOMPATIBLE:
        raise errors.CPUIncompatible(why, hint="<cpu check='none'> lets it start without them")
