"""Locks between real processes: freed by any death, and never without a name."""

from __future__ import annotations

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


def holding(directory: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, str(directory)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout and holder.stdout.readline() == "held\n"
    return holder


def test_who_waits_too_long_is_told_who_holds_it(root: Path) -> None:
    with holding(root) as holder:
        with pytest.raises(errors.OperationTimeout) as told:
            locks.acquire(str(root), "key", "resume", timeout=0.1)
        holder.kill()
    assert "cannot acquire state change lock (held by suspend)" in str(told.value)
    assert f"process {holder.pid} " in str(told.value.hint)


def test_a_killed_holder_holds_nothing(root: Path) -> None:
    with holding(root) as holder:
        holder.kill()
    with locks.acquire(str(root), "key", "resume", timeout=5):
        pass


def test_the_last_holder_leaves_no_file(root: Path) -> None:
    with locks.acquire(str(root), "key", "start", timeout=1):
        assert (root / "key").exists()
        assert locks.try_acquire(str(root), "key", "other") is None
    assert list(root.iterdir()) == []
    assert locks.holder(str(root), "key") is None


_CONTEND = """
import sys
from pathlib import Path
from virshpy.host import locks
directory, counter = sys.argv[1], Path(sys.argv[2])
for _ in range(100):
    with locks.acquire(directory, "key", "count", timeout=60):
        counter.write_text(str(int(counter.read_text()) + 1))
"""


def test_only_one_at_a_time_even_as_the_file_comes_and_goes(root: Path) -> None:
    counter = root / "counter"
    counter.write_text("0")
    locks_directory = root / "locks"
    locks_directory.mkdir()
    argv = [sys.executable, "-c", _CONTEND, str(locks_directory), str(counter)]
    workers = [subprocess.Popen(argv) for _ in range(4)]
    assert [worker.wait(120) for worker in workers] == [0] * 4
    assert counter.read_text() == "400"
