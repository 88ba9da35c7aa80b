"""The most that several processors have in common, as a guest's processor."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.cpu.compare import X86, check_known, model_named
from virshpy.drivers.cpu.decode import decode
from virshpy.drivers.cpu.document import cpu_xml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from virshpy.drivers.cpu.document import CPUDocument
    from virshpy.drivers.cpu.models import Model

# A guest that has these cannot go to another host.
NOT_MIGRATABLE = frozenset(("invtsc", "xsaves"))
# What hosts have for themselves: the first two say what their kernel does, the others measure what guests do.
NOT_FOR_GUESTS = frozenset(("osxsave", "ospke", "cmt", "mbm_total", "mbm_local"))


def baseline(
    cpus: Sequence[CPUDocument],
    models: Mapping[str, Model],
    *,
    expand: bool = False,
    migratable: bool = False,
    blocked: Mapping[str, Collection[str]] | None = None,
    switches: Collection[str] | None = None,
) -> str:
    """The document of a processor that all of ``cpus`` can be.

    For a hypervisor, ``blocked`` says what it cannot give of each model that it has (see decode), and ``switches`` the
    features that it can turn on. ``expand`` names what the model has by itself, ``migratable`` leaves out what keeps a
    guest from moving; among ``switches`` no such feature is expected then.
    Raises OperationFailed where they have nothing in common, InternalError for unknown names.
    """
    arches = {cpu.arch for cpu in cpus if cpu.arch}
    if blocked is None and arches and not arches <= set(X86):
        return _by_name(cpus)
    features: frozenset[str] | None = None
    vendor = cpus[0].vendor
    for number, cpu in enumerate(cpus):
        model = model_named(cpu.model, models)
        check_known(cpu)
        own = (model.features | cpu.named("require", "force")) - cpu.named("disable", "forbid")
        features = own if features is None else features & own
        # As libvirt does: the first one's model may be anybody's.
        if number and cpu.vendor and model.vendor and cpu.vendor != model.vendor:
            raise errors.OperationFailed(
                f"CPU vendor {model.vendor} of model {model.name} differs from vendor {cpu.vendor}"
            )
        theirs = cpu.vendor or (model.vendor if number else None)
        if theirs and vendor and theirs != vendor:
            raise errors.OperationFailed("CPU vendors do not match")
        vendor = vendor or theirs
    assert features is not None
    features -= NOT_FOR_GUESTS
    if switches is not None:
        features &= frozenset(switches)
    if not features:
        raise errors.OperationFailed("CPUs are incompatible", hint="there is no feature that all of them have")
    preferred = {cpu.model for cpu in cpus if cpu.model}
    found = decode(features, models.values(), vendor=vendor, preferred=preferred, blocked=blocked)
    if found is None:
        raise errors.InternalError("Cannot find suitable CPU model for given data")
    policies = found.policies
    if migratable and switches is None:
        policies = [(name, policy) for name, policy in policies if name not in NOT_MIGRATABLE]
    if expand:
        policies = expanded(found.model, policies)
    certain = blocked is not None or preferred == {found.model.name}
    said = vendor if all(cpu.vendor for cpu in cpus) else None
    return cpu_xml(found.model.name, "forbid" if certain else "allow", said, policies)


def expanded(model: Model, policies: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """``policies`` with what the model has by itself, by name."""
    return sorted({**dict.fromkeys(model.features, "require"), **dict(policies)}.items())


def _by_name(cpus: Sequence[CPUDocument]) -> str:
    """Where nothing is known of the models, they are alike or have nothing in common."""
    if len({(cpu.arch, cpu.model) for cpu in cpus}) > 1:
        raise errors.OperationFailed("CPUs are incompatible")
    return cpu_xml(cpus[0].model or "", "allow", None, [])
