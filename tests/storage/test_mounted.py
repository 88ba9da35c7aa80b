"""Pools of file systems: made on a device, mounted while they are active, and not a moment longer."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.storage.images import MIB, sum_of, volume
from tests.storage.transfers import upload
from virshpy import errors
from virshpy.api.connection import Connection
from virshpy.api.storage import StoragePool
from virshpy.enums import StoragePoolBuildFlags, StoragePoolCreateFlags
from virshpy.host.mounts import mounted_on

pytestmark = [needs.root, needs.program("mkfs.ext4", "e2fsprogs"), needs.program("losetup", "mount")]

BUILD = StoragePoolBuildFlags


@pytest.fixture
def device(root: Path) -> Iterator[str]:
    """A block device of 400 MiB, with nothing on it."""
    with (root / "disk").open("wb") as file:
        file.truncate(400 * MIB)
    words = ["losetup", "-f", "--show", str(root / "disk")]
    made = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    yield made
    subprocess.run(["losetup", "-d", made], check=True)


def fs_xml(device: str, target: Path, format: str = "ext4", name: str = "fs") -> str:
    source = f"<source><device path='{device}'/><format type='{format}'/></source>"
    return f"<pool type='fs'><name>{name}</name>{source}<target><path>{target}</path></target></pool>"


@pytest.fixture
def target(root: Path) -> Path:
    return root / "mounted"


@pytest.fixture
def pool(connection: Connection, device: str, target: Path) -> Iterator[StoragePool]:
    made = connection.storage_pool_define_xml(fs_xml(device, target))
    yield made
    if made.is_active():
        made.destroy()


@pytest.mark.parametrize("format", ["ext4", "xfs", "ext2"])
def test_the_whole_scene(connection: Connection, device: str, target: Path, root: Path, format: str) -> None:
    if subprocess.run(["which", f"mkfs.{format}"], capture_output=True).returncode:
        pytest.skip(f"needs mkfs.{format}")
    pool = connection.storage_pool_define_xml(fs_xml(device, target, format))
    pool.build(flags=BUILD.NO_OVERWRITE)
    assert target.is_dir() and mounted_on(str(target)) is None
    pool.create()
    mounted = mounted_on(str(target))
    assert mounted is not None and (mounted.source, mounted.type) == (device, format)
    made = pool.storage_vol_create_xml(volume("v"))
    (root / "in").write_bytes(os.urandom(MIB))
    upload(made, root / "in")
    pool.destroy()
    assert mounted_on(str(target)) is None and list(target.iterdir()) == []
    pool.create()
    copied = pool.storage_vol_create_xml_from(volume("w"), pool.storage_vol_lookup_by_name("v"))
    assert Path(copied.path()).read_bytes()[:MIB] == (root / "in").read_bytes()
    assert sum_of(target / "v") == sum_of(target / "w")
    for one in pool.list_volumes():
        if one.name != "lost+found":
            one.delete()
    pool.destroy()
    pool.delete()
    assert not target.exists()
    pool.undefine()


def test_what_has_a_file_system_is_not_overwritten_unasked(pool: StoragePool, device: str) -> None:
    pool.build(flags=BUILD.NO_OVERWRITE)
    with pytest.raises(errors.StoragePoolBuilt, match=f"Device '{device}' already formatted using 'ext4'"):
        pool.build(flags=BUILD.NO_OVERWRITE)
    subprocess.run(["mkfs.ext2", "-q", "-F", device], check=True)
    with pytest.raises(errors.StoragePoolBuilt, match="does not match the expected format 'ext4'"):
        pool.build(flags=BUILD.NO_OVERWRITE)
    pool.build()  # which only makes the directory
    assert b"ext2" in subprocess.run(["blkid", "-p", device], check=True, capture_output=True).stdout
    pool.build(flags=BUILD.OVERWRITE)
    assert b"ext4" in subprocess.run(["blkid", "-p", device], check=True, capture_output=True).stdout


def test_what_is_mounted_is_not_formatted(pool: StoragePool, device: str, root: Path) -> None:
    pool.build(flags=BUILD.OVERWRITE)
    (root / "elsewhere").mkdir()
    subprocess.run(["mount", device, root / "elsewhere"], check=True)
    try:
        with pytest.raises(errors.OperationInvalid, match=f"device '{device}' is mounted on '{root}/elsewhere'"):
            pool.build(flags=BUILD.OVERWRITE)
    finally:
        subprocess.run(["umount", root / "elsewhere"], check=True)


def test_a_start_that_fails_leaves_nothing_mounted(pool: StoragePool, target: Path) -> None:
    with pytest.raises(errors.InternalError, match="Child process .*mount -o nodev,nosuid,noexec -t ext4"):
        pool.create(flags=StoragePoolCreateFlags.WITH_BUILD)  # there is no file system on it
    assert not pool.is_active() and mounted_on(str(target)) is None and not target.exists()


def test_a_pool_in_use_stays_active(pool: StoragePool, target: Path) -> None:
    pool.create(flags=StoragePoolCreateFlags.WITH_BUILD_OVERWRITE)
    with (target / "busy").open("wb"):
        with pytest.raises(errors.InternalError, match="target is busy"):
            pool.destroy()
        assert pool.is_active() and mounted_on(str(target)) is not None
        assert [one.name for one in pool.list_volumes() if one.name == "busy"] == ["busy"]
    pool.destroy()
    assert mounted_on(str(target)) is None


def test_what_others_have_mounted_stays(pool: StoragePool, device: str, target: Path) -> None:
    pool.build(flags=BUILD.OVERWRITE)
    subprocess.run(["mount", device, target], check=True)
    pool.create()
    pool.destroy()
    assert mounted_on(str(target)) is not None
    subprocess.run(["umount", target], check=True)


def test_a_full_file_system_gives_its_space_back(pool: StoragePool, target: Path, root: Path) -> None:
    pool.create(flags=StoragePoolCreateFlags.WITH_BUILD_OVERWRITE)
    free = pool.info().available
    large = f"<allocation>{1 << 30}</allocation>"
    (root / "in").write_bytes(os.urandom(MIB))
    with pytest.raises(errors.SystemCallError, match="cannot allocate 1073741824 bytes in file .*: No space left"):
        pool.storage_vol_create_xml(volume("v", 1 << 30, more=large))
    original = pool.storage_vol_create_xml(volume("v", 200 * MIB, more="<allocation>0</allocation>"))
    subprocess.run(["dd", "if=/dev/urandom", f"of={target}/v", "bs=1M", "count=200"], check=True, capture_output=True)
    before = sum_of(target / "v")
    with pytest.raises(errors.SystemCallError, match="No space left on device"):
        pool.storage_vol_create_xml_from(volume("w", 200 * MIB), original)
    stream = original.upload(0, 0)
    with pytest.raises(errors.SystemCallError, match="cannot write to stream: No space left on device"):
        for _ in range(400):
            stream.send(os.urandom(MIB))
    stream.close()
    assert sum_of(target / "v") == before
    original.delete()
    assert abs(pool.info().available - free) < 100 * 1024


def test_an_upload_into_a_volume_that_has_most_of_the_space(pool: StoragePool, target: Path, root: Path) -> None:
    pool.create(flags=StoragePoolCreateFlags.WITH_BUILD_OVERWRITE)
    size = pool.info().available * 2 // 3 // MIB * MIB
    made = pool.storage_vol_create_xml(volume("v", size))
    (root / "in").write_bytes(os.urandom(MIB))
    upload(made, root / "in")
    assert (target / "v").stat().st_blocks * 512 >= size
    assert (target / "v").read_bytes()[: 2 * MIB] == (root / "in").read_bytes() + bytes(MIB)
    made.delete()
