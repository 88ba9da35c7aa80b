"""Which named model describes a set of features best, and what is to be said beside its name: libvirt's rule."""

from __future__ import annotations

from virshpy.drivers.cpu.features import in_order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from virshpy.drivers.cpu.models import Model

    Signature = tuple[int, int, int]


class Decoded:
    """A model with what a processor has beyond it, and has not of it, in libvirt's order: what the model once had comes
    last."""

    __slots__ = ("model", "require", "disable")

    def __init__(
        self, model: Model, require: Iterable[str], disable: Iterable[str], removed: Iterable[str] = ()
    ) -> None:
        self.model = model
        self.require = in_order(require)
        self.disable = [*in_order(disable), *in_order(removed)]

    def __repr__(self) -> str:
        return f"<Decoded {self.model.name} +{len(self.require)} -{len(self.disable)}>"

    @property
    def policies(self) -> list[tuple[str, str]]:
        """(name, policy) as a document lists them."""
        return [(name, "require") for name in self.require] + [(name, "disable") for name in self.disable]


def decode(
    features: Collection[str],
    models: Iterable[Model],
    *,
    vendor: str | None = None,
    signature: Signature | None = None,
    preferred: Collection[str] = (),
    host: bool = False,
    blocked: Mapping[str, Collection[str]] | None = None,
) -> Decoded | None:
    """The best description of ``features`` by a name; None where no model will do.

    ``models`` in libvirt's order: of equals the last one is taken. A ``host`` is only what it wholly is: its document
    cannot say what it lacks. What a guest lacks of its model is said, and so is what QEMU cannot give of it:
    ``blocked`` has that for each model that may be used. Where the family is known, a model of that family goes before
    all others. A single ``preferred`` model is taken wherever it will do; one of several goes before those of which
    more is lacking.
    """
    best: tuple[Model, frozenset[str], frozenset[str], frozenset[str]] | None = None
    least: tuple[bool, int, int] | None = None
    have = frozenset(features)
    for model in reversed(list(models)):
        if not (model.for_hosts if host else model.for_guests) or blocked is not None and model.name not in blocked:
            continue
        if vendor and model.vendor and vendor != model.vendor:
            continue
        more, lacking = have - model.features, model.features - have
        if host and lacking:
            continue
        if blocked:
            lacking |= frozenset(blocked[model.name]) - more
        removed = frozenset() if host else model.removed - more - lacking
        if model.name in preferred and len(preferred) == 1:
            return Decoded(model, more, lacking, removed)
        rank = (not model.is_of(signature), *_length(len(more), len(lacking) + len(removed)))
        if least is None or rank < least or model.name in preferred and rank[2] < least[2]:
            best, least = (model, more, lacking, removed), rank
    return Decoded(*best) if best else None


def _length(more: int, lacking: int) -> tuple[int, int]:
    """How long a description is to libvirt, and how much of that is for what is lacking.

    What a guest lacks of its model weighs more, since programs take for granted what a name promises: 2, 3, 4 and so
    on. libvirt weighs the first half of it so; its loop ends where what it has counted meets what is left.
    """
    half = (lacking + 1) // 2
    weight = half * (half + 3) // 2
    return more + lacking - half + weight, weight


def without_broken(features: Iterable[str], vendor: str | None, signature: Signature | None) -> frozenset[str]:
    """``features`` without transactional memory where Intel has withdrawn it: the processors known as Haswell."""
    found = frozenset(features)
    if vendor == "Intel" and signature is not None:
        family, number, stepping = signature
        if family == 6 and (number in (60, 69, 70) or number == 63 and stepping < 4):
            return found - {"hle", "rtm"}
    return found
