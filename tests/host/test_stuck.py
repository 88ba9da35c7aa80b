"""Processes that cannot be ended, as storage has died under them: nothing that they may use is taken away."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.dead_storage import DeadStorage
from tests.stores import open_store, written_journal
from virshpy import errors
from virshpy.host import journal, processes
from virshpy.host.journal import Journal
from virshpy.host.steps.filesystem import MakeDirectory, WriteFile
from virshpy.host.steps.process import Spawn


@needs.root
@needs.file("/dev/fuse", "a kernel with FUSE")
def test_what_a_process_may_use_stays_until_it_is_gone(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_AFTER_KILLING", 0.2)
    store = open_store(root)
    folder = root / "run/guests/1"
    with DeadStorage(root / "nfs") as storage:
        entry = written_journal(store, "start", "subject", lasting=False)
        entry.do(MakeDirectory(str(folder)))
        beside = Spawn(["/bin/sleep", "60"], log=f"{root}/log")
        entry.do(beside)
        entry.do(WriteFile(f"{folder}/key", b""))
        storage.fall_silent()
        reader = Spawn(["/bin/cat", str(storage.file)], log=f"{root}/log", patience=0)
        entry.do(reader)
        entry.do(WriteFile(f"{folder}/later", b""))
        entry.hold(lambda: None)
        assert storage.asked.wait(30)
        busy = f"Failed to terminate process {reader.pid} with SIGKILL: Device or resource busy"
        with pytest.raises(errors.SystemCallError, match=busy) as told:
            Journal.load(store, entry.id).undo()
        assert told.value.code == 38 and "storage" in str(told.value.hint)
        # What came after it is taken back, and processes are ended; its own directory and its key are as they were.
        assert os.listdir(folder) == ["key"] and not processes.is_running(beside.pid, beside.started)
        (left,) = store.all("SELECT phase, problem FROM run.journal")
        assert left["phase"] == "undoing" and busy in left["problem"]
        assert [row[0] for row in store.all("SELECT kind FROM run.step ORDER BY seq")] == [
            "directory/1",
            "file/1",
            "process/1",
        ]
        # Whoever looks next tries again, and is not kept by it.
        monkeypatch.setattr(processes, "_AFTER_KILLING", 1000)
        assert [str(problem) for problem in journal.recover(store)] == [left["problem"]]
        assert os.listdir(folder) == ["key"]
    assert journal.recover(store) == []
    assert not folder.exists() and not store.all("SELECT * FROM run.journal")


# Its first thread ends, and the other one does not.
_HEADLESS = """
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
print("ready", flush=True)
ctypes.CDLL(None).syscall(60, 0)
"""


@pytest.fixture
def started(root: Path) -> Iterator[Callable[..., tuple[int, int]]]:
    """Starts a program that says when it is ready: its pid, and when it was started."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*argv: str) -> tuple[int, int]:
        running.append(process := subprocess.Popen([*argv, str(root)], stdout=subprocess.PIPE))
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        return process.pid, processes.start_time(process.pid) or 0

    yield start
    for process in running:
        process.communicate(timeout=10)


def test_a_process_without_its_first_thread_still_runs(started: Callable[..., tuple[int, int]]) -> None:
    pid, when = started(sys.executable, "-c", _HEADLESS)
    until = time.monotonic() + 10
    while "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text():
        assert time.monotonic() < until
    assert processes.is_running(pid, when)
    processes.kill(pid, when, patience=0)
    assert not processes.is_running(pid, when)


def test_a_process_that_only_heeds_sigkill(started: Callable[..., tuple[int, int]]) -> None:
    pid, when = started("/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done")
    with pytest.raises(errors.SystemCallError, match=f"process {pid} with SIGTERM: Device or resource busy"):
        processes.kill(pid, when, patience=0.1, force=False)
    assert processes.is_running(pid, when)
    processes.kill(pid, when, patience=0.1)
    assert not processes.is_running(pid, when)
