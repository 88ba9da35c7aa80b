"""Data into volumes and out of them: all of it or nothing, holes as holes, and never through this process's memory."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from tests import needs
from tests.conftest import Run
from tests.storage.images import MIB, image, names, sum_of, volume
from tests.storage.transfers import download, upload
from virshpy import errors
from virshpy.api.connection import Connection
from virshpy.api.storage import StoragePool, StorageVol

EMPTY = "<allocation>0</allocation>"


@pytest.fixture
def made(pool: StoragePool) -> StorageVol:
    return pool.storage_vol_create_xml(volume("v", more=EMPTY))


@pytest.fixture
def source(root: Path) -> Path:
    path = root / "source"
    path.write_bytes(os.urandom(3 * MIB))
    return path


def test_there_and_back(made: StorageVol, source: Path, folder: Path, root: Path) -> None:
    before = os.stat(folder / "v")
    upload(made, source)
    assert (folder / "v").read_bytes() == source.read_bytes() + bytes(MIB)
    after = os.stat(folder / "v")
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    download(made, root / "out")
    assert sum_of(root / "out") == sum_of(folder / "v")
    assert names(folder) == ["v"]


def test_a_part_of_it(made: StorageVol, source: Path, folder: Path, root: Path) -> None:
    upload(made, source)
    (root / "patch").write_bytes(b"patch")
    upload(made, root / "patch", offset=100, length=5)
    content = (folder / "v").read_bytes()
    assert content[:110] == source.read_bytes()[:100] + b"patch" + source.read_bytes()[105:110]
    download(made, root / "out", offset=98, length=9)
    assert (root / "out").read_bytes() == content[98:107]
    download(made, root / "out", offset=100 * MIB)
    assert (root / "out").read_bytes() == b""


def test_what_is_longer_than_was_said_is_not_taken(made: StorageVol, source: Path, folder: Path) -> None:
    with pytest.raises(errors.SystemCallError, match="cannot write to stream: No space left on device"):
        upload(made, source, length=100)
    assert (folder / "v").read_bytes() == bytes(4 * MIB) and names(folder) == ["v"]


def test_block_by_block(made: StorageVol, folder: Path) -> None:
    stream = made.upload(0, 0)
    assert stream.send(b"one ") == 4 and stream.send(b"two") == 3
    assert (folder / "v").read_bytes() == bytes(4 * MIB)  # nothing of it is seen before its end
    stream.finish()
    assert (folder / "v").read_bytes()[:8] == b"one two\0"
    stream = made.download(4, 3)
    assert (stream.recv(100), stream.recv(100)) == (b"two", b"")
    stream.close()


def test_a_transfer_that_is_broken_off_leaves_the_volume_as_it_was(made: StorageVol, folder: Path) -> None:
    stream = made.upload(0, 0)
    stream.send(b"half")
    stream.close()
    assert (folder / "v").read_bytes() == bytes(4 * MIB) and names(folder) == ["v"]
    stream = made.upload(0, 0)  # nothing holds it any more
    stream.close()


def test_from_a_pipe(made: StorageVol, virshpy: Run, folder: Path) -> None:
    virshpy("vol-upload", "v", "/dev/stdin", "pool", input="through a pipe")
    assert (folder / "v").read_bytes()[:15] == b"through a pipe\0"


def test_into_a_pipe(made: StorageVol, virshpy: Run, root: Path) -> None:
    virshpy("vol-upload", "v", "/dev/stdin", "pool", input="through a pipe")
    for more in ((), ("--bypass",)):
        done = virshpy("-q", "vol-download", "v", "/dev/stdout", "pool", "--length", "14", *more)
        assert done.stdout == "through a pipe"
    os.mkfifo(root / "fifo")
    reads = subprocess.Popen(f"sleep 0.3; cat {root}/fifo", shell=True, stdout=subprocess.PIPE)
    virshpy("vol-download", "v", root / "fifo", "pool", "--offset", "8", "--length", "6")
    assert reads.communicate(timeout=60)[0] == b"a pipe"


@pytest.mark.parametrize(
    ("target", "said", "why"),
    [
        ("/dev/full", "cannot receive data from volume v", "Unable to write to stream: No space left on device"),
        ("nowhere/out", "cannot create nowhere/out", ""),
    ],
)
def test_the_other_end_takes_nothing(made: StorageVol, virshpy: Run, target: str, said: str, why: str) -> None:
    told = virshpy("vol-download", "v", target, "pool", check=False).stderr
    assert told.startswith(f"error: {said}\n")
    assert ("Unable to write to stream" in told) == bool(why) and why in told


@needs.program("fincore", "util-linux-extra")
def test_past_the_page_cache(made: StorageVol, source: Path, virshpy: Run, folder: Path, root: Path) -> None:
    if not _can_be_dropped(source):
        pytest.skip(f"needs a file system that can drop pages from the cache: {root}")
    source.write_bytes(source.read_bytes())
    assert _cached(source) == 3 * MIB
    virshpy("vol-upload", "v", source, "pool", "--offset", str(MIB), "--bypass")
    assert [_cached(path) for path in (source, folder / "v")] == [0, 0]
    virshpy("vol-download", "v", root / "out", "pool", "--bypass")
    assert [_cached(path) for path in (root / "out", folder / "v")] == [0, 0]
    assert (root / "out").read_bytes() == bytes(MIB) + source.read_bytes()


def _cached(path: Path) -> int:
    """Bytes of a file that are in the host's page cache."""
    words = ["fincore", "--bytes", "--noheadings", "--output", "RES", str(path)]
    return int(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def _can_be_dropped(path: Path) -> bool:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return _cached(path) == 0


def test_holes_stay_holes(pool: StoragePool, folder: Path, root: Path) -> None:
    with (root / "sparse").open("wb") as file:
        file.seek(700 * MIB)
        file.write(b"end")
    made = pool.storage_vol_create_xml(volume("v", MIB, more=EMPTY))
    upload(made, root / "sparse")
    assert (folder / "v").stat().st_size == 700 * MIB + 3
    assert (folder / "v").stat().st_blocks * 512 < MIB
    download(made, root / "out")
    assert (root / "out").stat().st_blocks * 512 < MIB
    assert subprocess.run(["cmp", root / "sparse", root / "out"], check=False).returncode == 0


def test_space_that_was_set_aside_stays_so(pool: StoragePool, source: Path, folder: Path) -> None:
    made = pool.storage_vol_create_xml(volume("v", 8 * MIB))
    upload(made, source)
    assert (folder / "v").stat().st_blocks * 512 >= 8 * MIB
    assert (folder / "v").read_bytes() == source.read_bytes() + bytes(5 * MIB)


def test_a_file_with_a_second_name_is_written_in_place(made: StorageVol, source: Path, folder: Path) -> None:
    os.link(folder / "v", folder / "w")
    upload(made, source)
    assert (folder / "w").read_bytes() == source.read_bytes() + bytes(MIB)


def test_what_is_carried_is_not_in_our_memory(made: StorageVol, root: Path, folder: Path) -> None:
    with (root / "large").open("wb") as file:
        for _ in range(40):
            file.write(os.urandom(5 * MIB))
    made.pool.storage_vol_create_xml_from(volume("first"), made)  # what is loaded for it is in memory then
    download(made, root / "out")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    upload(made, root / "large")
    made.pool.storage_vol_create_xml_from(volume("w"), made)
    download(made, root / "out")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024  # KiB
    assert sum_of(root / "out") == sum_of(root / "large") == sum_of(folder / "w")


def test_another_thread_sees_how_far_it_is_and_stops_it(
    connection: Connection, pool: StoragePool, folder: Path
) -> None:
    with (folder / "v").open("wb") as file:
        for _ in range(100):
            file.write(os.urandom(8 * MIB))
    seen: list[tuple[int, int]] = []

    def watch() -> None:
        while not seen or not seen[-1][0]:
            if (step := connection.progress()) is not None:
                seen.append(step)
        connection.cancel()

    watcher = Thread(target=watch)
    watcher.start()
    original = pool.storage_vol_lookup_by_name("v")
    try:
        with pytest.raises(errors.OperationAborted, match="canceled by client"):
            pool.storage_vol_create_xml_from(volume("w"), original)
    finally:
        watcher.join()
    assert 0 < seen[-1][0] < seen[-1][1] == 800 * MIB
    assert names(folder) == ["v"]


VERBS: dict[str, Callable[[Path], list[str]]] = {
    "clone": lambda root: ["vol-clone", "v", "w", "pool"],
    "convert": lambda root: ["vol-create-from", "pool", str(root / "qcow2.xml"), "v", "pool"],
    "upload": lambda root: ["vol-upload", "small", str(root / "images/v"), "pool"],
    "download": lambda root: ["vol-download", "v", str(root / "out"), "pool"],
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("verb", VERBS)
def test_a_signal_leaves_no_half_volume(
    pool: StoragePool, uri: str, root: Path, folder: Path, verb: str, number: signal.Signals
) -> None:
    with (folder / "v").open("wb") as file:
        for _ in range(100):
            file.write(os.urandom(8 * MIB))
    (folder / "small").write_bytes(b"small")
    (root / "qcow2.xml").write_text(image("w", "qcow2", 800 * MIB))
    words = [sys.executable, "-m", "virshpy", "-c", uri, *VERBS[verb](root)]
    running = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 20
    while len(names(folder)) == 2 and not (root / "out").exists() and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(0.05)
    running.send_signal(number)
    _, said = running.communicate(timeout=60)
    assert running.returncode in (-number, 128 + number), said
    assert "Traceback" not in said
    assert names(folder) == ["small", "v"] and (folder / "small").read_bytes() == b"small"
    assert not (root / "out").exists() or verb != "download" or (root / "out").stat().st_size < 800 * MIB
