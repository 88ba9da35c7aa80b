"""A guest's console is one session's; --force takes it over, whatever has become of the one before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.guest import READY, Guest
from tests import needs
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import define
from tests.shell.terminals import Terminal
from virshpy import errors
from virshpy import open as connect
from virshpy.enums import ConsoleFlags

pytestmark = needs.qemu

SERIAL = "<serial type='pty'/>"


@pytest.fixture
def running(virshpy: Run, root: Path) -> Iterator[None]:
    define(virshpy, root, document("vm", SERIAL))
    virshpy("start", "vm")
    yield
    virshpy("destroy", "vm")


def _console(uri: str, *words: str) -> Terminal:
    argv = [sys.executable, "-m", "virshpy", "-c", uri, "console", "vm", *words]
    terminal = Terminal(argv, {**os.environ, "TERM": "xterm"})
    terminal.expect("Escape character is ^]")
    return terminal


def test_force_disconnects_the_session_that_is_connected(uri: str, running: None) -> None:
    first = _console(uri)
    second = _console(uri, "--force")
    first.expect("error: stream had I/O failure")
    assert first.end() == 1
    third = _console(uri, "--force")
    second.expect("error: stream had I/O failure")
    assert second.end() == 1
    third.send("\x1d")
    assert third.end() == 0
    for terminal in (first, second, third):
        os.close(terminal.fd)


def test_without_force_it_is_refused(virshpy: Run, uri: str, running: None) -> None:
    terminal = _console(uri)
    with connect(uri) as connection, pytest.raises(errors.OperationFailed) as told:
        connection.lookup_domain("vm").open_console()
    assert told.value.message == "operation failed: Active console session exists for this domain"
    assert told.value.hint == "--force disconnects that session"
    terminal.send("\x1d")
    assert terminal.end() == 0
    os.close(terminal.fd)


def test_a_session_that_was_killed_is_in_nobodys_way(uri: str, running: None) -> None:
    first = _console(uri)
    os.kill(first.pid, signal.SIGKILL)
    first.end()
    os.close(first.fd)
    with connect(uri) as connection:
        connection.lookup_domain("vm").open_console().close()


def test_a_stopped_session_is_named(uri: str, running: None) -> None:
    first = _console(uri)
    os.kill(first.pid, signal.SIGSTOP)
    with connect(uri) as connection, pytest.raises(errors.OperationFailed, match="Active console session") as told:
        connection.lookup_domain("vm").open_console(flags=ConsoleFlags.FORCE)
    subprocess.run(str(told.value.hint).partition(": ")[2].replace("kill", "kill -9"), shell=True, check=True)
    first.close()


def test_a_stream_that_was_taken_says_so_to_its_reader_and_its_writer(uri: str, running: None) -> None:
    with connect(uri) as connection:
        domain = connection.lookup_domain("vm")
        first = domain.open_console()
        taken: list[object] = []
        taker = threading.Thread(target=lambda: taken.append(domain.open_console(flags=ConsoleFlags.FORCE)))
        taker.start()
        with pytest.raises(errors.RPCError, match="stream had I/O failure"):
            first.recv(4096)
        with pytest.raises(errors.RPCError):
            first.send(b"x")
        first.close()
        taker.join()
        (second,) = taken
        second.close()  # type: ignore[attr-defined]


def test_a_session_before_a_screen_that_takes_nothing_is_disconnected_too(
    virshpy: Run, uri: str, root: Path, guest: Guest
) -> None:
    """As it is when a connection hangs while the guest goes on printing."""
    define(virshpy, root, document("vm", SERIAL, guest=guest))
    virshpy("start", "vm")
    stuck = _console(uri)
    stuck.expect(READY)
    stuck.send("yes\n")
    with connect(uri) as connection:
        connection.lookup_domain("vm").open_console(flags=ConsoleFlags.FORCE).close()
    stuck.close()
    virshpy("destroy", "vm")
