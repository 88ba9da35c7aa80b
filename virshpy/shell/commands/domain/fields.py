"""The columns of ``list --fields``: what each is called, and how it is found out."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import InterfaceAddressesSource
from virshpy.shell.failure import Failure
from virshpy.shell.nouns.devices import attribute, devices
from virshpy.shell.nouns.domains import title_of
from virshpy.shell.render.readable import scaled, shown_bool
from virshpy.shell.render.results import Shown, Table
from virshpy.shell.render.states import reason_label, state_label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from virshpy.api.domain import Domain


class Field:
    """A column: the key for programs, its title, what it is, and what finds out its value."""

    __slots__ = ("key", "title", "help", "of")

    def __init__(self, key: str, title: str, help: str, of: Callable[[Domain], Any]) -> None:
        self.key = key
        self.title = title
        self.help = help
        self.of = of


def _size(kib: int) -> Shown:
    return Shown(kib, scaled(kib * 1024, 0 if kib % 1024 == 0 else 1))


def _state(domain: Domain) -> str:
    return state_label(domain.state().state)


def _reason(domain: Domain) -> str:
    return reason_label(*domain.state())


def _autostart(domain: Domain) -> Shown:
    return shown_bool(domain.is_persistent() and domain.autostart())


def _addresses(domain: Domain) -> Shown:
    """Those of the first source that knows some: leases, the guest's agent, whom this host has spoken to."""
    for source in InterfaceAddressesSource:
        try:
            found = domain.interface_addresses(source) if domain.is_active() else []
        except errors.Error:
            continue  # no agent, or none that answers
        addresses = [one.addr for interface in found for one in interface.addrs if not _is_own(one.addr)]
        if addresses:
            return Shown(addresses, ", ".join(addresses))
    return Shown([], "-")


def _is_own(address: str) -> bool:
    """Whether an address is of no use to anybody else: of the loopback, or of one link."""
    return address.startswith(("127.", "fe80:")) or address == "::1"


def _mac(domain: Domain) -> str | None:
    return next((attribute(one, "mac@address") for one in devices(domain, "interface")), None)


FIELDS = {
    "name": Field("name", "Name", "its name", lambda domain: domain.name),
    "id": Field("id", "Id", "its number while it runs", lambda domain: domain.id),
    "uuid": Field("uuid", "UUID", "its UUID", lambda domain: domain.uuid),
    "state": Field("state", "State", "running, paused, shut off, …", _state),
    "reason": Field("reason", "Reason", "why it is in that state", _reason),
    "title": Field("title", "Title", "its title", title_of),
    "memory": Field("memory_kib", "Memory", "memory that it has", lambda domain: _size(domain.info().memory)),
    "max-memory": Field(
        "max_memory_kib", "Max memory", "memory that it may have", lambda domain: _size(domain.info().max_memory)
    ),
    "vcpus": Field("vcpu_count", "vCPUs", "number of virtual CPUs", lambda domain: domain.info().vcpus),
    "cpu-time": Field(
        "cpu_time_ns", "CPU time", "processor time that it has used",
        lambda domain: Shown(domain.info().cpu_time, f"{domain.info().cpu_time / 1e9:.1f} s"),
    ),
    "autostart": Field("autostart", "Autostart", "whether it starts with the host", _autostart),
    "persistent": Field(
        "persistent", "Persistent", "whether it is defined", lambda domain: shown_bool(domain.is_persistent())
    ),
    "ip": Field("ip", "IP", "addresses: by leases, by the guest's agent, or whom the host has spoken to", _addresses),
    "mac": Field("mac", "MAC", "MAC address of its first interface", _mac),
}  # fmt: skip


def shown(domains: Sequence[Domain], text: str) -> Table:
    """A table of these domains with the columns that ``text`` names. Raises Failure for one that is not known."""
    chosen = []
    for name in text.split(","):
        if name not in FIELDS:
            raise Failure(f"there is no field '{name}'", hint=f"there are: {', '.join(FIELDS)}")
        chosen.append(FIELDS[name])
    rows = []
    for domain in domains:
        try:
            rows.append([field.of(domain) for field in chosen])
        except errors.NoDomain:
            continue  # it has gone meanwhile
    return Table("domains", [(field.key, field.title) for field in chosen], rows)
