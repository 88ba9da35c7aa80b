"""What the store and its guests find where space, rights, or a file system of their own are wanting."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.stores import open_store
from virshpy import errors
from virshpy.host import mounts
from virshpy.host.directories import directories
from virshpy.host.full import Full
from virshpy.host.store import Store
from virshpy.uri import URI

pytestmark = needs.root


@pytest.fixture
def small(root: Path) -> Iterator[Path]:
    """A connection's directory on a file system of 2 MiB."""
    (place := root / "small").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "virshpy", place], check=True)
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(place: Path) -> None:
    with open(place / "filler", "wb") as file, pytest.raises(OSError):
        while True:
            os.write(file.fileno(), bytes(4096))


def again(place: Path, *, readonly: bool = False) -> Store:
    return Store(directories(URI(f"qemu:///embed?root={place}")), readonly=readonly)


def test_a_full_file_system_is_looked_at_and_gives_up_what_was_set_aside(small: Path) -> None:
    store = open_store(small)
    store.include("thing", state=["CREATE TABLE main.thing (content)"])
    assert not store.is_full() and len(list(small.glob("*/reserve.*"))) == 4
    store.close()
    fill(small)
    store = again(small)
    assert list(small.glob("lib/reserve.*")) == []
    store.execute("INSERT INTO main.thing VALUES ('small')")
    fill(small)
    assert store.is_full()
    with pytest.raises(Full, match="database or disk is full|disk I/O error") as told:
        store.execute("INSERT INTO main.thing VALUES (?)", bytes(1 << 20))
    assert "make room" in str(told.value.hint)
    store.close()
    store = again(small)
    assert [row[0] for row in store.all("SELECT content FROM main.thing")] == ["small"]
    store.close()
    (small / "filler").unlink()
    store = again(small)
    assert not store.is_full() and len(list(small.glob("*/reserve.*"))) == 4


@pytest.mark.parametrize("folder", ["lib", "run"])
def test_one_full_file_system_of_two_is_noticed(root: Path, folder: str) -> None:
    (root / folder).mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "virshpy", root / folder], check=True)
    try:
        store = open_store(root)
        assert not store.is_full()
        fill(root / folder)
        assert store.is_full()
        store.close()
    finally:
        subprocess.run(["umount", "-l", root / folder], check=True)


def test_a_file_system_that_cannot_be_written_is_looked_at_by_who_only_looks(small: Path) -> None:
    store = open_store(small)
    store.include("thing", state=["CREATE TABLE main.thing (content)"])
    store.close()
    subprocess.run(["mount", "-o", "remount,ro", small], check=True)
    looking = again(small, readonly=True)
    looking.include("thing", state=["CREATE TABLE main.thing (content)"])
    assert looking.all("SELECT * FROM main.thing") == []
    with pytest.raises(errors.SystemCallError, match="readonly database") as told:
        looking.include("thing", state=["CREATE TABLE main.thing (content)", "CREATE TABLE main.thing_more (content)"])
    assert "whose files you may open" in str(told.value.hint)
    with pytest.raises(errors.SystemCallError):
        again(small)


def test_who_only_looks_finds_nothing_where_nothing_can_be_made(small: Path) -> None:
    for folder in ("lib", "run"):
        (small / folder).mkdir()
    subprocess.run(["mount", "-o", "remount,ro", small], check=True)
    looking = again(small, readonly=True)
    looking.include("thing", state=["CREATE TABLE main.thing (content)"], run=["CREATE TABLE run.thing (content)"])
    assert looking.all("SELECT * FROM main.thing UNION ALL SELECT * FROM run.thing") == []
    with pytest.raises(errors.SystemCallError, match="Failed to open .*/state.db"):
        again(small)


def test_a_guests_own_file_system_has_a_bound(root: Path) -> None:
    (place := root / "a").mkdir()
    assert mounts.mount_tmpfs(str(place), size=1 << 16, files=4, mode=0o711)
    assert mounts.is_mount_point(str(place)) and place.stat().st_mode & 0o777 == 0o711
    assert os.statvfs(place).f_files == 4
    fill(place)
    assert (place / "filler").stat().st_size == 1 << 16
    for _ in range(2):
        mounts.unmount(str(place))
        assert not mounts.is_mount_point(str(place)) and list(place.iterdir()) == []
    assert not mounts.is_mount_point(f"{place}/none")


_SECLUDED = """
import sys
from virshpy.host import mounts
print(mounts.mount_tmpfs(sys.argv[1], size=65536, files=4, mode=0o700))
"""


@needs.mount_namespaces
@pytest.mark.parametrize(("propagation", "made"), [("slave", "False"), ("private", "True")])
def test_none_is_made_where_others_would_not_see_it(root: Path, propagation: str, made: str) -> None:
    """In a namespace that follows the host's, as of a service with PrivateTmp."""
    import sys

    subprocess.run(["mount", "--bind", root, root], check=True)
    subprocess.run(["mount", "--make-shared", root], check=True)
    try:
        (place := root / "a").mkdir()
        words = ["unshare", "--mount", "--propagation", propagation, sys.executable, "-c", _SECLUDED, str(place)]
        assert subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout.strip() == made
    finally:
        subprocess.run(["umount", "-l", root], check=True)


@pytest.mark.parametrize(("damaged", "advice"), [("lib/state.db", "restore the file"), ("run/run.db", "found again")])
def test_a_damaged_file_is_told_from_the_other(root: Path, damaged: str, advice: str) -> None:
    store = open_store(root)
    store.include("thing", state=["CREATE TABLE main.thing (content)"], run=["CREATE TABLE run.thing (content)"])
    for db in ("main", "run"):
        store.execute(f"INSERT INTO {db}.thing VALUES (?)", bytes(1 << 16))
    store.close()
    with open(root / damaged, "r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (os.path.getsize(root / damaged) - 4096))
    with pytest.raises(errors.SystemCallError, match="malformed|not a database") as told:
        store = open_store(root)
        for db in ("main", "run"):
            store.all(f"SELECT * FROM {db}.thing")
    assert advice in str(told.value.hint)
