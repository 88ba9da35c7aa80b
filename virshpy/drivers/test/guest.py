"""One domain of the imaginary host."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.domain import DomainRef
from virshpy.drivers.test.objects import Lazy
from virshpy.enums import DomainState, EventType, ModificationImpact, RunningReason, ShutoffReason
from virshpy.host.objects import Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.test.host import Host
    from virshpy.drivers.test.moments import Moments
    from virshpy.xml.domain import Domain


# What a reason is as the detail of an event (virDomainEventStartedDetailType, …StoppedDetailType).
_STARTED: dict[int, int] = {RunningReason.BOOTED: 0, RunningReason.RESTORED: 2, RunningReason.FROM_SNAPSHOT: 3}
_STOPPED: dict[int, int] = {
    ShutoffReason.SHUTDOWN: 0, ShutoffReason.DESTROYED: 1, ShutoffReason.CRASHED: 2, ShutoffReason.SAVED: 4,
    ShutoffReason.FROM_SNAPSHOT: 6,
}  # fmt: skip


class Guest:
    """``live`` is its document while it runs, else None; ``config`` is None for a transient domain."""

    kind = Kind("domain", "Domain", rename="domain_rename")
    config: Lazy[Domain | None] = Lazy()
    live: Lazy[Domain | None] = Lazy()
    _config: Domain | str | None
    _live: Domain | str | None

    def __init__(self, name: str, uuid: str, config: str | None = None) -> None:
        self.name = name
        self.uuid = uuid
        self.config = config
        self.live = None
        self.id: int | None = None
        self.state: tuple[int, int] = (DomainState.SHUTOFF, ShutoffReason.UNKNOWN)
        self.autostart = False
        self.managed_save: Domain | None = None
        self.frozen: set[str] = set()  # mount points
        self.polling: dict[int, dict[str, int]] = {}  # by I/O thread, those of both definitions
        self.clock = 627319920  # seconds since 1970; it stands still
        self.taints: list[str] = []  # what the file of its host shows that nobody vouches for
        self.snapshots: Moments | None = None
        self.checkpoints: Moments | None = None

    @staticmethod
    def read(text: str, *, validate: bool = False) -> Domain:
        """A document from a user, with what libvirt adds to it. Raises XMLDetail, XMLError, …"""
        from virshpy.drivers.test.postparse import complete
        from virshpy.xml.domain import Domain

        document = Domain.parse(text, inactive=True, validate=validate)
        complete(document)
        return document

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
            self.live = self._config if isinstance(self._config, str) else self.document.copy()
        host.last_id += 1
        self.id = host.last_id
        self.state = (DomainState.RUNNING, reason)
        host.tell("domain", self.ref, 0, event=EventType.STARTED, detail=_STARTED.get(reason, 0))

    def stop(self, host: Host, reason: int) -> None:
        """Become inactive; a transient domain is gone then."""
        self.id = None
        self.state = (DomainState.SHUTOFF, reason)
        self.frozen.clear()
        host.guests.stop(self)
        host.tell("domain", self.ref, 0, event=EventType.STOPPED, detail=_STOPPED.get(reason, 0))

    def take(self, document: Domain, *, live: bool) -> None:
        """Become what a document says, now or by definition. Raises OperationInvalid for one that is active already."""
        if not live:
            self.config = document
        elif self.active:
            raise errors.OperationInvalid(f"domain '{self.name}' is already active")
        else:
            self.live = document

    def lose(self, *, live: bool) -> None:
        """Be no more active, or no more defined."""
        if live:
            self.live = None
        else:
            self.config = None

    def refuse(self, document: Domain) -> None:
        """No other domain is this one again."""

    def affected(self, flags: int) -> list[Domain]:
        """The documents that a change of live, config or current state means; the first is the one to read."""
        live, config = self.kind.affected(self, flags)
        wanted = ([self.config] if config else []) + ([self.live] if live else [])
        return [document for document in wanted if document is not None]

    def looked_at(self, flags: int) -> Domain:
        """The one document that a question about live, config or current state means."""
        if flags & ModificationImpact.LIVE and flags & ModificationImpact.CONFIG:
            raise errors.Misuse("Flags 'VIR_DOMAIN_AFFECT_LIVE' and 'VIR_DOMAIN_AFFECT_CONFIG' are mutually exclusive")
        return self.affected(flags)[0]
