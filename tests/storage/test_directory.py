"""A directory pool and its volumes: each kind of image, from its document to the file and back."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import needs
from tests.storage.conftest import pool_xml
from tests.storage.images import MIB, image, info, names, sum_of, volume
from virshpy import errors
from virshpy.api.connection import Connection
from virshpy.api.storage import StoragePool
from virshpy.enums import (
    StoragePoolCreateFlags,
    StoragePoolState,
    StorageVolCreateFlags,
    StorageVolInfoFlags,
    StorageVolResizeFlags,
    StorageVolType,
)

pytestmark = needs.program("qemu-img", "qemu-utils")


# the pool
def test_its_whole_life(connection: Connection, root: Path) -> None:
    folder = root / "deep" / "images"
    pool = connection.storage_pool_define_xml(pool_xml(folder))
    with pytest.raises(errors.SystemCallError, match="cannot open directory .*: No such file or directory"):
        pool.create()
    assert not pool.is_active()
    pool.create(flags=StoragePoolCreateFlags.WITH_BUILD)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o711
    assert pool.is_active() and pool.info().state == StoragePoolState.RUNNING
    assert pool.info().capacity == shutil.disk_usage(folder).total
    for verb in (pool.undefine, pool.delete, pool.build, pool.create):
        with pytest.raises(errors.OperationInvalid, match="storage pool 'pool' is (already|still) active"):
            verb()
    pool.destroy()
    pool.delete()
    assert not folder.exists()
    pool.undefine()
    assert connection.list_storage_pools() == []


def test_a_transient_pool_is_gone_when_it_stops(connection: Connection, pool: StoragePool) -> None:
    assert not pool.is_persistent()
    with pytest.raises(errors.InternalError, match="pool has no config file"):
        pool.set_autostart(True)
    pool.destroy()
    with pytest.raises(errors.NoStoragePool):
        connection.storage_pool_lookup_by_name("pool")


def test_a_name_is_not_made_twice(connection: Connection, pool: StoragePool, folder: Path) -> None:
    other = pool_xml(folder.parent / "other")
    taken = f"pool 'pool' already exists with uuid {pool.uuid}"
    with pytest.raises(errors.OperationFailed, match=taken):
        connection.storage_pool_create_xml(other)
    with pytest.raises(errors.OperationInvalid, match="pool is already active as 'pool'"):
        connection.storage_pool_create_xml(other.replace("</name>", f"</name><uuid>{pool.uuid}</uuid>"))
    connection.storage_pool_define_xml(pool.xml_desc())
    pool.destroy()
    with pytest.raises(errors.OperationFailed, match=taken):
        connection.storage_pool_create_xml(other)


def test_two_pools_are_not_of_one_directory(connection: Connection, pool: StoragePool, folder: Path) -> None:
    with pytest.raises(errors.OperationFailed, match="Storage source conflict with pool: 'pool'"):
        connection.storage_pool_define_xml(pool_xml(folder, "other"))
    with pytest.raises(errors.OperationFailed, match="Storage source conflict with pool: 'pool'"):
        connection.storage_pool_create_xml(pool_xml(folder, "other"))


def test_a_pool_whose_directory_vanished_says_so_and_can_be_stopped(pool: StoragePool, folder: Path) -> None:
    folder.rmdir()
    assert pool.info().state == StoragePoolState.INACCESSIBLE
    assert "<name>pool</name>" in pool.xml_desc()
    with pytest.raises(errors.SystemCallError, match="cannot open path"):
        pool.list_volumes()
    pool.destroy()


def test_what_others_bring_and_take_is_seen_at_once(pool: StoragePool, folder: Path) -> None:
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", folder / "theirs", "8M"], check=True)
    (found,) = pool.list_volumes()
    assert found.name == "theirs" and found.info().capacity == 8 * MIB
    (folder / "theirs").unlink()
    assert pool.list_volumes() == []
    with pytest.raises(errors.NoStorageVol, match="no storage vol with matching name 'theirs'"):
        found.info()


def test_only_what_can_be_a_volume_is_one(pool: StoragePool, folder: Path) -> None:
    subprocess.run(["mkfifo", folder / "fifo"], check=True)
    (folder / "file").write_bytes(b"x")
    (folder / "link").symlink_to("file")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "ring").symlink_to("ring")
    (folder / "sub").mkdir()
    (folder / ".virshpy-0123456789abcdef").write_bytes(b"half a volume")
    (folder / "bad\udcff").write_bytes(b"no text")
    assert sorted(one.name for one in pool.list_volumes()) == ["file", "link", "sub"]


# volumes
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "raw": (image("v", "raw"), {"format": "raw"}),
    "no format": (volume("v"), {"format": "raw"}),
    "qcow2": (image("v", "qcow2"), {"format": "qcow2", "compat": "0.10", "cluster-size": 65536}),
    "qcow2 1.1": (image("v", "qcow2", target="<compat>1.1</compat>"), {"format": "qcow2", "compat": "1.1"}),
    "qcow2 clusters": (
        image("v", "qcow2", target="<compat>1.1</compat><clusterSize unit='KiB'>128</clusterSize>"),
        {"cluster-size": 131072},
    ),
    "qcow2 features": (
        image("v", "qcow2", target="<compat>1.1</compat><features><lazy_refcounts/><extended_l2/></features>"),
        {"lazy-refcounts": True, "extended-l2": True},
    ),
    "qcow2 nocow": (image("v", "qcow2", target="<nocow/>"), {"format": "qcow2"}),
    "qcow": (image("v", "qcow"), {"format": "qcow"}),
    "qed": (image("v", "qed"), {"format": "qed"}),
    "vmdk": (image("v", "vmdk"), {"format": "vmdk"}),
    "vdi": (image("v", "vdi"), {"format": "vdi"}),
    "vpc": (image("v", "vpc"), {"format": "vpc"}),
    "vhdx": (image("v", "vhdx"), {"format": "vhdx"}),
    "iso": (image("v", "iso"), {"format": "raw"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_of_each_kind(connection: Connection, pool: StoragePool, folder: Path, kind: str) -> None:
    text, facts = KINDS[kind]
    made = pool.storage_vol_create_xml(text)
    path = folder / "v"
    told = info(path)
    told |= told.get("format-specific", {}).get("data", {})
    assert {name: told[name] for name in facts} == facts
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names(folder) == ["v"]
    assert made.info().type == StorageVolType.FILE
    assert made.info().capacity == told["virtual-size"] >= 4 * MIB
    assert made.info().allocation == path.stat().st_blocks * 512
    assert made.info(flags=StorageVolInfoFlags.GET_PHYSICAL).allocation == path.stat().st_size
    # by whatever names it
    assert connection.storage_vol_lookup_by_path(str(path)).name == "v"
    assert connection.storage_vol_lookup_by_key(made.key).pool.name == "pool"
    assert pool.storage_vol_lookup_by_name("v").path() == str(path)
    pool.refresh()
    if kind not in ("iso", "no format"):  # of which only the document could tell
        assert f"<format type='{facts.get('format', 'qcow2')}'/>" in made.xml_desc()
    made.delete()
    assert names(folder) == []


def test_a_directory_as_a_volume(pool: StoragePool, folder: Path) -> None:
    made = pool.storage_vol_create_xml(image("v", "dir", target="<permissions><mode>0750</mode></permissions>"))
    assert stat.S_IMODE((folder / "v").stat().st_mode) == 0o750
    assert made.info().type == StorageVolType.DIR and made.info().capacity == 0
    (folder / "v" / "something").touch()
    with pytest.raises(errors.SystemCallError, match="cannot remove directory .*: Directory not empty"):
        made.delete()
    (folder / "v" / "something").unlink()
    made.delete()
    assert names(folder) == []


def test_a_volume_of_no_size(pool: StoragePool) -> None:
    made = pool.storage_vol_create_xml(volume("v", 0))
    assert "<capacity unit='bytes'>0</capacity>" in made.xml_desc() and "<physical" not in made.xml_desc()


@needs.root
def test_owner_and_mode_are_the_documents(pool: StoragePool, folder: Path) -> None:
    owned = "<permissions><mode>0640</mode><owner>4242</owner><group>4343</group></permissions>"
    for name, format in (("raw", "raw"), ("grown", "qcow2"), ("folder", "dir")):
        pool.storage_vol_create_xml(image(name, format, target=owned))
        status = (folder / name).stat()
        assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o640, 4242, 4343)


def test_space_is_set_aside_as_the_document_says(pool: StoragePool, folder: Path) -> None:
    for name, allocation in (("none", 0), ("part", MIB), ("whole", 4 * MIB)):
        made = pool.storage_vol_create_xml(volume(name, more=f"<allocation>{allocation}</allocation>"))
        assert (folder / name).stat().st_size == 4 * MIB
        assert made.info().allocation == allocation
    more = pool.storage_vol_create_xml(image("meta", "qcow2"), flags=StorageVolCreateFlags.PREALLOC_METADATA)
    assert more.info().allocation > 4 * MIB


def test_an_overlay_and_what_is_beneath(pool: StoragePool, folder: Path) -> None:
    pool.storage_vol_create_xml(image("base", "qcow2"))
    beneath = f"<backingStore><path>{folder}/base</path><format type='qcow2'/></backingStore>"
    made = pool.storage_vol_create_xml(image("over", "qcow2", more=beneath))
    assert info(folder / "over")["backing-filename"] == f"{folder}/base"
    pool.refresh()
    shown = made.xml_desc().partition("<backingStore>")[2]
    assert f"<path>{folder}/base</path>" in shown and "<format type='qcow2'/>" in shown and "<mode>0600" in shown
    missing = "<backingStore><path>/nowhere/base</path><format type='raw'/></backingStore>"
    with pytest.raises(errors.SystemCallError, match="inaccessible backing store volume /nowhere/base"):
        pool.storage_vol_create_xml(image("lost", "qcow2", more=missing))
    with pytest.raises(errors.NoSupport, match="backing storage not supported for raw volumes"):
        pool.storage_vol_create_xml(image("lost", "raw", more=beneath))
    assert names(folder) == ["base", "over"]


SECRET = "0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f"
ENCRYPTION = f"<encryption format='luks'><secret type='passphrase' uuid='{SECRET}'/></encryption>"


@pytest.fixture
def secret(connection: Connection, folder: Path) -> None:
    text = f"<secret ephemeral='no' private='yes'><uuid>{SECRET}</uuid><usage type='volume'><volume>{folder}/v"
    connection.secret_define_xml(f"{text}</volume></usage></secret>").set_value(b"letmein")


@pytest.mark.parametrize("format", ["raw", "qcow2"])
def test_an_encrypted_image(pool: StoragePool, folder: Path, secret: None, format: str) -> None:
    made = pool.storage_vol_create_xml(image("v", format, target=ENCRYPTION))
    told = info(folder / "v")
    assert told["encrypted"] and told["virtual-size"] == 4 * MIB
    assert SECRET in made.xml_desc()
    pool.refresh()
    assert f"<format type='{format}'/>" in made.xml_desc() and SECRET in made.xml_desc()
    assert made.info().capacity == 4 * MIB
    opened = "luks" if format == "raw" else "qcow2"
    key = "key-secret" if format == "raw" else "encrypt.key-secret"
    options = f"driver={opened},file.driver=file,file.filename={folder}/v,{key}=s"
    for word, status in (("letmein", 0), ("wrong", 1)):
        words = ["qemu-io", "--object", f"secret,id=s,data={word}", "--image-opts", options, "-c", "read 0 512"]
        assert subprocess.run(words, capture_output=True).returncode == status


def test_encryption_that_cannot_be(pool: StoragePool, folder: Path, secret: None) -> None:
    for kind, sentence in (
        (ENCRYPTION.replace("luks", "default"), "Only luks encryption is supported for raw files"),
        ("<encryption format='luks'/>", "A single <secret type='passphrase'...> element is expected"),
        (ENCRYPTION.replace("0a81", "1111"), "no secret with matching uuid '1111"),
    ):
        with pytest.raises(errors.Error, match=re.escape(sentence)):
            pool.storage_vol_create_xml(image("v", "raw", target=kind))
    assert names(folder) == []


def test_what_no_document_may_ask_for(pool: StoragePool, folder: Path) -> None:
    for text, flags, kind, sentence in (
        (image("v", "none"), 0, errors.ConfigUnsupported, "unknown volume format type none"),
        (volume("v"), 1, errors.ConfigUnsupported, "metadata preallocation is not supported for raw volumes"),
        (image("v", "qcow2", target="<compat>9</compat>"), 0, errors.XMLError, "forbidden characters in 'compat'"),
        (image("v", "dir"), 1, errors.Misuse, r"unsupported flags \(0x1\) in function createFileDir"),
    ):
        with pytest.raises(kind, match=sentence):
            pool.storage_vol_create_xml(text, flags=flags)
    assert names(folder) == []


# changing
@pytest.mark.parametrize(("format", "flags"), [("qed", 1), ("dir", 0)])
def test_what_cannot_be_resized(pool: StoragePool, format: str, flags: int) -> None:
    made = pool.storage_vol_create_xml(image("v", format))
    with pytest.raises(errors.OperationUnsupported):
        made.resize(8 * MIB, flags=flags)
    with pytest.raises(errors.Misuse, match="cannot be zero without 'delta' or 'shrink'"):
        made.resize(0)


@pytest.mark.parametrize("format", ["raw", "qcow2"])
def test_resize(pool: StoragePool, folder: Path, format: str) -> None:
    made = pool.storage_vol_create_xml(image("v", format, more="<allocation>0</allocation>"))
    made.resize(8 * MIB)
    assert info(folder / "v")["virtual-size"] == 8 * MIB
    made.resize(MIB, flags=StorageVolResizeFlags.DELTA)
    assert made.info().capacity == 9 * MIB
    with pytest.raises(errors.InvalidArg, match="Can't shrink capacity below current capacity"):
        made.resize(MIB)
    made.resize(2 * MIB, flags=StorageVolResizeFlags.SHRINK)
    made.resize(MIB, flags=StorageVolResizeFlags.SHRINK | StorageVolResizeFlags.DELTA)
    assert made.info().capacity == MIB
    made.resize(3 * MIB, flags=StorageVolResizeFlags.ALLOCATE)
    assert (folder / "v").stat().st_blocks * 512 >= (3 if format == "raw" else 2) * MIB
    with pytest.raises(errors.OperationFailed, match="Not enough space left in storage pool"):
        made.resize(1 << 60, flags=StorageVolResizeFlags.ALLOCATE)
    assert made.info().capacity == 3 * MIB


def test_what_has_data_is_not_cut_off(pool: StoragePool, folder: Path) -> None:
    made = pool.storage_vol_create_xml(volume("v", more=f"<allocation>{4 * MIB}</allocation>"))
    with pytest.raises(errors.InvalidArg, match="can't shrink capacity below existing allocation"):
        made.resize(MIB, flags=StorageVolResizeFlags.SHRINK)


def test_wipe_leaves_nothing_of_it(pool: StoragePool, folder: Path) -> None:
    (folder / "v").write_bytes(b"secret" * 100_000)
    with (folder / "v").open("r+b") as file:
        file.truncate(4 * MIB)
    made = pool.storage_vol_lookup_by_name("v")
    made.wipe()
    assert (folder / "v").read_bytes() == bytes(4 * MIB)
    assert (folder / "v").stat().st_blocks == 0
    with pytest.raises(errors.ArgumentUnsupported, match="'trim' algorithm not supported"):
        made.wipe_pattern(9)


@needs.program("scrub", "scrub")
@pytest.mark.parametrize("algorithm", range(1, 9))
def test_each_way_to_overwrite(pool: StoragePool, folder: Path, algorithm: int) -> None:
    (folder / "v").write_bytes(b"secret" * 1000)
    pool.storage_vol_lookup_by_name("v").wipe_pattern(algorithm)
    assert b"secret" not in (folder / "v").read_bytes() and (folder / "v").stat().st_size == 6000


# copying
def test_a_raw_copy_keeps_its_holes(pool: StoragePool, folder: Path) -> None:
    with (folder / "v").open("wb") as file:
        for position in (0, 300 * MIB, 900 * MIB):
            file.seek(position)
            file.write(b"data" * 5000)
        file.truncate(1024 * MIB)
    original = pool.storage_vol_lookup_by_name("v")
    copied = pool.storage_vol_create_xml_from(volume("w", 1024 * MIB, more="<allocation>0</allocation>"), original)
    assert subprocess.run(["cmp", folder / "v", folder / "w"], check=False).returncode == 0
    assert copied.info().allocation <= 4 * original.info().allocation
    larger = pool.storage_vol_create_xml_from(volume("x", 1025 * MIB, more="<allocation>0</allocation>"), original)
    assert larger.info().capacity == 1025 * MIB


@pytest.mark.parametrize("source", ["raw", "qcow2", "vmdk"])
@pytest.mark.parametrize("target", ["raw", "qcow2", "vdi"])
def test_a_copy_in_another_format(pool: StoragePool, folder: Path, source: str, target: str) -> None:
    original = pool.storage_vol_create_xml(image("v", source))
    subprocess.run(["qemu-io", "-f", source, "-c", "write -P 7 1M 64k", folder / "v"], check=True, capture_output=True)
    pool.storage_vol_create_xml_from(image("w", target), original)
    assert info(folder / "w")["format"] == target
    subprocess.run(["qemu-img", "compare", "-f", source, "-F", target, folder / "v", folder / "w"], check=True)
    assert names(folder) == ["v", "w"]


def test_a_copy_of_an_overlay_is_whole(pool: StoragePool, folder: Path) -> None:
    pool.storage_vol_create_xml(volume("base", MIB))
    subprocess.run(["qemu-io", "-f", "raw", "-c", "write -P 7 0 64k", folder / "base"], check=True, capture_output=True)
    beneath = f"<backingStore><path>{folder}/base</path><format type='raw'/></backingStore>"
    overlay = pool.storage_vol_create_xml(image("v", "qcow2", more=beneath))
    pool.storage_vol_create_xml_from(image("w", "qcow2", more=beneath), overlay)
    assert "backing-filename" not in info(folder / "w")
    subprocess.run(["qemu-img", "compare", "-f", "qcow2", "-F", "qcow2", folder / "v", folder / "w"], check=True)
    with pytest.raises(errors.InternalError, match="a different backing store cannot be specified"):
        pool.storage_vol_create_xml_from(image("x", "qcow2", more=beneath.replace("/base", "/other")), overlay)
    raw = pool.storage_vol_lookup_by_name("base")
    with pytest.raises(errors.SystemCallError, match="inaccessible backing store volume /nowhere"):
        pool.storage_vol_create_xml_from(image("x", "qcow2", more=beneath.replace(f"{folder}/base", "/nowhere")), raw)
    assert names(folder) == ["base", "v", "w"]


@pytest.mark.parametrize("format", ["raw", "qcow2", "qed", "vmdk", "vdi", "qcow", "iso"])
def test_a_copy_that_is_larger(pool: StoragePool, folder: Path, format: str) -> None:
    """Where its format can grow; else it is as large as what is copied. What says no size is so in any case."""
    original = pool.storage_vol_create_xml(volume("v", MIB))
    copied = pool.storage_vol_create_xml_from(image("w", format, 2 * MIB), original)
    assert copied.info().capacity == (MIB if format in ("vmdk", "vdi", "qcow") else 2 * MIB)
    without = f"<volume><name>x</name><target><format type='{format}'/></target></volume>"
    assert pool.storage_vol_create_xml_from(without, original).info().capacity == MIB
    with pytest.raises(errors.XMLError, match="missing capacity element"):
        pool.storage_vol_create_xml(without.replace("<name>x", "<name>y"))


def test_a_copy_of_a_cd_image(pool: StoragePool, folder: Path) -> None:
    original = pool.storage_vol_create_xml(image("v.iso", "iso", MIB))
    with (folder / "v.iso").open("r+b") as file:
        file.seek(0x8001)
        file.write(b"CD001")
    assert "<format type='iso'/>" in original.xml_desc()
    pool.storage_vol_create_xml_from(image("w", "qcow2", MIB), original)
    words = ["qemu-img", "compare", "-f", "raw", "-F", "qcow2"]
    subprocess.run([*words, folder / "v.iso", folder / "w"], check=True)
    original.resize(2 * MIB)
    assert original.info().capacity == 2 * MIB


def test_a_copy_is_refused_where_the_name_is_taken(pool: StoragePool, folder: Path) -> None:
    original = pool.storage_vol_create_xml(volume("v"))
    before = sum_of(folder / "v")
    with pytest.raises(errors.InternalError, match=re.escape("storage volume name 'v' already in use.")):
        pool.storage_vol_create_xml_from(volume("v"), original)
    assert sum_of(folder / "v") == before


def test_blocks_are_shared_or_the_copy_is_refused(pool: StoragePool, folder: Path) -> None:
    original = pool.storage_vol_create_xml(volume("v"))
    probe = subprocess.run(["cp", "--reflink=always", folder / "v", folder / "probe"], capture_output=True)
    (folder / "probe").unlink(missing_ok=True)
    if probe.returncode == 0:
        pool.storage_vol_create_xml_from(volume("w"), original, flags=StorageVolCreateFlags.REFLINK)
        assert names(folder) == ["v", "w"]
    else:
        with pytest.raises(errors.SystemCallError, match="failed to clone files from"):
            pool.storage_vol_create_xml_from(volume("w"), original, flags=StorageVolCreateFlags.REFLINK)
        assert names(folder) == ["v"]


def test_what_was_made_raw_stays_raw(pool: StoragePool, folder: Path) -> None:
    """A guest may write a header into its raw disk that names a file of the host's: nobody follows it."""
    original = pool.storage_vol_create_xml(volume("v"))
    secret = folder.parent / "secret"
    secret.write_bytes(b"the host's own" * 5000)
    words = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(secret)]
    subprocess.run([*words, str(folder.parent / "hostile"), "4M"], check=True)
    with (folder / "v").open("r+b") as file:
        file.write((folder.parent / "hostile").read_bytes())
    for _ in range(2):
        assert "<format type='raw'/>" in original.xml_desc() and "backingStore" not in original.xml_desc()
        pool.refresh()
    pool.storage_vol_create_xml_from(image("w", "qcow2"), original)
    words = ["qemu-img", "convert", "-f", "qcow2", "-O", "raw", str(folder / "w"), str(folder / "x")]
    subprocess.run(words, check=True)
    assert b"the host's own" not in (folder / "x").read_bytes()
