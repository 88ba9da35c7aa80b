"""Lists of the imaginary domains."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.domain import DomainOperations, DomainRef
from virshpy.drivers.test.guest import Guest
from virshpy.drivers.test.host import Guests
from virshpy.enums import DomainState, ListDomainsFlags, StatsTypes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

L = ListDomainsFlags


class Lists(Guests, DomainOperations):
    """virConnectListAllDomains and virConnectGetAllDomainStats."""

    def connect_list_all_domains(self, *, flags: int = 0) -> list[DomainRef]:
        return [guest.ref for guest in _chosen(self.host.guests.values(), flags)]

    def connect_get_all_domain_stats(
        self, domains: list[DomainRef] | None, stats: int, *, flags: int = 0
    ) -> list[tuple[DomainRef, dict[str, Any]]]:
        known_stats = StatsTypes.STATE | StatsTypes.IOTHREAD
        if flags & (1 << 31) and stats & ~known_stats:
            raise errors.ArgumentUnsupported(
                f"Stats types bits 0x{stats & ~known_stats:x} are not supported by this daemon"
            )
        chosen = self.host.guests.values() if domains is None else [self.guest(ref) for ref in domains]
        return [(guest.ref, _stats(guest, stats or known_stats)) for guest in _chosen(chosen, flags & 0xFF)]


def _stats(guest: Guest, stats: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if stats & StatsTypes.STATE:
        found["state.state"], found["state.reason"] = guest.state
    if stats & StatsTypes.IOTHREAD and guest.active and guest.polling:
        found["iothread.count"] = len(guest.polling)
        for number, figures in guest.polling.items():
            found |= {f"iothread.{number}.{name}": value for name, value in figures.items()}
    return found


def _chosen(guests: Iterable[Guest], flags: int) -> list[Guest]:
    """Those that list flags ask for."""
    chosen = Guest.kind.chosen(guests, flags)
    if states := flags & (L.RUNNING | L.PAUSED | L.SHUTOFF | L.OTHER):
        known = {DomainState.RUNNING: L.RUNNING, DomainState.PAUSED: L.PAUSED, DomainState.SHUTOFF: L.SHUTOFF}
        return [guest for guest in chosen if states & known.get(DomainState(guest.state[0]), L.OTHER)]
    return chosen
