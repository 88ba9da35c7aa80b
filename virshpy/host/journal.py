"""The journal: every change to the host is written down before it is made, with what takes it back.

A journal is a row with a phase and a list of steps:

    doing ──hold──► held ──undo──► undoing ──► (gone)      an active object: start … stop
      │                               ▲
      ├──────────undo─────────────────┘                    a failure, or kill -9 seen by whoever comes next
      └──finish──► settling ──► (gone)                     a change with an end of its own: undefine, rename

``hold`` and ``finish`` are one transaction, together with the change of state that the verb is about: before it the
journal is undone, after it it is carried forward. Who works on a journal holds its subject's lock; a journal that is
neither held nor locked belongs to the dead.

Steps whose effect outlives a reboot are recorded in ``state.db`` even where the journal itself is in ``run.db``; after
a reboot they are found without their journal, and undone. The two files do not change in one moment. What is seen
between them is therefore never acted upon but under the subject's lock, which a journal's id names.

A journal whose undo has failed stays ``undoing``, with the reason, and whoever comes next tries again. What is still
there is on record: a process that the kernel does not let go of, and all that was made for it.

Taking back never waits for the record: where there is no space for it (Full), the step is undone all the same, and is
undone once more when somebody can write again.
"""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.host import locks, signals
from virshpy.host.store import crash_point

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from virshpy.host.steps import Step
    from virshpy.host.store import Store

_DOING = "(id, verb, subject, phase) VALUES (?, ?, ?, 'doing')"
_HELD = _DOING.replace("doing", "held")
# Between a subject and what tells its journals apart.
_DOT = "."


class Journal:
    """One verb's list of steps on one subject (the UUID whose lock the caller holds)."""

    def __init__(self, store: Store, db: str, id: str, verb: str, subject: str) -> None:
        self.store = store
        self.db = db
        self.id = id
        self.verb = verb
        self.subject = subject
        self.steps: dict[int, Step] = {}
        self.problem: str | None = None
        self.told: list[str] = []  # in a rehearsal, what its steps amount to
        self._next = 1
        self._begun = 0  # how many steps there were when it began to be undone
        self._written = True

    @classmethod
    def new(cls, store: Store, verb: str, subject: str, *, lasting: bool) -> Journal:
        """A journal that is written down with its first step. ``lasting``: the truth about the verb is in state.db."""
        journal = cls(store, "main" if lasting else "run", f"{subject}{_DOT}{os.urandom(8).hex()}", verb, subject)
        journal._written = False
        return journal

    def write(self) -> None:
        """Write it down now, for rows that refer to it."""
        if not self._written:
            self._begin()
            crash_point(f"{self.verb} begun")

    def _begin(self) -> None:
        if not self._written:
            self.store.execute(f"INSERT INTO {self.db}.journal {_DOING}", self.id, self.verb, self.subject)
            self._written = True

    @classmethod
    def adopt(cls, store: Store, verb: str, subject: str, id: str | None) -> Journal:
        """The list of an object that was found without one: held from the outset, under its old ``id`` if known."""
        journal = cls(store, "run", id or f"{subject}{_DOT}{os.urandom(8).hex()}", verb, subject)
        store.execute(f"INSERT OR IGNORE INTO run.journal {_HELD}", journal.id, verb, subject)
        return journal

    def record(self, *steps: Step) -> None:
        """Put down steps that have been done already, as the first of the list."""
        for number, step in enumerate(steps):
            self.steps[number - len(steps)] = step
            self._note(number - len(steps), step)

    @classmethod
    def load(cls, store: Store, id: str) -> Journal:
        """A journal with its recorded steps. Raises InternalError where there is none."""
        for db in ("run", "main"):
            if row := store.one(f"SELECT * FROM {db}.journal WHERE id = ?", id):
                journal = cls(store, db, id, row["verb"], row["subject"])
                journal.problem = row["problem"]
                break
        else:
            raise errors.InternalError(f"there is no journal {id}")
        import json

        from virshpy.host.steps.kinds import restore

        query = "SELECT * FROM run.step WHERE journal = ?1 UNION ALL SELECT * FROM main.step WHERE journal = ?1"
        for row in sorted(store.all(query, id), key=lambda row: row["seq"]):
            journal.steps[row["seq"]] = restore(row["kind"], json.loads(row["data"]))
            journal._next = row["seq"] + 1
        return journal

    def _note(self, seq: int, step: Step) -> None:
        import json

        db = "main" if step.durable else self.db
        insert = f"INSERT OR REPLACE INTO {db}.step VALUES (?, ?, ?, ?)"
        self.store.execute(insert, self.id, seq, step.kind, json.dumps(step.data()))

    def do(self, step: Step) -> None:
        """Record a step, then carry it out. Where it fails it has left nothing, and is struck out again."""
        if not step.kind:
            signals.check()
            step.do(_nothing)
            return
        seq, self._next = self._next, self._next + 1
        name = f"{self.verb} {seq} {step.kind}"
        signals.check()
        crash_point(f"{name} ahead")
        self.steps[seq] = step
        with self.store.transaction():  # the first step is one thing with its list
            self._begin()
            self._note(seq, step)
        crash_point(f"{name} recorded")
        try:
            step.do(lambda: self._note(seq, step))
        except errors.Error:
            self._strike(seq)
            raise
        crash_point(f"{name} done")
        signals.check()

    def renew(self, seq: int, step: Step) -> None:
        """Put a step in the place of one of an active object's that has come to its end, or does so now.

        Both are of one kind. Killed meanwhile, it is as if it had come to its end by itself: whoever looks renews it.
        """
        self.steps[seq].undo()
        self.steps[seq] = step
        step.do(lambda: self._note(seq, step))
        step.release()

    def _strike(self, seq: int) -> None:
        step = self.steps.pop(seq)
        step.release()
        with self.store.unhurried():
            for db in {"main" if step.durable else self.db, self.db}:
                self.store.execute(f"DELETE FROM {db}.step WHERE journal = ? AND seq = ?", self.id, seq)

    def hold(self, also: Callable[[], object], note: str = "") -> None:
        """The object is active: the list stays until it is undone. ``also`` states so, in the same transaction.

        ``note`` is what a rehearsal says of that. Steps that are to be kept when it stops leave the list here, as a
        journal of their own that settles.
        """
        signals.check()
        rest = Journal(self.store, self.db, f"{self.id}+", self.verb, self.subject)
        rest.steps = {seq: step for seq, step in self.steps.items() if step.kept}

        def commit() -> None:
            also()
            self.store.execute(f"UPDATE {self.db}.journal SET phase = 'settling' WHERE id = ?", rest.id)

        try:
            if rest.steps:
                self._hand_over(rest)
            self._pass_to("held", commit)
        except BaseException:
            rest.undo()
            raise
        self.steps = {seq: step for seq, step in self.steps.items() if not step.kept}
        for step in self.steps.values():
            step.release()
        if rest.steps:
            rest.settle()

    def _hand_over(self, rest: Journal) -> None:
        """Steps leave this list for another, file by file: whoever is killed meanwhile leaves two lists to undo."""
        self.store.execute(f"INSERT INTO {self.db}.journal {_DOING}", rest.id, self.verb, self.subject)
        for db in dict.fromkeys(("main", self.db)):
            crash_point(f"{self.verb} not yet kept")
            with self.store.transaction():
                for seq, step in rest.steps.items():
                    if db == ("main" if step.durable else self.db):
                        move = f"UPDATE {db}.step SET journal = ? WHERE journal = ? AND seq = ?"
                        self.store.execute(move, rest.id, self.id, seq)

    def finish(self, also: Callable[[], object], note: str = "") -> None:
        """The change is made: ``also`` states so, in the same transaction. What was put aside goes for good.

        ``note`` is what a rehearsal says of that. A change without steps is that one transaction.
        """
        if not self._written:
            with self.store.transaction():
                also()
            return
        self._pass_to("settling", also)
        self.settle()

    def settle(self) -> None:
        with signals.shielded():
            for seq, step in list(self.steps.items()):
                step.settle()
                self._strike(seq)
                crash_point(f"{self.verb} {seq} {step.kind} settled")
            self._close()

    def undo(self, also: Callable[[], object] | None = None) -> None:
        """Take every step back, the last one first; ``also`` runs in the transaction that begins it.

        A step that cannot be taken back does not keep the others, unless it is a process, or is inside of one: that may
        use what was made for it, all of which stays as it is; only other processes are ended. What is left stays on
        record for the next attempt, with the reason, which is raised. Raises Full where only the record found no space.
        """
        problems: list[errors.Error] = []
        stuck: Step | None = None
        self._begun = len(self.steps)

        def attempt(act: Callable[[], object]) -> bool:
            try:
                act()
                return True
            except errors.Error as error:
                problems.append(error)
            except Exception as error:
                problems.append(errors.InternalError(f"{type(error).__name__}: {error}"))
            return False

        with signals.shielded():
            attempt(lambda: self._pass_to("undoing", also))
            for seq in self.backwards():
                step = self.steps[seq]
                attempt(step.release)
                if stuck is not None and not (stuck.pid and step.pid):
                    continue
                step.again = self.problem is not None
                if attempt(step.undo):
                    crash_point(f"{self.verb} {seq} {step.kind} undone")
                    attempt(lambda seq=seq: self._strike(seq))  # type: ignore[misc]
                    crash_point(f"{self.verb} {seq} {step.kind} struck")
                elif step.pid or step.inside:
                    stuck = step
            if problems:
                from virshpy.host.full import Full

                first = min(problems, key=lambda problem: isinstance(problem, Full))
                attempt(lambda: self._put_down(first))
                raise first
            self._close()

    def hold_again(self) -> None:
        """After an undo that failed before anything was taken back: the object is as active as it was."""
        if self.steps and len(self.steps) == self._begun:
            self.problem = None
            self.store.execute(f"UPDATE {self.db}.journal SET phase = 'held', problem = NULL WHERE id = ?", self.id)

    def backwards(self) -> list[int]:
        """The order of undoing. What is inside of a process of this list is over when that has ended."""
        started = {step.pid: seq for seq, step in self.steps.items() if step.pid}

        def place(seq: int) -> tuple[int, bool, int]:
            own = started.get(self.steps[seq].inside, seq)
            return own, own == seq, seq

        return sorted(self.steps, key=place, reverse=True)

    def _put_down(self, problem: errors.Error) -> None:
        self.problem = str(problem)
        self.store.execute(f"UPDATE {self.db}.journal SET problem = ? WHERE id = ?", self.problem, self.id)

    def abandon(self, also: Callable[[], object] | None = None) -> None:
        """The end of a change: take back what was not committed; what was is carried forward by :func:`recover`."""
        if not self._written:
            return
        row = self.store.one(f"SELECT phase FROM {self.db}.journal WHERE id = ?", self.id)
        if row is not None and row[0] == "doing":
            self.undo(also)

    def _pass_to(self, phase: str, also: Callable[[], object] | None) -> None:
        crash_point(f"{self.verb} not yet {phase}")
        with self.store.transaction():
            if also is not None:
                also()
            self.store.execute(f"UPDATE {self.db}.journal SET phase = ? WHERE id = ?", phase, self.id)
        crash_point(f"{self.verb} {phase}")

    def _close(self) -> None:
        with self.store.unhurried(), self.store.transaction():
            for db in ("run", "main"):
                self.store.execute(f"DELETE FROM {db}.step WHERE journal = ?", self.id)
            self.store.execute(f"DELETE FROM {self.db}.journal WHERE id = ?", self.id)
        crash_point(f"{self.verb} closed")


def _nothing() -> None:
    pass


def recover(store: Store) -> Iterable[errors.Error]:
    """Finish what the dead left unfinished: undo what had not been committed, carry forward what had.

    Each journal is for itself: what cannot be finished is among the errors that are returned, and is tried again by
    whoever comes next.
    """
    problems: list[errors.Error] = []
    for db in ("run", "main"):
        for row in store.all(f"SELECT id, verb, subject FROM {db}.journal WHERE phase <> 'held' ORDER BY id"):
            _contained(problems, row["subject"], f"recovery of {row['verb']}", store, _finish, db, row["id"])
    for journal, subject in {(row["journal"], _subject(row["journal"])) for row in _orphans(store)}:
        _contained(problems, subject, "recovery", store, _undo_orphans, journal)
    return problems


def steps_of(store: Store, kind: str) -> list[Step]:
    """The steps of one kind that are on record for this boot, whosever they are."""
    import json

    from virshpy.host.steps.kinds import restore

    return [restore(kind, json.loads(row[0])) for row in store.all("SELECT data FROM run.step WHERE kind = ?", kind)]


def finish_for(store: Store, subject: str) -> None:
    """The same for one subject, by whoever has just taken its lock: others may have died since the store was opened.

    Raises what taking back, or carrying forward, raises.
    """
    for db in ("run", "main"):
        query = f"SELECT id FROM {db}.journal WHERE subject = ? AND phase <> 'held' ORDER BY id"
        for row in store.all(query, subject):
            _finish(store, db, row["id"])


def _contained(
    problems: list[errors.Error], subject: str, verb: str, store: Store, act: Callable[..., None], *arguments: Any
) -> None:
    """Do one thing under its subject's lock, unless somebody is at it; whatever comes of it stops nothing else."""
    try:
        lock = locks.try_acquire(store.directories.locks, subject, verb)
        if lock is not None:
            with lock:
                act(store, *arguments)
    except errors.Error as error:
        problems.append(error)
    except Exception as error:
        problems.append(errors.InternalError(f"{verb} of {subject}: {type(error).__name__}: {error}"))


def _finish(store: Store, db: str, id: str) -> None:
    phase = store.one(f"SELECT phase FROM {db}.journal WHERE id = ?", id)
    if phase is None or phase[0] == "held":
        return
    journal = Journal.load(store, id)
    journal.settle() if phase[0] == "settling" else journal.undo()


def _undo_orphans(store: Store, journal: str) -> None:
    """Undo lasting steps whose journal is gone, if it still is now that nobody is at work on their subject."""
    import json

    from virshpy.host.steps.kinds import restore

    for row in _orphans(store):
        if row["journal"] == journal:
            restore(row["kind"], json.loads(row["data"])).undo()
            store.execute("DELETE FROM main.step WHERE journal = ? AND seq = ?", journal, row["seq"])


def _orphans(store: Store) -> list[Any]:
    return store.all(
        "SELECT * FROM main.step WHERE journal NOT IN (SELECT id FROM main.journal)"
        " AND journal NOT IN (SELECT id FROM run.journal) ORDER BY journal, seq DESC"
    )


def _subject(journal: str) -> str:
    """Of a journal's id. Those of earlier releases do not name it: there they are their own."""
    return journal.rpartition(_DOT)[0] or journal
