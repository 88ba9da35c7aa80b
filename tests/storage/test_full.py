"""A file system with ever less space: each verb does all of its work or none, and what it took is given back."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.storage.conftest import pool_xml
from tests.storage.images import MIB, image, names, sum_of, volume
from virshpy import errors
from virshpy.api.connection import Connection
from virshpy.api.storage import StoragePool
from virshpy.enums import StorageVolCreateFlags, StorageVolResizeFlags

pytestmark = [needs.root, needs.program("qemu-img", "qemu-utils")]

SIZE = 8 * MIB
# How much room there is, in KiB: for nothing, for a header, for a part, for all but a page, for all.
ROOM = (0, 4, 64, 196, 400, 1020, 1024, 2100)


@pytest.fixture
def small(root: Path) -> Iterator[Path]:
    """A file system of its own, of 8 MiB."""
    path = root / "small"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", path], check=True)
    yield path
    subprocess.run(["umount", path], check=True)


def free(path: Path) -> int:
    has = os.statvfs(path)
    return has.f_bavail * has.f_frsize


def leave(path: Path, room: int) -> None:
    """Fill all but ``room`` bytes."""
    (path / "ballast").unlink(missing_ok=True)
    with (path / "ballast").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free(path) - room)


def upload(pool: StoragePool) -> None:
    stream = pool.storage_vol_lookup_by_name("old").upload(0, 0)
    try:
        for _ in range(16):
            stream.send(os.urandom(64 << 10))
        stream.finish()
    finally:
        stream.close()


def old(pool: StoragePool) -> None:
    pool.storage_vol_create_xml(volume("old", MIB, more="<allocation>0</allocation>"))
    Path(pool.storage_vol_lookup_by_name("old").path()).write_bytes(os.urandom(MIB))


VERBS: dict[str, Callable[[StoragePool], object]] = {
    "create raw": lambda pool: pool.storage_vol_create_xml(volume("new", MIB)),
    "create qcow2": lambda pool: pool.storage_vol_create_xml(image("new", "qcow2", MIB)),
    "preallocate": lambda pool: pool.storage_vol_create_xml(
        image("new", "qcow2", MIB), flags=StorageVolCreateFlags.PREALLOC_METADATA
    ),
    "clone": lambda pool: pool.storage_vol_create_xml_from(
        volume("new", MIB, more="<allocation>0</allocation>"), pool.storage_vol_lookup_by_name("old")
    ),
    "convert": lambda pool: pool.storage_vol_create_xml_from(
        image("new", "qcow2", MIB), pool.storage_vol_lookup_by_name("old")
    ),
    "upload": upload,
    "resize": lambda pool: pool.storage_vol_lookup_by_name("old").resize(2 * MIB, flags=StorageVolResizeFlags.ALLOCATE),
}


@pytest.mark.parametrize("verb", VERBS)
def test_all_or_nothing(connection: Connection, small: Path, verb: str) -> None:
    pool = connection.storage_pool_create_xml(pool_xml(small))
    old(pool)
    outcomes = set()
    for room in ROOM:
        leave(small, room << 10)
        before = names(small), sum_of(small / "old"), free(small)
        try:
            VERBS[verb](pool)
        except errors.Error as error:
            assert "No space left" in str(error) or "Not enough space" in str(error)
            assert (names(small), sum_of(small / "old"), free(small)) == before
            outcomes.add("refused")
        else:
            outcomes.add("done")
            assert not any(name.startswith(".virshpy-") for name in names(small))
            if (small / "new").exists():
                pool.storage_vol_lookup_by_name("new").delete()
            else:
                pool.storage_vol_lookup_by_name("old").delete()
                old(pool)
    assert outcomes == {"refused", "done"}
    pool.destroy()
