"""Suspend, resume, shutdown, reboot, reset: what is asked of a guest that stays or ends by itself."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.domain import DomainOperations
from virshpy.drivers.qemu.records import Domains, Record, shell_name
from virshpy.enums import DomainState, RebootFlags, ShutdownFlags
from virshpy.host.journal import Journal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.types import DomainRef
    from virshpy.drivers.qemu.qmp import Visiting
    from virshpy.xml.domain import Domain


class Power(DomainOperations):
    """The rows about a running guest's power. Each is a short visit to QEMU under the domain's lock."""

    domains: Domains

    def _visit(self, record: Record) -> Visiting:
        from virshpy.drivers.qemu.qmp import visiting

        return visiting(self.domains, record)

    def domain_suspend(self, domain: DomainRef) -> None:
        with self.domains.lock(domain.uuid, "suspend"):
            record = self.domains.require_active(domain)
            state = self.domains.guest_state(record).state
            if state == DomainState.PMSUSPENDED:
                raise errors.OperationInvalid("domain is pmsuspended", hint=_wake(record))
            if state != DomainState.PAUSED:
                with self._visit(record) as visit:
                    visit.execute("stop")

    def domain_resume(self, domain: DomainRef) -> None:
        with self.domains.lock(domain.uuid, "resume"):
            record = self.domains.require_active(domain)
            state = self.domains.guest_state(record).state
            if state == DomainState.PMSUSPENDED:
                raise errors.OperationInvalid("domain is pmsuspended", hint=_wake(record))
            if state == DomainState.RUNNING:
                raise errors.OperationInvalid("domain is already running")
            with self._visit(record) as visit:
                visit.execute("cont")

    def domain_reset(self, domain: DomainRef) -> None:
        with self.domains.lock(domain.uuid, "reset"):
            record = self.domains.require_active(domain)
            with self._visit(record) as visit:
                visit.execute("system_reset")

    @accepts(ShutdownFlags.ACPI_POWER_BTN | ShutdownFlags.GUEST_AGENT)
    def domain_shutdown_flags(self, domain: DomainRef, *, flags: int = 0) -> None:
        with self.domains.lock(domain.uuid, "shutdown"):
            record = self.domains.require_active(domain)
            document = self._live_document(record)
            if not self._by_agent(record, document, flags, "powerdown"):
                self._press_power_button(record, document, expect=None)

    @accepts(RebootFlags.ACPI_POWER_BTN | RebootFlags.GUEST_AGENT)
    def domain_reboot(self, domain: DomainRef, *, flags: int = 0) -> None:
        with self.domains.lock(domain.uuid, "reboot"):
            record = self.domains.require_active(domain)
            document = self._live_document(record)
            if not self._by_agent(record, document, flags, "reboot"):
                # Where a restart is to end the guest, the restart that follows this power-off would do so as well.
                ends = document.on_reboot == "destroy"
                self._press_power_button(record, document, expect=None if ends else "reboot")

    def _live_document(self, record: Record) -> Domain:
        """A running guest's document. One that cannot be read is no reason not to ask the guest to end."""
        from virshpy.drivers.qemu import documents

        try:
            return documents.parse(self.domains.live_document(record.uuid))
        except errors.NoDomain:
            raise
        except errors.Error as error:
            self.domains.warn(f"the document of '{record.name}' cannot be read: {error}")
            return documents.unknown(record.name, record.uuid)

    def _by_agent(self, record: Record, document: Domain, flags: int, mode: str) -> bool:
        """Ask the guest's agent, where the flags want it; False where the power button is to be pressed instead.

        The flags of shutdown and of reboot have the same numbers. With none, an agent that answers is preferred.
        """
        from virshpy.drivers.qemu import agent

        acpi, guest_agent = flags & ShutdownFlags.ACPI_POWER_BTN, flags & ShutdownFlags.GUEST_AGENT
        if acpi and not guest_agent:
            return False
        try:
            socket_path = agent.socket_of(document)
            if socket_path is None:
                raise errors.ArgumentUnsupported(
                    "QEMU guest agent is not configured",
                    hint="add <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>",
                )
            if not agent.is_there(document, self.domains.guest_state(record).open_ports):
                raise agent.absent()
            agent.ask(socket_path, "guest-shutdown", {"mode": mode}, pids=record.pids, answers=False)
        except errors.Error:
            if guest_agent and not acpi:
                raise
            return False
        return True

    def _press_power_button(self, record: Record, document: Domain, *, expect: str | None) -> None:
        """Have the guest power off; what is to come of it (``expect``) is on record before the button is pressed."""
        from virshpy.drivers.qemu import watch

        store = self.domains.store
        store.execute("UPDATE run.active SET expect = ? WHERE uuid = ?", expect, record.uuid)
        if expect:
            watch.ensure(self.domains, Journal.load(store, record.journal), record.uuid)
        with self._visit(record) as visit:
            watch.set_shutdown_action(visit, document, pause=expect is not None)
            visit.execute("system_powerdown")


def _wake(record: Record) -> str:
    return f"wake it first: virshpy dompmwakeup {shell_name(record.name)}"
