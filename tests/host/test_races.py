"""Two processes at one record, the one between two looks of the other: what was seen first is not acted upon."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.stores import open_store, written_journal
from tests.structure.source import ROOT
from virshpy.host import journal, locks
from virshpy.host.journal import Journal
from virshpy.host.steps.filesystem import AppendableFile, MakeDirectory
from virshpy.host.store import Store

# It recovers, and before the lock of the first subject that it has found something of, waits to be told to go on.
_RECOVERING = """
import sys
from pathlib import Path
from tests.stores import open_store
from virshpy.host import journal, locks

def try_acquire(*arguments, plain=locks.try_acquire):
    print("at the lock", flush=True)
    sys.stdin.readline()
    return plain(*arguments)

locks.try_acquire = try_acquire
problems = journal.recover(open_store(Path(sys.argv[1])))
sys.exit("; ".join(map(str, problems)) or None)
"""


@pytest.fixture
def store(root: Path) -> Store:
    return open_store(root)


@contextmanager
def recovery_at_the_lock(root: Path) -> Iterator[None]:
    """Another process has seen what is to be done, and goes on when this context is left."""
    words = [sys.executable, "-c", _RECOVERING, str(root)]
    with subprocess.Popen(words, cwd=ROOT, stdin=-1, stdout=-1, stderr=-1, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "at the lock\n"
        yield
        assert other.communicate("\n" * 10, timeout=20)[1] == "" and other.returncode == 0


def begun(store: Store, root: Path) -> tuple[Journal, Path]:
    entry = written_journal(store, "start", "subject", lasting=False)
    entry.do(MakeDirectory(f"{root}/made"))
    return entry, root / "made"


def test_a_journal_that_is_held_meanwhile_is_left_alone(store: Store, root: Path) -> None:
    entry, made = begun(store, root)
    with recovery_at_the_lock(root):
        entry.hold(lambda: None)
    assert made.is_dir() and store.one("SELECT phase FROM run.journal")[0] == "held"


@pytest.mark.parametrize("ending", ["undo", "finish"])
def test_a_journal_that_has_ended_meanwhile_is_none(store: Store, root: Path, ending: str) -> None:
    entry, made = begun(store, root)
    with recovery_at_the_lock(root):
        entry.undo() if ending == "undo" else entry.finish(lambda: None)
    assert made.is_dir() is (ending == "finish") and not store.all("SELECT * FROM run.journal")


def test_whose_lock_is_held_is_at_work_himself(store: Store, root: Path) -> None:
    with locks.acquire(store.directories.locks, "subject", "start", timeout=1):
        entry, made = begun(store, root)
        with recovery_at_the_lock(root):
            pass
        assert made.is_dir() and store.one("SELECT phase FROM run.journal")[0] == "doing"
        entry.undo()


def lasting_step(store: Store, root: Path) -> tuple[Journal, Path]:
    """One that is in state.db, and whose journal is not in run.db (yet): what is written to two files is seen so."""
    entry = written_journal(store, "start", "subject", lasting=False)
    entry.do(AppendableFile(f"{root}/kept"))
    store.execute("DELETE FROM run.journal")
    return entry, root / "kept"


def test_a_lasting_step_whose_journal_appears_meanwhile_is_no_orphan(store: Store, root: Path) -> None:
    entry, kept = lasting_step(store, root)
    with recovery_at_the_lock(root):
        Journal.adopt(store, "start", "subject", entry.id)
    assert kept.exists() and len(store.all("SELECT * FROM main.step")) == 1


def test_a_lasting_step_whose_journal_is_gone_is_undone(store: Store, root: Path) -> None:
    _, kept = lasting_step(store, root)
    other = written_journal(store, "start", "other", lasting=False)
    other.do(AppendableFile(f"{root}/other"))
    other.hold(lambda: None)
    with recovery_at_the_lock(root):
        pass
    assert not kept.exists() and (root / "other").exists() and not store.all("SELECT * FROM main.step")


def test_a_lasting_step_of_a_subject_that_is_worked_on_is_left(store: Store, root: Path) -> None:
    _, kept = lasting_step(store, root)
    with locks.acquire(store.directories.locks, "subject", "start", timeout=1):
        assert journal.recover(store) == [] and kept.exists()
    assert journal.recover(store) == [] and not kept.exists()


def test_finishing_for_one_subject_leaves_the_others(store: Store, root: Path) -> None:
    _, made = begun(store, root)
    other = written_journal(store, "start", "other", lasting=False)
    held = written_journal(store, "start", "subject", lasting=True)
    held.hold(lambda: None)
    journal.finish_for(store, "subject")
    assert not made.exists()
    assert [row[0] for row in store.all("SELECT id FROM run.journal")] == [other.id]
    assert [row[0] for row in store.all("SELECT id FROM main.journal")] == [held.id]
