"""Waiting for a file's growth and for the end of processes."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest

from virshpy import errors
from virshpy.host.inotify import Watch


def ends(watch: Watch) -> bool:
    """Whether a wait without an end of its own is over soon."""
    waiting = threading.Thread(target=watch.wait, args=(30,), daemon=True)
    waiting.start()
    waiting.join(10)
    return not waiting.is_alive()


def test_a_write_ends_the_wait(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    watch = Watch(str(path), [])
    for words in ("one", "two"):
        with path.open("a") as file:
            file.write(words)
        assert ends(watch)
    watch.wait(0.01)  # nothing happens any more


def test_the_end_of_a_process_ends_the_wait(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with subprocess.Popen(["/bin/true"]) as gone:
        pass
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE) as process:
        watch = Watch(str(tmp_path / "file"), [gone.pid, process.pid])
        watch.wait(0.01)
        process.communicate()
        assert ends(watch)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(errors.SystemCallError, match="Failed to watch .*/none: No such file"):
        Watch(str(tmp_path / "none"), [])
