"""``test:///default`` and ``test:///FILE``: an imaginary host. Nothing outlives the connection."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.driver.registry import Driver
from virshpy.driver.types import DomainRef, NodeInfo, SecurityModel
from virshpy.drivers.test.domains import Domains
from virshpy.drivers.test.guest import Guest
from virshpy.drivers.test.host import Host
from virshpy.enums import DomainState, ListDomainsFlags, StatsTypes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.uri import URI

L = ListDomainsFlags
_VERSION = 9_000_000
# Pairs of filters that answer one question each; asking both ways asks nothing.
_QUESTIONS = (
    (L.ACTIVE, L.INACTIVE),
    (L.PERSISTENT, L.TRANSIENT),
    (L.MANAGEDSAVE, L.NO_MANAGEDSAVE),
    (L.AUTOSTART, L.NO_AUTOSTART),
    (L.HAS_SNAPSHOT, L.NO_SNAPSHOT),
    (L.HAS_CHECKPOINT, L.NO_CHECKPOINT),
)


def open_driver(uri: URI, *, readonly: bool) -> TestDriver:
    """Connect. Raises InvalidArg without a path, XMLError and its like for a file that describes no host."""
    if uri.path in ("", "/"):
        raise errors.InvalidArg("testOpen: supply a path or use test:///default")
    if uri.path == "/default":
        from virshpy.drivers.test.default import default_host

        return TestDriver(str(uri), readonly, default_host())
    from virshpy.drivers.test.file import read_host

    return TestDriver(str(uri), readonly, read_host(uri.path))


class TestDriver(Domains, Driver):
    """The contract, answered from memory as libvirt's test driver answers it. Here is what most commands need."""

    __test__ = False
    error_domain = errors.ErrorDomain.TEST
    function_prefix = "test"
    far = "virshpy.drivers.test.everything:Everything"

    def __init__(self, uri: str, readonly: bool, host: Host) -> None:
        self.uri = uri
        self.readonly = readonly
        self.host = host

    # the connection
    def connect_get_type(self) -> str:
        return "TEST"

    def connect_get_version(self) -> int:
        return 2

    def connect_get_lib_version(self) -> int:
        return _VERSION

    def connect_get_hostname(self) -> str:
        return os.uname().nodename

    def connect_get_uri(self) -> str:
        return self.uri

    def connect_get_max_vcpus(self, virt_type: str | None) -> int:
        return 32

    def connect_get_sysinfo(self) -> str:
        from virshpy.drivers.test import documents

        return documents.SYSINFO

    def connect_is_alive(self) -> bool:
        return True

    def connect_is_encrypted(self) -> bool:
        return False

    def connect_is_secure(self) -> bool:
        return True

    def connect_get_capabilities(self) -> str:
        from virshpy.drivers.test import documents

        return documents.capabilities(self.host.cells)

    def node_get_info(self) -> NodeInfo:
        return self.host.node

    def node_get_security_model(self) -> SecurityModel:
        return SecurityModel("testSecurity", "")

    def node_get_free_memory(self) -> int:
        # libvirt's test driver takes its kibibytes for bytes.
        return sum(cell.memory for cell in self.host.cells) // 2

    # lists
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
