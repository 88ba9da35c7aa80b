"""Lookups, lists and every question about a domain that changes nothing."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.domain import ControlInfo, DomainInfo, DomainOperations, DomainRef, SecurityLabel
from virshpy.drivers.qemu import endings
from virshpy.drivers.qemu.records import Domains, Record
from virshpy.enums import (
    ConsoleFlags,
    ControlState,
    DomainState,
    GetAllDomainStatsFlags,
    ListDomainsFlags,
    StatsTypes,
    XMLFlags,
)
from virshpy.host import processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.driver.stream import Stream
    from virshpy.host.site import Site
    from virshpy.xml.domain import Domain

_List = ListDomainsFlags

_STATES = {
    _List.RUNNING: (DomainState.RUNNING,),
    _List.PAUSED: (DomainState.PAUSED,),
    _List.SHUTOFF: (DomainState.SHUTOFF,),
    _List.OTHER: (
        DomainState.NOSTATE,
        DomainState.BLOCKED,
        DomainState.SHUTDOWN,
        DomainState.CRASHED,
        DomainState.PMSUSPENDED,
    ),
}


class DomainRows(DomainOperations):
    """virDomain*, as far as it asks."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.domains = Domains(site)

    # finding
    def _looked_up(self, record: Record | None, complaint: str) -> DomainRef:
        if record is not None and endings.refresh(self.domains, [record]):
            record = self.domains.by_uuid(record.uuid)
        if record is None:
            raise errors.NoDomain(complaint, hint="list the domains", action=("connect_list_all_domains",))
        return record.ref

    def domain_lookup_by_name(self, name: str) -> DomainRef:
        return self._looked_up(self.domains.by_name(name), f"no domain with matching name '{name}'")

    def domain_lookup_by_uuid_string(self, uuid: str) -> DomainRef:
        from virshpy.drivers.objects import checked_uuid

        uuid = checked_uuid(uuid, "virDomainLookupByUUIDString")
        return self._looked_up(self.domains.by_uuid(uuid), f"no domain with matching uuid '{uuid}'")

    def domain_lookup_by_id(self, id: int) -> DomainRef:
        complaint = f"no domain with matching id {id}"
        ref = self._looked_up(self.domains.by_id(id), complaint)
        if ref.id != id:
            raise errors.NoDomain(complaint)
        return ref

    def select(self, flags: int) -> list[tuple[Record, tuple[int, int] | None]]:
        """Records that match list flags, each with its state where the flags made it known."""
        endings.refresh(self.domains)
        records = self.domains.select(flags)
        states = {state for flag, group in _STATES.items() if flags & flag for state in group}
        if not states:
            return [(record, None) for record in records]
        with_states = [(record, self.domains.state(record)) for record in records]
        return [(record, state) for record, state in with_states if state[0] in states]

    # state
    def domain_get_state(self, domain: DomainRef) -> tuple[int, int]:
        return self.domains.state(endings.current(self.domains, domain))

    def domain_get_autostart(self, domain: DomainRef) -> bool:
        return bool(self.domains.find(domain).autostart)

    def domain_is_active(self, domain: DomainRef) -> bool:
        return endings.current(self.domains, domain).active

    def domain_is_persistent(self, domain: DomainRef) -> bool:
        return bool(endings.current(self.domains, domain).persistent)

    def domain_is_updated(self, domain: DomainRef) -> bool:
        from virshpy.xml.compare import at_next_start

        record = endings.current(self.domains, domain)
        running, saved = self.domains.live_document(record.uuid), self.domains.definition(record.uuid)
        return running is not None and saved is not None and bool(at_next_start(running, saved))

    def domain_has_managed_save_image(self, domain: DomainRef) -> bool:
        endings.current(self.domains, domain)
        return False

    def domain_get_info(self, domain: DomainRef) -> DomainInfo:
        record = self._with_figures(endings.current(self.domains, domain))
        maximum, memory, vcpus = record.max_memory or 0, record.memory or 0, record.vcpus or 1
        if not record.active:
            return DomainInfo(self.domains.state(record)[0], maximum, memory, vcpus, 0)
        guest = self.domains.guest_state(record)
        used = processes.cpu_time(record.pid or 0)
        return DomainInfo(guest.state, maximum, guest.balloon or memory, vcpus, used)

    def domain_get_control_info(self, domain: DomainRef) -> ControlInfo:
        record = self.domains.require_active(domain)
        from virshpy.host import locks

        who = locks.holder(self.domains.site.directories.locks, record.uuid)
        if who is None:
            return ControlInfo(ControlState.OK, 0, 0)
        return ControlInfo(ControlState.OCCUPIED, 0, int(who[2] * 1000))

    def domain_get_messages(self, domain: DomainRef) -> list[str]:
        record = endings.current(self.domains, domain)
        if not record.active:
            return []
        from virshpy.drivers.qemu import taint

        query = "SELECT taint, instr(xml, 'portid=') FROM run.active WHERE uuid = ?"
        row = self.domains.store.one(query, record.uuid)
        if row is None:
            return []
        found = taint.messages(row[0])
        if row[1]:
            from virshpy.drivers.network.guests import cut_off

            found += [
                f"{device} is on network '{network}', which is not active"
                for device, network in cut_off(self.domains.site, record.journal)
            ]
        return found

    def domain_get_security_label_list(self, domain: DomainRef) -> list[SecurityLabel]:
        record = endings.current(self.domains, domain)
        if record.uid is None:
            return []
        return [SecurityLabel("dac", "0", f"+{record.uid}:+{record.uid}", True)]

    # documents
    def _document(self, record: Record) -> Domain:
        from virshpy.drivers.qemu import reading

        text = self.domains.live_document(record.uuid) or self.domains.definition(record.uuid)
        return reading.parse(text)

    def _with_figures(self, record: Record) -> Record:
        """A record with what dominfo tells of its document, which an earlier release has not put down."""
        if record.os_type is None:
            vars(record).update(self.domains.columns_of(self._document(record)))
        return record

    def domain_get_os_type(self, domain: DomainRef) -> str:
        return self._with_figures(endings.current(self.domains, domain)).os_type or "hvm"

    @accepts(XMLFlags.SECURE | XMLFlags.INACTIVE | XMLFlags.UPDATE_CPU | XMLFlags.MIGRATABLE)
    def domain_get_xml_desc(self, domain: DomainRef, *, flags: int = 0) -> str:
        record = endings.current(self.domains, domain)
        inactive = not record.active or bool(flags & XMLFlags.INACTIVE)
        if inactive and record.persistent:
            from virshpy.xml.secrecy import tells_secrets

            text = self.domains.definition(record.uuid)
            if text is not None and (flags & XMLFlags.SECURE or not tells_secrets(text)):
                return text  # which format() made when it was stored
            from virshpy.drivers.qemu import reading

            document = reading.parse(text)
        else:
            document = self._document(record)
            if inactive:
                from virshpy.xml.domain.transient import without_run

                return without_run(document).format(secure=bool(flags & XMLFlags.SECURE))
        if not inactive:
            document.id = record.id
            self._bring_up_to_date(document, record)
            if not flags & XMLFlags.MIGRATABLE:
                self._show_processor(document)
        return document.format(inactive=inactive, secure=bool(flags & XMLFlags.SECURE))

    def _bring_up_to_date(self, document: Domain, record: Record) -> None:
        """Put into a running guest's document what has changed since its start."""
        guest = self.domains.guest_state(record)
        document.current_memory = guest.balloon or document.current_memory
        for channel in document.devices.channels:
            if channel.target is not None and channel.target.type == "virtio":
                open_now = channel.alias is not None and channel.alias.name in guest.open_ports
                channel.target.state = "connected" if open_now else "disconnected"

    def _show_processor(self, document: Domain) -> None:
        """Put in place of the processor that was asked for the one that the guest has."""
        from virshpy.drivers.qemu import reading
        from virshpy.drivers.qemu.argv.processor import given_cpu

        try:
            document.cpu = given_cpu(document, reading.capabilities_for(self.domains.site, document))
        except errors.Error:
            pass  # its QEMU is not there any more, or is another by now: what was asked for is still true

    # many at once
    def connect_list_all_domains(self, *, flags: int = 0) -> list[DomainRef]:
        return [record.ref for record, _ in self.select(flags)]

    def connect_get_all_domain_stats(
        self, domains: list[DomainRef] | None, stats: int, *, flags: int = 0
    ) -> list[tuple[DomainRef, dict[str, Any]]]:
        # The state alone is a query; lists ask for no more, and have nothing to load.
        if stats != StatsTypes.STATE:
            from virshpy.drivers.qemu.statistics import SUPPORTED

            unknown = stats & ~SUPPORTED
            if unknown and flags & GetAllDomainStatsFlags.ENFORCE_STATS:
                raise errors.ArgumentUnsupported(f"Stats types bits 0x{unknown:x} are not supported by this daemon")
            stats = stats & SUPPORTED if stats else int(SUPPORTED)
        if domains is None:
            found = self.select(flags & 0xFFFF)
        else:
            endings.refresh(self.domains)
            known = {record.uuid: record for record in self.domains.query()}
            found = [(known[ref.uuid], None) for ref in domains if ref.uuid in known]
        return [(record.ref, self._stats(record, state, stats, flags)) for record, state in found]

    def _stats(self, record: Record, state: tuple[int, int] | None, wanted: int, flags: int) -> dict[str, Any]:
        row: dict[str, Any] = {}
        if wanted & StatsTypes.STATE:
            row["state.state"], row["state.reason"] = state or self.domains.state(record)
        if wanted & ~StatsTypes.STATE:
            from virshpy.drivers.qemu.statistics import figures

            row |= figures(self.domains, record, wanted, flags)
        return row

    # reaching in
    @accepts(ConsoleFlags.FORCE | ConsoleFlags.SAFE)
    def domain_open_console(self, domain: DomainRef, device: str | None = None, *, flags: int = 0) -> Stream:
        record = endings.current(self.domains, domain)
        if not record.active:
            raise errors.OperationInvalid("domain is not running")
        from virshpy.host.steps import Act
        from virshpy.host.terminals import SessionExists, Terminal

        path = _console_path(self._document(record), device)
        assert record.id is not None
        place = f"{self.domains.guest_directory(record.id)}/console{path.replace('/', '-')}.sock"
        owner = os.geteuid() if record.uid is None else record.uid
        force = bool(flags & ConsoleFlags.FORCE)
        opened = Act(lambda: Terminal(path, place, owner, force=force), f"# take the terminal {path}")
        try:
            with self.domains.change("console", record.uuid) as entry:
                entry.do(opened)
            stream: Stream = opened.result
            return stream
        except SessionExists as session:
            raise errors.OperationFailed(
                "Active console session exists for this domain",
                hint=f"process {session.pid} does not let go of it: kill {session.pid}"
                if session.pid
                else "--force disconnects that session",
            ) from None


def _console_path(document: Domain, device: str | None) -> str:
    devices = document.devices
    for candidate in (*devices.consoles, *devices.serials, *devices.parallels):
        alias = candidate.alias.name if candidate.alias else None
        if device is None or device == alias:
            if candidate.type != "pty":
                raise errors.InternalError(f"character device {alias} is not using a PTY")
            if candidate.source is None or candidate.source.path is None:
                raise errors.InternalError(f"PTY device is not yet assigned to character device {alias}")
            return candidate.source.path
    if device is not None:
        raise errors.InvalidArg(f"device '{device}' not found in domain", hint="dumpxml shows the aliases")
    raise errors.InternalError(
        "cannot find character device <null>", hint="add <console type='pty'/> to the domain's devices"
    )
