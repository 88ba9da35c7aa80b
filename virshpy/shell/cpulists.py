"""Sets of processors as people write them: ``0-3,^2``, ``y-y-``."""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def cpu_list(cpus: Iterable[int]) -> str:
    """``0-1,3``"""
    pieces: list[str] = []
    run: list[int] = []
    for cpu in [*sorted(cpus), None]:
        if run and (cpu is None or cpu != run[-1] + 1):
            pieces.append(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}")
            run = []
        if cpu is not None:
            run.append(cpu)
    return ",".join(pieces)


def cpu_map(cpus: Iterable[int], count: int) -> str:
    """A letter for each processor: ``y-y-``."""
    there = set(cpus)
    return "".join("y" if cpu in there else "-" for cpu in range(count))


def read_cpu_list(text: str, count: int) -> list[int]:
    """The processors that a list means; ``r`` is all of ``count``, for "as if never set". Raises InvalidArg."""
    if text == "r":
        return list(range(count))
    found: set[int] = set()
    for piece in text.split(","):
        piece = piece.strip()
        excluded = piece.startswith("^")
        first, dash, last = piece.removeprefix("^").partition("-")
        if not _number(first) or (dash and not _number(last)) or (excluded and dash):
            raise errors.InvalidArg(f"Failed to parse bitmap '{text}'")
        cpus = range(int(first), int(last if dash else first) + 1)
        if not cpus or (excluded and not found.issuperset(cpus)):
            raise errors.InvalidArg(f"Failed to parse bitmap '{text}'")
        found = found.difference(cpus) if excluded else found.union(cpus)
    if not found:
        raise errors.InvalidArg(f"Failed to parse bitmap '{text}'")
    return sorted(found)


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit()
