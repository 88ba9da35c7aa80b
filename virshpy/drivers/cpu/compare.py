"""Whether a processor has what another one asks for."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.cpu.document import VENDORS
from virshpy.drivers.cpu.features import in_order, is_known
from virshpy.enums import CPUCompareResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from virshpy.drivers.cpu.document import CPUDocument
    from virshpy.drivers.cpu.models import Model

X86 = ("x86_64", "i686")


class Processor:
    """What there is to compare with: ``arch``, ``vendor`` (Intel, …, or None where it is not known), ``features``."""

    __slots__ = ("arch", "vendor", "features")

    def __init__(self, arch: str, vendor: str | None, features: Collection[str]) -> None:
        self.arch = arch
        self.vendor = vendor
        self.features = frozenset(features)


def model_named(name: str | None, models: Mapping[str, Model]) -> Model:
    """The model of that name. Raises InternalError, as libvirt does."""
    found = models.get(name or "")
    if found is None:
        complaint = f"Unknown CPU model {name}"
        if not models:
            raise errors.InternalError(complaint, hint="is QEMU installed?")
        raise errors.InternalError(complaint, hint="list the models", action=("connect_get_cpu_model_names", "x86_64"))
    return found


def check_known(cpu: CPUDocument) -> None:
    """Refuse vendors and features that nobody has heard of. Raises OperationFailed, InternalError."""
    if cpu.vendor is not None and cpu.vendor not in VENDORS:
        raise errors.OperationFailed(f"Unknown CPU vendor {cpu.vendor}")
    for name, _ in cpu.features:
        if not is_known(name):
            raise errors.InternalError(f"Unknown CPU feature {name}")


def compare(cpu: CPUDocument, host: Processor, models: Mapping[str, Model]) -> tuple[CPUCompareResult, str]:
    """How ``host`` compares with what ``cpu`` asks for, and a sentence where it will not do.

    Raises InternalError for names that are not known, OperationFailed for such a vendor.
    """
    if cpu.arch is not None and cpu.arch != host.arch and not (cpu.arch in X86 and host.arch in X86):
        return CPUCompareResult.INCOMPATIBLE, f"CPU arch {cpu.arch} does not match host arch"
    if cpu.model is None:
        return CPUCompareResult.SUPERSET, ""  # the host's own, whatever that is
    if cpu.vendor is not None and cpu.vendor != host.vendor:
        return CPUCompareResult.INCOMPATIBLE, f"host CPU vendor does not match required CPU vendor {cpu.vendor}"
    model = model_named(cpu.model, models)
    check_known(cpu)
    disabled = cpu.named("disable")
    if present := cpu.named("forbid") & host.features:
        return CPUCompareResult.INCOMPATIBLE, f"Host CPU provides forbidden features: {_listed(present)}"
    required = (model.features | cpu.named("require")) - disabled - cpu.named("force", "optional")
    if missing := required - host.features:
        return CPUCompareResult.INCOMPATIBLE, f"Host CPU does not provide required features: {_listed(missing)}"
    more = host.features - required - disabled - cpu.named("force", "optional")
    if not more:
        return CPUCompareResult.IDENTICAL, ""
    if cpu.match == "strict":
        return (
            CPUCompareResult.INCOMPATIBLE,
            f"Host CPU does not strictly match guest CPU: Extra features: {_listed(more)}",
        )
    return CPUCompareResult.SUPERSET, ""


def _listed(names: Collection[str]) -> str:
    return ", ".join(in_order(names))
