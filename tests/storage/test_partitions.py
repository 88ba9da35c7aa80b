"""Pools of type disk: partitions of real loop devices."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import needs
from tests.storage.killed import killed_at
from tests.storage.services import loop
from virshpy import errors
from virshpy.api.connection import Connection
from virshpy.api.storage import StoragePool
from virshpy.drivers.storage import partitioning
from virshpy.enums import StoragePoolBuildFlags, StoragePoolState, StorageVolInfoFlags
from virshpy.host import devices, partitions
from virshpy.host.partitions import Table
from virshpy.host.programs import program

MIB = 1 << 20

DISK = [
    needs.root,
    needs.program("parted", "parted"),
    needs.program("sfdisk", "fdisk"),
    needs.program("losetup", "mount"),
    needs.file("/dev/loop-control", "a kernel with loop devices"),
]


def on_disk(test: Any) -> Any:
    for mark in DISK:
        test = mark(test)
    return test


@pytest.fixture
def disk(root: Path) -> Iterator[str]:
    """A blank device of 256 MiB; afterwards neither it nor a partition of it is there."""
    with loop(root, 256) as device:
        yield str(device)
    listed = subprocess.run(["losetup", "--list"], capture_output=True, text=True, check=True).stdout
    assert str(root) not in listed and not list(Path("/dev").glob(f"{device.name}p*"))


def pool_xml(device: str, format: str = "dos", target: str = "/dev") -> str:
    return (
        f"<pool type='disk'><name>disk</name><source><device path='{device}'/><format type='{format}'/></source>"
        f"<target><path>{target}</path></target></pool>"
    )


@pytest.fixture
def pool(connection: Connection, disk: str) -> Iterator[StoragePool]:
    """An active pool with an empty dos table."""
    made = connection.storage_pool_define_xml(pool_xml(disk))
    made.build()
    made.create()
    yield made
    if made.is_active():
        made.destroy()


def name(disk: str, number: int) -> str:
    return f"{os.path.basename(disk)}p{number}"


def volume(disk: str, number: int, size: int = 10, *, format: str = "none", more: str = "") -> str:
    return (
        f"<volume><name>{name(disk, number)}</name><capacity unit='M'>{size}</capacity>"
        f"<target><format type='{format}'/>{more}</target></volume>"
    )


def names(pool: StoragePool) -> list[str]:
    return sorted(found.name for found in pool.list_volumes())


def text_of(found: Any) -> str:
    return str(found.xml_desc())


@on_disk
def test_life_of_a_disk(connection: Connection, disk: str) -> None:
    pool = connection.storage_pool_define_xml(pool_xml(disk))
    with pytest.raises(errors.StorageProbeFailed, match=f"Device '{disk}' is unrecognized, requires build"):
        pool.create()
    pool.build()
    for flags in (StoragePoolBuildFlags.NEW, StoragePoolBuildFlags.NO_OVERWRITE):
        with pytest.raises(errors.StoragePoolBuilt, match=f"Device '{disk}' already formatted using 'dos'"):
            pool.build(flags=flags)
    pool.create()
    info = pool.info()
    assert (info.state, info.capacity, info.allocation, info.available) == (
        StoragePoolState.RUNNING, 256 * MIB, 0, 255 * MIB,
    )  # fmt: skip
    assert "<freeExtent start='1048576' end='268435456'/>" in pool.xml_desc()
    pool.destroy()
    pool.delete()
    with pytest.raises(errors.StorageProbeFailed):
        pool.create()


@on_disk
def test_table_must_be_the_one_that_was_meant(connection: Connection, disk: str) -> None:
    subprocess.run(["parted", "--script", disk, "mklabel", "gpt"], check=True)
    pool = connection.storage_pool_define_xml(pool_xml(disk))
    with pytest.raises(errors.OperationInvalid, match="does not match the expected format 'dos'"):
        pool.create()
    with pytest.raises(errors.StoragePoolBuilt, match="expected format 'dos', forced overwrite is necessary"):
        pool.build()
    pool.build(flags=StoragePoolBuildFlags.OVERWRITE)
    pool.create()
    pool.destroy()
    subprocess.run(["mkfs.ext4", "-q", "-F", disk], check=True)
    with pytest.raises(errors.StoragePoolBuilt):
        pool.build()
    pool.build(flags=StoragePoolBuildFlags.OVERWRITE)
    pool.create()  # nothing of the file system is left to be seen
    pool.destroy()
    with pytest.raises(errors.InvalidArg, match="device path '/dev/nosuch' doesn't exist"):
        connection.storage_pool_create_xml(pool_xml("/dev/nosuch").replace(">disk<", ">other<"))


@on_disk
def test_partitions_of_every_kind(pool: StoragePool, disk: str) -> None:
    for number in (1, 2, 3):
        pool.storage_vol_create_xml(volume(disk, number))
    pool.storage_vol_create_xml(volume(disk, 4, 100, format="extended"))
    for number, format in enumerate(("none", "linux", "linux-swap", "fat16", "linux-lvm", "linux-raid"), 5):
        pool.storage_vol_create_xml(volume(disk, number, 5, format=format))
    assert names(pool) == sorted(name(disk, number) for number in range(1, 11))
    made = pool.storage_vol_lookup_by_name(name(disk, 6))
    assert made.info().capacity == made.info(flags=StorageVolInfoFlags.GET_PHYSICAL).allocation == 5 * MIB
    assert made.path() == f"{disk}p6" == made.key
    text = text_of(made)
    assert "<format type='linux'/>" in text and f"<device path='{disk}'>" in text
    pool.refresh()
    formats = {number: text_of(pool.storage_vol_lookup_by_name(name(disk, number))) for number in range(4, 11)}
    for number, format in zip(
        range(4, 11), ["extended", "linux", "linux", "linux-swap", "fat16", "linux-lvm", "linux-raid"], strict=True
    ):
        assert f"<format type='{format}'/>" in formats[number]
    around = pool.storage_vol_lookup_by_name(name(disk, 4)).info()
    assert around.capacity == 100 * MIB and 30 * MIB <= around.allocation < 40 * MIB
    starts = [part.start for part in _table(disk).parts]
    assert all(start % MIB == 0 for start in starts)


def _table(disk: str) -> Table:
    found = partitions.read(disk)
    assert found is not None
    return found


@on_disk
def test_gpt_has_what_was_asked_for(connection: Connection, disk: str) -> None:
    pool = connection.storage_pool_define_xml(pool_xml(disk, "gpt"))
    pool.build()
    pool.create()
    made = pool.storage_vol_create_xml(volume(disk, 1))
    assert made.info().capacity == 10 * MIB
    for number in range(2, 7):
        pool.storage_vol_create_xml(volume(disk, number, 1))
    assert len(names(pool)) == 6
    pool.storage_vol_lookup_by_name(name(disk, 3)).delete()
    assert name(disk, 3) not in names(pool)
    pool.storage_vol_create_xml(volume(disk, 3, 1))  # the first number that is free, and the smallest gap
    assert [part.start for part in _table(disk).parts if part.number == 3] == [12 * MIB]
    largest = pool.info().available
    pool.storage_vol_create_xml(volume(disk, 7).replace("<capacity unit='M'>10", f"<capacity>{largest}"))
    assert pool.info().available == 0
    pool.destroy()


@on_disk
def test_name_is_the_next_number(pool: StoragePool, disk: str) -> None:
    for wrong in ("web", name(disk, 2), f"{name(disk, 1)}/", ".."):
        with pytest.raises(errors.InvalidArg, match="invalid partition name"):
            pool.storage_vol_create_xml(volume(disk, 1).replace(f"<name>{name(disk, 1)}", f"<name>{wrong}"))
    assert _table(disk).parts == () and names(pool) == []
    with pytest.raises(errors.InternalError, match="no large enough free extent"):
        pool.storage_vol_create_xml(volume(disk, 1, 256))
    with pytest.raises(errors.NoSupport, match="volume capacity required"):
        pool.storage_vol_create_xml(volume(disk, 1, 0))
    with pytest.raises(errors.NoSupport, match="backing storage not supported"):
        pool.storage_vol_create_xml(
            volume(disk, 1).replace("<target>", "<backingStore><path>/dev/null</path></backingStore><target>")
        )


@on_disk
def test_document_says_whose_it_is(pool: StoragePool, disk: str) -> None:
    said = "<permissions><mode>0640</mode><owner>1</owner><group>6</group></permissions>"
    pool.storage_vol_create_xml(volume(disk, 1, more=said))
    status = os.stat(f"{disk}p1")
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o640, 1, 6)


@on_disk
def test_data_goes_in_and_out(pool: StoragePool, disk: str, virshpy: Any, root: Path) -> None:
    for number in (1, 2):
        pool.storage_vol_create_xml(volume(disk, number))
    (root / "in").write_bytes(os.urandom(3 * MIB))
    virshpy("vol-upload", name(disk, 1), str(root / "in"), "disk")
    virshpy("vol-download", name(disk, 1), str(root / "out"), "disk")
    assert (root / "out").stat().st_size == 10 * MIB
    assert (root / "out").read_bytes()[: 3 * MIB] == (root / "in").read_bytes()
    virshpy("vol-clone", name(disk, 1), name(disk, 3), "disk")
    virshpy("vol-wipe", name(disk, 1), "disk")
    assert not any(Path(f"{disk}p1").read_bytes())
    assert Path(f"{disk}p3").read_bytes() == (root / "out").read_bytes()


@on_disk
@needs.program("qemu-img", "qemu-utils")
def test_image_is_copied_whole(connection: Connection, pool: StoragePool, disk: str, root: Path) -> None:
    """What is in a sparse qcow2 image is on the device, with zeros where there is nothing."""
    pool.storage_vol_create_xml(volume(disk, 1, 8))
    with open(f"{disk}p1", "r+b") as device:
        device.write(b"x" * 8 * MIB)
    pool.storage_vol_lookup_by_name(name(disk, 1)).delete()
    (root / "images").mkdir()
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(root / "images/a"), "8M"], check=True)
    subprocess.run(["qemu-io", "-c", "write -P 7 1M 64k", str(root / "images/a")], check=True, capture_output=True)
    images = connection.storage_pool_create_xml(
        f"<pool type='dir'><name>images</name><target><path>{root}/images</path></target></pool>"
    )
    pool.storage_vol_create_xml_from(volume(disk, 1, 8), images.storage_vol_lookup_by_name("a"))
    data = Path(f"{disk}p1").read_bytes()
    assert data[MIB : MIB + 65536] == bytes([7]) * 65536 and data.count(0) == 8 * MIB - 65536
    images.destroy()


@on_disk
def test_extended_partition_is_no_place_for_data(pool: StoragePool, disk: str) -> None:
    pool.storage_vol_create_xml(volume(disk, 1, 50, format="extended"))
    pool.storage_vol_create_xml(volume(disk, 5))
    around = pool.storage_vol_lookup_by_name(name(disk, 1))
    with pytest.raises(errors.OperationInvalid, match="is an extended partition"):
        around.wipe()
    with pytest.raises(errors.OperationInvalid, match=f"in which there is '{name(disk, 5)}'"):
        around.delete()
    pool.storage_vol_lookup_by_name(name(disk, 5)).delete()
    around.delete()
    assert names(pool) == []


@on_disk
def test_partition_in_use_stays(connection: Connection, pool: StoragePool, disk: str, root: Path) -> None:
    pool.storage_vol_create_xml(volume(disk, 1, 60, format="extended"))
    for number in (5, 6):
        pool.storage_vol_create_xml(volume(disk, number))
    subprocess.run(["mkfs.ext4", "-q", f"{disk}p6"], check=True)
    (root / "there").mkdir()
    subprocess.run(["mount", f"{disk}p6", str(root / "there")], check=True)
    try:
        for number in (6, 5):  # without the fifth the sixth would have another number
            with pytest.raises(errors.OperationInvalid, match=f"'{name(disk, 6)}' is mounted on '{root}/there'"):
                pool.storage_vol_lookup_by_name(name(disk, number)).delete()
        pool.destroy()
        with pytest.raises(errors.OperationInvalid, match=f"device '{disk}' is mounted on '{root}/there'"):
            pool.build(flags=StoragePoolBuildFlags.OVERWRITE)
        with pytest.raises(errors.OperationInvalid, match=f"device '{disk}' is mounted on '{root}/there'"):
            pool.delete()
    finally:
        subprocess.run(["umount", str(root / "there")], check=True)
    pool.build(flags=StoragePoolBuildFlags.OVERWRITE)
    assert _table(disk).parts == () and not os.path.exists(f"{disk}p6")


@on_disk
def test_kernel_is_told_of_a_table_that_it_has_not_read(pool: StoragePool, disk: str) -> None:
    pool.storage_vol_create_xml(volume(disk, 1))
    pool.destroy()
    subprocess.run(["partx", "--delete", disk], check=True)
    assert not os.path.exists(f"{disk}p1")
    pool.create()
    assert names(pool) == [name(disk, 1)]
    subprocess.run(["partx", "--delete", disk], check=True)
    assert names(pool) == []
    pool.refresh()
    assert names(pool) == [name(disk, 1)]


@on_disk
def test_partition_is_found_by_the_name_that_the_target_has_for_it(
    connection: Connection, disk: str, root: Path
) -> None:
    links = Path(f"/dev/virshpy-test.{os.path.basename(disk)}")
    links.mkdir()
    try:
        (links / "system").symlink_to(f"{disk}p1")
        pool = connection.storage_pool_define_xml(pool_xml(disk, target=str(links)))
        pool.build()
        pool.create()
        for number in (1, 2):
            pool.storage_vol_create_xml(volume(disk, number))
        paths = {found.name: found.path() for found in pool.list_volumes()}
        assert paths == {name(disk, 1): f"{links}/system", name(disk, 2): f"{disk}p2"}
        pool.storage_vol_lookup_by_name(name(disk, 1)).wipe()
        pool.destroy()
    finally:
        (links / "system").unlink(missing_ok=True)
        links.rmdir()


@on_disk
def test_disk_that_was_emptied_meanwhile_is_an_error(pool: StoragePool, disk: str) -> None:
    pool.storage_vol_create_xml(volume(disk, 1))
    subprocess.run(["wipefs", "--all", "--force", disk], check=True, capture_output=True)
    with pytest.raises(errors.StorageProbeFailed, match="requires build"):
        names(pool)
    pool.destroy()


@on_disk
@pytest.mark.parametrize("label", ["dvh", "mac", "bsd"])
def test_old_tables_have_partitions_too(connection: Connection, disk: str, label: str) -> None:
    pool = connection.storage_pool_define_xml(pool_xml(disk, label))
    pool.build()
    pool.create()
    first = 2 if label == "mac" else 1  # of such a one the first is the table itself
    pool.storage_vol_create_xml(volume(disk, first))
    assert pool.storage_vol_lookup_by_name(name(disk, first)).info().capacity == 10 * MIB
    pool.storage_vol_lookup_by_name(name(disk, first)).delete()
    assert name(disk, first) not in names(pool)
    pool.destroy()


@on_disk
def test_rehearsal_says_what_would_be_done_and_does_nothing(virshpy: Any, disk: str) -> None:
    parted = f"{program('parted')} --script"
    virshpy("pool-define-as", "disk", "disk", "--source-dev", disk, "--target", "/dev")
    assert virshpy("--dry-run", "pool-build", "disk").stdout == f"{parted} {disk} mklabel msdos\n\n"
    assert partitions.read(disk) is None
    virshpy("pool-build", "disk")
    virshpy("pool-start", "disk")
    told = virshpy("--dry-run", "vol-create-as", "disk", name(disk, 1), "10M").stdout
    assert told.startswith(f"{parted} {disk} mkpart primary 1048576B 11534335B\n")
    virshpy("vol-create-as", "disk", name(disk, 1), "10M")
    told = virshpy("--dry-run", "vol-delete", name(disk, 1), "disk").stdout
    assert told.startswith(f"{parted} {disk} rm 1\n")
    assert len(_table(disk).parts) == 1
    virshpy("pool-destroy", "disk")


@on_disk
@pytest.mark.parametrize(
    ("moment", "there"),
    [
        ("vol-create 1 partition/1 recorded", False),
        ("vol-create 1 partition/1 done", False),
        ("vol-create not yet settling", False),
        ("vol-create settling", True),
        ("vol-create closed", True),
    ],
)
def test_killed_command_has_made_all_of_it_or_nothing(
    pool: StoragePool, disk: str, uri: str, virshpy: Any, moment: str, there: bool
) -> None:
    pool.storage_vol_create_xml(volume(disk, 1))
    killed_at(moment, uri, "vol-create-as", "disk", name(disk, 2), "10M")
    listed = virshpy("vol-list", "disk").stdout  # whoever comes next takes back what is half done
    assert (name(disk, 2) in listed) == there
    assert [part.number for part in _table(disk).parts] == ([1, 2] if there else [1])
    assert os.path.exists(f"{disk}p2") == there


@on_disk
def test_two_at_once_do_not_take_the_same(pool: StoragePool, disk: str, uri: str) -> None:
    words = [sys.executable, "-m", "virshpy", "-c", uri, "vol-create-as", "disk"]
    both = [
        subprocess.Popen([*words, name(disk, number), "10M"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for number in (1, 1, 2)
    ]
    codes = [process.wait(60) for process in both]
    for process in both:
        process.communicate(timeout=1)
    parts = _table(disk).parts
    assert len(parts) == codes.count(0) and codes[:2].count(0) == 1
    assert all(one.end <= other.start for one, other in zip(parts, parts[1:], strict=False))


@on_disk
def test_device_is_asked_who_has_it(disk: str) -> None:
    assert devices.user_of(disk) is None
    with pytest.raises(errors.InvalidArg, match="is not a block device"):
        devices.require_block("/etc/passwd")
    with pytest.raises(errors.SystemCallError, match="cannot open device"):
        devices.user_of("/dev/nosuch")
    assert partitioning.node_of(disk, 1, None) == f"{disk}p1" and list(devices.nodes(disk)) == [disk]
