"""Pools of volume groups and of partitions where device-mapper is, and udev is at work: real volumes, written and read.

What stands there before is there afterwards, and nothing else. One machine serves all of these tests.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab.files import CHECKOUT
from tests.lab.machine import NEEDS, Lab
from tests.lab.storage import loops, scsi_hosts, storage_lab, volume_group
from tests.storage.killed import PROGRAM

pytestmark = NEEDS

ROOT = "/var/tmp/vp"
LEFT = (
    "lvs --noheadings -o vg_name,lv_name; vgs --noheadings -o vg_name; pvs --noheadings -o pv_name,vg_name;"
    " dmsetup ls; losetup --list --noheadings; ls /dev | grep -E '^(sd.*|loop[0-9]+p[0-9]+)$'"
)
SUM = "sha256sum | cut -d ' ' -f 1"


@pytest.fixture(scope="module")
def machine() -> Iterator[Lab]:
    with tempfile.TemporaryDirectory(prefix="vp.lab.") as root, storage_lab(Path(root)) as lab:
        yield lab


@pytest.fixture(autouse=True)
def nothing_left(lab: Lab) -> Iterator[None]:
    before = lab.run(LEFT, check=False).stdout
    yield
    lab.run("udevadm settle")
    assert lab.run(LEFT, check=False).stdout == before


@pytest.fixture
def active(lab: Lab) -> Iterator[None]:
    """An empty group, and the pool that it is."""
    with volume_group(lab, "vg", 96):
        define(lab, "vg")
        told(lab, "pool-start vg")
        yield
        told(lab, "pool-destroy vg", "pool-undefine vg")


def told(lab: Lab, *lines: str) -> str:
    """What one run of the program says to these lines; each of them has to work."""
    text = "; ".join(lines)
    done = lab.run(f'virshpy -c "qemu:///embed?root={ROOT}" "{text}"', timeout=200, check=False)
    assert not done.code, f"{text}\n{done.stdout}{done.stderr}"
    return done.stdout


def refused(lab: Lab, line: str) -> str:
    done = lab.run(f'virshpy -c "qemu:///embed?root={ROOT}" {line}', timeout=100, check=False)
    assert done.code == 1, f"{line}\n{done.stdout}{done.stderr}"
    return done.stderr


def define(lab: Lab, name: str, *devices: str, type: str = "logical", format: str = "lvm2") -> None:
    sources = "".join(f"<device path='{device}'/>" for device in devices)
    document = (
        f"<pool type='{type}'><name>{name}</name><source>{sources}<format type='{format}'/></source>"
        "<target><path>/dev</path></target></pool>"
    )
    if type == "logical":
        document = document.replace("<target><path>/dev</path></target>", "")
    (lab.persist / "pool.xml").write_text(document)
    told(lab, "pool-define /persist/pool.xml")


@contextmanager
def group_to_be(lab: Lab, *sizes: int) -> Iterator[tuple[str, ...]]:
    """Devices of a group that a test makes; where it fails, the group is gone all the same."""
    with loops(lab, *sizes) as devices:
        try:
            yield devices
        finally:
            lab.run("umount /mnt; ! vgs vg || vgremove -ffqy vg", check=False)


def test_life_of_a_group_and_its_volumes(lab: Lab) -> None:
    with group_to_be(lab, 64, 64) as devices:
        define(lab, "vg", *devices)
        told(
            lab,
            "pool-build vg",
            "pool-start vg",
            "vol-create-as vg one 10M",
            "vol-create-as vg sparse 40M --allocation 5M",
            "vol-create-as vg before 12M --allocation 4M --backing-vol one",
        )
        listed = told(lab, "vol-list vg --details").split("\n")
        assert [line.split() for line in listed[2:5]] == [
            ["before", "/dev/vg/before", "block", "12.00", "MiB", "4.00", "MiB"],
            ["one", "/dev/vg/one", "block", "12.00", "MiB", "12.00", "MiB"],
            ["sparse", "/dev/vg/sparse", "block", "40.00", "MiB", "8.00", "MiB"],
        ]
        info = told(lab, "vol-info one vg", "pool-info vg")
        assert "Capacity:       12.00 MiB" in info and "Available:      96.00 MiB" in info
        described(lab, devices[0])
        resized(lab)
        deleted(lab)
        told(lab, "pool-destroy vg")
        assert lab.run("dmsetup ls").stdout.strip() == "No devices found"
        told(lab, "pool-delete vg", "pool-undefine vg")


def described(lab: Lab, device: str) -> None:
    text = told(lab, "vol-dumpxml before vg")
    assert "<backingStore>\n    <path>/dev/vg/one</path>\n    <permissions>\n      <mode>0600</mode>" in text
    assert f"<device path='{device}'>\n      <extent start='" in text
    uuid = lab.run("lvs --noheadings -o lv_uuid vg/before").stdout.strip()
    assert f"<key>{uuid}</key>" in text
    assert told(lab, f"vol-name {uuid}") == "before\n\n"
    again = told(lab, "pool-refresh vg", "vol-dumpxml before vg").partition("\n\n")[2]
    assert "<path>/dev/vg/one</path>" in again and f"<key>{uuid}</key>" in again
    assert lab.run("stat -L -c '%a %U' /dev/vg/before").stdout == "600 root\n"


def resized(lab: Lab) -> None:
    assert "is a snapshot" in refused(lab, "vol-resize before 20M vg")
    told(lab, "vol-create-as vg two 8M", "vol-resize two 20M vg")
    assert lab.run("blockdev --getsize64 /dev/vg/two").stdout == f"{20 << 20}\n"
    assert "unless shrink flag explicitly specified" in refused(lab, "vol-resize two 12M vg")
    told(lab, "vol-resize two 12M vg --shrink")
    assert lab.run("blockdev --getsize64 /dev/vg/two").stdout == f"{12 << 20}\n"


def deleted(lab: Lab) -> None:
    told(lab, "vol-delete two vg", "vol-delete sparse vg")
    assert sorted(lab.run("lvs --noheadings -o lv_name vg").stdout.split()) == ["before", "one"]
    lab.run("mkfs.ext4 -q /dev/vg/one && mount /dev/vg/one /mnt")
    try:
        assert "contains a filesystem in use" in refused(lab, "vol-delete one vg --delete-snapshots")
        assert "in use" in refused(lab, "pool-destroy vg")
        assert "running" in told(lab, "pool-info vg")  # it is as active as before
    finally:
        lab.run("umount /mnt; udevadm settle")


@pytest.mark.usefixtures("active")
def test_data_goes_in_is_copied_and_kept_by_a_snapshot(lab: Lab) -> None:
    told(lab, "vol-create-as vg two 12M")
    lab.run("dd if=/dev/urandom of=/var/tmp/data bs=1M count=12 status=none")
    whole = lab.run(f"cat /var/tmp/data | {SUM}").stdout
    told(
        lab,
        "vol-upload two /var/tmp/data vg",
        "vol-clone two three vg",
        "vol-download three /var/tmp/back vg",
        "vol-create-as vg then 20M --backing-vol two",
        "vol-wipe two vg",
    )
    assert lab.run(f"cat /var/tmp/back | {SUM}").stdout == whole
    assert lab.run("tr -d '\\0' </dev/vg/two | wc -c").stdout == "0\n"
    assert lab.run(f"cat /dev/vg/then | {SUM}").stdout == whole
    lab.run("rm /var/tmp/data /var/tmp/back")
    assert "volume 'two' has snapshots: then" in refused(lab, "vol-delete two vg")
    told(lab, "vol-delete two vg --delete-snapshots")
    assert lab.run("lvs --noheadings -o lv_name vg").stdout.split() == ["three"]


@pytest.mark.usefixtures("active")
def test_documents_and_images_become_volumes(lab: Lab) -> None:
    said = "<permissions><mode>0640</mode><owner>1</owner><group>6</group></permissions>"
    document = f"<volume><name>mine</name><capacity unit='M'>8</capacity><target>{said}</target></volume>"
    (lab.persist / "volume.xml").write_text(document)
    told(lab, "vol-create vg /persist/volume.xml")
    assert lab.run("stat -L -c '%a %u %g' /dev/vg/mine").stdout == "640 1 6\n"
    lab.run(
        "mkdir -p /var/tmp/images && cd /var/tmp/images && qemu-img create -q -f qcow2 a 8M"
        " && qemu-io -c 'write -P 7 1M 64k' a && dd if=/dev/urandom of=/dev/vg/mine bs=1M count=8 status=none"
    )
    told(lab, "vol-delete mine vg", "pool-create-as images dir --target /var/tmp/images")
    (lab.persist / "volume.xml").write_text(document.replace("mine", "copy"))
    told(lab, "vol-create-from vg /persist/volume.xml a --inputpool images")
    lab.run("qemu-img compare -f qcow2 -F raw /var/tmp/images/a /dev/vg/copy")
    assert lab.run("lvs --noheadings -o segtype vg/copy").stdout.split() == ["linear"]
    told(lab, "vol-delete copy vg", "pool-destroy images")
    lab.run("rm -r /var/tmp/images")


def test_what_others_have_made_is_listed(lab: Lab) -> None:
    with volume_group(lab, "vg", 64, 64) as group:
        lab.run(
            "lvcreate -qy --type raid1 -m 1 -L 8M -n raid vg; lvcreate -qy -i 2 -L 8M -n striped vg;"
            "lvcreate -qy --type thin-pool -L 16M -n pool vg; lvcreate -qy -V 100M --thinpool pool -n thin vg;"
            "lvcreate -qy -L 4M -n asleep vg"
        )
        define(lab, "vg")
        told(lab, "pool-start vg")
        lab.run("lvchange -an vg/asleep")
        assert [line.split()[0] for line in told(lab, "vol-list vg").split("\n")[2:] if line] == [
            "raid", "striped", "thin",
        ]  # fmt: skip
        text = told(lab, "vol-dumpxml raid vg")
        assert all(f"<device path='{device}'>" in text for device in group.devices)
        assert "<capacity unit='bytes'>104857600</capacity>" in told(lab, "vol-dumpxml thin vg")
        assert "storage volume 'asleep' exists already" in refused(lab, "vol-create-as vg asleep 4M")
        told(lab, "vol-delete thin vg", "pool-destroy vg")
        told(lab, "pool-delete vg", "pool-undefine vg")


def test_group_that_lacks_a_device_is_degraded(lab: Lab) -> None:
    with group_to_be(lab, 64) as (kept,), loops(lab, 64) as (lost,):
        lab.run(
            f"vgcreate -q vg {kept} {lost} && lvcreate -qy -an -Zn -Wn -L 8M -n whole vg {kept}"
            " && lvcreate -qy -an -Zn -Wn -L 80M -n torn vg && losetup --detach " + lost
        )
        lab.run("udevadm settle; vgchange -an vg")
        define(lab, "vg")
        assert "Pool vg started" in told(lab, "pool-start vg")
        assert "State:          degraded" in told(lab, "pool-info vg")
        assert [line.split()[0] for line in told(lab, "vol-list vg").split("\n")[2:] if line] == ["whole"]
        told(lab, "pool-destroy vg", "pool-undefine vg")
        lab.run(f"vgremove -qffy vg; pvremove -qy {kept}")


@pytest.mark.parametrize("moment", ["vol-create 1 *recorded", "vol-create 1 *done", "vol-create not yet settling"])
@pytest.mark.usefixtures("active")
def test_killed_command_leaves_no_volume(lab: Lab, moment: str) -> None:
    (lab.persist / "kill.py").write_text(f"import sys\nsys.path.insert(0, {str(CHECKOUT)!r})\n{PROGRAM}")
    words = f"{sys.executable} /persist/kill.py '{moment}' -c 'qemu:///embed?root={ROOT}' vol-create-as vg one 8M"
    done = lab.run(words, check=False)
    assert done.code in (-9, 137), done.stdout + done.stderr
    assert told(lab, "vol-list vg").split("\n")[2:] == ["", ""]
    assert lab.run("lvs --noheadings vg").stdout == ""


def test_partitions_of_a_disk_that_udev_watches(lab: Lab) -> None:
    with scsi_hosts(lab, hosts=1, size=64) as (host,):
        disk = host.disks[0]
        short = disk.removeprefix("/dev/")
        define(lab, "disk", disk, type="disk", format="dos")
        told(
            lab,
            "pool-build disk",
            "pool-start disk",
            f"vol-create-as disk {short}1 8M",
            f"vol-create-as disk {short}2 20M --format extended",
            *(f"vol-create-as disk {short}{number} 4M --format linux" for number in (5, 6, 7)),
        )
        lab.run("dd if=/dev/urandom of=/var/tmp/data bs=1M count=4 status=none")
        told(lab, f"vol-upload {short}7 /var/tmp/data disk", f"vol-download {short}7 /var/tmp/back disk")
        lab.run("cmp /var/tmp/data /var/tmp/back")
        told(lab, f"vol-delete {short}5 disk")  # the others are called anew
        told(lab, f"vol-download {short}6 /var/tmp/back disk")
        lab.run("cmp /var/tmp/data /var/tmp/back; rm /var/tmp/data /var/tmp/back")
        told(lab, *(f"vol-delete {short}{number} disk" for number in (6, 5, 2, 1)))
        assert lab.run(f"ls {disk}*").stdout == f"{disk}\n"
        told(lab, "pool-destroy disk", "pool-delete disk", "pool-undefine disk")
        assert lab.run(f"blkid -p {disk}", check=False).stdout == ""
