"""Guests boot from volumes in each kind of pool that this host itself can have; the lab has the others."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest

from tests import needs
from tests.guests.storage.booting import boots
from tests.lab import sector
from tests.storage import services
from tests.storage.images import volume
from tests.storage.services import Chap, iscsi_target, one_node_ceph
from tests.storage.transfers import upload
from virshpy.api.connection import Connection
from virshpy.api.storage import StorageVol

pytestmark = needs.qemu

IQN = "iqn.2030-01.test:boot"
CHAP = Chap("guest", "open-sesame-1")


@pytest.fixture
def content(root: Path) -> Path:
    path = root / "bootable"
    path.write_bytes(sector.disk())
    return path


def secret(connection: Connection, kind: str, name: str, value: bytes) -> None:
    named = {"ceph": "name", "iscsi": "target"}[kind]
    text = f"<secret><usage type='{kind}'><{named}>{name}</{named}></usage></secret>"
    connection.secret_define_xml(text).set_value(value)


def filled_boots(connection: Connection, root: Path, volume: StorageVol, content: Path) -> str:
    """Fill a volume, and boot a guest from it; what its live document says. The guest is gone then."""
    upload(volume, content)
    source = f"<source pool='{volume.pool.name}' volume='{volume.name}'/>"
    disk = f"<disk type='volume'><driver type='raw'/>{source}<target dev='vda'/></disk>"
    started = boots(connection, root, disk)
    live = started.xml_desc()
    started.destroy()
    return live


@needs.root
@needs.program("losetup", "mount")
@needs.program("sfdisk", "fdisk")
def test_from_a_partition(connection: Connection, root: Path, content: Path) -> None:
    with (root / "disk").open("wb") as file:
        file.truncate(64 << 20)
    words = ["losetup", "-f", "--show", str(root / "disk")]
    device = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    try:
        source = f"<source><device path='{device}'/><format type='gpt'/></source><target><path>/dev</path></target>"
        pool = connection.storage_pool_define_xml(f"<pool type='disk'><name>disk</name>{source}</pool>")
        pool.build()
        pool.create()
        made = pool.storage_vol_create_xml(volume(f"{Path(device).name}p1", 8 << 20))
        assert "<source pool='disk' volume=" in filled_boots(connection, root, made, content)
        made.delete()
        pool.destroy()
    finally:
        subprocess.run(["losetup", "-d", device], check=True)


class TestTarget:
    pytestmark = services.ISCSI

    @pytest.mark.parametrize("chap", [None, CHAP], ids=["open", "CHAP"])
    def test_from_a_lun(self, connection: Connection, root: Path, content: Path, chap: Chap | None) -> None:
        auth = ""
        if chap is not None:
            secret(connection, "iscsi", "san", chap.password.encode())
            auth = f"<auth type='chap' username='{chap.user}'><secret usage='san'/></auth>"
        with iscsi_target(root / "tgt", IQN, 8, chap=chap) as target:
            place = f"<host name='{target.host}' port='{target.port}'/><device path='{IQN}'/>"
            us = "<initiator><iqn name='iqn.2030-01.test:us'/></initiator>"
            text = f"<pool type='iscsi-direct'><name>san</name><source>{place}{us}{auth}</source></pool>"
            pool = connection.storage_pool_create_xml(text)
            unit = max(pool.list_volumes(), key=lambda one: one.info().capacity)
            filled_boots(connection, root, unit, content)
            pool.destroy()


class TestCeph:
    pytestmark = [*services.CEPH, needs.file(services.RBD_DRIVER, "qemu-block-extra")]

    def test_from_an_image(self, connection: Connection, root: Path, content: Path) -> None:
        with one_node_ceph(root / "ceph") as ceph:
            secret(connection, "ceph", "san", base64.b64decode(ceph.key))
            auth = f"<auth type='ceph' username='{ceph.user}'><secret usage='san'/></auth>"
            place = f"<host name='{ceph.host}' port='{ceph.port}'/><name>{ceph.pool}</name>"
            text = f"<pool type='rbd'><name>ceph</name><source>{place}{auth}</source></pool>"
            pool = connection.storage_pool_create_xml(text)
            made = pool.storage_vol_create_xml(volume("v", 8 << 20))
            filled_boots(connection, root, made, content)
            made.delete()
            pool.destroy()
