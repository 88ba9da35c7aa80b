"""The journal against real files and processes: undo, keep, settle, and whoever comes after a kill -9."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes import processes as running
from tests.stores import open_store, written_journal
from virshpy import errors
from virshpy.host import journal, processes
from virshpy.host.journal import Journal
from virshpy.host.steps import Step
from virshpy.host.steps.filesystem import CopyFile, MakeDirectory, RemoveFile, WriteFile
from virshpy.host.steps.process import Spawn
from virshpy.host.store import Store, observers


@pytest.fixture
def store(root: Path) -> Store:
    return open_store(root)


def nothing() -> None:
    pass


def rows(store: Store) -> int:
    tables = ("run.journal", "main.journal", "run.step", "main.step")
    return sum(store.one(f"SELECT count(*) FROM {table}")[0] for table in tables)


def test_undo_brings_the_host_back(store: Store, root: Path) -> None:
    entry = written_journal(store, "start", "subject", lasting=False)
    before = sorted(root.rglob("*"))
    entry.do(MakeDirectory(f"{root}/run/guests/1"))
    entry.do(WriteFile(f"{root}/run/guests/1/key", b"secret"))
    spawn = Spawn(["/bin/sleep", "60"], log=f"{root}/log/sleep.log")
    entry.do(spawn)
    assert processes.is_running(spawn.pid, spawn.started)
    entry.undo()
    assert not processes.is_running(spawn.pid, spawn.started)
    assert rows(store) == 0
    assert sorted(set(root.rglob("*")) - set(before)) == [root / "log/sleep.log"]


def test_a_failed_step_leaves_only_the_others_to_undo(store: Store, root: Path) -> None:
    (root / "mine").write_text("mine")
    entry = written_journal(store, "start", "subject", lasting=False)
    entry.do(MakeDirectory(f"{root}/run/guests/1"))
    with pytest.raises(errors.SystemCallError, match="File exists"):
        entry.do(WriteFile(f"{root}/mine", b"theirs"))
    entry.undo()
    assert (root / "mine").read_text() == "mine"
    assert not (root / "run/guests/1").exists()


def test_kept_steps_survive_the_stop_and_not_the_failure(store: Store, root: Path) -> None:
    (root / "template").write_text("variables")
    for held in (False, True):
        entry = written_journal(store, "start", "subject", lasting=False)
        entry.do(CopyFile(f"{root}/template", f"{root}/copy"))
        if held:
            entry.hold(nothing)
            entry = Journal.load(store, entry.id)
        entry.undo()
        assert (root / "copy").exists() is held
        assert rows(store) == 0


def test_a_removed_file_comes_back_until_it_is_settled(store: Store, root: Path) -> None:
    path = root / "file"
    path.write_text("content")
    entry = written_journal(store, "undefine", "subject", lasting=True)
    entry.do(RemoveFile(str(path)))
    assert not path.exists()
    entry.undo()
    assert path.read_text() == "content"
    entry = written_journal(store, "undefine", "subject", lasting=True)
    entry.do(RemoveFile(str(path)))
    entry.finish(nothing)
    assert list(root.glob("file*")) == []


def test_secrets_are_not_written_into_the_journal(store: Store, root: Path) -> None:
    entry = written_journal(store, "start", "subject", lasting=False)
    entry.do(WriteFile(f"{root}/key", b"the-master-key"))
    (data,) = (row["data"] for row in store.all("SELECT data FROM run.step"))
    assert "the-master-key" not in data
    entry.undo()


_DYING = """
import os, sys
sys.path.insert(0, {source!r})
from tests.stores import open_store, written_journal
from fnmatch import fnmatchcase
from virshpy.host import locks
from virshpy.host.journal import Journal
from virshpy.host.store import observers
from virshpy.host.steps.filesystem import MakeDirectory
from virshpy.host.steps.process import Spawn
from pathlib import Path
root, moment = sys.argv[1:]
store = open_store(Path(root))
lock = locks.acquire(store.directories.locks, "subject", "start", timeout=1)
observers.append(lambda name: os.kill(os.getpid(), 9) if fnmatchcase(name, moment) else None)
entry = written_journal(store, "start", "subject", lasting=False)
entry.do(MakeDirectory(f"{{root}}/run/guests/1"))
entry.do(Spawn(["/bin/sleep", f"61.{{os.getppid()}}"], log=f"{{root}}/log/sleep.log"))
entry.hold(lambda: None)
print("held")
"""

_MOMENTS = [
    "start begun",
    "start 1 * ahead",
    "start 1 * recorded",
    "start 1 * done",
    "start 2 * recorded",
    "start 2 * done",
    "start not yet held",
]


@pytest.mark.parametrize("moment", _MOMENTS)
def test_whoever_comes_next_undoes_what_the_dead_began(root: Path, moment: str) -> None:
    source = str(Path(__file__).parents[2])
    died = subprocess.run([sys.executable, "-c", _DYING.format(source=source), str(root), moment], timeout=30)
    assert died.returncode == -9
    store = open_store(root)
    journal.recover(store)
    assert rows(store) == 0
    assert not (root / "run/guests/1").exists()
    # The fixture finds any process that is left: its log's path is in no argv, so look for the sleeper itself.
    assert not running(rf"^/bin/sleep 61\.{os.getpid()} $")


def test_what_is_held_is_left_alone(root: Path) -> None:
    source = str(Path(__file__).parents[2])
    script = _DYING.format(source=source)
    subprocess.run([sys.executable, "-c", script, str(root), "start held"], timeout=30)
    store = open_store(root)
    journal.recover(store)
    assert (root / "run/guests/1").is_dir()
    Journal.load(store, store.one("SELECT id FROM run.journal")[0]).undo()
    assert rows(store) == 0


def test_after_a_reboot_nothing_is_signalled_and_lasting_effects_are_undone(root: Path, store: Store) -> None:
    (root / "template").write_text("variables")
    entry = written_journal(store, "start", "subject", lasting=False)
    spawn = Spawn(["/bin/sleep", "60"], log=f"{root}/log/sleep.log")
    entry.do(spawn)
    entry.do(MakeDirectory(f"{root}/run/guests/1"))
    entry.hold(nothing)
    store.execute("UPDATE run.boot SET id = 'another boot'")
    store.close()
    store = open_store(root)
    journal.recover(store)
    assert rows(store) == 0
    assert not (root / "run/guests/1").exists()
    assert processes.is_running(spawn.pid, spawn.started)  # that pid is a stranger's now
    processes.kill(spawn.pid, spawn.started, patience=5)


def test_a_lost_run_database_leaves_no_lasting_effect(root: Path, store: Store) -> None:
    (root / "template").write_text("variables")
    entry = written_journal(store, "start", "subject", lasting=False)
    entry.do(CopyFile(f"{root}/template", f"{root}/copy"))
    store.close()
    for path in (root / "run").glob("run.db*"):
        path.unlink()
    store = open_store(root)
    journal.recover(store)
    assert not (root / "copy").exists()
    assert rows(store) == 0


def test_a_gate_that_is_never_opened_lets_nothing_run(root: Path) -> None:
    with processes.start_gated(
        ["/usr/bin/touch", f"{root}/touched"],
        log=f"{root}/log",
        cwd="/",
        env={},
        uid=None,
        groups=[],
        descriptors=[],
    ) as process:
        pid, started = process.pid, process.started
    assert processes.wait_gone(pid, started, 5)
    assert not (root / "touched").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_process_is_another_user_from_its_first_instruction(root: Path, store: Store) -> None:
    entry = written_journal(store, "start", "subject", lasting=False)
    spawn = Spawn(
        ["/bin/sh", "-c", "id -u; id -g; ls /proc/self/fd; sleep 30"],
        log=f"{root}/log/id.log",
        uid=1879113999,
    )
    entry.do(spawn)
    assert processes.wait_for(lambda: len(spawn.said().splitlines()) > 5, 10)
    status = Path(f"/proc/{spawn.pid}/status").read_text()
    entry.undo()
    assert spawn.said().splitlines()[:2] == ["1879113999", "1879113999"]
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    assert set(fields["Uid"].split()) == {"1879113999"} == set(fields["Gid"].split())
    assert fields["Groups"].split() == []


class Part(Step, kind="test/1"):
    """Something that is said to be inside of a process."""

    recorded = ("name", "inside_of")

    def __init__(self, name: str, inside_of: int, undone: list[str]) -> None:
        self.name = name
        self.inside_of = inside_of
        self.undone = undone

    @property
    def inside(self) -> int:
        return self.inside_of

    def do(self, note: Callable[[], None]) -> None:
        pass

    def undo(self) -> None:
        self.undone.append(self.name)


def test_what_is_inside_of_a_process_is_undone_when_that_has_ended(store: Store, root: Path) -> None:
    entry = written_journal(store, "start", "subject", lasting=False)
    undone: list[str] = []
    entry.do(Part("before", 0, undone))

    class Noted(Spawn, kind="test-process/1"):
        def undo(self) -> None:
            undone.append(f"{self.pid}")
            super().undo()

    first, second = (Noted(["/bin/sleep", "60"], log=f"{root}/log") for _ in range(2))
    entry.do(first)
    entry.do(Part("in the first, early", first.pid, undone))
    entry.do(second)
    entry.do(Part("in the first, late", first.pid, undone))
    entry.do(Part("in the second", second.pid, undone))
    entry.do(Part("in a stranger", 1, undone))
    entry.undo()
    in_first = ["in the first, late", "in the first, early"]
    assert undone == ["in a stranger", f"{second.pid}", "in the second", f"{first.pid}", *in_first, "before"]


def test_an_interrupt_after_the_commit_carries_forward(store: Store, root: Path) -> None:
    def interrupt(name: str) -> None:
        if name in ("start held", "start settling"):
            raise KeyboardInterrupt(name)

    for verb, phase in (("hold", "held"), ("finish", "settling")):
        entry = written_journal(store, "start", verb, lasting=False)
        entry.do(MakeDirectory(f"{root}/{verb}"))
        observers.append(interrupt)
        with pytest.raises(KeyboardInterrupt, match=phase):
            getattr(entry, verb)(nothing)
        observers.clear()
        entry.abandon()
        assert store.one("SELECT phase FROM run.journal WHERE id = ?", entry.id)[0] == phase
        assert journal.recover(store) == [] and (root / verb).is_dir()
    assert [row[0] for row in store.all("SELECT phase FROM run.journal")] == ["held"]


def test_several_problems_are_told_by_the_one_that_is_no_lack_of_space(store: Store, root: Path) -> None:
    entry = written_journal(store, "start", "subject", lasting=False)
    (root / "file").write_text("")
    for name in ("first", "second"):
        entry.do(step := MakeDirectory(f"{root}/{name}"))
        step.undo()
        step.path = f"{root}/file/{name}"  # which cannot be removed
    entry.do(MakeDirectory(f"{root}/third"))
    with pytest.raises(errors.SystemCallError, match="Failed to remove directory .*/second: Not a directory"):
        entry.undo()
    assert not (root / "third").exists() and list(entry.steps) == [1, 2]
    assert "second" in str(store.one("SELECT problem FROM run.journal")[0])
    entry = Journal.load(store, entry.id)
    assert entry.problem is not None
    entry.undo()
    assert rows(store) == 0
