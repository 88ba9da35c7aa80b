"""<cachetune> and <memorytune>: the share of a processor's caches and of the memory bus that vCPUs have."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.element import Element, attr, many
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import UINT, Enum, Int, Ranges, Sentence, in_largest_unit, scale, xml

_CACHE_SIZE = Int(0, 2**64 - 1, sentence=xml("Invalid value '%s' for element or attribute './@size'"))


class CacheAllocation(Element, tag="cache"):
    """``size`` in ``unit``."""

    id: int | None = attr(UINT, required=True)
    level: int | None = attr(UINT, required=True)
    type: str | None = attr(Enum("both code data"), required=True)
    size: int | None = attr(_CACHE_SIZE, required=xml("missing element or attribute './@size'"))
    unit: str | None = attr()

    def _check(self, node: Node) -> None:
        self.size, self.unit = in_largest_unit(scale(self.size or 0, self.unit or "", 1024, node))


_MALFORMED = xml("Invalid {tag} attribute 'vcpus' value '%s'")


class Monitor(Element, tag="monitor", trailing=True):
    vcpus: tuple[int, ...] | None = attr(Ranges(Sentence("vcpus is empty", errors.InvalidArg), _MALFORMED))


class CacheMonitor(Monitor):
    level: int | None = attr(UINT, required=True)

    def _check(self, node: Node) -> None:
        if self.level != 3:
            raise Refusal(errors.XMLError, f"Invalid monitor cache level '{self.level}'", node, "expected level='3'")


class Group(Element):
    """vCPUs that share something, and who watches how much they use of it."""

    vcpus: tuple[int, ...] | None = attr(Ranges(None, _MALFORMED))

    def says_something(self) -> bool:
        return bool(self.vcpus)


class CacheTune(Group, tag="cachetune"):
    id: str | None = attr(runtime=True)
    caches: list[CacheAllocation] = many(CacheAllocation)
    monitors: list[CacheMonitor] = many(CacheMonitor)

    def _check(self, node: Node) -> None:
        _need_vcpus(node)
        taken: set[tuple[object, object, object]] = set()
        for cache in self.caches:
            kinds = ("code", "data") if cache.type == "both" else (cache.type,)
            if any((cache.level, cache.id, kind) in taken for kind in kinds):
                where = f"for cache level '{cache.level}' id '{cache.id}', type '{cache.type}'"
                detail = f"Colliding cache allocations {where}"
                raise Refusal(errors.XMLError, detail, node)
            taken |= {(cache.level, cache.id, kind) for kind in kinds}
        _check_monitors(self, node)

    def says_something(self) -> bool:
        return bool(self.vcpus and (self.caches or self.monitors))


class BandwidthNode(Element, tag="node"):
    """``bandwidth`` in per cent, or in MB/s, as the host has it mounted."""

    id: int | None = attr(UINT, required=True)
    bandwidth: int | None = attr(UINT, required=True)


class MemoryTune(Group, tag="memorytune"):
    nodes: list[BandwidthNode] = many(BandwidthNode)
    monitors: list[Monitor] = many(Monitor)

    def _check(self, node: Node) -> None:
        _need_vcpus(node)
        seen: set[int | None] = set()
        for row in self.nodes:
            if row.id in seen:
                raise Refusal(errors.XMLError, f"Memory Bandwidth already defined for node {row.id}", node)
            if (row.bandwidth or 0) > 100:
                raise Refusal(errors.XMLError, "Memory Bandwidth value exceeding 100 is invalid.", node)
            seen.add(row.id)
        _check_monitors(self, node)

    def says_something(self) -> bool:
        return bool(self.vcpus and (self.nodes or self.monitors))


def _need_vcpus(node: Node) -> None:
    if "vcpus" not in node.attrs:
        raise Refusal(errors.XMLError, f"Missing {node.tag} attribute 'vcpus'", node, "expected vcpus='0-3'")


def _check_monitors(tune: CacheTune | MemoryTune, node: Node) -> None:
    """A monitor watches all of the vCPUs of its group, or some that no other one watches."""
    whole = set(tune.vcpus or ())
    seen: list[set[int]] = []
    for monitor in tune.monitors:
        vcpus = set(monitor.vcpus or ())
        if vcpus in seen:
            raise Refusal(errors.InvalidArg, "Identical vcpus found in same type monitors", node)
        if not vcpus <= whole:
            raise Refusal(errors.InvalidArg, "Monitor vcpus conflicts with allocation", node)
        seen.append(vcpus)
    parts = [vcpus for vcpus in seen if vcpus != whole]
    for number, vcpus in enumerate(seen):
        if vcpus != whole and any(vcpus & other for other in seen[:number]) or vcpus == whole and parts[:number]:
            raise Refusal(errors.InvalidArg, "vcpus overlaps in resctrl groups", node)


def settle(tunes: list[CacheTune], bandwidths: list[MemoryTune], vcpus: int, node: Node) -> None:
    """What is said of a guest with so many vCPUs, in place: groups do not overlap, empty ones are left out."""
    groups: list[set[int]] = []
    for rows in (tunes, bandwidths):
        own: list[set[int]] = []
        for row in list[Group](rows):
            row.vcpus = tuple(number for number in row.vcpus or () if number < vcpus)
            group = set(row.vcpus)
            if any(group & other for other in own) or any(group & other and group != other for other in groups):
                raise Refusal(errors.XMLError, "Overlapping vcpus in resctrls", node)
            own.append(group)
            if not row.says_something():
                rows.remove(row)  # type: ignore[arg-type]
        groups += own
