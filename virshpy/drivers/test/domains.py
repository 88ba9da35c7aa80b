"""Domains of the imaginary host: finding them, and what is asked of one."""

from __future__ import annotations

import time

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.domain import ControlInfo, DomainInfo, DomainRef, SecurityLabel
from virshpy.drivers.objects import ObjectRows
from virshpy.drivers.test.guest import Guest
from virshpy.drivers.test.lists import Lists
from virshpy.enums import (
    XMLFlags,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.test.objects import Objects


class Domains(ObjectRows, Lists):
    """virDomain* that ask."""

    @property
    def objects(self) -> Objects[Guest]:
        return self.host.guests

    def absent(self, what: str, value: str) -> errors.Error:
        """libvirt's test driver does not say what it has looked for."""
        return errors.NoDomain()

    # finding
    domain_lookup_by_name = ObjectRows.lookup_by_name
    domain_lookup_by_uuid_string = ObjectRows.lookup_by_uuid

    def domain_lookup_by_id(self, id: int) -> DomainRef:
        for guest in self.host.guests.values():
            if guest.id == id:
                return guest.ref
        raise errors.NoDomain()

    # asking
    domain_get_autostart = ObjectRows.get_autostart

    def domain_get_state(self, domain: DomainRef) -> tuple[int, int]:
        return self.guest(domain).state

    def domain_get_info(self, domain: DomainRef) -> DomainInfo:
        guest = self.guest(domain)
        document = guest.document
        maximum = document.memory.value if document.memory else None
        # As if it had been computing since the beginning of time.
        now = time.time_ns() // 1000 * 1000
        return DomainInfo(
            guest.state[0], maximum or 0, document.current_memory or maximum or 0, document.current_vcpus, now
        )

    @accepts(XMLFlags.SECURE | XMLFlags.INACTIVE | XMLFlags.MIGRATABLE)
    def domain_get_xml_desc(self, domain: DomainRef, *, flags: int = 0) -> str:
        guest = self.guest(domain)
        inactive = bool(flags & XMLFlags.INACTIVE)
        document = guest.document
        if flags & XMLFlags.INACTIVE and guest.config is not None:
            document = guest.config
        if not inactive and guest.active:
            document.id = guest.id
        return document.format(inactive=inactive or not guest.active, secure=bool(flags & XMLFlags.SECURE))

    def domain_get_os_type(self, domain: DomainRef) -> str:
        self.guest(domain)
        return "linux"

    domain_is_active = ObjectRows.is_active
    domain_is_persistent = ObjectRows.is_persistent

    def domain_is_updated(self, domain: DomainRef) -> bool:
        self.guest(domain)
        return False

    def domain_has_managed_save_image(self, domain: DomainRef) -> bool:
        return self.guest(domain).managed_save is not None

    def domain_get_control_info(self, domain: DomainRef) -> ControlInfo:
        """The clock of the guest says what it is like, so that each state can be seen."""
        clock = self.active_guest(domain).clock
        if 0 < clock < 10_000:
            return ControlInfo(1, 0, clock)
        if 10_000 <= clock < 30_000:
            return ControlInfo(2, 0, clock - 10_000)
        if 30_000 <= clock < 60_000:
            return ControlInfo(3, (clock - 30_000) % 4, 0)
        return ControlInfo(0, 0, 0)

    def domain_get_messages(self, domain: DomainRef) -> list[str]:
        return self.guest(domain).taints

    def domain_get_security_label_list(self, domain: DomainRef) -> list[SecurityLabel]:
        running = self.guest(domain).active
        return [SecurityLabel("testSecurity", "", "libvirt-test" if running else "", running)]
