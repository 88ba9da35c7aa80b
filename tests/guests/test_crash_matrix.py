"""Every verb of the table dies at every moment; one more command finds all of it or none of it.

The moments are those that the store and the journal announce: before and after every transaction and every step. At the
same moments Ctrl-C, SIGTERM and SIGHUP leave nothing even without that command, and another command changes nothing.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import needs
from tests.guests.matrix import ROWS, SECRET, Ground, Row
from tests.stores import open_store

pytestmark = needs.qemu
_MARKED = [pytest.param(row, marks=needs.root if row.root else ()) for row in ROWS]
each = pytest.mark.parametrize("row", _MARKED, ids=lambda row: row.verb.split(" {")[0])

_DISTURBED = """
import os, subprocess, sys
from virshpy.host import store
count, number = int(sys.argv.pop(1)), int(sys.argv.pop(1))
other = [sys.executable, "-m", "virshpy", *sys.argv[1:3], "list", "--all"]
def observe(name):
    global count
    count -= 1
    if number == 0:
        subprocess.run(other, stdout=subprocess.DEVNULL, check=True)
    elif count == 0:
        sys.stderr.write("died at: " + name + "\\n")
        sys.stderr.flush()
        os.kill(os.getpid(), number)
store.observers.append(observe)
from virshpy.shell.main import entry
sys.exit(entry())
"""
_NEVER = 0

Seen = dict[str, Any]


@pytest.fixture
def ground(root: Path) -> Iterator[Ground]:
    made = Ground(root)
    yield made
    made.clear()
    assert made.seen()["left"] == []


def disturbed(ground: Ground, verb: str, moment: int, number: int) -> subprocess.CompletedProcess[str]:
    """The verb, which gets a signal at its ``moment``-th moment; for signal 0 another command runs at each."""
    words = verb.format(root=ground.root, secret=SECRET).split()
    argv = [sys.executable, "-c", _DISTURBED, str(moment), str(number), "-c", ground.uri, *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=110, stdin=subprocess.DEVNULL)


def prepare(ground: Ground, row: Row) -> None:
    ground.clear()
    row.prepare(ground)


def die_in(ground: Ground, verb: str, moment: int, number: int) -> str | None:
    """Where the verb ended by a signal at its ``moment``-th moment, or None where it had fewer."""
    done = disturbed(ground, verb, moment, number)
    where = done.stderr.partition("died at: ")[2].partition("\n")[0]
    if not where:
        assert done.returncode == 0, done.stderr
    elif number == signal.SIGKILL:
        assert done.returncode == -9, done.stderr
    else:
        # What was no more to be taken back is done, and then the signal arrives.
        assert done.returncode in (-number, 128 + number), (where, done.returncode, done.stderr)
        assert "Traceback" not in done.stderr and "internal error" not in done.stderr
    return where or None


_WHOLE: dict[Row, tuple[Seen, Seen]] = {}


def whole(ground: Ground, row: Row) -> tuple[Seen, Seen]:
    """What is seen before the verb and after it. It is seen to do something."""
    if row not in _WHOLE:
        prepare(ground, row)
        before = ground.seen()
        prepare(ground, row)  # who looks at a guest asks its monitor, which the guest's record keeps
        done = disturbed(ground, row.verb, _NEVER, signal.SIGKILL)
        assert done.returncode == 0, done.stderr
        _WHOLE[row] = before, ground.seen()
        assert before != _WHOLE[row][1]
    return _WHOLE[row]


def unfinished(root: Path) -> list[tuple[object, ...]]:
    """Journals that somebody will have to undo or to carry forward."""
    store = open_store(root)
    query = "SELECT verb, phase FROM {}.journal WHERE phase <> 'held'"
    found = [tuple(row) for db in ("run", "main") for row in store.all(query.format(db))]
    store.close()
    return found


def differences(before: Seen, after: Seen, complete: Seen) -> Iterator[tuple[str, object, object, object]]:
    """The facts that are neither as before nor as they should be."""
    for key in {*before, *after, *complete}:
        facts = before.get(key), after.get(key), complete.get(key)
        if facts[0] != facts[1] or facts[1] != facts[2]:
            yield key, *facts


def every_death(ground: Ground, row: Row, *numbers: int, step: int = 1) -> int:
    """Let the verb end at its first, second, … moment until it survives, once by each signal; how many it has."""
    before, complete = whole(ground, row)
    for moment in range(1, 500, step):
        for number in numbers:
            prepare(ground, row)
            where = die_in(ground, row.verb, moment, number)
            if where is None:
                return moment - 1
            if number != signal.SIGKILL:
                assert unfinished(ground.root) == [], where
            after = ground.seen()
            assert row.invariant(before, after, complete), (where, *differences(before, after, complete))
    raise AssertionError("it has no end")


@each
def test_killed(ground: Ground, row: Row) -> None:
    assert every_death(ground, row, signal.SIGKILL) >= row.moments


@each
def test_interrupted(ground: Ground, row: Row) -> None:
    every_death(ground, row, signal.SIGINT)


@each
def test_terminated(ground: Ground, row: Row) -> None:
    """These two go the same way as Ctrl-C, and are tried at one moment in six."""
    every_death(ground, row, signal.SIGTERM, signal.SIGHUP, step=6)


@each
def test_others_look_meanwhile(ground: Ground, row: Row) -> None:
    """In each gap of what it writes down another command opens the same files, and recovers what is nobody's."""
    _, complete = whole(ground, row)
    prepare(ground, row)
    done = disturbed(ground, row.verb, _NEVER, 0)
    assert done.returncode == 0, done.stderr
    assert ground.seen() == complete


LONG = ("start crash", "destroy crash", "undefine crash --nvram")


@pytest.mark.parametrize("row", [row for row in ROWS if row.verb in LONG], ids=lambda row: row.verb)
def test_who_recovers_is_killed_as_well(ground: Ground, row: Row) -> None:
    """The verb dies late, the command after it at one in three of its own moments; the one after that finds all or
    nothing."""
    before, complete = whole(ground, row)
    for moment in range(1, 500, 3):
        prepare(ground, row)
        assert die_in(ground, row.verb, row.moments, signal.SIGKILL)
        where = die_in(ground, "list --all", moment, signal.SIGKILL)
        after = ground.seen()
        assert row.invariant(before, after, complete), (where, before, after, complete)
        if where is None:
            break
    assert moment > 3
