"""Guests boot from volumes: of each format that QEMU opens, from overlays, from encrypted images, and from a CD-ROM."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import needs
from tests.guests.documents import document
from tests.guests.storage.booting import boots
from tests.lab import sector
from tests.storage.conftest import pool_xml
from tests.storage.images import MIB, image, volume
from virshpy import errors
from virshpy.api.connection import Connection
from virshpy.api.storage import StoragePool
from virshpy.enums import UndefineFlags

pytestmark = [needs.qemu, needs.program("qemu-img", "qemu-utils")]

SECRET = "0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f"
LUKS = f"<encryption format='luks'><secret type='passphrase' uuid='{SECRET}'/></encryption>"


@pytest.fixture
def pool(connection: Connection, root: Path) -> StoragePool:
    (root / "images").mkdir(mode=0o755)
    return connection.storage_pool_create_xml(pool_xml(root / "images"))


@pytest.fixture
def bootable(root: Path, pool: StoragePool) -> str:
    """The name of a raw volume that a guest boots from."""
    (root / "images/bootable").write_bytes(sector.disk().ljust(2 * MIB, b"\0"))
    return "bootable"


def disk(volume: str, format: str | None, more: str = "", *, device: str = "disk", source: str = "") -> str:
    driver = f"<driver name='qemu' type='{format}'/>" if format else ""
    bus = "sda' bus='sata" if device == "cdrom" else "vda' bus='virtio"
    named = f"<source pool='pool' volume='{volume}' {source}>{more}</source>"
    return f"<disk type='volume' device='{device}'>{driver}{named}<target dev='{bus}'/></disk>"


@pytest.mark.parametrize("format", ["raw", "qcow2", "qcow", "qed", "vmdk", "vdi", "vpc"])
def test_from_each_format(connection: Connection, pool: StoragePool, bootable: str, root: Path, format: str) -> None:
    original = pool.storage_vol_lookup_by_name(bootable)
    pool.storage_vol_create_xml_from(image("v", format, 2 * MIB), original)
    started = boots(connection, root, disk("v", format))
    live = started.xml_desc()
    assert "<disk type='volume'" in live and "pool='pool' volume='v' index='1'" in live


def test_from_an_overlay(connection: Connection, pool: StoragePool, bootable: str, root: Path) -> None:
    beneath = f"<backingStore><path>{root}/images/{bootable}</path><format type='raw'/></backingStore>"
    pool.storage_vol_create_xml(image("v", "qcow2", 2 * MIB, more=beneath))
    started = boots(connection, root, disk("v", "qcow2"))
    assert f"<source file='{root}/images/{bootable}'/>" in started.xml_desc()
    # What is beneath is read by it: it may be copied, and not be changed.
    base = pool.storage_vol_lookup_by_name(bootable)
    pool.storage_vol_create_xml_from(volume("copy", 2 * MIB), base)
    for verb in (base.delete, base.wipe, lambda: base.resize(4 * MIB), lambda: base.upload(0, 0)):
        with pytest.raises(errors.OperationInvalid, match="volume '.*/bootable' is in use by domain 'vm'"):
            verb()


@pytest.mark.parametrize("format", ["raw", "qcow2"])
def test_from_an_encrypted_image(
    connection: Connection, pool: StoragePool, bootable: str, root: Path, format: str
) -> None:
    use = f"<usage type='volume'><volume>{root}/images/v</volume></usage>"
    secret = f"<secret ephemeral='no' private='yes'><uuid>{SECRET}</uuid>{use}</secret>"
    connection.secret_define_xml(secret).set_value(b"letmein")
    original = pool.storage_vol_lookup_by_name(bootable)
    pool.storage_vol_create_xml_from(image("v", format, 2 * MIB, target=LUKS), original)
    assert sector.disk()[:512] not in (root / "images/v").read_bytes()
    boots(connection, root, disk("v", format, LUKS))


def test_from_a_cdrom(connection: Connection, pool: StoragePool, bootable: str, root: Path) -> None:
    if subprocess.run(["which", "genisoimage"], capture_output=True).returncode:
        pytest.skip("needs genisoimage (package genisoimage)")
    (root / "cd").mkdir()
    (root / "cd/boot").write_bytes(sector.disk()[:2048])
    words = ["genisoimage", "-quiet", "-b", "boot", "-no-emul-boot", "-boot-load-size", "4"]
    subprocess.run([*words, "-o", str(root / "images/v.iso"), str(root / "cd")], check=True)
    assert "<format type='iso'/>" in pool.storage_vol_lookup_by_name("v.iso").xml_desc()
    boots(connection, root, disk("v.iso", "raw", device="cdrom"))


def test_what_a_guest_writes_nobody_changes(
    connection: Connection, pool: StoragePool, bootable: str, root: Path
) -> None:
    started = boots(connection, root, disk(bootable, None))
    used = pool.storage_vol_lookup_by_name(bootable)
    for verb in (
        used.delete, used.wipe, lambda: used.wipe_pattern(8), lambda: used.resize(4 * MIB), lambda: used.upload(0, 0),
        lambda: pool.storage_vol_create_xml_from(volume("copy"), used),
    ):  # fmt: skip
        with pytest.raises(errors.OperationInvalid, match="is in use by domain 'vm'") as caught:
            verb()
        assert caught.value.action == ("domain_shutdown_flags", "vm")
    with pytest.raises(errors.Error, match="lock"):
        connection.create_xml(document("other", disk(bootable, None)))
    info = started.block_info("vda")
    assert (info.capacity, info.physical) == (2 * MIB, 2 * MIB)
    started.destroy()
    used.delete()


def test_where_there_is_no_such_volume(connection: Connection, pool: StoragePool, bootable: str, root: Path) -> None:
    for devices, kind, sentence in (
        (disk("nope", None), errors.NoStorageVol, "no storage vol with matching name 'nope'"),
        (disk("v", None).replace("'pool'", "'nope'"), errors.NoStoragePool, "no storage pool with matching name"),
        (disk(bootable, None, source="mode='host'"), errors.XMLError, "disk source mode is only valid"),
    ):
        with pytest.raises(kind, match=sentence):
            connection.create_xml(document("vm", devices))
    pool.destroy()
    connection.storage_pool_define_xml(pool_xml(root / "images"))
    with pytest.raises(
        errors.ConfigUnsupported, match="storage pool 'pool' containing volume 'bootable' is not active"
    ):
        connection.create_xml(document("vm", disk(bootable, None)))


def test_a_medium_that_may_be_missing(connection: Connection, pool: StoragePool, bootable: str, root: Path) -> None:
    optional = disk("nope", None, device="cdrom", source="startupPolicy='optional'")
    started = boots(connection, root, disk(bootable, None) + optional)
    assert "nope" not in started.xml_desc() and "device='cdrom'" in started.xml_desc()


def test_undefining_with_its_volumes(connection: Connection, pool: StoragePool, bootable: str, root: Path) -> None:
    domain = connection.define_xml(document("vm", disk(bootable, None)))
    assert domain.block_info("vda").capacity == 2 * MIB
    domain.undefine(flags=UndefineFlags.NVRAM)
