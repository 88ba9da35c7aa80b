"""Guests within a lab boot from what only the lab has: logical volumes, LUNs, multipath maps, files of a file server.

One machine serves all of these tests.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.guests.documents import document, serial_to
from tests.lab import sector
from tests.lab.machine import NEEDS, Lab
from tests.lab.storage import iscsi_target, multipath, nfs_server, scsi_hosts, storage_lab, volume_group

pytestmark = [*NEEDS, needs.qemu]

LOG = "/var/tmp/serial.log"
URI = "qemu:///embed?root=/var/tmp/root"
IQN = "iqn.2030-01.lab:boot"


@pytest.fixture(scope="module")
def machine() -> Iterator[Lab]:
    with tempfile.TemporaryDirectory(prefix="vp.lab.") as root, storage_lab(Path(root)) as lab:
        (lab.persist / "bootable").write_bytes(sector.disk())
        yield lab


def virshpy(lab: Lab, *lines: str) -> str:
    """Commands of one process on a connection of their own."""
    return lab.run(f"virshpy -c '{URI}' \"{'; '.join(lines)}\"", timeout=100).stdout


def boots(lab: Lab, definition: str, volume: str, *, make: str = "", mode: str = "") -> None:
    """Start a pool and a guest from one of its volumes; afterwards there are neither."""
    virshpy(lab, f"pool-define-as boot {definition}", "pool-start boot", *([make] if make else []))
    virshpy(lab, f"vol-upload '{volume}' /persist/bootable boot")
    source = f"<source pool='boot' volume='{volume}' {mode}/>"
    disk = f"<disk type='volume'><driver type='raw'/>{source}<target dev='vda'/></disk>"
    (lab.persist / "vm.xml").write_text(document("vm", disk + serial_to(LOG), memory=32))
    try:
        virshpy(lab, "create /persist/vm.xml")
        lab.run(f"for i in $(seq 300); do grep -q {sector.READY} {LOG} && exit; sleep 0.1; done; exit 1", timeout=60)
    finally:
        virshpy(lab, "destroy vm", *([f"vol-delete '{volume}' boot"] if make else []), "pool-destroy boot")
        virshpy(lab, "pool-undefine boot")
        lab.run(f"rm -f {LOG}")


def test_from_a_logical_volume(lab: Lab) -> None:
    with volume_group(lab, "guests") as group:
        definition = f"logical --source-name {group.name} --target {group.path}"
        boots(lab, definition, "one", make="vol-create-as boot one 8M")


@pytest.mark.parametrize("mode", ["host", "direct"])
def test_from_a_lun(lab: Lab, mode: str) -> None:
    with iscsi_target(lab, IQN, 8) as target:
        definition = f"iscsi --source-host {target.host} --source-dev {IQN} --target /dev/disk/by-path"
        boots(lab, definition, "unit:0:0:1", mode=f"mode='{mode}'")


def test_from_a_disk_of_an_adapter(lab: Lab) -> None:
    with scsi_hosts(lab, hosts=1) as (host,):
        boots(lab, f"scsi --adapter-name {host.name} --target /dev/disk/by-id", "unit:0:0:0")


def test_from_a_disk_over_two_ways(lab: Lab) -> None:
    with multipath(lab) as way:
        name = lab.run(f"basename $(readlink -f {way.path})").stdout.strip()
        boots(lab, "mpath --target /dev/mapper", name)


def test_from_a_file_of_a_server(lab: Lab) -> None:
    with nfs_server(lab, "images") as (share,):
        lab.run("mkdir -p /var/tmp/mounted")
        source = f"--source-host {share.host} --source-path {share.path} --source-format nfs"
        boots(lab, f"netfs {source} --target /var/tmp/mounted", "v", make="vol-create-as boot v 2M")
