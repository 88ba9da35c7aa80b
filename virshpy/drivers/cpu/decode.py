"""Which named model describes a set of features best, and what is to be said beside its name."""

from __future__ import annotations

from virshpy.drivers.cpu.features import in_order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from virshpy.drivers.cpu.models import Model

    Signature = tuple[int, int, int]


class Decoded:
    """A model with what a processor has beyond it, and has not of it: both in libvirt's order."""

    __slots__ = ("model", "require", "disable")

    def __init__(self, model: Model, require: Iterable[str], disable: Iterable[str]) -> None:
        self.model = model
        self.require = in_order(require)
        self.disable = in_order(disable)

    def __repr__(self) -> str:
        return f"<Decoded {self.model.name} +{len(self.require)} -{len(self.disable)}>"

    @property
    def policies(self) -> list[tuple[str, str]]:
        """(name, policy) as a document lists them."""
        return [(name, "require") for name in self.require] + [(name, "disable") for name in self.disable]

    @property
    def length(self) -> int:
        return len(self.require) + len(self.disable)

    @property
    def strangeness(self) -> int:
        """How far this is from the model. What a guest lacks of its model weighs more, and more with each that it
        lacks: programs may take for granted what a name promises."""
        lacking = len(self.disable)
        return len(self.require) + (lacking * (lacking - 1) // 2 + 3 if lacking else 0)


def decode(
    features: Collection[str],
    models: Iterable[Model],
    *,
    vendor: str | None = None,
    signature: Signature | None = None,
    preferred: str | None = None,
    whole: bool = False,
    guest: bool = True,
    blocked: Mapping[str, Collection[str]] | None = None,
) -> Decoded | None:
    """The best description of ``features`` by a name; None where no model will do.

    ``models`` in libvirt's order. ``whole`` takes only models of which the processor has everything, ``guest`` only
    those that guests' documents are given. ``preferred`` is taken wherever it will do. ``blocked`` has, for each model
    that may be used, those of its features that QEMU cannot give; models that it does not have are not used.
    """
    best: Decoded | None = None
    have = frozenset(features)
    for model in reversed(list(models)):
        if guest and not model.for_guests or blocked is not None and model.name not in blocked:
            continue
        if vendor and model.vendor and vendor != model.vendor:
            continue
        absent = frozenset(blocked[model.name]) if blocked else frozenset()
        more = have - model.features
        found = Decoded(model, more, (model.features - have) | (absent - more))
        if whole and found.disable:
            continue
        if model.name == preferred:
            return found
        if best is None or _better(found, best, signature):
            best = found
    return best


def _better(found: Decoded, best: Decoded, signature: Signature | None) -> bool:
    """Where the processor's family and model number are known they decide, then the shorter list."""
    mine, its = found.model.is_of(signature), best.model.is_of(signature)
    if mine != its:
        return mine
    if signature is None:
        return found.strangeness < best.strangeness
    return found.length < best.length
