"""Suspend, resume, shutdown, reboot, reset: what is asked of a guest that stays or ends by itself."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.domain.life import LifeOperations
from virshpy.drivers.qemu.records import Domains, Record
from virshpy.enums import DomainState, RebootFlags, ShutdownFlags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.domain import DomainRef
    from virshpy.host.journal import Journal
    from virshpy.xml.domain import Domain


class Power(LifeOperations):
    """The rows about a running guest's power. Each tells QEMU, or a program in the guest, under the domain's lock."""

    domains: Domains

    def _tell(self, verb: str, domain: DomainRef, command: str, already: int | None = None) -> None:
        """One command to a guest that is awake, unless it is in the state ``already``."""
        from virshpy.drivers.qemu.steps import GuestMonitor, Told

        with self.domains.lock(domain.uuid, verb), self.domains.change(verb, domain.uuid) as entry:
            record = self.domains.require_active(domain)
            state = self.domains.guest_state(record).state if already is not None else None
            if state == DomainState.PMSUSPENDED:
                raise errors.OperationInvalid(
                    "domain is pmsuspended", hint="wake it first", action=("domain_pm_wakeup", record.name)
                )
            if verb == "resume" and state == already:
                raise errors.OperationInvalid("domain is already running")
            if state is None or state != already:
                with GuestMonitor(self.domains, record) as monitor:
                    entry.do(Told(monitor, command))

    def domain_suspend(self, domain: DomainRef) -> None:
        self._tell("suspend", domain, "stop", DomainState.PAUSED)

    def domain_resume(self, domain: DomainRef) -> None:
        self._tell("resume", domain, "cont", DomainState.RUNNING)

    def domain_reset(self, domain: DomainRef) -> None:
        self._tell("reset", domain, "system_reset")

    @accepts(ShutdownFlags.ACPI_POWER_BTN | ShutdownFlags.GUEST_AGENT)
    def domain_shutdown_flags(self, domain: DomainRef, *, flags: int = 0) -> None:
        self._power_off("shutdown", domain, flags)

    @accepts(RebootFlags.ACPI_POWER_BTN | RebootFlags.GUEST_AGENT)
    def domain_reboot(self, domain: DomainRef, *, flags: int = 0) -> None:
        self._power_off("reboot", domain, flags)

    def _power_off(self, verb: str, domain: DomainRef, flags: int) -> None:
        """Have the guest end, or begin anew: by its agent, or by its power button."""
        with self.domains.lock(domain.uuid, verb), self.domains.change(verb, domain.uuid) as entry:
            record = self.domains.require_active(domain)
            document = self._live_document(record)
            if not self._by_agent(entry, record, document, flags, "reboot" if verb == "reboot" else "powerdown"):
                # Where a restart is to end the guest, the restart that follows this power-off would do so as well.
                again = verb == "reboot" and document.on_reboot != "destroy"
                self._press_power_button(entry, record, document, expect="reboot" if again else None)

    def _live_document(self, record: Record) -> Domain:
        """A running guest's document. One that cannot be read is no reason not to ask the guest to end."""
        from virshpy.drivers.qemu import reading

        try:
            return reading.parse(self.domains.live_document(record.uuid))
        except errors.NoDomain:
            raise
        except errors.Error as error:
            self.domains.site.warn(f"the document of '{record.name}' cannot be read: {error}")
            return reading.unknown(record.name, record.uuid)

    def _by_agent(self, entry: Journal, record: Record, document: Domain, flags: int, mode: str) -> bool:
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
            entry.do(agent.AgentTold(socket_path, "guest-shutdown", {"mode": mode}, pids=record.pids))
        except errors.Error:
            if guest_agent and not acpi:
                raise
            return False
        return True

    def _press_power_button(self, entry: Journal, record: Record, document: Domain, *, expect: str | None) -> None:
        """Have the guest power off; what is to come of it (``expect``) is on record before the button is pressed."""
        from virshpy.drivers.qemu import watch
        from virshpy.drivers.qemu.steps import GuestMonitor, Told

        self.domains.update(self.domains.live, record.uuid, expect=expect)
        if expect:
            watch.ensure(self.domains, self.domains.site.held(record.journal), record.uuid)
        with GuestMonitor(self.domains, record) as monitor:
            entry.do(watch.shutdown_action(monitor, document, pause=expect is not None))
            entry.do(Told(monitor, "system_powerdown"))
