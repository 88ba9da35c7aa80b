"""Long work: told of while it lasts, cancelled by Ctrl-C, and its own last word in the end."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.shell.terminals import READY, Terminal, named
from tests.transcripts.transcripts import URI, run_virshpy
from virshpy import errors
from virshpy.api.connection import Connection
from virshpy.api.domain import Domain
from virshpy.api.storage import StorageVol
from virshpy.driver.domain.block import BlockJobInfo
from virshpy.driver.domain.saving import JobInfo
from virshpy.shell import progress
from virshpy.shell.render.output import Renderer

STEPS = (0, 25, 60, 99)


class Job:
    """A save that takes as many looks as it is told, and ends early where it is aborted."""

    def __init__(self, at_look: dict[int, Any]) -> None:
        self.looks = 0
        self.at_look = at_look
        self.over = Event()
        self.aborted = False

    def save(self, domain: object, *_: object) -> None:
        assert self.over.wait(20)
        if self.aborted:
            raise errors.OperationAborted("canceled by client")

    def info(self, domain: object) -> JobInfo:
        look, self.looks = self.looks, self.looks + 1
        if look in self.at_look:
            self.at_look[look]()
        if look == len(STEPS) - 1:
            self.over.set()
        return JobInfo(2, 0, 0, 200, 0, 200 - 2 * STEPS[min(look, 3)], 0, 0, 0, 0, 0, 0)

    def abort(self, domain: object) -> None:
        self.aborted = True
        self.over.set()


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    made = Job({})
    monkeypatch.setattr(progress, "INTERVAL", 0.02)
    for name, method in (("save", made.save), ("job_info", made.info), ("abort_job", made.abort)):
        monkeypatch.setattr(Domain, name, lambda domain, *args, method=method, **flags: method(domain, *args))
    yield made
    assert made.over.is_set()


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_a_pipe_is_told_in_virshs_form(job: Job) -> None:
    outcome = run_virshpy(["-c", URI, "save test /nowhere --verbose"])
    told = [line for line, _ in groupby(outcome.stderr.split("\r"))]  # the last look may be taken twice
    assert told == ["", *(f"Save: [{percent:3} %]" for percent in (*STEPS, 100))]
    assert outcome.stdout == "\nDomain 'test' saved to /nowhere\n\n" and outcome.code == 0


def test_nobody_is_told_unasked(job: Job) -> None:
    assert run_virshpy(["-c", URI, "save test /nowhere"]).stderr == ""


def test_ctrl_c_cancels_the_job_which_has_the_last_word(job: Job) -> None:
    job.at_look = {1: interrupt}
    outcome = run_virshpy(["-c", URI, "save test /nowhere; domstate test"])
    assert job.aborted and outcome.stdout == "\nrunning\n\n"
    assert outcome.stderr == (
        "error: Failed to save domain 'test' to /nowhere\nerror: operation aborted: canceled by client\n"
    )


def test_a_job_that_cannot_be_cancelled_goes_on(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(domain: object, **_: object) -> None:
        raise errors.OperationInvalid("no job is active on the domain")

    monkeypatch.setattr(Domain, "abort_job", refuse)
    job.at_look = {0: interrupt, 2: interrupt}
    assert run_virshpy(["-c", URI, "save test /nowhere"]).code == 0


def test_what_is_to_happen_later_happens_once() -> None:
    happened: list[float] = []
    over = Event()
    began = time.monotonic()
    later = (0, lambda: happened.append(time.monotonic() - began))
    looks = iter([(0, 4), None, (3, 4)])

    def measure() -> tuple[int, int] | None:
        try:
            return next(looks)
        except StopIteration:
            over.set()
            return None

    steps = list(progress.watched("Move", lambda: over.wait(20), measure, over.set, asked=False, later=later))
    assert [step.percent for step in steps] == [0, 75, 100] and len(happened) == 1


def test_ctrl_c_cancels_a_job_on_a_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    aborted: list[str] = []
    looks = iter([BlockJobInfo(1, 0, 1, 4), BlockJobInfo(1, 0, 2, 4)])

    def look(domain: object, disk: str, **_: object) -> BlockJobInfo | None:
        interrupt()
        return None if aborted else next(looks)

    monkeypatch.setattr(progress, "INTERVAL", 0.02)
    monkeypatch.setattr(Domain, "block_pull", lambda *_, **__: None)
    monkeypatch.setattr(Domain, "block_job_info", look)
    monkeypatch.setattr(Domain, "block_job_abort", lambda domain, disk, flags: aborted.append(disk))
    outcome = run_virshpy(["-c", URI, "blockpull test vda --wait --verbose"])
    assert aborted == ["vda"] and outcome.code == 1
    assert (outcome.stdout, outcome.stderr) == ("\nPull aborted\n", "\rBlock Pull: [ 25 %]")


class Wire:
    """A stream that takes and gives a little at a time; ``at`` is called when so many bytes have passed."""

    def __init__(self, content: bytes = b"", at: tuple[int, Any] | None = None) -> None:
        self.content = content
        self.passed = b""
        self.at = at
        self.finished = False
        self.cancelled = Event()

    def _pass(self, block: bytes) -> bytes:
        if self.cancelled.is_set():
            raise errors.OperationAborted("canceled by client")
        self.passed += block
        if self.at and len(self.passed) >= self.at[0]:
            _, act = self.at
            self.at = None
            act()
        return block

    def send_from(self, source: int, length: int, *, bypass: bool = False) -> int:
        while block := os.read(source, 100_000):
            self._pass(block)
        return len(self.passed)

    def write_to(self, target: int, *, bypass: bool = False) -> int:
        for start in range(0, len(self.content), 100_000):
            os.write(target, self._pass(self.content[start : start + 100_000]))
        return len(self.passed)

    def finish(self) -> None:
        self.finished = True

    def close(self) -> None:
        pass


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    made = Wire(bytes(range(256)) * 4000)
    monkeypatch.setattr(progress, "INTERVAL", 0.02)
    monkeypatch.setattr(Renderer, "shows_bars", lambda self: True)
    monkeypatch.setattr(Connection, "cancel", lambda self: made.cancelled.set())
    for name in ("upload", "download"):
        monkeypatch.setattr(StorageVol, name, lambda *_, **__: made)
    return made


VOLUME = "vol-create-as default-pool disk 1M; "


def test_a_volume_is_carried_whole(wire: Wire, tmp_path: Path) -> None:
    path = tmp_path / "image"
    assert run_virshpy(["-c", URI, f"{VOLUME} vol-download disk {path} default-pool"]).code == 0
    assert path.read_bytes() == wire.content and wire.finished
    wire.passed, wire.finished = b"", False
    assert run_virshpy(["-c", URI, f"{VOLUME} vol-upload disk {path} default-pool"]).code == 0
    assert wire.passed == wire.content and wire.finished


def test_ctrl_c_ends_the_carrying(wire: Wire, tmp_path: Path) -> None:
    def stop() -> None:
        interrupt()
        assert wire.cancelled.wait(20)

    wire.at = (300_000, stop)
    outcome = run_virshpy(["-c", URI, f"{VOLUME} vol-download disk {tmp_path}/image default-pool"])
    assert outcome.stderr.endswith(
        "error: cannot receive data from volume disk\nerror: operation aborted: canceled by client\n"
    )
    assert 300_000 <= len(wire.passed) < len(wire.content) and not wire.finished
    assert not (tmp_path / "image").exists()


PROGRAM = """
import os, sys, time
from threading import Event
from virshpy import errors
from virshpy.api.domain import Domain
from virshpy.driver.domain.saving import JobInfo
from virshpy.shell import main

ended, began = Event(), time.monotonic()

def save(domain, *_, **__):
    if ended.wait(30):
        raise errors.OperationAborted("canceled by client")

def info(domain):
    done = int((time.monotonic() - began) * 10)
    return JobInfo(2, 0, 0, 300, 0, 300 - done, 0, 0, 0, 0, 0, 0)

Domain.save, Domain.job_info, Domain.abort_job = save, info, lambda domain, **_: ended.set()
sys.exit(main.entry())
"""


def test_a_bar_at_the_prompt_and_ctrl_c(tmp_path: Path) -> None:
    environment = named("xterm", XDG_STATE_HOME=str(tmp_path))
    terminal = Terminal([sys.executable, "-c", PROGRAM, "-c", URI], environment)
    terminal.expect(READY)
    terminal.send("save test /nowhere\r")
    terminal.expect("Save ━")
    terminal.expect(" %")
    terminal.send("\x03")
    terminal.expect("\nerror: Failed to save domain 'test' to /nowhere")
    terminal.expect("operation aborted: canceled by client")
    terminal.expect(READY)
    terminal.send("quit\r")
    assert terminal.end() == 0
    terminal.close()
