"""One domain of the imaginary host, and what every answer about it begins with."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.domain import DomainRef
from virshpy.drivers.test.host import Host, Part, new_uuid
from virshpy.enums import DomainState, EventType, ModificationImpact, RunningReason, ShutoffReason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.test.moments import Moments
    from virshpy.xml.domain import Domain


# What a reason is as the detail of an event (virDomainEventStartedDetailType, …StoppedDetailType).
_STARTED: dict[int, int] = {RunningReason.BOOTED: 0, RunningReason.RESTORED: 2, RunningReason.FROM_SNAPSHOT: 3}
_STOPPED: dict[int, int] = {
    ShutoffReason.SHUTDOWN: 0, ShutoffReason.DESTROYED: 1, ShutoffReason.CRASHED: 2, ShutoffReason.SAVED: 4,
    ShutoffReason.FROM_SNAPSHOT: 6,
}  # fmt: skip


class Guest:
    """``live`` is its document while it runs, else None; ``config`` is None for a transient domain.

    Documents are read when they are asked for: the list of a host needs names and states only.
    """

    def __init__(self, name: str, uuid: str, config: Domain | str | None, live: Domain | str | None = None) -> None:
        self.name = name
        self.uuid = uuid
        self._config = config
        self._live = live
        self.id: int | None = None
        self.state: tuple[int, int] = (DomainState.SHUTOFF, ShutoffReason.UNKNOWN)
        self.autostart = False
        self.saved: Domain | None = None  # managed save
        self.frozen: set[str] = set()  # mount points
        self.polling: dict[int, dict[str, int]] = {}  # by I/O thread, those of both definitions
        self.clock = 627319920  # seconds since 1970; it stands still
        self.taints: list[str] = []  # what the file of its host shows that nobody vouches for
        self.snapshots: Moments | None = None
        self.checkpoints: Moments | None = None

    @property
    def config(self) -> Domain | None:
        if isinstance(self._config, str):
            self._config = read(self._config)
        return self._config

    @config.setter
    def config(self, document: Domain | None) -> None:
        self._config = document

    @property
    def live(self) -> Domain | None:
        if isinstance(self._live, str):
            self._live = read(self._live)
        return self._live

    @live.setter
    def live(self, document: Domain | None) -> None:
        self._live = document

    @property
    def active(self) -> bool:
        return self._live is not None

    @property
    def persistent(self) -> bool:
        return self._config is not None

    @property
    def document(self) -> Domain:
        document = self.live if self.active else self.config
        assert document is not None
        return document

    @property
    def ref(self) -> DomainRef:
        return DomainRef(self.name, self.uuid, self.id)

    def poll(self, iothread: int) -> None:
        """An I/O thread is there, and polls as QEMU's would."""
        self.polling[iothread] = {"poll-max-ns": 32768, "poll-grow": 0, "poll-shrink": 0}

    def run(self, host: Host, reason: int = RunningReason.BOOTED) -> None:
        """Become active, with a new id."""
        if self._live is None:
            self._live = self._config if isinstance(self._config, str) else self.document.copy()
        host.last_id += 1
        self.id = host.last_id
        self.state = (DomainState.RUNNING, reason)
        host.tell("domain", self.ref, 0, event=EventType.STARTED, detail=_STARTED.get(reason, 0))

    def stop(self, host: Host, reason: int) -> None:
        """Become inactive; a transient domain is gone then."""
        self.id = None
        self.state = (DomainState.SHUTOFF, reason)
        self.frozen.clear()
        if not self.persistent:
            del host.guests[self.uuid]
        else:
            self._live = None
        host.tell("domain", self.ref_when_gone(), 0, event=EventType.STOPPED, detail=_STOPPED.get(reason, 0))

    def ref_when_gone(self) -> DomainRef:
        """Its reference as an inactive domain, which it may be no more."""
        return DomainRef(self.name, self.uuid, None)

    def affected(self, flags: int) -> list[Domain]:
        """The documents that a change of live, config or current state means; the first is the one to read."""
        if not flags & (ModificationImpact.LIVE | ModificationImpact.CONFIG):
            return [self.document]
        if flags & ModificationImpact.LIVE and not self.active:
            raise errors.OperationInvalid("domain is not running")
        if flags & ModificationImpact.CONFIG and not self.persistent:
            raise errors.OperationInvalid("transient domains do not have any persistent config")
        wanted = []
        if flags & ModificationImpact.CONFIG:
            wanted.append(self.config)
        if flags & ModificationImpact.LIVE:
            wanted.append(self.live)
        return [document for document in wanted if document is not None]

    def looked_at(self, flags: int) -> Domain:
        """The one document that a question about live, config or current state means."""
        if flags & ModificationImpact.LIVE and flags & ModificationImpact.CONFIG:
            raise errors.Misuse("Flags 'VIR_DOMAIN_AFFECT_LIVE' and 'VIR_DOMAIN_AFFECT_CONFIG' are mutually exclusive")
        return self.affected(flags)[0]


def read(text: str, *, validate: bool = False, inactive: bool = True) -> Domain:
    """A document from a user, with what libvirt adds to it. Raises XMLDetail, XMLError, …"""
    from virshpy.drivers.test.postparse import complete
    from virshpy.xml.domain import Domain

    document = Domain.parse(text, inactive=inactive, validate=validate)
    complete(document)
    return document


class Guests(Part):
    """Base of the parts about domains."""

    def guest(self, ref: DomainRef) -> Guest:
        guest = self.host.guests.get(ref.uuid)
        if guest is None:
            raise errors.NoDomain(f"no domain with matching uuid '{ref.uuid}' ({ref.name})" if ref.name else None)
        return guest

    def active_guest(self, ref: DomainRef) -> Guest:
        guest = self.guest(ref)
        if not guest.active:
            raise errors.OperationInvalid("domain is not running")
        return guest


def admit(host: Host, document: Domain, *, live: bool) -> Guest:
    """Take a definition in, as a new domain or in place of the one of its name and UUID. Raises OperationFailed."""
    document.uuid = document.uuid or new_uuid()
    name, uuid = str(document.name), document.uuid
    for other in host.guests.values():
        if other.name == name and other.uuid != uuid:
            raise errors.OperationFailed(f"domain '{name}' already exists with uuid {other.uuid}")
        if other.name != name and other.uuid == uuid:
            raise errors.OperationFailed(f"domain '{other.name}' is already defined with uuid {uuid}")
    guest = host.guests.get(uuid)
    if live:
        if guest is not None and guest.active:
            raise errors.OperationInvalid(f"domain '{name}' is already active")
        if guest is None:
            guest = host.guests[uuid] = Guest(name, uuid, None)
        guest.live = document
        return guest
    if guest is None:
        guest = host.guests[uuid] = Guest(name, uuid, document)
    guest.config = document
    return guest
