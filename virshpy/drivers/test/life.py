"""The life of imaginary domains: defining, starting and stopping them."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.domain import DomainRef
from virshpy.driver.domain.life import LifeOperations
from virshpy.drivers.objects import ObjectRows
from virshpy.drivers.test.guest import Guest
from virshpy.drivers.test.host import Guests
from virshpy.enums import (
    CreateFlags,
    DefineFlags,
    DestroyFlags,
    DomainState,
    EventType,
    PausedReason,
    RunningReason,
    ShutoffReason,
    UndefineFlags,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.test.moments import Moments
    from virshpy.drivers.test.objects import Objects

_UNDEFINE = (
    UndefineFlags.MANAGED_SAVE
    | UndefineFlags.SNAPSHOTS_METADATA
    | UndefineFlags.CHECKPOINTS_METADATA
    | UndefineFlags.KEEP_NVRAM
    | UndefineFlags.TPM
    | UndefineFlags.KEEP_TPM
)


class Life(ObjectRows, Guests, LifeOperations):
    """virDomain* of definitions and life."""

    @property
    def objects(self) -> Objects[Guest]:
        return self.host.guests

    # definitions
    @accepts(DefineFlags.VALIDATE)
    def domain_define_xml_flags(self, xml: str, *, flags: int = 0) -> DomainRef:
        document = Guest.read(xml, validate=bool(flags))
        updated = document.uuid in self.host.guests
        ref = self.host.guests.define(document).ref
        self.host.tell("domain", ref, 0, event=EventType.DEFINED, detail=int(updated))
        return ref

    @accepts(_UNDEFINE)
    def domain_undefine_flags(self, domain: DomainRef, *, flags: int = 0) -> None:
        guest = self.guest(domain)
        if guest.managed_save is not None and not flags & UndefineFlags.MANAGED_SAVE:
            raise errors.OperationInvalid("Refusing to undefine while domain managed save image exists")
        if not guest.active:
            _refuse_moments(guest.snapshots, "snapshots", flags & UndefineFlags.SNAPSHOTS_METADATA)
            _refuse_moments(guest.checkpoints, "checkpoints", flags & UndefineFlags.CHECKPOINTS_METADATA)
        guest.managed_save = None
        self.host.guests.forget(guest)
        self.host.tell("domain", guest.ref, 0, event=EventType.UNDEFINED, detail=0)

    def domain_rename(self, domain: DomainRef, new_name: str) -> DomainRef:
        guest = self.guest(domain)
        if guest.active:
            raise errors.OperationInvalid("cannot rename active domain")
        if "/" in new_name:
            raise errors.XMLError(f"name {new_name} cannot contain '/'")
        if not new_name.strip() or "\n" in new_name:
            raise errors.XMLError("name must not be empty or contain a newline")
        if new_name == guest.name:
            raise errors.OperationInvalid("Can't rename domain to itself")
        if self.host.guests.by_name(new_name) is not None:
            raise errors.OperationInvalid(f"domain with name '{new_name}' already exists")
        guest.name = guest.document.name = new_name
        return guest.ref

    domain_set_autostart = ObjectRows.set_autostart
    domain_set_metadata = ObjectRows.set_metadata

    def domain_get_metadata(self, domain: DomainRef, kind: int, uri: str | None = None, *, flags: int = 0) -> str:
        from virshpy.xml import metadata

        return metadata.look(self.guest(domain).looked_at(flags), kind, uri, errors.NoDomainMetadata)

    # life
    @accepts(CreateFlags.START_VALIDATE)
    def domain_create_xml(self, xml: str, *, flags: int = 0) -> DomainRef:
        guest = self.host.guests.admit(Guest.read(xml, validate=bool(flags)), live=True)
        guest.run(self.host)
        return guest.ref

    @accepts(0)
    def domain_create_with_flags(self, domain: DomainRef, *, flags: int = 0) -> DomainRef:
        guest = self.guest(domain)
        if guest.active:
            raise errors.InternalError(f"Domain '{guest.name}' is already running")
        guest.live, guest.managed_save = guest.managed_save, None
        guest.run(self.host)
        return guest.ref

    # Nobody there looks at open files.
    def domain_create_with_files(self, domain: DomainRef, files: list[int], *, flags: int = 0) -> DomainRef:
        return self.domain_create_with_flags(domain, flags=flags)

    def domain_create_xml_with_files(self, xml: str, files: list[int], *, flags: int = 0) -> DomainRef:
        return self.domain_create_xml(xml, flags=flags)

    @accepts(DestroyFlags.GRACEFUL)
    def domain_destroy_flags(self, domain: DomainRef, *, flags: int = 0) -> None:
        self.active_guest(domain).stop(self.host, ShutoffReason.DESTROYED)

    def domain_suspend(self, domain: DomainRef) -> None:
        guest = self.guest(domain)
        if guest.state[0] not in (DomainState.RUNNING, DomainState.BLOCKED):
            raise errors.InternalError(f"domain '{domain.name}' not running")
        guest.state = (DomainState.PAUSED, PausedReason.USER)
        self.host.tell("domain", guest.ref, 0, event=EventType.SUSPENDED, detail=0)

    def domain_resume(self, domain: DomainRef) -> None:
        guest = self.guest(domain)
        if guest.state[0] != DomainState.PAUSED:
            raise errors.InternalError(f"domain '{domain.name}' not paused")
        guest.state = (DomainState.RUNNING, RunningReason.UNPAUSED)
        self.host.tell("domain", guest.ref, 0, event=EventType.RESUMED, detail=0)

    @accepts(0)
    def domain_shutdown_flags(self, domain: DomainRef, *, flags: int = 0) -> None:
        guest = self.guest(domain)
        if not guest.active:
            raise errors.InternalError(f"domain '{domain.name}' not running")
        self._go(domain, "on_poweroff", ShutoffReason.SHUTDOWN)

    @accepts(-1)  # libvirt's does not look at them
    def domain_reboot(self, domain: DomainRef, *, flags: int = 0) -> None:
        self.active_guest(domain)
        self._go(domain, "on_reboot", ShutoffReason.SHUTDOWN)

    def domain_reset(self, domain: DomainRef) -> None:
        self.active_guest(domain)

    def _go(self, domain: DomainRef, event: str, reason: int) -> None:
        """Do what the document says for the event."""
        guest = self.guest(domain)
        if getattr(guest.document, event) in ("restart", "rename-restart"):
            guest.state = (DomainState.RUNNING, RunningReason.BOOTED)
        else:
            guest.stop(self.host, reason)


def _refuse_moments(moments: Moments | None, what: str, accepted: int) -> None:
    if moments and not accepted:
        raise errors.OperationInvalid(f"cannot delete inactive domain with {len(moments)} {what}")
