"""Waiting for a file's growth and for the end of processes."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from virshpy import errors
from virshpy.host.inotify import Watch


def waits_for(watch: Watch, event: Callable[[], object]) -> None:
    """A wait lasts until the event, and ends with it."""
    waiting = threading.Thread(target=watch.wait, args=(30,), daemon=True)
    waiting.start()
    waiting.join(0.1)
    assert waiting.is_alive()
    event()
    waiting.join(20)
    assert not waiting.is_alive()


def test_a_write_ends_the_wait(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    watch = Watch(str(path), [])
    with path.open("ab", buffering=0) as file:
        for _ in range(2):
            waits_for(watch, lambda: file.write(b"words"))
    watch.wait(0.01)


def test_the_end_of_a_process_ends_the_wait(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with subprocess.Popen(["/bin/true"]) as gone:
        pass
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE) as process:
        waits_for(Watch(str(tmp_path / "file"), [gone.pid, process.pid]), process.communicate)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(errors.SystemCallError, match="Failed to watch .*/none: No such file"):
        Watch(str(tmp_path / "none"), [])
