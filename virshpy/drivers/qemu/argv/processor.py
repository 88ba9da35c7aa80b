"""The processor that a guest is started with, and the one that it then has.

The document keeps what it asks for. ``host-model`` and ``minimum`` become a named model with features for QEMU, as does
a model that this QEMU has not; what a running guest has beyond that or lacks of it follows from what QEMU says of its
models.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import CPUCompareResult
from virshpy.xml.domain.cpu import CPU, CPUFeature, CPUModel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.cpu.decode import Decoded
    from virshpy.drivers.cpu.hypervisor import HypervisorCPUs
    from virshpy.drivers.cpu.models import Model
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain

# Features that follow from what the guest's kernel does: QEMU has no switch for them.
_KERNELS = ("osxsave", "ospke")


def asked_cpu(domain: Domain, caps: QemuCaps, *, to_run: bool = True) -> CPU:
    """The processor of a complete document in terms of what QEMU knows; the document stays as it is.

    Raises InternalError for a model that nobody knows, ConfigUnsupported for one that QEMU has not, for such a
    feature, and for a mode that guests of this type cannot have here, CPUIncompatible and OperationFailed where the
    document insists on what a guest cannot have; that of ``check='full'`` shows only in a guest ``to_run``.
    """
    cpu = domain.cpu or CPU(mode="custom")
    unnamed = cpu.mode in ("host-passthrough", "maximum") and not cpu.features
    # Most guests have their machine's processor: QEMU is not asked for what it has.
    offer = None if unnamed or _is_default(cpu, domain, caps) else _offer(domain, caps)
    if offer is not None:
        _check_features(cpu, offer)
    if cpu.mode == "host-passthrough" and domain.type != "kvm" or cpu.mode == "host-model" and offer is None:
        raise _no_such_mode(cpu, domain, caps)
    if offer is None:
        return cpu
    cpu = cpu.copy()
    if cpu.check == "partial" and (domain.type != "kvm" or caps.kvm_usable):
        _check_partial(cpu, domain, offer)
    listed = {feature.name or "": feature.policy or "require" for feature in cpu.features}
    if cpu.mode == "host-model" or cpu.match == "minimum":
        found = offer.host_model(movable=True)
        if found is None:
            raise _no_such_mode(cpu, domain, caps)
        listed = _take_host_model(cpu, found, offer.vendor) | _decided(listed, offer)
        listed |= _removed(_model(cpu, offer), listed)
    elif cpu.mode == "custom":
        model = _model(cpu, offer)
        listed = _decided(listed, offer)
        listed = _translate(cpu, model, offer) | listed | _removed(model, listed)
    cpu.features = [CPUFeature(name=name, policy=policy) for name, policy in listed.items()]
    if cpu.check == "full" and cpu.mode == "custom" and to_run:
        _check_full(cpu, offer)
    return cpu


def given_cpu(domain: Domain, caps: QemuCaps) -> CPU:
    """The processor that the guest of a document has when it runs: the one that it was started with, with what QEMU
    adds to it and what it cannot give. Raises what asked_cpu raises."""
    cpu = asked_cpu(domain, caps)
    name = cpu.model.value if cpu.model else None
    offer = _offer(domain, caps) if cpu.mode == "custom" and name else None
    if offer is None or name is None or name not in offer.blocked:
        return cpu
    from virshpy.drivers.cpu.features import in_order

    cpu = cpu.copy()
    assert cpu.model is not None
    features = _model(cpu, offer).features
    real = _real(cpu, offer)
    listed = {feature.name or "": feature for feature in cpu.features}
    for feature in cpu.features:
        feature.policy = "require" if feature.name in real else "disable"
    for extra in in_order((real ^ features) | offer.blocked[name]):
        if extra not in listed:
            cpu.features.append(CPUFeature(name=extra, policy="require" if extra in real else "disable"))
    cpu.match, cpu.check, cpu.model.fallback = "exact", "full", "forbid"
    return cpu


def _offer(domain: Domain, caps: QemuCaps) -> HypervisorCPUs | None:
    """What QEMU has for this guest, where it tells."""
    assert domain.os is not None and domain.os.type is not None
    if domain.os.type.arch not in ("x86_64", "i686"):
        return None
    offer = caps.processors("kvm" if domain.type == "kvm" and caps.kvm_present else "tcg")
    return offer if offer.blocked else None


def _is_default(cpu: CPU, domain: Domain, caps: QemuCaps) -> bool:
    """Whether the processor is the machine's own, which is there by definition."""
    assert domain.os is not None and domain.os.type is not None
    if cpu.model is None or cpu.model.value is None:
        return cpu.mode == "custom"
    machine = caps.machine(domain.os.type.machine or "")
    own = machine is not None and cpu.model.value == machine.default_cpu
    return own and cpu.mode == "custom" and cpu.match == "exact" and cpu.check == "none" and not cpu.features


def _check_features(cpu: CPU, offer: HypervisorCPUs) -> None:
    for feature in cpu.features:
        if not offer.knows(feature.name or "") and feature.name not in _KERNELS:
            raise errors.ConfigUnsupported(
                f"unknown CPU feature: {feature.name}",
                hint="the features of the host's processor are known",
                action=("connect_baseline_hypervisor_cpu",),
            )


def _no_such_mode(cpu: CPU, domain: Domain, caps: QemuCaps) -> errors.ConfigUnsupported:
    assert domain.os is not None and domain.os.type is not None
    guest = f"{domain.os.type.arch} {domain.type} domain"
    hint = "<cpu mode='maximum'/> is the most that there is without KVM"
    if domain.type != "kvm" and caps.kvm_usable:
        hint += "; <domain type='kvm'> can have it here"
    return errors.ConfigUnsupported(
        f"CPU mode '{cpu.mode}' for {guest} on {caps.host_arch} host is not supported by hypervisor", hint=hint
    )


def _take_host_model(cpu: CPU, found: Decoded, vendor: str | None) -> dict[str, str]:
    """Make the processor this model; its features with their policies."""
    vendor_id = cpu.model.vendor_id if cpu.model else None
    cpu.mode, cpu.match = "custom", "exact"
    cpu.model = CPUModel(fallback="forbid", value=found.model.name, vendor_id=vendor_id)
    cpu.vendor = vendor
    return dict(found.policies)


def _decided(listed: dict[str, str], offer: HypervisorCPUs) -> dict[str, str]:
    """What is optional is on where it can be."""
    optional = {True: "require", False: "disable"}
    return {
        name: optional[name in offer.movable] if policy == "optional" else policy for name, policy in listed.items()
    }


def _removed(model: Model, listed: dict[str, str]) -> dict[str, str]:
    """What the model once had is off in guests whose document does not say otherwise."""
    return {name: "disable" for name in sorted(model.removed) if name not in listed}


def _model(cpu: CPU, offer: HypervisorCPUs) -> Model:
    name = (cpu.model and cpu.model.value) or ""
    model = offer.model(name)
    if model is None:
        raise errors.InternalError(
            f"Unknown CPU model {name}", hint="list the models", action=("connect_get_hypervisor_cpu_model_names",)
        )
    return model


def _translate(cpu: CPU, model: Model, offer: HypervisorCPUs) -> dict[str, str]:
    """A model that QEMU has not becomes the one that it has that comes closest; what sets the two apart."""
    assert cpu.model is not None
    if model.name in offer.blocked:
        return {}
    found = offer.translated(model.features, cpu.vendor) if cpu.model.fallback != "forbid" else None
    if found is None:
        raise errors.ConfigUnsupported(
            f"CPU model {model.name} is not supported by hypervisor",
            hint="with <model fallback='allow'> the closest that it has is taken",
        )
    cpu.model.value = found.model.name
    return dict(found.policies)


def _check_partial(cpu: CPU, domain: Domain, offer: HypervisorCPUs) -> None:
    """``check='partial'``: what the document insists on must be something that a guest can have here."""
    if cpu.mode != "custom":
        return
    from virshpy.drivers.cpu.compare import Processor, compare
    from virshpy.drivers.cpu.document import CPUDocument
    from virshpy.drivers.cpu.models import Model

    known = _model(cpu, offer)
    name = known.name
    asked = CPUDocument()
    asked.match, asked.model, asked.vendor = cpu.match, name, cpu.vendor
    asked.features = [(feature.name or "", feature.policy or "require") for feature in cpu.features]
    arch = domain.os.type.arch if domain.os and domain.os.type else None
    model = Model(name, known.features & offer.own(name))
    host = Processor(arch or "x86_64", offer.vendor, offer.features)
    result, why = compare(asked, host, {name: model})
    if result == CPUCompareResult.INCOMPATIBLE:
        raise errors.CPUIncompatible(why, hint="<cpu check='none'> lets it start without them")


def _real(cpu: CPU, offer: HypervisorCPUs) -> frozenset[str]:
    """The features of a running guest with this named processor."""
    assert cpu.model is not None and cpu.model.value is not None
    on = {feature.name or "" for feature in cpu.features if feature.policy in ("require", "force")}
    off = {feature.name or "" for feature in cpu.features} - on
    own = offer.own(cpu.model.value) - offer.blocked[cpu.model.value]
    return (own | (offer.features & on)) - off


def _check_full(cpu: CPU, offer: HypervisorCPUs) -> None:
    """``check='full'``: the guest must have exactly what its document says."""
    from virshpy.drivers.cpu.features import in_order

    real = _real(cpu, offer)
    on = {feature.name or "" for feature in cpu.features if feature.policy in ("require", "force")}
    off = {feature.name or "" for feature in cpu.features} - on
    wanted = (_model(cpu, offer).features | on) - off
    lists = [
        f"{what} features: {','.join(in_order(names))}"
        for what, names in (("extra", real - wanted), ("missing", wanted - real))
        if names
    ]
    if lists:
        raise errors.OperationFailed(
            f"guest CPU doesn't match specification: {', '.join(lists)}",
            hint="<feature> elements can say so, or <cpu check='partial'> asks for less",
        )
