"""A terminal joined to a guest's console: raw both ways until the escape character."""

from __future__ import annotations

import os
import sys

from virshpy.shell import streams
from virshpy.shell.failure import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain
    from virshpy.driver.stream import Stream
    from virshpy.shell.session import Session


_LITTLE = 256  # what a terminal that takes anything takes without waiting


def attach(session: Session, domain: Domain, device: str | None, flags: int) -> None:
    """Connect this terminal to a console of a running domain and return when it is left or the guest is gone.

    Raises Failure without a terminal and for a domain that is not running, and the driver's errors.
    """
    if not domain.is_active():
        raise Failure("The domain is not running", kind="state", hint="'start --console' starts it and comes here")
    if not sys.stdin.isatty():
        raise Failure(
            "Cannot run interactive console without a controlling TTY",
            hint="to read a console from a script, give the serial device a <log file=…/>",
        )
    stream = domain.open_console(device, flags=flags)
    escape = session.settings.escape
    streams.put(f"Connected to domain '{domain.name}'\nEscape character is {escape}")
    streams.put(" (Ctrl + ])\n" if escape == "^]" else "\n")
    streams.flush()
    try:
        _join(stream, escape_byte(escape))
    finally:
        stream.close()
    streams.put("\n")
    streams.flush()


def escape_byte(text: str) -> int:
    """``^X`` as the control character, anything else as itself."""
    return ord(text[1].upper()) & 0x1F if len(text) == 2 and text[0] == "^" else ord(text[0])


def _join(stream: Stream, escape: int) -> None:
    import termios
    import tty

    streams.leave_in_order()
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        tty.setraw(terminal, termios.TCSADRAIN)  # what was typed already is the guest's, or the escape
        _pump(stream, terminal, sys.stdout.fileno(), escape)
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def _pump(stream: Stream, keyboard: int, screen: int, escape: int) -> None:
    """Carry bytes both ways until the escape character or the end of either side."""
    import select

    poller = select.poll()
    poller.register(stream.fileno(), select.POLLIN)
    poller.register(keyboard, select.POLLIN)
    while True:
        for descriptor, _ in poller.poll():
            if descriptor == keyboard:
                typed = os.read(keyboard, 1024)
                before, found, _rest = typed.partition(bytes([escape]))
                if before:
                    _send(stream, before)
                if found or not typed:
                    return
            else:
                shown = stream.recv(4096)
                if not shown:
                    return
                _show(stream, screen, shown)


def _send(stream: Stream, data: bytes) -> None:
    while data:
        data = data[stream.send(data) :]


def _show(stream: Stream, screen: int, data: bytes) -> None:
    """Write to the screen. One that takes nothing (a connection that hangs) does not keep another session from taking
    the console: ``send`` fails then."""
    import select

    poller = select.poll()
    poller.register(screen, select.POLLOUT)
    while data:
        if poller.poll(500):
            data = data[os.write(screen, data[:_LITTLE]) :]
        else:
            stream.send(b"")
