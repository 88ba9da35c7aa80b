"""Steps that limit what a link sends and receives, by way of tc(8)."""

from __future__ import annotations

import shlex

from virshpy import errors
from virshpy.host import traffic
from virshpy.host.namespaces import HOST, Host
from virshpy.host.steps.placed import Placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from virshpy.host.traffic import Limits, Words

# Tried on the loopback of a network namespace of its own, which ends with the attempt.
_TRIED = {
    "sfq": "tc qdisc add dev lo root handle 1: sfq perturb 10",
    "police": "tc qdisc add dev lo ingress && "
    + shlex.join(traffic.policing("lo", {"average": 100})[1]),
}  # fmt: skip
_known: dict[str, bool] = {}


def kernel_has(part: str, where: Host = HOST) -> bool:
    """Whether this kernel has a part of traffic control: sfq, police. It is tried where one may do so."""
    if where.gone:
        return False
    if part not in _known:
        done = where.run(["unshare", "--net", "sh", "-c", _TRIED[part]], check=False, timeout=10)
        _known[part] = done.returncode == 0
    return _known[part]


def limiting(device: str, limits: Limits, where: Host = HOST, *, shared: bool = False) -> list[Words]:
    """The command lines that put limits on a link that has none, with what this kernel has."""
    lines: list[Words] = []
    fair = bool(limits) and kernel_has("sfq", where)
    if traffic.SENT in limits:
        lines += traffic.sending(device, limits[traffic.SENT], fair=fair, shared=shared)
    if traffic.RECEIVED in limits:
        received = limits[traffic.RECEIVED]
        if kernel_has("police", where):
            lines += traffic.policing(device, received)
        else:
            lines += traffic.redirecting(device, received, fair=fair)
    return lines


class Limit(Placed, kind="traffic/1"):
    """Other limits for a link than it has. ``before`` are those that it has, which its undo puts back.

    With ``limits`` None nothing is changed: it only has whoever undoes it take away what a later verb sets.
    ``shared`` links have a class for each who has a share (traffic.py).
    """

    recorded = ("device", "before", "shared")

    def __init__(
        self, device: str, limits: Limits | None, before: Limits | None = None, *, shared: bool = False
    ) -> None:
        self.device = device
        self.limits = limits
        self.before = before or {}
        self.shared = shared

    def do(self, note: Callable[[], None]) -> None:
        if self.limits is None:
            return
        if self.before:
            self._clear()
        begun = bool(self.before)
        try:
            for words in limiting(self.device, self.limits, self.where, shared=self.shared):
                self.where.run(words)
                begun = True
        except errors.Error:
            if begun:  # else what stands in the way is somebody else's
                self.undo()
            raise

    def undo(self) -> None:
        if self.where.gone:
            return
        helper = traffic.helper_of(self.device)
        if not self.where.has(self.device):
            if self.where.has(helper):
                self.where.run(["ip", "link", "delete", "dev", helper], check=False)
            return
        self._clear()
        for words in limiting(self.device, self.before, self.where, shared=self.shared):
            self.where.run(words)

    def _clear(self) -> None:
        for words in traffic.unlimited(self.device):
            if words[0] == "tc" or self.where.has(words[-1]):
                self.where.run(words, check=False)

    def commands(self) -> list[str]:
        if self.limits is None:
            return []
        cleared = traffic.unlimited(self.device) if self.before else []
        return self.shown_all(_shown([*cleared, *limiting(self.device, self.limits, self.where, shared=self.shared)]))

    def undo_commands(self) -> list[str]:
        return self.shown_all(
            _shown(
                [*traffic.unlimited(self.device), *limiting(self.device, self.before, self.where, shared=self.shared)]
            )
        )


class Share(Placed, kind="traffic-share/1"):
    """A class of its own, in the queue of a shared link, for what is sent to one address."""

    recorded = ("device", "number")

    def __init__(self, device: str, number: int, mac: str, *, floor: int, ceiling: int) -> None:
        self.device = device
        self.number = number
        self.mac = mac
        self.floor = floor
        self.ceiling = ceiling

    def _lines(self) -> list[Words]:
        fair = kernel_has("sfq", self.where)
        return traffic.share(self.device, self.number, self.mac, self.floor, self.ceiling, fair=fair)

    def do(self, note: Callable[[], None]) -> None:
        try:
            for words in self._lines():
                self.where.run(words)
        except errors.Error:
            self.undo()
            raise

    def undo(self) -> None:
        if not self.where.gone and self.where.has(self.device):
            for words in traffic.no_share(self.device, self.number):
                self.where.run(words, check=False)

    def commands(self) -> list[str]:
        return self.shown_all(_shown(self._lines()))

    def undo_commands(self) -> list[str]:
        return self.shown_all(_shown(traffic.no_share(self.device, self.number)))


def _shown(lines: Sequence[Words]) -> list[str]:
    return [shlex.join(words) for words in lines]
