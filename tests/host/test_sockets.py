"""Sockets whose paths are at the limit of an address, and beyond it: 107 bytes are the longest."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from tests.stores import open_store, written_journal
from virshpy import errors
from virshpy.host import sockets
from virshpy.host.steps.filesystem import ListeningSocket
from virshpy.host.terminals import SessionExists, Terminal


def path_of(root: Path, length: int) -> str:
    """Of a socket in a directory with a long name."""
    directory = f"{root}/".ljust(length - len("/socket"), "d")
    os.mkdir(directory)
    return f"{directory}/socket"


@pytest.mark.parametrize("length", [106, 107, 108, 200])
def test_a_listening_socket_is_heard_under_its_name(root: Path, length: int) -> None:
    path = path_of(root, length)
    assert sockets.is_heard(path) is False
    entry = written_journal(open_store(root), "start", "subject", lasting=False)
    entry.do(step := ListeningSocket(path))
    with socket.socket(fileno=step.open()) as listening:
        # Others are shown the path itself, as long as an address holds it.
        assert (listening.getsockname() == path) is (length <= 107)
        assert sockets.is_heard(path) is True
        os.symlink(path, link := f"{root}/link")
        assert sockets.is_heard(link) is True
        step.release()
    assert sockets.is_heard(path) is False
    entry.undo()
    assert not os.path.exists(path) and not os.path.islink(path)
    assert sockets.is_heard(link) is False


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_port_is_free_when_nobody_listens(family: socket.AddressFamily, address: str) -> None:
    if family == socket.AF_INET6 and not os.path.exists("/proc/net/if_inet6"):
        pytest.skip("needs IPv6")
    with socket.socket(family) as taken:
        taken.bind((address, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not sockets.port_is_free(port, address)
        assert not sockets.becomes_free(port, address, 0.05)
        threading.Timer(0.1, taken.close).start()
        assert sockets.becomes_free(port, address, 20)
    assert sockets.port_is_free(port, address) and sockets.becomes_free(port, address, 0)
    assert sockets.port_is_free(1, "192.0.2.1")  # an address of somebody else's is not taken


def test_what_is_no_socket_is_not_heard(root: Path) -> None:
    (root / "file").write_text("")
    assert sockets.is_heard(f"{root}/file") is None
    assert sockets.is_heard(str(root)) is None


@pytest.mark.parametrize("length", [100, 107, 108, 200])
def test_a_terminal_is_taken_over_wherever_its_session_listens(root: Path, length: int) -> None:
    far, near = os.openpty()
    path, place = os.ttyname(near), path_of(root, length)
    owner = os.stat(path).st_uid
    first = Terminal(path, place, owner)
    assert first.send(b"to the guest") == 12 and os.read(far, 100) == b"to the guest"
    with pytest.raises(SessionExists) as told:
        Terminal(path, place, owner)
    assert told.value.pid is None  # it was not asked
    left: list[str] = []

    def session() -> None:
        try:
            first.recv(100)
        except errors.RPCError as error:
            left.append(str(error.hint))
        first.close()

    holding = threading.Thread(target=session)
    holding.start()
    second = Terminal(path, place, owner, force=True)
    holding.join(10)
    assert left == ["another session has taken the console"]
    second.close()
    assert not os.path.exists(place)
    os.close(far)
    os.close(near)


def test_a_session_that_does_not_let_go_is_named(root: Path) -> None:
    far, near = os.openpty()
    path, owner = os.ttyname(near), os.fstat(near).st_uid
    holding = Terminal(path, f"{root}/place", owner)
    with pytest.raises(SessionExists) as told:
        Terminal(path, f"{root}/place", owner, force=True)
    assert told.value.pid == os.getpid()
    holding.close()
    os.close(far)
    os.close(near)
