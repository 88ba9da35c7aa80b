"""Lists of the imaginary domains."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.domain import DomainOperations, DomainRef
from virshpy.drivers.test.guest import Guest, Guests
from virshpy.enums import DomainState, ListDomainsFlags, StatsTypes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

L = ListDomainsFlags
# Pairs of filters that answer one question each; asking both ways asks nothing.
_QUESTIONS = (
    (L.ACTIVE, L.INACTIVE),
    (L.PERSISTENT, L.TRANSIENT),
    (L.MANAGEDSAVE, L.NO_MANAGEDSAVE),
    (L.AUTOSTART, L.NO_AUTOSTART),
    (L.HAS_SNAPSHOT, L.NO_SNAPSHOT),
    (L.HAS_CHECKPOINT, L.NO_CHECKPOINT),
)


class Lists(Guests, DomainOperations):
    """virConnectListAllDomains and virConnectGetAllDomainStats."""

    def connect_list_all_domains(self, *, flags: int = 0) -> list[DomainRef]:
        return [guest.ref for guest in self.host.guests.values() if _matches(guest, flags)]

    def connect_get_all_domain_stats(
        self, domains: list[DomainRef] | None, stats: int, *, flags: int = 0
    ) -> list[tuple[DomainRef, dict[str, Any]]]:
        known_stats = StatsTypes.STATE | StatsTypes.IOTHREAD
        if flags & (1 << 31) and stats & ~known_stats:
            raise errors.ArgumentUnsupported(
                f"Stats types bits 0x{stats & ~known_stats:x} are not supported by this daemon"
            )
        chosen = self.host.guests.values() if domains is None else [self.guest(ref) for ref in domains]
        answer = []
        for guest in chosen:
            if _matches(guest, flags & 0xFF):
                answer.append((guest.ref, _stats(guest, stats or known_stats)))
        return answer


def _stats(guest: Guest, stats: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if stats & StatsTypes.STATE:
        found["state.state"], found["state.reason"] = guest.state
    if stats & StatsTypes.IOTHREAD and guest.active and guest.polling:
        found["iothread.count"] = len(guest.polling)
        for number, figures in guest.polling.items():
            found |= {f"iothread.{number}.{name}": value for name, value in figures.items()}
    return found


def _matches(guest: Guest, flags: int) -> bool:
    if not flags:
        return True
    facts = {
        L.ACTIVE: guest.active,
        L.PERSISTENT: guest.persistent,
        L.MANAGEDSAVE: guest.saved is not None,
        L.AUTOSTART: guest.autostart,
        L.HAS_SNAPSHOT: bool(guest.snapshots and guest.snapshots.all),
        L.HAS_CHECKPOINT: bool(guest.checkpoints and guest.checkpoints.all),
    }
    for yes, no in _QUESTIONS:
        if flags & (yes | no) and not flags & (yes if facts[yes] else no):
            return False
    states = flags & (L.RUNNING | L.PAUSED | L.SHUTOFF | L.OTHER)
    known = {DomainState.RUNNING: L.RUNNING, DomainState.PAUSED: L.PAUSED, DomainState.SHUTOFF: L.SHUTOFF}
    return not states or bool(states & known.get(DomainState(guest.state[0]), L.OTHER))
