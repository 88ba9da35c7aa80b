"""A site: what all parts of one connection to this host share, whatever kind of object each is about.

That is where things are kept, the settings, the store, whom to warn, the locks, and the one way to change something:

    with site.change("start", "domain", uuid) as entry:
        entry.do(step)                            # as often as need be
        entry.hold(lambda: ..., "say that it runs")

begins a journal, and ends by its rule: what ``entry`` did is taken back unless it was committed by ``hold`` or
``finish``. In a rehearsal (``--dry-run``) the same verb runs up to its commit; nothing is done, and what would have
been is told as command lines.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.host.config import Config
from virshpy.host.directories import directories as directories_of
from virshpy.host.store import Store
from virshpy.host.work import Work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from virshpy.host.journal import Journal
    from virshpy.host.locks import Lock
    from virshpy.host.store import Transaction
    from virshpy.uri import URI


class Site:
    """One connection's place on this host.

    A verb holds the lock of its object. Who needs several takes them in this order: domain, network, pool, volume,
    secret. Raises what the directories, the settings and the store raise.
    """

    def __init__(self, uri: URI, *, readonly: bool = False) -> None:
        self.uri = uri
        self.readonly = readonly
        self.directories = directories_of(uri)
        self.directories.prepare()
        self.config = Config(self.directories.config)
        self.store = Store(self.directories, readonly=readonly)
        self.rehearsing = False
        self.work = Work()
        self._unheard: list[str] = []
        self._hear: Callable[[str], None] | None = None

    def close(self) -> None:
        self.store.close()

    # warnings
    def warn(self, message: str) -> None:
        """Tell the user something that is no error; what comes before anybody listens is told when somebody does."""
        self._hear(message) if self._hear is not None else self._unheard.append(message)

    def on_warning(self, hear: Callable[[str], None]) -> None:
        self._hear = hear
        while self._unheard:
            hear(self._unheard.pop(0))

    # locks
    def lock(self, kind: str, uuid: str, verb: str) -> Lock:
        """An object's lock, with nothing left half done by one who had it before and died. Raises OperationTimeout."""
        from virshpy.host import locks

        key = subject(kind, uuid)
        return self.took(key, locks.acquire(self.directories.locks, key, verb, timeout=self.config.lock_timeout))

    def try_lock(self, kind: str, uuid: str, verb: str) -> Lock | None:
        """The lock at once and as it is, or None where somebody holds it."""
        from virshpy.host import locks

        return locks.try_acquire(self.directories.locks, subject(kind, uuid), verb)

    def took(self, key: str, lock: Lock) -> Lock:
        """Finish what was left under a lock that has just been taken."""
        try:
            if not self.rehearsing:
                from virshpy.host import journal

                journal.finish_for(self.store, key)
        except BaseException:
            lock.release()
            raise
        return lock

    def recover(self) -> None:
        """Finish what the dead left half done, as far as it can be finished; the rest is a warning."""
        if self.store.is_settled():
            return
        from virshpy.host import journal

        for problem in journal.recover(self.store):
            self.warn(f"what an earlier command left half done cannot be finished yet: {problem}")

    # changes
    def change(
        self,
        verb: str,
        kind: str,
        uuid: str,
        *,
        lasting: bool = False,
        locked: bool = False,
        undone: Callable[[], object] | None = None,
    ) -> Change:
        """A change of one object. ``lasting``: the truth about it is in state.db. ``locked``: take the object's lock,
        which the caller holds otherwise. ``undone`` states that it was taken back, in the transaction that ends it.
        """
        from virshpy.host.journal import Journal

        entry = Journal.new(self.store, verb, subject(kind, uuid), lasting=lasting)
        return Change(self, entry, (lambda: self.lock(kind, uuid, verb)) if locked else None, undone)

    def held(self, id: str) -> Journal:
        """The journal of an active object; in a rehearsal, one that only tells."""
        from virshpy.host.journal import Journal

        entry = Journal.load(self.store, id)
        return self.rehearsed(entry) if self.rehearsing else entry

    # rehearsal
    def rehearse(self, on: bool) -> None:
        """Whether verbs only tell what they would do: they raise Rehearsed with it."""
        self.rehearsing = on
        self._told: list[str] = []

    def rehearsed(self, entry: Journal) -> Journal:
        from virshpy.host.rehearsal import Rehearsal

        return Rehearsal(entry, self._told)


class Change:
    """A context in which one thing is changed, with the journal as its value."""

    def __init__(
        self, site: Site, entry: Journal, lock: Callable[[], Lock] | None, undone: Callable[[], object] | None
    ) -> None:
        self._site = site
        self._entry = entry
        self._take = lock
        self._undone = undone

    def __enter__(self) -> Journal:
        self._lock = self._take() if self._take is not None else None
        self._scratch: Transaction | None = None
        if self._site.rehearsing:
            self._entry = self._site.rehearsed(self._entry)
            scratch = self._site.store.transaction()  # what a rehearsal writes down is forgotten again
            try:
                scratch.__enter__()
            except BaseException:
                self._let_go()
                raise
            self._scratch = scratch
        return self._entry

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._scratch is not None:
                self._scratch.__exit__(kind or errors.Rehearsed, error, trace)
                if error is None:
                    raise errors.Rehearsed(self._entry.told)
            else:
                self._end(error)
        finally:
            self._let_go()

    def _let_go(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def _end(self, error: BaseException | None) -> None:
        try:
            self._entry.abandon(self._undone)
        except errors.Error as problem:
            if error is None:
                raise
            # Why the verb failed is the error; what is left of it is said beside that.
            self._site.warn(f"something is left of '{self._entry.verb}', which failed: {problem}")


def subject(kind: str, uuid: str) -> str:
    """What an object is called among locks and journals.

    A domain is called by its UUID alone: so do the watchers of guests that an earlier release has started.
    """
    return uuid if kind == "domain" else f"{kind}.{uuid}"
