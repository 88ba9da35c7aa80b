"""A volume group on real devices, as far as a kernel without device-mapper has it: all but active volumes.

What needs those is in tests/lab/test_storage_lvm.py.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import needs
from tests.storage.killed import killed_at
from tests.storage.services import loop
from virshpy import errors
from virshpy.api.connection import Connection
from virshpy.enums import StoragePoolBuildFlags, StoragePoolState
from virshpy.host import lvm

pytestmark = [
    needs.root,
    needs.program("lvs", "lvm2"),
    needs.program("losetup", "mount"),
    needs.file("/dev/loop-control", "a kernel with loop devices"),
]
MIB = 1 << 20
OVERWRITE = StoragePoolBuildFlags.OVERWRITE
METADATA = ("--driverloaded", "n", "-an", "-Zn", "-Wn")  # a volume of which the kernel is not told


def run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert not done.returncode, f"{words}: {done.stderr}"
    return done.stdout


@pytest.fixture
def disks(root: Path) -> Iterator[list[str]]:
    """Two blank devices of 64 MiB."""
    with loop(root, 64) as one, loop(root, 64) as other:
        yield [str(one), str(other)]


@pytest.fixture
def group(disks: list[str]) -> Iterator[str]:
    """A name for a group of the test's own, which is gone afterwards."""
    name = f"vp{os.urandom(4).hex()}"
    yield name
    subprocess.run(["vgremove", "-ff", "--yes", name], capture_output=True, timeout=60)
    assert name not in groups()
    for note in Path("/etc/lvm").glob(f"*/{name}*"):  # LVM keeps what it did for later
        note.unlink()


def groups() -> dict[str, list[str]]:
    told = json.loads(run("pvs", "--reportformat", "json", "-o", "pv_name,vg_name"))["report"][0]["pv"]
    found: dict[str, list[str]] = {}
    for row in told:
        found.setdefault(row["vg_name"], []).append(row["pv_name"])
    return found


def pool_xml(group: str, *disks: str) -> str:
    sources = "".join(f"<device path='{disk}'/>" for disk in disks)
    return f"<pool type='logical'><name>{group}</name><source>{sources}</source></pool>"


def test_life_of_a_group(connection: Connection, group: str, disks: list[str]) -> None:
    pool = connection.storage_pool_define_xml(pool_xml(group, *disks))
    with pytest.raises(errors.ConfigUnsupported, match=f"cannot find logical volume group name '{group}'"):
        pool.create()
    pool.build()
    assert sorted(groups()[group]) == sorted(disks)
    with pytest.raises(errors.StoragePoolBuilt, match="already formatted using 'LVM2_member'"):
        pool.build()
    pool.create()
    info = pool.info()
    assert (info.state, info.capacity, info.allocation, info.available) == (
        StoragePoolState.RUNNING, 120 * MIB, 0, 120 * MIB,
    )  # fmt: skip
    assert pool.list_volumes() == []
    assert f"<path>/dev/{group}</path>" in pool.xml_desc()
    pool.refresh()
    pool.destroy()
    pool.build(flags=OVERWRITE)
    assert sorted(groups()[group]) == sorted(disks)
    pool.delete()
    assert group not in groups() and not set(disks) & set(groups().get("", []))


def test_devices_that_hold_something_are_refused(connection: Connection, group: str, disks: list[str]) -> None:
    run("mkfs.ext4", "-q", disks[1])
    pool = connection.storage_pool_define_xml(pool_xml(group, *disks))
    with pytest.raises(errors.StoragePoolBuilt, match=f"Format of device '{disks[1]}' does not match the expected"):
        pool.build()
    assert not set(disks) & set(groups().get("", []))  # the first is as it was, too
    pool.build(flags=OVERWRITE)
    pool.delete()


def test_device_that_is_mounted_is_not_overwritten(
    connection: Connection, group: str, disks: list[str], root: Path
) -> None:
    run("mkfs.ext4", "-q", disks[1])
    (root / "there").mkdir()
    run("mount", disks[1], str(root / "there"))
    try:
        pool = connection.storage_pool_define_xml(pool_xml(group, *disks))
        with pytest.raises(errors.OperationInvalid, match=f"'{disks[1]}' is mounted on '{root}/there'"):
            pool.build(flags=OVERWRITE)
    finally:
        run("umount", str(root / "there"))
    assert group not in groups()


def test_device_of_another_group_is_not_overwritten(connection: Connection, group: str, disks: list[str]) -> None:
    run("vgcreate", "-q", group, disks[0])
    pool = connection.storage_pool_define_xml(pool_xml(f"{group}x", *disks))
    with pytest.raises(errors.OperationInvalid, match=f"'{disks[0]}' belongs to volume group '{group}'"):
        pool.build(flags=OVERWRITE)
    assert groups()[group] == [disks[0]] and disks[1] not in groups().get("", [])


def test_pool_is_the_group_on_its_devices(connection: Connection, group: str, disks: list[str]) -> None:
    run("vgcreate", "-q", group, disks[0])
    pool = connection.storage_pool_define_xml(pool_xml(group, disks[1]))
    with pytest.raises(errors.ConfigUnsupported, match="cannot find any matching source devices"):
        pool.create()
    pool.undefine()
    pool = connection.storage_pool_create_xml(pool_xml(group))
    assert pool.info().capacity == 60 * MIB
    pool.destroy()


def test_groups_of_the_host_are_sources(virshpy: Any, group: str, disks: list[str]) -> None:
    run("vgcreate", "-q", group, *disks)
    told = virshpy("find-storage-pool-sources", "logical").stdout
    devices = "".join(f"    <device path='{disk}'/>\n" for disk in groups()[group])
    assert f"  <source>\n{devices}    <name>{group}</name>\n    <format type='lvm2'/>\n  </source>\n" in told


def test_group_without_one_of_its_devices_is_degraded(
    connection: Connection, group: str, disks: list[str], root: Path
) -> None:
    with loop(root, 64) as lost:
        run("vgcreate", "-q", group, disks[0], str(lost))
        run("lvcreate", "-q", *METADATA, "-L", "80M", "-n", "long", group)
        pool = connection.storage_pool_define_xml(pool_xml(group))
    pool.create()  # what there still is of it can be had
    assert pool.info().state == StoragePoolState.DEGRADED
    assert pool.info().capacity == 120 * MIB
    assert pool.list_volumes() == [] and "<capacity unit='bytes'>125829120" in pool.xml_desc()
    pool.refresh()
    pool.destroy()
    run("vgremove", "-ff", "--yes", group)


def test_group_that_is_gone_is_said_to_be(connection: Connection, group: str, disks: list[str]) -> None:
    run("vgcreate", "-q", group, *disks)
    pool = connection.storage_pool_define_xml(pool_xml(group))
    pool.create()
    run("vgremove", "-q", group)
    assert pool.info().state == StoragePoolState.INACCESSIBLE
    assert f"<name>{group}</name>" in pool.xml_desc()
    for verb in (pool.list_volumes, pool.refresh):
        with pytest.raises(errors.SystemCallError, match=f"cannot find logical volume group name '{group}'"):
            verb()
    pool.destroy()


def test_refused_command_keeps_its_words(connection: Connection, group: str, disks: list[str]) -> None:
    pool = connection.storage_pool_define_xml(pool_xml(group, *disks))
    pool.build()
    pool.create()
    document = "<volume><name>one</name><capacity unit='G'>8</capacity></volume>"
    with pytest.raises(
        errors.InternalError, match=r"Child process \(\S*/lvcreate --name one -L 8388608K \w+ --yes\)"
    ) as refused:
        pool.storage_vol_create_xml(document)
    assert "unexpected exit status" in str(refused.value)
    assert "device-mapper" in str(refused.value.hint) or "smaller volume" in str(refused.value.hint)
    assert lvm.volumes(group) == []
    with pytest.raises(errors.OperationInvalid, match="a logical volume cannot be called 'a b'"):
        pool.storage_vol_create_xml(document.replace("one", "a b"))
    pool.destroy()


def test_volume_that_is_not_active_keeps_its_name(connection: Connection, group: str, disks: list[str]) -> None:
    run("vgcreate", "-q", group, *disks)
    pool = connection.storage_pool_define_xml(pool_xml(group))
    pool.create()
    run("lvcreate", "-q", *METADATA, "-L", "8M", "-n", "one", group)
    before = lvm.volumes(group)
    with pytest.raises(errors.StorageVolExist):
        pool.storage_vol_create_xml("<volume><name>one</name><capacity unit='M'>8</capacity></volume>")
    assert lvm.volumes(group) == before != []
    pool.destroy()


@pytest.mark.parametrize(
    ("moment", "there"),
    [
        ("pool-build 1 physical-volume/1 recorded", False),
        ("pool-build 1 physical-volume/1 done", False),
        ("pool-build 3 volume-group/1 recorded", False),
        ("pool-build 3 volume-group/1 done", False),
        ("pool-build not yet settling", False),
        ("pool-build settling", True),
    ],
)
def test_killed_command_has_made_all_of_it_or_nothing(
    uri: str, virshpy: Any, group: str, disks: list[str], root: Path, moment: str, there: bool
) -> None:
    (root / "pool.xml").write_text(pool_xml(group, *disks))
    virshpy("pool-define", str(root / "pool.xml"))
    killed_at(moment, uri, "pool-build", group)
    virshpy("pool-list", "--all")  # whoever comes next takes back what is half done
    assert (group in groups()) == there
    assert not set(disks) & set(groups().get("", []))


def test_command_that_does_not_end_is_left(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    slow = root / "vgs"
    slow.write_text("#!/bin/sh\nsleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(lvm, "program", lambda name: str(slow))
    monkeypatch.setattr(lvm, "_PATIENCE", 0.2)
    with pytest.raises(errors.SystemCallError, match="did not end within 0.2 seconds: Connection timed out") as late:
        lvm.group("any")
    assert "does not answer" in str(late.value.hint)
