"""A program on a pseudo-terminal, as a person has it before them."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time

import pytest

PATIENCE = 20.0
# What terminals are called that a program may find itself on; None: it is not told.
NAMES = (None, "", "dumb", "vt100", "xterm-256color")
READY = "Ctrl-D quits"  # the end of virshpy's toolbar
# What moves the cursor or sets colours and modes, and a title for the window.
CONTROLS = re.compile(r"\x1b(\[[0-9;?<>=]*[A-Za-z]|[=>78]|\][^\x07]*\x07|\([A-Z0-9])")


def named(name: str | None, **more: str) -> dict[str, str]:
    """The environment on a terminal of that name which has every letter, with ``more``."""
    kept = {key: value for key, value in os.environ.items() if key not in ("TERM", "NO_COLOR")}
    return {**kept, **({} if name is None else {"TERM": name}), "LC_ALL": "C.UTF-8", **more}


class Terminal:
    """A program with its controlling terminal; ``expect`` reads until a text has been shown."""

    def __init__(self, argv: list[str], environment: dict[str, str], lines: int = 30, columns: int = 100) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], argv, environment)
        self.shown = ""
        self.sent = b""  # all that came, its control sequences among it
        self.resize(lines, columns)

    def send(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def expect(self, text: str) -> str:
        """What was shown up to and with ``text``, without the terminal's control sequences."""
        end = time.monotonic() + PATIENCE
        while text not in self.shown:
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            data = self._read() if ready else b""
            if not data:
                pytest.fail(f"{text!r} never came; shown: {self.shown!r}")
            self.shown += CONTROLS.sub("", data.decode(errors="replace"))
            # A terminal answers when it is asked where its cursor is.
            if b"\x1b[6n" in data:
                self.send("\x1b[1;1R")
        before, _, self.shown = self.shown.partition(text)
        return before + text

    def type(self, text: str, then: str = READY) -> str:
        """Type a line; what was shown until ``then``."""
        self.send(text)
        return self.expect(then)

    def quiet(self, seconds: float = 0.7) -> str:
        """What is shown until nothing more has come for a while."""
        while select.select([self.fd], [], [], seconds)[0]:
            data = self._read()
            if not data:
                break
            self.shown += CONTROLS.sub("", data.decode(errors="replace"))
        shown, self.shown = self.shown, ""
        return shown

    def resize(self, lines: int, columns: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def end(self) -> int:
        """Wait until the program has left; its exit code."""
        while select.select([self.fd], [], [], PATIENCE)[0] and self._read():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def close(self) -> None:
        """Take the terminal away, which ends what runs on it."""
        os.close(self.fd)
        try:
            os.waitpid(self.pid, 0)
        except ChildProcessError:
            pass

    def _read(self) -> bytes:
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return b""
        self.sent += data
        return data
