"""`make demo`: what it shows, that it disturbs nobody, and that it leaves nothing whichever way it ends.

Its folder is made below the test's own, whose fixture looks for processes and mounts that were left there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from kit.guest import Guest
from tests import needs
from tests.shell.terminals import Terminal, named

pytestmark = [needs.qemu, pytest.mark.usefixtures("guest")]

# Of the prompt's toolbar this stands there whatever the width.
READY = "  1 running "
DEMO = [sys.executable, "-m", "kit.demo"]
CHECKOUT = str(Path(__file__).parents[2])


@pytest.fixture
def default(tmp_path: Path) -> Path:
    """Where the user's default connection would be, if somebody touched it."""
    return tmp_path / "default"


@pytest.fixture
def surroundings(root: Path, default: Path) -> dict[str, str]:
    return {"TMPDIR": str(root), "PYTHONPATH": CHECKOUT, "VIRSHPY_DEFAULT_URI": f"qemu:///embed?root={default}"}


@pytest.fixture
def terminal(surroundings: dict[str, str]) -> Iterator[Terminal]:
    terminal = Terminal(DEMO, named("xterm-256color", **surroundings), lines=50, columns=80)
    yield terminal
    # Whatever the test came to, the demo ends; a test may have closed the terminal itself.
    with suppress(OSError):
        terminal.close()


def nothing_left(root: Path, default: Path) -> bool:
    return not any(root.iterdir()) and not default.exists()


def test_two_at_once(root: Path, default: Path, surroundings: dict[str, str], guest: Guest) -> None:
    environment = {**os.environ, **surroundings}
    demos = [
        subprocess.Popen(DEMO, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [demo.communicate(timeout=100)[0] for demo in demos]
    assert [demo.returncode for demo in demos] == [0, 0]
    for text in told:
        assert f"VIRSHPY-GUEST-READY kernel={guest.version}" in text
        assert "\n 1    demo   running\n" in text
        assert text.endswith("; nothing is left of it\n")
        # What it says itself fits; a path is as long as it is.
        assert max(len(line) for line in text.splitlines() if str(root) not in line and "/vmlinuz" not in line) < 80
    assert nothing_left(root, default)


def test_on_a_terminal(root: Path, default: Path, terminal: Terminal) -> None:
    shown = terminal.expect(READY)
    assert "now you: try `console demo`" in shown
    # A program that the prompt runs is interrupted, and neither the prompt nor the demo ends with it.
    terminal.send("!echo be''gun; sleep 100\r")
    terminal.expect("begun")
    terminal.send("\x03")
    terminal.expect(READY)
    terminal.type("start demo\r", "error: Domain is already active")
    terminal.type("destroy demo\r", "Domain 'demo' destroyed")
    terminal.type("console demo\r", "error: The domain is not running")
    terminal.send("quit\r")
    terminal.expect("the guest had gone under the prompt (shut off (destroyed))")
    terminal.expect("nothing is left of it")
    assert terminal.end() == 0
    assert nothing_left(root, default)


def test_interrupted_while_the_guest_boots(root: Path, default: Path, terminal: Terminal) -> None:
    terminal.expect("Domain 'demo' started")
    terminal.send("\x03")
    assert terminal.end() == 130
    assert nothing_left(root, default)


def test_terminal_is_closed(root: Path, default: Path, terminal: Terminal) -> None:
    terminal.expect(READY)
    terminal.close()
    assert nothing_left(root, default)
