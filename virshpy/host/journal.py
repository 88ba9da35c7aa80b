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
a reboot they are found without their journal, and undone.
"""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.host import locks
from virshpy.host.steps import Step, restore
from virshpy.host.store import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.host.store import Store


class Journal:
    """One verb's list of steps on one subject (the UUID whose lock the caller holds)."""

    def __init__(self, store: Store, db: str, id: str, verb: str, subject: str) -> None:
        self.store = store
        self.db = db
        self.id = id
        self.verb = verb
        self.subject = subject
        self.steps: dict[int, Step] = {}
        self._next = 1

    @classmethod
    def begin(cls, store: Store, verb: str, subject: str, *, lasting: bool) -> Journal:
        """Open a journal. ``lasting``: the truth about the verb is in state.db, not in run.db."""
        journal = cls(store, "main" if lasting else "run", os.urandom(8).hex(), verb, subject)
        store.execute(f"INSERT INTO {journal.db}.journal VALUES (?, ?, ?, 'doing')", journal.id, verb, subject)
        moment(f"{verb} begun")
        return journal

    @classmethod
    def load(cls, store: Store, id: str) -> Journal:
        """A journal with its recorded steps. Raises InternalError where there is none."""
        for db in ("run", "main"):
            if row := store.one(f"SELECT * FROM {db}.journal WHERE id = ?", id):
                journal = cls(store, db, id, row["verb"], row["subject"])
                break
        else:
            raise errors.InternalError(f"there is no journal {id}")
        import json

        query = "SELECT * FROM run.step WHERE journal = ?1 UNION ALL SELECT * FROM main.step WHERE journal = ?1"
        for row in sorted(store.all(query, id), key=lambda row: row["seq"]):
            journal.steps[row["seq"]] = restore(row["kind"], json.loads(row["data"]))
            journal._next = row["seq"] + 1
        return journal

    def do(self, step: Step) -> None:
        """Record a step, then carry it out. Where it fails it has left nothing, and is struck out again."""
        import json

        seq, self._next = self._next, self._next + 1
        db = "main" if step.durable else self.db
        name = f"{self.verb} {seq} {step.kind}"

        def note() -> None:
            data = json.dumps(step.data())
            self.store.execute(f"INSERT OR REPLACE INTO {db}.step VALUES (?, ?, ?, ?)", self.id, seq, step.kind, data)

        moment(f"{name} ahead")
        note()
        self.steps[seq] = step
        moment(f"{name} recorded")
        try:
            step.do(note)
        except errors.Error:
            self._strike(seq)
            raise
        moment(f"{name} done")

    def _strike(self, seq: int) -> None:
        self.steps.pop(seq).release()
        for db in ("run", "main"):
            self.store.execute(f"DELETE FROM {db}.step WHERE journal = ? AND seq = ?", self.id, seq)

    def hold(self, also: Callable[[], None]) -> None:
        """The object is active: the list stays until it is undone. ``also`` states so, in the same transaction.

        Steps that are to be kept when it stops leave the list here, as a journal of their own that settles.
        """
        rest = Journal(self.store, self.db, f"{self.id}+", self.verb, self.subject)
        rest.steps = {seq: step for seq, step in self.steps.items() if step.kept}

        def commit() -> None:
            also()
            if rest.steps:
                self.store.execute(
                    f"INSERT INTO {self.db}.journal VALUES (?, ?, ?, 'settling')", rest.id, self.verb, self.subject
                )
            for seq in rest.steps:
                for db in ("run", "main"):
                    self.store.execute(
                        f"UPDATE {db}.step SET journal = ? WHERE journal = ? AND seq = ?", rest.id, self.id, seq
                    )
                del self.steps[seq]

        self._pass_to("held", commit)
        for step in self.steps.values():
            step.release()
        if rest.steps:
            rest.settle()

    def finish(self, also: Callable[[], None]) -> None:
        """The change is made: ``also`` states so, in the same transaction. What was put aside goes for good."""
        self._pass_to("settling", also)
        self.settle()

    def settle(self) -> None:
        for seq, step in list(self.steps.items()):
            step.settle()
            self._strike(seq)
            moment(f"{self.verb} {seq} {step.kind} settled")
        self._close(None)

    def undo(self, also: Callable[[], None] | None = None) -> None:
        """Take every step back, the last one first; ``also`` runs in the transaction that ends the journal."""
        self._pass_to("undoing", None)
        for seq in sorted(self.steps, reverse=True):
            step = self.steps[seq]
            step.release()
            step.undo()
            moment(f"{self.verb} {seq} {step.kind} undone")
            self._strike(seq)
            moment(f"{self.verb} {seq} {step.kind} struck")
        self._close(also)

    def abandon(self) -> None:
        """After an exception: take back what was not committed; what was is carried forward by :func:`recover`."""
        row = self.store.one(f"SELECT phase FROM {self.db}.journal WHERE id = ?", self.id)
        if row is not None and row[0] == "doing":
            self.undo()

    def _pass_to(self, phase: str, also: Callable[[], None] | None) -> None:
        moment(f"{self.verb} not yet {phase}")
        with self.store.transaction():
            if also is not None:
                also()
            self.store.execute(f"UPDATE {self.db}.journal SET phase = ? WHERE id = ?", phase, self.id)
        moment(f"{self.verb} {phase}")

    def _close(self, also: Callable[[], None] | None) -> None:
        with self.store.transaction():
            if also is not None:
                also()
            self.store.execute(f"DELETE FROM {self.db}.journal WHERE id = ?", self.id)
        moment(f"{self.verb} closed")


def recover(store: Store) -> None:
    """Finish what the dead left unfinished: undo what had not been committed, carry forward what had."""
    locks.sweep(store.directories.locks)
    for db in ("run", "main"):
        for row in store.all(f"SELECT id, verb, subject FROM {db}.journal WHERE phase <> 'held'"):
            lock = locks.try_acquire(store.directories.locks, row["subject"], f"recovery of {row['verb']}")
            if lock is None:
                continue  # at work, not dead
            with lock:
                phase = store.one(f"SELECT phase FROM {db}.journal WHERE id = ?", row["id"])
                if phase is None or phase[0] == "held":
                    continue
                journal = Journal.load(store, row["id"])
                journal.settle() if phase[0] == "settling" else journal.undo()
    orphans = store.all(
        "SELECT * FROM main.step WHERE journal NOT IN (SELECT id FROM main.journal)"
        " AND journal NOT IN (SELECT id FROM run.journal) ORDER BY journal, seq DESC"
    )
    for row in orphans:
        import json

        restore(row["kind"], json.loads(row["data"])).undo()
        store.execute("DELETE FROM main.step WHERE journal = ? AND seq = ?", row["journal"], row["seq"])
