"""The one way to what lies in a place of others."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from virshpy.host import untrusted


def test_only_what_has_content_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "fifo")
    with untrusted.read(f"{tmp_path}/file") as opened:
        assert os.pread(opened.fd, 10, 0) == b"content"
    for name in ("link", "fifo", "none", "."):
        with pytest.raises(OSError):
            untrusted.read(f"{tmp_path}/{name}")
    with untrusted.read(f"{tmp_path}/link", links=True) as opened:
        assert os.pread(opened.fd, 10, 0) == b"content"
    with pytest.raises(untrusted.Changed, match="neither a file nor a block device"):
        untrusted.read("/dev/zero")


def test_a_file_is_known_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    with untrusted.look(str(path)) as first:
        first.require(owner=os.geteuid(), identity=first.identity)
        path.rename(tmp_path / "moved")
        path.write_text("")
        with untrusted.look(str(path)) as second, pytest.raises(untrusted.Changed, match="another file"):
            second.require(identity=first.identity)
        with pytest.raises(untrusted.Changed, match="belongs to user"):
            first.require(owner=os.geteuid() + 1)
    path.unlink()
    path.symlink_to(tmp_path / "moved")
    with pytest.raises(untrusted.Changed, match="a link"):
        untrusted.look(str(path))


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen(2)
        yield path


def test_a_socket_is_that_of_whom_it_should_be(listener: Path) -> None:
    untrusted.connect(str(listener), 1, pids=[os.getpid()]).close()
    with pytest.raises(untrusted.Changed, match=f"process {os.getpid()} listens"):
        untrusted.connect(str(listener), 1, pids=[1])


def test_what_is_under_a_name(tmp_path: Path) -> None:
    (file := tmp_path / "file").write_text("words")
    (tmp_path / "link").symlink_to(file)
    with untrusted.look(str(file)) as found, untrusted.look(str(tmp_path / "link"), links=True) as linked:
        assert found.identity == linked.identity == [file.stat().st_dev, file.stat().st_ino]
        assert os.readlink(found.name) == str(file)
    with untrusted.directory(str(file)) as folder, untrusted.look("file", within=folder.fd) as found:
        assert found.identity == [file.stat().st_dev, file.stat().st_ino]
        with pytest.raises(untrusted.Changed, match="a link"):
            untrusted.look("link", within=folder.fd)


def test_what_is_no_socket_is_not_connected_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(untrusted.Changed, match="it is no socket"):
        untrusted.connect(str(tmp_path / "file"), 1)
    (tmp_path / "file").unlink()
    with pytest.raises(FileNotFoundError):
        untrusted.connect(str(tmp_path / "file"), 1)


def test_nobody_waits_for_a_socket_that_is_full(listener: Path) -> None:
    waiting = []
    with pytest.raises(TimeoutError):
        for _ in range(10):
            waiting.append(untrusted.connect(str(listener), 0.2))
    for connection in waiting:
        connection.close()


def test_a_link_to_a_socket_and_what_is_none(listener: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(listener)
    (tmp_path / "file").write_text("")
    for name in ("link", "file", "none"):
        with pytest.raises(OSError):
            untrusted.connect(f"{tmp_path}/{name}", 1)
