"""Files that are whole or not there, logs with a bound, and trees of any depth."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from virshpy import errors
from virshpy.host import files

_DYING = """
import os, sys
from virshpy.host import files
real = os.rename
os.rename = lambda *a, **k: os.kill(os.getpid(), 9)
files.write_atomic(sys.argv[1], b"new")
"""


def test_a_killed_writer_is_in_nobodys_way(tmp_path: Path) -> None:
    path = tmp_path / "cache.json"
    for _ in range(3):
        assert subprocess.run([sys.executable, "-c", _DYING, str(path)]).returncode == -9
    assert len([entry for entry in tmp_path.iterdir() if entry.name.endswith(".new")]) == 3
    files.write_atomic(str(path), b"whole")
    assert path.read_bytes() == b"whole" and list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600


_WRITER = """
import sys
from virshpy.host import files
for number in range(300):
    files.write_atomic(sys.argv[1], sys.argv[2].encode() * 5000)
"""


def test_writers_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    several = [subprocess.Popen([sys.executable, "-c", _WRITER, str(path), letter]) for letter in "abcd"]
    while any(process.poll() is None for process in several):
        content = path.read_bytes() if path.exists() else b""
        assert len(set(content)) <= 1 and len(content) in (0, 5000)
    assert [process.returncode for process in several] == [0] * 4
    assert list(tmp_path.iterdir()) == [path]


def test_a_directory_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(errors.SystemCallError, match="Failed to write"):
        files.write_atomic(f"{tmp_path}/file", b"")


def test_a_tree_of_any_depth_goes_and_no_link_is_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("kept")
    top = tmp_path / "top"
    top.mkdir()
    here = os.open(top, os.O_RDONLY)
    for _ in range(3000):  # longer than any path may be
        os.mkdir("d", dir_fd=here)
        os.symlink(kept, "link", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    files.remove_tree(str(top))
    assert not top.exists() and (kept / "file").read_text() == "kept"
    files.remove_tree(str(top))  # once more is no error


def test_a_link_is_no_tree(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    with pytest.raises(OSError):
        files.remove_tree(f"{tmp_path}/link")
    assert (tmp_path / "kept").is_dir()


def test_logs_are_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "vm.log"
    path.write_bytes(b"old")
    files.rotate(str(path), 10)
    assert path.read_bytes() == b"old"
    for content in (b"first" * 10, b"second" * 10):
        path.write_bytes(content)
        with path.open("ab") as writer:
            files.rotate(str(path), 10, in_use=True)
            writer.write(b"goes on")
        assert path.read_bytes() == b"goes on"
        assert (tmp_path / "vm.log.0").read_bytes() == content[-10:]
    assert (tmp_path / "vm.log.1").read_bytes() == (b"first" * 10)[-10:]
    path.write_bytes(b"third" * 10)
    files.rotate(str(path), 10)
    assert not path.exists() and (tmp_path / "vm.log.0").read_bytes() == b"third" * 10


def test_a_log_that_cannot_be_opened_stops_nobody(tmp_path: Path) -> None:
    assert files.append_line(f"{tmp_path}/none/vm.log", "words") == 0
    (tmp_path / "link.log").symlink_to(tmp_path / "victim")
    files.append_line(f"{tmp_path}/link.log", "words")
    assert not (tmp_path / "victim").exists()
