"""The processors that guests of one QEMU can have under one accelerator, from what QEMU says of them."""

from __future__ import annotations

from virshpy.drivers.cpu.cpuid import VENDORS
from virshpy.drivers.cpu.decode import Decoded, decode, without_broken
from virshpy.drivers.cpu.features import from_qemu, qemu_name
from virshpy.drivers.cpu.models import known_models

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from virshpy.drivers.cpu.models import Model


class HypervisorCPUs:
    """``models`` by name, made when they are asked for; ``offered``, QEMU's list of named models as (name, usable,
    deprecated); ``blocked``, what of each of its models cannot be given here; ``features``, the most that a guest can
    have, and ``movable``, the most of one that may move; ``vendor`` and ``signature`` of the processor that guests
    see."""

    __slots__ = (
        "offered", "blocked", "features", "movable", "vendor", "signature", "_own", "_expansions",
        "_models", "_properties",
    )  # fmt: skip

    def __init__(self, record: dict[str, Any], expansions: dict[str, list[str]]) -> None:
        """``record`` as the probe of the accelerator has it, ``expansions`` what QEMU's models have."""
        self._own: dict[str, list[str]] = record["models"]
        self._expansions = expansions
        self._models: dict[str, Model] | None = None
        self.offered = [(name, not unavailable, deprecated) for name, unavailable, deprecated in record["definitions"]]
        self.blocked = {
            name: from_qemu(unavailable) for name, unavailable, _ in record["definitions"] if name in expansions
        }
        self._properties = frozenset(record["properties"])
        self.vendor = VENDORS.get(record["vendor"] or "")
        self.signature: tuple[int, int, int] = tuple(record["signature"])
        self.features = without_broken(from_qemu(record["all"]), self.vendor, self.signature)
        self.movable = without_broken(from_qemu(record["most"]), self.vendor, self.signature)

    @property
    def models(self) -> dict[str, Model]:
        if self._models is None:
            self._models = known_models(self._expansions)
        return self._models

    def model(self, name: str) -> Model | None:
        """One model: of those that QEMU has without making them all."""
        if self._models is None and name in self._expansions:
            return known_models({name: self._expansions[name]})[name]
        return self.models.get(name)

    def knows(self, feature: str) -> bool:
        """Whether QEMU has a switch for this feature."""
        return qemu_name(feature) in self._properties

    def switches(self, *, movable: bool = False) -> frozenset[str]:
        """The features that QEMU has a switch for; of a guest that may move, without those that would keep it."""
        return from_qemu(self._properties) - (self.features - self.movable if movable else frozenset())

    def own(self, name: str) -> frozenset[str]:
        """What QEMU itself gives to this model under this accelerator."""
        return from_qemu(self._own.get(name, ()))

    def host_model(self, *, movable: bool = False) -> Decoded | None:
        """The named model that comes closest to the most that a guest can have; None where no model is known."""
        return self.described(self.movable if movable else self.features)

    def described(self, features: Collection[str]) -> Decoded | None:
        """A processor with these features in terms of the models that QEMU has."""
        return decode(
            features, self.models.values(), vendor=self.vendor, signature=self.signature, blocked=self.blocked
        )

    def translated(self, features: Collection[str], vendor: str | None) -> Decoded | None:
        """The same for a model that QEMU has not: what comes closest among those that it has."""
        return decode(features, self.models.values(), vendor=vendor, blocked=self.blocked)
