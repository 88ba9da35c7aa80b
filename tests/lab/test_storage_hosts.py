"""What a lab has of storage is real: it is written to and read back, and afterwards nothing of it is left.

One machine serves all of these tests.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.machine import NEEDS, Lab
from tests.lab.storage import (
    Chap,
    Target,
    iscsi_target,
    loops,
    multipath,
    nfs_server,
    scsi_hosts,
    storage_lab,
    volume_group,
)

pytestmark = NEEDS

IQN = "iqn.2030-01.lab:disks"
# Devices, mounts, processes and files, asked for with as few processes as may be: here each costs its time.
LEFT = """
shopt -s nullglob
echo /sys/block/[!l]* /sys/block/loop*/loop /sys/class/{scsi_host,iscsi_session}/*
echo /var/tmp/{lab.loops.,tgt-3}* /etc/iscsi/nodes/*
grep -E ' nfs[4d]? |/srv' /proc/mounts
grep -hE '^(tgtd|multipathd|dmeventd|rpcbind|rpc\\..*|nfsd)$' /proc/[0-9]*/comm
"""


@pytest.fixture(scope="module")
def machine() -> Iterator[Lab]:
    with tempfile.TemporaryDirectory(prefix="vp.lab.") as root, storage_lab(Path(root)) as lab:
        yield lab


@pytest.fixture(autouse=True)
def nothing_left(lab: Lab) -> Iterator[None]:
    yield
    assert lab.run(LEFT, check=False).stdout.strip() == ""


def write_and_read(lab: Lab, device: str) -> None:
    lab.run(f"echo {device} | dd of={device} conv=sync oflag=direct status=none")
    assert lab.run(f"dd if={device} iflag=direct count=1 status=none | tr -d '\\0'").stdout == f"{device}\n"


def test_nothing_of_the_hosts_has_started(lab: Lab) -> None:
    assert lab.run("systemctl is-system-running").stdout == "running\n"
    assert lab.run("pgrep --exact 'iscsid|tgtd|multipathd|rpcbind|lvmpolld|dmeventd'", check=False).stdout == ""
    assert lab.run("ls /etc/lvm /etc/iscsi").stdout.split() == [
        "/etc/iscsi:", "initiatorname.iscsi", "iscsid.conf", "/etc/lvm:", "lvm.conf",
    ]  # fmt: skip


def test_loop_has_partitions(lab: Lab) -> None:
    with loops(lab, 16) as (device,):
        lab.run(f"parted --script {device} mklabel gpt mkpart one 1MiB 8MiB && udevadm settle")
        write_and_read(lab, f"{device}p1")
        assert lab.run("ls /dev/disk/by-partlabel").stdout == "one\n"


def test_volume_is_written_and_read(lab: Lab) -> None:
    with volume_group(lab, "guests", 32, 32) as group:
        lab.run(f"lvcreate --yes --size 40M --name one {group.name}")
        write_and_read(lab, f"{group.path}/one")
        lab.run(f"lvcreate --yes --snapshot --size 8M --name before {group.path}/one")
        lab.run(f"vgchange --activate n {group.name}")
        assert lab.run(f"test -e {group.path}/one", check=False).code
        lab.run(f"lvchange --activate y {group.path}/one")
        assert lab.run(f"dd if={group.path}/before count=1 status=none | tr -d '\\0'").stdout == f"{group.path}/one\n"


def test_thin_volume_is_larger_than_its_group(lab: Lab) -> None:
    with volume_group(lab, "thin") as group:
        lab.run(f"lvcreate --yes --type thin-pool --size 32M --name pool {group.name}")
        lab.run(f"lvcreate --yes --thin --virtualsize 1G --name one {group.path}/pool")
        write_and_read(lab, f"{group.path}/one")


def test_share_has_files_of_both_sides(lab: Lab) -> None:
    with nfs_server(lab, "images", "isos") as (images, isos):
        listed = lab.run(f"showmount --no-headers --exports {images.host}").stdout.split()
        assert sorted(listed) == ["*", "*", images.path, isos.path]
        lab.run(f"echo server >{images.folder}/server")
        for version in 4, 3:
            lab.run(f"mount -t nfs -o vers={version} {images.host}:{images.path} /mnt")
            assert f",vers={version}" in lab.run("grep /mnt /proc/mounts").stdout
            assert lab.run("cat /mnt/server").stdout == "server\n"
            lab.run(f"echo {version} >/mnt/client && flock /mnt/client true && umount /mnt")
            assert lab.run(f"cat {images.folder}/client").stdout == f"{version}\n"


def test_what_was_left_mounted_does_not_stay(lab: Lab) -> None:
    with nfs_server(lab, "images") as (images,):
        lab.run(f"mount -t nfs {images.host}:{images.path} /mnt")


def log_in(lab: Lab, target: Target, chap: Chap | None = None) -> bool:
    """Whether the target lets in whom it has told its name."""
    node = f"iscsiadm --mode node --targetname {target.iqn} --portal {target.portal}"
    lab.run(f"iscsiadm --mode discovery --type sendtargets --portal {target.portal}")
    if chap:
        values = {"authmethod": "CHAP", "username": chap.user, "password": chap.password}
        words = " ".join(f"--name node.session.auth.{name} --value '{value}'" for name, value in values.items())
        lab.run(f"{node} --op update {words}")
    done = lab.run(f"{node} --login", check=False)
    lab.run("udevadm settle")
    return done.code == 0


def test_login_shows_disks_and_logout_takes_them_away(lab: Lab) -> None:
    with iscsi_target(lab, IQN, 8, 16) as target:
        assert log_in(lab, target)
        sizes = lab.run(f"blockdev --getsize64 {' '.join(target.disks)}").stdout.split()
        assert sizes == [f"{8 << 20}", f"{16 << 20}"]
        write_and_read(lab, target.disks[1])
        lab.run(f"iscsiadm --mode node --targetname {target.iqn} --logout && udevadm settle")
        assert lab.run(f"ls {' '.join(target.disks)}", check=False).stdout == ""


def test_only_the_right_password_opens_a_target(lab: Lab) -> None:
    chap = Chap("guest", "open sesame 1")
    with iscsi_target(lab, IQN, 8) as one, iscsi_target(lab, f"{IQN}.more", 8, chap=chap, port=3261) as other:
        assert not log_in(lab, other, chap._replace(password="open sesame 2"))
        assert lab.run("ls /sys/class/iscsi_session").stdout == ""
        assert log_in(lab, other, chap)
        assert log_in(lab, one)
        write_and_read(lab, other.disks[0])
        # Each is a disk of its own, also to those who ask it for its name.
        assert len(lab.run("ls /dev/disk/by-id/wwn-*").stdout.split()) == 2


def test_adapters_have_disks_of_their_own(lab: Lab) -> None:
    with scsi_hosts(lab) as hosts:
        assert [len(host.disks) for host in hosts] == [1, 1]
        assert lab.run("ls /sys/class/scsi_host").stdout.split() == [host.name for host in hosts]
        for host in hosts:
            write_and_read(lab, host.disks[0])
        links = lab.run("cd /dev/disk/by-id; readlink -f wwn-*").stdout.split()
        assert sorted(links) == sorted(disk for host in hosts for disk in host.disks)


def test_map_has_two_paths(lab: Lab) -> None:
    with multipath(lab) as found:
        listed = lab.run(f"multipath -ll {found.name}").stdout
        assert listed.count("active ready running") == 2
        assert all(f" {disk.removeprefix('/dev/')} " in listed for disk in found.disks)
        write_and_read(lab, found.path)
