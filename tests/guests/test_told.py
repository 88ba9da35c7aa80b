"""What QEMU is told as a step of a journal: taken back over the monitor, and with QEMU's end."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.guests.living import wait_for
from tests.stores import open_store, written_journal
from virshpy import errors
from virshpy.drivers.qemu.qmp import MonitorSession, QMPError
from virshpy.drivers.qemu.steps import Added, Monitor
from virshpy.host.journal import Journal
from virshpy.host.steps.filesystem import MakeDirectory
from virshpy.host.steps.process import Spawn
from virshpy.host.store import Store

pytestmark = needs.qemu


@pytest.fixture
def store(root: Path) -> Store:
    return open_store(root)


@pytest.fixture
def guest(store: Store, root: Path) -> Iterator[tuple[Journal, Monitor]]:
    """A guest's journal, and its QEMU's monitor."""
    monitor = Monitor(f"{root}/monitor", 10)
    argv = [
        "qemu-system-x86_64",
        "-machine",
        "none",
        "-display",
        "none",
        "-qmp",
        f"unix:{monitor.path},server=on,wait=off",
    ]
    entry = written_journal(store, "start", "subject", lasting=False)
    entry.do(spawn := Spawn(argv, log=f"{root}/log", patience=5))
    wait_for(lambda: Path(monitor.path).exists(), "QEMU's socket")
    monitor.pids.append(spawn.pid)
    yield entry, monitor
    monitor.leave()
    spawn.undo()


def source(monitor: Monitor, name: str) -> Added:
    return Added(monitor, ("object-add", {"qom-type": "rng-builtin", "id": name}), ("object-del", {"id": name}))


def objects(monitor: Monitor) -> set[str]:
    with MonitorSession(monitor.path, 10, pids=monitor.pids) as session:
        return {entry["name"] for entry in session.execute("qom-list", path="/objects")} - {"type"}


def test_what_was_told_is_taken_back_by_whoever_reads_the_journal(store: Store, guest: tuple[Journal, Monitor]) -> None:
    _, monitor = guest
    entry = written_journal(store, "attach", "subject", lasting=False)
    entry.do(source(monitor, "a"))
    entry.do(source(monitor, "b"))
    session = monitor.session()
    entry.do(source(monitor, "c"))
    assert monitor.session() is session
    for step in entry.steps.values():
        step.release()
    assert objects(monitor) == {"a", "b", "c"}
    with MonitorSession(monitor.path, 10) as other:
        other.execute("object-del", id="b")  # its step finds nothing to do
    Journal.load(store, entry.id).undo()
    assert objects(monitor) == set()


def test_a_refusal_leaves_the_steps_before_it_to_be_undone(store: Store, guest: tuple[Journal, Monitor]) -> None:
    _, monitor = guest
    entry = written_journal(store, "attach", "subject", lasting=False)
    entry.do(source(monitor, "a"))
    with pytest.raises(QMPError, match="duplicate property 'a'"):
        entry.do(source(monitor, "a"))
    assert list(entry.steps) == [1]
    entry.undo()
    assert objects(monitor) == set()


def test_what_qemu_does_not_give_back_keeps_what_was_made_for_it(
    store: Store, guest: tuple[Journal, Monitor], root: Path
) -> None:
    _, monitor = guest
    entry = written_journal(store, "attach", "subject", lasting=False)
    entry.do(MakeDirectory(f"{root}/shared"))
    entry.do(source(monitor, "a"))
    entry.do(Added(monitor, ("qom-list", {"path": "/"}), ("object-del", {"id": "a", "nonsense": 1})))
    with pytest.raises(errors.Error, match="nonsense"):
        entry.undo()
    assert objects(monitor) == {"a"} and (root / "shared").is_dir()
    assert store.one("SELECT phase FROM run.journal WHERE id = ?", entry.id)[0] == "undoing"


def test_a_qemu_that_does_not_answer_is_asked_again_and_not_waited_for(
    store: Store, guest: tuple[Journal, Monitor]
) -> None:
    _, monitor = guest
    entry = written_journal(store, "attach", "subject", lasting=False)
    entry.do(source(monitor, "a"))
    entry.steps[1].release()
    os.kill(monitor.pids[0], signal.SIGSTOP)
    store.execute("UPDATE run.journal SET problem = 'it did not answer' WHERE id = ?", entry.id)
    with pytest.raises(errors.OperationTimeout, match="within 2 seconds"):
        Journal.load(store, entry.id).undo()
    os.kill(monitor.pids[0], signal.SIGCONT)
    Journal.load(store, entry.id).undo()
    assert objects(monitor) == set()


def test_the_end_of_qemu_takes_back_what_it_was_told(store: Store, guest: tuple[Journal, Monitor]) -> None:
    entry, monitor = guest
    attached = written_journal(store, "attach", "subject", lasting=False)
    attached.do(source(monitor, "a"))
    entry.do(Added(monitor, ("cont", {}), ("no-such-command", {})))  # it is never said: the process goes first
    entry.do(Added(monitor, ("query-status", {})))
    entry.undo()
    Journal.load(store, attached.id).undo()
    assert not store.all("SELECT * FROM run.journal") and not store.all("SELECT * FROM run.step")


def test_a_secret_is_neither_recorded_nor_shown(store: Store, guest: tuple[Journal, Monitor]) -> None:
    entry, monitor = guest
    secret = {"qom-type": "secret", "id": "s", "data": "sesame"}
    entry.do(step := Added(monitor, ("object-add", secret), ("object-del", {"id": "s"}), hidden=("data",)))
    (line,) = step.commands()
    assert '"id": "s", "data": "<secret>"' in line and "sesame" not in line
    assert not [row for row in store.all("SELECT data FROM run.step") if "sesame" in row[0]]


@needs.program("socat", "socat")
def test_what_is_shown_can_be_typed(store: Store, guest: tuple[Journal, Monitor]) -> None:
    _, monitor = guest
    step = source(monitor, "a")
    for lines, expected in ((step.commands(), {"a"}), (step.undo_commands(), set())):
        subprocess.run(["/bin/sh", "-ec", "\n".join(lines)], check=True, capture_output=True, timeout=20)
        assert objects(monitor) == expected
