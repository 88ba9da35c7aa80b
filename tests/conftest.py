"""Fixtures for every area: a connection of one's own, the guest, virshpy as a command, and the watch for leftovers."""

from __future__ import annotations

import fcntl
import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kit.guest import Guest, GuestError, build
from tests import answers
from tests.processes import processes
from virshpy.shell.render.output import Renderer

Run = Callable[..., "subprocess.CompletedProcess[str]"]


REFERENCE = ("virsh", "-c", "qemu:///system")


@functools.cache
def _libvirt_answers() -> bool:
    return "Using library: libvirt 9.0" in _asked_of_libvirt("version") if shutil.which("virsh") else False


def _asked_of_libvirt(*words: str) -> str:
    done = subprocess.run([*REFERENCE, *words], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)
    return "" if done.returncode else done.stdout


@pytest.fixture
def reference() -> Iterator[tuple[str, ...]]:
    """The words that ask libvirt 9.0; without its daemon, the test is skipped.

    One test at a time has it, and the pools and networks that it leaves there are removed.
    """
    if not _libvirt_answers():
        pytest.skip("needs libvirtd 9.0, running (package libvirt-daemon-system)")
    with open(str(shutil.which("virsh"))) as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        listed = {kind: _asked_of_libvirt(f"{kind}-list", "--all", "--name").split() for kind in ("pool", "net")}
        yield REFERENCE
        for kind, before in listed.items():
            for name in {*_asked_of_libvirt(f"{kind}-list", "--all", "--name").split()} - {*before}:
                _asked_of_libvirt(f"{kind}-destroy {name}; {kind}-undefine {name}")


def with_initrd(guest: Guest, build: Callable[[Guest, Path], Path], folder: Path, what: str) -> Guest:
    """The guest with another initial file system; without ``what`` it is made of, the test is skipped."""
    try:
        initrd = build(guest, folder)
    except GuestError as error:
        pytest.skip(f"needs {what}: {error}")
    initrd.chmod(0o644)
    return guest._replace(initrd=initrd)


@pytest.fixture(autouse=True)
def declared_answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What commands give is what they declare, and each error comes with a hint, whatever a test runs them for."""
    monkeypatch.setattr(Renderer, "render", answers.watched)
    monkeypatch.setattr(Renderer, "failure", answers.watched_failure)
    answers.faults.clear()
    answers.forms.clear()
    yield
    assert not answers.faults


@pytest.fixture
def root() -> Iterator[Path]:
    """A directory for one connection. Afterwards no process may be left that names it, and no mount in it.

    Its path is short, since a socket's may not be longer than 107 bytes, and a guest's own uid may pass through it.
    """
    path = Path(tempfile.mkdtemp(prefix="vp."))
    path.chmod(0o711)
    yield path
    left = _gone_or_left(path)
    for pid, _ in left:
        os.kill(pid, signal.SIGKILL)
    mounted = mounts_below(path)
    for place in mounted:
        subprocess.run(["umount", "-l", place], check=True)
    shutil.rmtree(path, ignore_errors=True)
    assert not left, "left over: " + "; ".join(f"{pid} {what}" for pid, what in left)
    assert not mounted, f"still mounted: {mounted}"


@pytest.fixture
def uri(root: Path) -> str:
    """The URI of a connection that keeps everything under ``root``."""
    return f"qemu:///embed?root={root}"


@pytest.fixture
def virshpy(uri: str) -> Run:
    """Runs the command on the test's connection: ``virshpy("list", "--all")`` gives status, stdout and stderr.

    ``check=False`` where it may fail; other keywords go to subprocess.run.
    """

    def run(*words: str, check: bool = True, **more: object) -> subprocess.CompletedProcess[str]:
        options: dict[str, object] = {"text": True, "capture_output": True, "timeout": 60, **more}
        if "input" not in options:
            options["stdin"] = subprocess.DEVNULL
        argv = [sys.executable, "-m", "virshpy", "-c", uri, *words]
        done: subprocess.CompletedProcess[str] = subprocess.run(argv, **options)  # type: ignore[call-overload]
        if "json" in words and options["text"] and options["capture_output"]:
            answers.check_printed(done.stdout, done.stderr)
        if check and done.returncode:
            pytest.fail(f"virshpy {' '.join(words)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    return run


@pytest.fixture(scope="session")
def guest() -> Guest:
    """Kernel and initrd of the test guest (kit/guest.py)."""
    if shutil.which("qemu-system-x86_64") is None:
        pytest.skip("needs qemu-system-x86_64 (package qemu-system-x86)")
    try:
        return build()
    except GuestError as error:
        pytest.skip(f"needs the test guest: {error}")


_LINKS = pytest.StashKey[set[str]]()


def pytest_configure() -> None:
    """Signals are what a terminal's programs find, also where we run in the background or below nohup.

    What is ignored is ignored by all that we start, and they could not be interrupted.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.stash[_LINKS] = _links()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Network links are the whole host's: what the tests add, they remove. Looked at when every worker is done."""
    if hasattr(session.config, "workerinput"):
        return
    before = session.config.stash[_LINKS]
    until = time.monotonic() + 5
    while (left := _links() - before) and time.monotonic() < until:
        time.sleep(0.1)
    session.config.stash[_LINKS] = left
    if left:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if left := config.stash[_LINKS]:
        terminalreporter.section("network links left over")
        terminalreporter.line(", ".join(sorted(left)))


def _links() -> set[str]:
    """Bridges and taps. Other kinds of link may come and go without our doing."""
    return {
        path.name
        for path in Path("/sys/class/net").iterdir()
        if (path / "bridge").is_dir() or (path / "tun_flags").is_file()
    }


def mounts_below(path: Path) -> list[str]:
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [point for point in points if point.startswith(f"{path}/")]


def _gone_or_left(path: Path) -> list[tuple[int, str]]:
    """Processes that name the path. One that is on its way out is given a moment to be gone."""
    until = time.monotonic() + 2
    while (left := _processes(path)) and time.monotonic() < until:
        time.sleep(0.05)
    return left


def _processes(path: Path) -> list[tuple[int, str]]:
    """Processes with the path in their argv. A path that only begins like ours is another test's."""
    return [(pid, words[:300]) for pid, words in processes(re.escape(str(path)) + "[/ ]")]
