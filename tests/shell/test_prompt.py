"""The prompt and the console, on a real terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.transcripts.transcripts import URI

PATIENCE = 20.0


class Terminal:
    """The program on a pseudo-terminal; ``expect`` reads until a text has been shown."""

    def __init__(self, argv: list[str], environment: dict[str, str]) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(sys.executable, [sys.executable, "-m", "virshpy", *argv], environment)
        self.shown = ""

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
            self.shown += re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|[=>78])", "", data.decode(errors="replace"))
            # A terminal answers when it is asked where its cursor is.
            if b"\x1b[6n" in data:
                self.send("\x1b[1;1R")
        before, _, self.shown = self.shown.partition(text)
        return before + text

    def end(self) -> int:
        """Wait until the program has left; its exit code."""
        while select.select([self.fd], [], [], PATIENCE)[0] and self._read():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self) -> bytes:
        try:
            return os.read(self.fd, 65536)
        except OSError:
            return b""


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path), "TERM": "xterm", "NO_COLOR": "1"}
    opened = Terminal(["-c", URI], environment)
    yield opened
    os.close(opened.fd)


def test_prompt(terminal: Terminal, tmp_path: Path) -> None:
    terminal.expect("Welcome to virshpy")
    terminal.expect("virshpy #")
    terminal.expect("Ctrl-D quits")
    terminal.send("domstate test\r")
    terminal.expect("running")
    terminal.expect("Ctrl-D quits")
    terminal.send("domstate nope\r")
    terminal.expect("hint: ")
    terminal.expect("Ctrl-D quits")
    terminal.send("half a li\x03")
    terminal.expect("Ctrl-D quits")
    terminal.send("connect --name test:///default --readonly\r")
    terminal.expect("virshpy >")
    terminal.expect("Ctrl-D quits")
    terminal.send("domin\t")
    terminal.expect("dominfo")
    terminal.send(" te\t")
    time.sleep(0.5)  # what completion types is drawn in pieces
    terminal.send("\r")
    terminal.expect("Security label")
    terminal.expect("virshpy >")
    terminal.expect("Ctrl-D quits")
    terminal.send("\x04")
    assert terminal.end() == 0
    history = tmp_path / "virshpy" / "history"
    assert "+domstate nope" in history.read_text() and history.stat().st_mode & 0o077 == 0


def test_quit(terminal: Terminal) -> None:
    terminal.expect("virshpy #")
    terminal.expect("Ctrl-D quits")
    terminal.send("quit\r")
    assert terminal.end() == 0
