"""Displays out of a document, monitor commands out of words, and the console's two ways."""

from __future__ import annotations

import json
import os
import socket
import threading
from typing import Any, cast

import pytest

from virshpy.shell.commands.domain import reach
from virshpy.shell.console import _pump, escape_byte
from virshpy.shell.failure import Failure
from virshpy.shell.lang import registry
from virshpy.shell.lang.command import Arguments, Invocation
from virshpy.shell.render.results import Result
from virshpy.shell.session import Session

NO_SESSION = cast(Session, None)


class Running:
    """A running domain with these graphics; the password is in the secure document only."""

    id = 1

    def __init__(self, graphics: str) -> None:
        self.graphics = graphics

    def is_active(self) -> bool:
        return True

    def xml_desc(self, flags: int = 0) -> str:
        graphics = self.graphics if flags else self.graphics.replace(" passwd='p'", "")
        return f"<domain><devices>{graphics}</devices></domain>"


def ask(name: str, graphics: str, *flags: str) -> str:
    command = registry.find_known(name)
    args = Arguments(Invocation(command, {flag: [] for flag in flags}), NO_SESSION)
    args.values["domain"] = Running(graphics)
    result = command.run(NO_SESSION, args)
    assert isinstance(result, Result)
    return result.plain()


VNC = "<graphics type='vnc' port='5977' listen='127.0.0.1' passwd='p'/>"
ANYWHERE = "<graphics type='vnc' port='5900' listen='0.0.0.0'/>"
SIX = "<graphics type='vnc' port='5901'><listen type='address' address='::1'/></graphics>"
SPICE = "<graphics type='spice' port='5950' tlsPort='5951' listen='10.0.0.1' passwd='p'/>"
SOCKET = "<graphics type='vnc' socket='/run/s'><listen type='socket' socket='/run/s'/></graphics>"
NOWHERE = "<graphics type='vnc'><listen type='none'/></graphics>"


@pytest.mark.parametrize(
    ("graphics", "flags", "expected"),
    [
        (VNC, [], "vnc://127.0.0.1:77"),
        (VNC, ["include-password"], "vnc://:p@127.0.0.1:77"),
        (ANYWHERE, [], "vnc://localhost:0"),
        (SIX, [], "vnc://[::1]:1"),
        (SPICE, [], "spice://10.0.0.1:5950?tls-port=5951"),
        (SPICE, ["include-password"], "spice://10.0.0.1:5950?password=p&tls-port=5951"),
        (SOCKET, [], "vnc+unix:///run/s"),
        (SPICE + VNC, [], "vnc://127.0.0.1:77"),
        (SPICE + VNC, ["all"], "vnc://127.0.0.1:77\nspice://10.0.0.1:5950?tls-port=5951\n"),
    ],
)
def test_domdisplay(graphics: str, flags: list[str], expected: str) -> None:
    assert ask("domdisplay", graphics, *flags) == expected


@pytest.mark.parametrize(
    ("graphics", "expected"), [(VNC, "127.0.0.1:77\n"), (ANYWHERE, ":0\n"), (SPICE + ANYWHERE, ":0\n")]
)
def test_vncdisplay(graphics: str, expected: str) -> None:
    assert ask("vncdisplay", graphics) == expected


@pytest.mark.parametrize("graphics", ["", NOWHERE])
def test_no_display(graphics: str) -> None:
    with pytest.raises(Failure, match="No graphical display found"):
        ask("domdisplay", graphics)
    with pytest.raises(Failure, match="Is this domain using VNC"):
        ask("vncdisplay", graphics)


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["query-status"], {"execute": "query-status"}),
        (
            ["qom-get", '"path":"/m"', '"property":"t"'],
            {"execute": "qom-get", "arguments": {"path": "/m", "property": "t"}},
        ),
        (
            ["block_resize", "device=vda", "size=1"],
            {"execute": "block_resize", "arguments": {"device": "vda", "size": 1}},
        ),
    ],
)
def test_words_of_a_monitor_command(words: list[str], command: dict[str, Any]) -> None:
    assert json.loads(reach._wrapped(words)) == command


def test_words_that_are_no_monitor_command() -> None:
    with pytest.raises(Failure, match="failed to wrap arguments 'nonsense'"):
        reach._wrapped(["query-status", "nonsense"])


def test_escape_character() -> None:
    assert escape_byte("^]") == 0x1D and escape_byte("^a") == 1 and escape_byte("x") == ord("x")


class SocketStream:
    def __init__(self, end: socket.socket) -> None:
        self.end = end

    def fileno(self) -> int:
        return self.end.fileno()

    def send(self, data: bytes) -> int:
        return self.end.send(data)

    def recv(self, count: int) -> bytes:
        return self.end.recv(count)

    def close(self) -> None:
        self.end.close()


@pytest.fixture
def joined() -> Any:
    """A keyboard, a screen and a guest, joined by a console in a thread."""
    ours, guest = socket.socketpair()
    keys_out, keys_in = os.pipe()
    screen_out, screen_in = os.pipe()
    thread = threading.Thread(target=_pump, args=(SocketStream(ours), keys_out, screen_in, 0x1D), daemon=True)
    thread.start()
    yield guest, keys_in, screen_out, thread
    guest.close()
    os.close(keys_in)
    thread.join(10)
    ours.close()
    for descriptor in (keys_out, screen_out, screen_in):
        os.close(descriptor)


def test_console_carries_both_ways_until_the_escape(joined: Any) -> None:
    guest, keyboard, screen, thread = joined
    os.write(keyboard, b"ls\r")
    assert guest.recv(16) == b"ls\r"
    guest.send(b"bin\r\n")
    assert os.read(screen, 16) == b"bin\r\n"
    os.write(keyboard, b"ab\x1dc")
    assert guest.recv(16) == b"ab"
    thread.join(10)
    assert not thread.is_alive()


def test_console_ends_with_the_guest(joined: Any) -> None:
    guest, _, _, thread = joined
    guest.shutdown(socket.SHUT_RDWR)
    thread.join(10)
    assert not thread.is_alive()
