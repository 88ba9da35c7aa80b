"""Pools of disks that come over a network or a bus, each from its definition to its end, with nothing left behind.

One machine serves all of these tests. They are root's, of qemu:///system; each has its pool's whole life.
"""

from __future__ import annotations

import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.files import CHECKOUT
from tests.lab.machine import NEEDS, Lab
from tests.lab.storage import Chap, Target, iscsi_target, multipath, scsi_hosts, storage_lab

pytestmark = NEEDS

IQN = "iqn.2030-01.lab:disks"
US = "iqn.2030-01.lab:somebody"
CHAP = Chap("guest", "open-sesame-1")
BY_PATH = "/dev/disk/by-path"
LEFT = """
shopt -s nullglob
echo /sys/class/iscsi_session/* /etc/iscsi/nodes/* /etc/iscsi/ifaces/* /etc/iscsi/send_targets/*
virshpy pool-list --all --name; virshpy secret-list
"""
# What iscsiadm is told, on record: a password that is a word there can be read by everybody on the host.
LISTENER = '#!/bin/sh\necho "$@" >>/tmp/words\nexec /usr/sbin/iscsiadm "$@"\n'
# A start that dies at a moment of its journal.
DYING = f"""
import os, sys
sys.path.insert(0, {str(CHECKOUT)!r})
from fnmatch import fnmatchcase
from virshpy.host import store
store.observers.append(lambda name: os.kill(os.getpid(), 9) if fnmatchcase(name, sys.argv[1]) else None)
import virshpy
virshpy.open("qemu:///system").storage_pool_lookup_by_name("san").create()
"""


@pytest.fixture(scope="module")
def machine() -> Iterator[Lab]:
    with (
        tempfile.TemporaryDirectory(prefix="vp.lab.") as root,
        storage_lab(Path(root), files={"/usr/local/sbin/iscsiadm": LISTENER}) as lab,
    ):
        yield lab


@pytest.fixture(autouse=True)
def nothing_left(lab: Lab) -> Iterator[None]:
    yield
    left = lab.run(LEFT, check=False).stdout.split()
    assert left == ["UUID", "Usage", "-" * len(left[-1])], left


@pytest.fixture
def pool(lab: Lab) -> Iterator[str]:
    """The name of the pool that a test defines."""
    yield "san"
    lab.run("virshpy pool-destroy san; virshpy pool-undefine san", check=False)


@pytest.fixture
def secret(lab: Lab) -> Iterator[str]:
    """The UUID of a secret with the usage ``san``, which has no value yet."""
    (lab.persist / "secret.xml").write_text("<secret><usage type='iscsi'><target>san</target></usage></secret>")
    uuid = lab.run("virshpy secret-define /persist/secret.xml").stdout.split()[1]
    yield uuid
    lab.run(f"virshpy secret-undefine {uuid}")


def define(lab: Lab, kind: str, source: str, target: str = BY_PATH) -> None:
    text = f"<pool type='{kind}'><name>san</name><source>{source}</source><target><path>{target}</path></target></pool>"
    (lab.persist / "pool.xml").write_text(text)
    lab.run("virshpy pool-define /persist/pool.xml")


def source(target: Target, more: str = "") -> str:
    return f"<host name='{target.host}' port='{target.port}'/><device path='{target.iqn}'/>{more}"


def refused(lab: Lab, command: str) -> str:
    done = lab.run(command, check=False)
    assert done.code == 1, done
    return done.stderr


def volumes(lab: Lab) -> dict[str, str]:
    """The paths of the pool's volumes by their names."""
    lines = lab.run("virshpy vol-list san").stdout.splitlines()[2:]
    return dict(line.split() for line in lines if line)


def write_and_read(lab: Lab, volume: str, size: int) -> None:
    """Up, down, and over it: of a volume of so many MiB."""
    of = f"--pool san {volume}"
    lab.run(f"dd if=/dev/urandom of=/tmp/data bs=1M count=2 status=none; virshpy vol-upload {of} /tmp/data")
    lab.run(f"virshpy vol-download {of} /tmp/back --length 2097152 && cmp /tmp/data /tmp/back")
    lab.run(f"virshpy vol-wipe {of} && virshpy vol-download {of} /tmp/back")
    assert lab.run("tr -d '\\0' </tmp/back | wc --bytes; stat --format %s /tmp/back").stdout.split() == [
        "0", str(size << 20),
    ]  # fmt: skip


def test_a_target_is_logged_in_to_and_out_of(lab: Lab, pool: str) -> None:
    with iscsi_target(lab, IQN, 8, 4) as target:
        define(lab, "iscsi", source(target).replace(" port='3260'", ""))
        lab.run("virshpy pool-start san")
        assert volumes(lab) == {"unit:0:0:1": target.disks[0], "unit:0:0:2": target.disks[1]}
        assert "State:          running\n" in (info := lab.run("virshpy pool-info san").stdout)
        assert "Capacity:       12.00 MiB\nAllocation:     12.00 MiB\nAvailable:      0.00 B\n" in info
        # Of a document without a port libvirt shows the usual one, once that has been used.
        assert "<host name='127.0.0.1' port='3260'/>" in lab.run("virshpy pool-dumpxml san").stdout
        text = lab.run("virshpy vol-dumpxml --pool san unit:0:0:1").stdout
        assert "<volume type='block'>" in text and "<physical unit='bytes'>8388608</physical>" in text
        key = lab.run("virshpy vol-key --pool san unit:0:0:1").stdout.strip()
        assert key == lab.run(f"/lib/udev/scsi_id --replace-whitespace --whitelisted {target.disks[0]}").stdout.strip()
        device = lab.run(f"realpath {target.disks[0]}").stdout.strip()
        for what in key, target.disks[0], device:
            assert lab.run(f"virshpy vol-name {what}; virshpy vol-pool {what}").stdout.split() == ["unit:0:0:1", "san"]
        write_and_read(lab, "unit:0:0:1", 8)
        assert "does not support volume creation" in refused(lab, "virshpy vol-create-as san new 1M")
        assert "does not support vol deletion" in refused(lab, "virshpy vol-delete --pool san unit:0:0:1")
        assert "does not support changing" in refused(lab, "virshpy vol-resize --pool san unit:0:0:1 16M")
        lab.run("virshpy pool-destroy san")
        assert not lab.run("ls /sys/class/iscsi_session /etc/iscsi/nodes").stdout.replace(":", "").split()[2:]


def test_what_the_server_adds_is_seen_after_a_refresh(lab: Lab, pool: str) -> None:
    with iscsi_target(lab, IQN, 4) as target:
        define(lab, "iscsi", source(target))
        lab.run("virshpy pool-start san")
        lab.run("truncate -s 8M /var/tmp/tgt-3260/more")
        lab.run("tgtadm -C 3260 --lld iscsi --op new --mode logicalunit --tid 1 --lun 7 -b /var/tmp/tgt-3260/more")
        lab.run("virshpy pool-refresh san")
        assert list(volumes(lab)) == ["unit:0:0:1", "unit:0:0:7"]
        lab.run("virshpy pool-destroy san")


def test_only_the_right_password_opens_and_nobody_reads_it(lab: Lab, pool: str, secret: str) -> None:
    auth = f"<auth type='chap' username='{CHAP.user}'><secret usage='san'/></auth>"
    with iscsi_target(lab, IQN, 4, chap=CHAP) as target:
        define(lab, "iscsi", source(target, auth))
        assert f"secret '{secret}' does not have a value" in refused(lab, "virshpy pool-start san")
        for password, right in (("open-sesame-2", False), (CHAP.password, True)):
            lab.run(f"printf {password} >/tmp/value; virshpy secret-set-value {secret} --file /tmp/value --plain")
            lab.run("rm -f /tmp/words")
            start = lab.run("virshpy pool-start san", check=False)
            assert start.code == (not right), start
            assert right or "iSCSI login failed due to authorization failure" in start.stderr
            words = lab.run("cat /tmp/words").stdout
            assert "--login" in words and password not in words
            assert (
                password
                not in lab.run("virshpy pool-dumpxml san; virshpy pool-start san --dry-run", check=False).stdout
            )
            if not right:
                assert lab.run("ls /etc/iscsi/nodes").stdout == ""
        assert volumes(lab) == {"unit:0:0:1": target.disks[0]}
        lab.run("virshpy pool-destroy san")
        assert lab.run(f"grep -r {CHAP.password} /etc/iscsi", check=False).stdout == ""


def test_an_initiator_of_its_own_name(lab: Lab, pool: str) -> None:
    with iscsi_target(lab, IQN, 4) as target:
        define(lab, "iscsi", source(target, f"<initiator><iqn name='{US}'/></initiator>"))
        found = f"virshpy find-storage-pool-sources-as iscsi {target.host} {target.port} --initiator {US}"
        assert f"no iSCSI interface defined for IQN {US}" in refused(lab, found)
        lab.run("virshpy pool-start san")
        assert lab.run("cat /sys/class/iscsi_session/*/initiatorname").stdout == f"{US}\n"
        assert f"<device path='{IQN}'/>" in lab.run(found).stdout
        assert list(volumes(lab)) == ["unit:0:0:1"]
        lab.run("virshpy pool-destroy san")


def test_a_session_of_somebody_else_stays_his(lab: Lab, pool: str) -> None:
    node = f"iscsiadm --mode node --targetname {IQN} --portal 127.0.0.1:3260,1"
    with iscsi_target(lab, IQN, 4) as target:
        lab.run(f"{node} --op new && {node} --login")
        define(lab, "iscsi", source(target))
        lab.run("virshpy pool-start san && virshpy vol-info --pool san unit:0:0:1 && virshpy pool-destroy san")
        assert IQN in lab.run("cat /sys/class/iscsi_session/*/targetname").stdout
        # He logs out under the pool.
        lab.run(f"virshpy pool-start san && {node} --logout")
        assert "State:          inaccessible" in lab.run("virshpy pool-info san").stdout
        assert "does not answer" in refused(lab, "virshpy vol-list san")
        lab.run("virshpy pool-destroy san")


def test_a_server_that_is_away_holds_nobody(lab: Lab, pool: str) -> None:
    with iscsi_target(lab, IQN, 4) as target:
        define(lab, "iscsi", source(target))
        lab.run("virshpy pool-start san")
        lab.run("systemctl stop lab-tgt-3260")
        lab.run("until grep FAILED /sys/class/iscsi_session/*/state; do sleep 0.2; done")
        assert "State:          inaccessible" in lab.run("virshpy pool-info san").stdout
        for command in "vol-list san", "pool-refresh san":
            assert "storage pool 'san' does not answer" in refused(lab, f"virshpy {command}")
        lab.run("virshpy pool-dumpxml san && virshpy pool-destroy san")
        for command in "pool-start san", "find-storage-pool-sources-as iscsi 127.0.0.1":
            assert "Failed to connect: 127.0.0.1:3260: Connection refused" in refused(lab, f"virshpy {command}")


@pytest.mark.parametrize("moment", ["* iscsi-record/1 done", "* not yet held"])
def test_a_start_that_was_killed_is_taken_back(lab: Lab, pool: str, moment: str) -> None:
    (lab.persist / "dying.py").write_text(DYING)
    with iscsi_target(lab, IQN, 4) as target:
        define(lab, "iscsi", source(target, f"<initiator><iqn name='{US}'/></initiator>"))
        died = lab.run(f"{sys.executable} /persist/dying.py {shlex.quote(moment)}", check=False)
        assert died.code == -9, died
        assert IQN in lab.run("ls /etc/iscsi/nodes").stdout
        assert "inactive" in lab.run("virshpy pool-info san").stdout
        left = lab.run("ls /sys/class/iscsi_session /etc/iscsi/nodes /etc/iscsi/ifaces").stdout
        assert not re.sub(".*:|\n", "", left)
        lab.run("virshpy pool-start san && virshpy vol-info --pool san unit:0:0:1 && virshpy pool-destroy san")


def test_what_a_server_has_is_found(lab: Lab) -> None:
    with iscsi_target(lab, IQN, 4), iscsi_target(lab, f"{IQN}.other", 4, port=3261):
        for port, iqn in ((3260, IQN), (3261, f"{IQN}.other")):
            assert lab.run(f"virshpy find-storage-pool-sources-as iscsi 127.0.0.1 {port}").stdout == (
                f"<sources>\n  <source>\n    <host name='127.0.0.1' port='{port}'/>\n"
                f"    <device path='{iqn}'/>\n  </source>\n</sources>\n\n"
            )


def test_the_disks_of_an_adapter(lab: Lab, pool: str) -> None:
    with scsi_hosts(lab, hosts=2, luns=2) as hosts:
        one, other = hosts
        define(lab, "scsi", f"<adapter name='{one.name}'/>", "/dev")
        lab.run("virshpy pool-start san")
        assert volumes(lab) == {f"unit:0:0:{unit}": disk for unit, disk in enumerate(one.disks)}
        key = lab.run("virshpy vol-key --pool san unit:0:0:1").stdout.strip()
        assert key == lab.run(f"/lib/udev/scsi_id --replace-whitespace --whitelisted {one.disks[1]}").stdout.strip()
        for what in key, one.disks[1]:
            assert lab.run(f"virshpy vol-name {what}; virshpy vol-pool {what}").stdout.split() == ["unit:0:0:1", "san"]
        assert "no storage vol with matching path" in refused(lab, f"virshpy vol-name {other.disks[0]}")
        write_and_read(lab, "unit:0:0:0", 8)
        lab.run("virshpy pool-refresh san && virshpy pool-destroy san")


def test_an_adapter_that_is_there_and_a_folder_that_is_not(lab: Lab, pool: str) -> None:
    with scsi_hosts(lab, hosts=1) as (host,):
        define(lab, "scsi", f"<adapter name='{host.name}'/>", "/dev/disk/by-id")
        lab.run("virshpy pool-start san")
        assert volumes(lab)["unit:0:0:0"].startswith("/dev/disk/by-id/")
        lab.run("virshpy pool-destroy san && virshpy pool-undefine san")
        define(lab, "scsi", f"<adapter name='{host.name}'/>", "/dev/disk/by-nothing")
        refusal = refused(lab, "virshpy pool-start san")
        assert "cannot read dir '/dev/disk/by-nothing': No such file or directory" in refusal


def test_a_disk_over_two_ways(lab: Lab, pool: str) -> None:
    define(lab, "mpath", "", "/dev/mapper")
    lab.run("virshpy pool-start san")
    assert volumes(lab) == {}
    with multipath(lab, size=16) as found:
        device = lab.run(f"realpath {found.path}").stdout.strip()
        name = device.removeprefix("/dev/")
        assert volumes(lab) == {name: found.path}
        assert lab.run(f"virshpy vol-key --pool san {name}").stdout.strip() == found.path
        for path in found.path, device:
            assert lab.run(f"virshpy vol-pool {path}").stdout.strip() == "san"
        assert "Capacity:       16.00 MiB" in lab.run("virshpy pool-info san").stdout
        write_and_read(lab, name, 16)
        assert "does not support volume creation" in refused(lab, "virshpy vol-create-as san new 1M")
    assert volumes(lab) == {}
    lab.run("virshpy pool-destroy san")
