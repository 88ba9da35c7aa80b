"""Locks between real processes: freed by any death, and never without a name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from virshpy import errors
from virshpy.host import locks

_HOLD = """
import sys, time
from virshpy.host import locks
lock = locks.acquire(sys.argv[1], "key", "suspend", timeout=5)
print("held", flush=True)
time.sleep(60)
"""


def holding(file: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, str(file)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout and holder.stdout.readline() == "held\n"
    return holder


@pytest.fixture
def path(root: Path) -> Path:
    return root / "lock"


def test_who_waits_too_long_is_told_who_holds_it(path: Path) -> None:
    with holding(path) as holder:
        with pytest.raises(errors.OperationTimeout) as told:
            locks.acquire(str(path), "key", "resume", timeout=0.1)
        holder.kill()
    assert "cannot acquire state change lock (held by suspend)" in str(told.value)
    assert f"process {holder.pid} " in str(told.value.hint)


def test_a_killed_holder_holds_nothing(path: Path) -> None:
    with holding(path) as holder:
        holder.kill()
    with locks.acquire(str(path), "key", "resume", timeout=5):
        pass


def test_a_lock_that_is_free_has_no_holder(path: Path) -> None:
    with locks.acquire(str(path), "key", "start", timeout=1):
        assert locks.try_acquire(str(path), "key", "other") is None
        who = locks.holder(str(path), "key")
        assert who is not None and who[:2] == ("start", os.getpid())
    assert locks.holder(str(path), "key") is None


def test_one_lock_does_not_keep_another(path: Path) -> None:
    with locks.acquire(str(path), "one", "start", timeout=1), locks.acquire(str(path), "two", "start", timeout=1):
        pass


_CONTEND = """
import sys
from pathlib import Path
from virshpy.host import locks
path, counter = sys.argv[1], Path(sys.argv[2])
for _ in range(100):
    with locks.acquire(path, "key", "count", timeout=60):
        counter.write_text(str(int(counter.read_text()) + 1))
"""


def test_only_one_at_a_time(root: Path, path: Path) -> None:
    counter = root / "counter"
    counter.write_text("0")
    argv = [sys.executable, "-c", _CONTEND, str(path), str(counter)]
    workers = [subprocess.Popen(argv) for _ in range(4)]
    assert [worker.wait(120) for worker in workers] == [0] * 4
    assert counter.read_text() == "400"


_SIGNALLED = """
import os, signal, sys
from virshpy.host import locks, signals
number = int(sys.argv[2])
try:
    with locks.acquire(sys.argv[1], "key", "start", timeout=5):
        os.kill(os.getpid(), number)
        print("still here", flush=True)
        if sys.argv[3] == "broken off":
            signals.check()
            print("and not here")
finally:
    print("over", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("how", ["to the end", "broken off"])
def test_a_signal_waits_until_the_lock_has_gone(path: Path, number: int, how: str) -> None:
    argv = [sys.executable, "-c", _SIGNALLED, str(path), str(int(number)), how]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    # SIGTERM and SIGHUP end the process at once, when the lock has gone; the exception has come by before that.
    assert done.stdout.splitlines()[0] == "still here"
    assert "and not here" not in done.stdout
    assert (
        done.returncode == -number
        if number != signal.SIGINT
        else "KeyboardInterrupt" in done.stderr or ("Interrupted" in done.stderr)
    )
    with locks.acquire(str(path), "key", "next", timeout=1):
        pass
