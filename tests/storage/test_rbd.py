"""A pool of a Ceph cluster, against a real one of one node: its images, their data, and what a cluster may do to us."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Run
from tests.processes import processes
from tests.storage import services
from tests.storage.conftest import pool_xml
from tests.storage.images import MIB, sum_of, volume
from tests.storage.services import Ceph, one_node_ceph
from tests.storage.transfers import download, upload
from virshpy import errors
from virshpy.api.connection import Connection
from virshpy.api.secret import Secret
from virshpy.api.storage import StoragePool
from virshpy.enums import (
    StoragePoolState,
    StorageVolDeleteFlags,
    StorageVolResizeFlags,
    StorageVolType,
    StorageVolWipeAlgorithm,
)

pytestmark = [*services.CEPH, needs.file(services.RBD_DRIVER, "qemu-block-extra")]

NAMESPACE = "xmlns:rbd='http://libvirt.org/schemas/storagepool/rbd/1.0'"
# A volume is made by a process that dies at a moment of its journal.
DYING = """
import os, sys
from fnmatch import fnmatchcase
from virshpy.host import store
store.observers.append(lambda name: os.kill(os.getpid(), 9) if fnmatchcase(name, sys.argv[1]) else None)
import virshpy
pool = virshpy.open(sys.argv[2]).storage_pool_lookup_by_name("ceph")
pool.storage_vol_create_xml(sys.argv[3])
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Ceph]:
    with tempfile.TemporaryDirectory(prefix="vp.ceph.") as folder, one_node_ceph(Path(folder) / "ceph") as made:
        yield made


@pytest.fixture
def ceph(cluster: Ceph) -> Iterator[Ceph]:
    """The cluster, whose pool is empty, and is so again afterwards."""
    yield cluster
    left = images(cluster)
    assert left == [], left


@pytest.fixture
def secret(connection: Connection, cluster: Ceph) -> Secret:
    made = connection.secret_define_xml("<secret><usage type='ceph'><name>san</name></usage></secret>")
    made.set_value(base64.b64decode(cluster.key))
    return made


@pytest.fixture
def rbd(connection: Connection, ceph: Ceph, secret: Secret) -> Iterator[StoragePool]:
    """An active pool; what is left in it is deleted."""
    made = connection.storage_pool_define_xml(document(ceph))
    made.create()
    yield made
    if made.is_active():
        for one in made.list_volumes():
            one.delete()
        made.destroy()


def images(ceph: Ceph) -> list[str]:
    """All that are there, under names that no listing of ours shows as well."""
    found: list[str] = json.loads(ceph.run("rbd", "ls", "--format", "json", ceph.pool))
    return found


def document(
    ceph: Ceph, name: str = "ceph", *, pool: str | None = None, auth: str | None = None, options: str = ""
) -> str:
    if auth is None:
        auth = f"<auth type='ceph' username='{ceph.user}'><secret usage='san'/></auth>"
    source = f"<host name='{ceph.host}' port='{ceph.port}'/><name>{pool or ceph.pool}</name>{auth}"
    given = f"<rbd:config_opts>{options}</rbd:config_opts>" if options else ""
    return f"<pool type='rbd' {NAMESPACE}><name>{name}</name><source>{source}</source>{given}</pool>"


def option(name: str, value: str) -> str:
    return f"<rbd:option name='{name}' value='{value}'/>"


HURRIED = "".join(option(f"{name}_timeout", "1") for name in ("client_mount", "rados_mon_op", "rados_osd_op"))


def test_its_whole_life(connection: Connection, ceph: Ceph, secret: Secret) -> None:
    pool = connection.storage_pool_define_xml(document(ceph))
    assert pool.info().state == StoragePoolState.INACTIVE
    pool.build()
    pool.create()
    info = pool.info()
    assert (info.state, info.capacity) == (StoragePoolState.RUNNING, 1 << 30)
    assert info.allocation < MIB and 0 < info.available <= info.capacity
    one = pool.storage_vol_create_xml(volume("one", 16 * MIB))
    path = f"{ceph.pool}/one"
    assert (one.key, one.path(), images(ceph)) == (path, path, ["one"])
    assert connection.storage_vol_lookup_by_path(path).key == connection.storage_vol_lookup_by_key(path).key == path
    assert (one.info().type, one.info().capacity, one.info().allocation) == (StorageVolType.NETWORK, 16 * MIB, 0)
    assert one.xml_desc() == (
        f"<volume type='network'>\n  <name>one</name>\n  <key>{path}</key>\n"
        "  <capacity unit='bytes'>16777216</capacity>\n  <allocation unit='bytes'>0</allocation>\n"
        f"  <target>\n    <path>{path}</path>\n    <format type='raw'/>\n  </target>\n</volume>\n"
    )
    with pytest.raises(errors.StorageVolExist, match="storage volume 'one' exists already"):
        pool.storage_vol_create_xml(volume("one"))
    pool.refresh()
    # What others make and remove is seen at once.
    assert len(pool.list_volumes()) == 1
    ceph.run("rbd", "create", "--size", "8M", f"{ceph.pool}/theirs")
    assert sorted(found.name for found in pool.list_volumes()) == ["one", "theirs"]
    pool.storage_vol_lookup_by_name("theirs").delete()
    one.delete()
    with pytest.raises(errors.NoStorageVol, match="no storage vol with matching name 'one'"):
        pool.storage_vol_lookup_by_name("one")
    pool.destroy()
    with pytest.raises(errors.NoSupport, match="pool does not support pool deletion"):
        pool.delete()
    pool.undefine()


def test_many_are_listed_with_their_sizes(rbd: StoragePool, virshpy: Run) -> None:
    for number in range(4):
        rbd.storage_vol_create_xml(volume(f"v{number}", (number + 1) * MIB))
    table = virshpy("vol-list", "ceph", "--details").stdout.splitlines()[2:]
    assert sorted(line.split()[0:5:2] + line.split()[3:5] for line in table if line) == [
        [f"v{number}", "network", "MiB", f"{number + 1}.00", "MiB"] for number in range(4)
    ]


def test_what_no_image_can_be_is_refused(rbd: StoragePool) -> None:
    secret = "<secret type='passphrase' usage='x'/>"
    for xml, error, words in (
        (volume("v", target="<format type='qcow2'/>"), errors.ConfigUnsupported, "only RAW volumes are supported"),
        (volume("v", 0), errors.NoSupport, "volume capacity required for this storage pool"),
        (volume("a/b"), errors.OperationInvalid, "volume name 'a/b' cannot be an image's"),
        (volume("a@b"), errors.OperationInvalid, "volume name 'a@b' cannot be an image's"),
        (
            volume("v", target=f"<encryption format='luks'>{secret}</encryption>"),
            errors.ConfigUnsupported,
            "storage pool does not support encrypted volumes",
        ),
    ):
        with pytest.raises(error, match=words):
            rbd.storage_vol_create_xml(xml)
    assert rbd.list_volumes() == []


def test_it_becomes_larger_and_smaller(rbd: StoragePool, ceph: Ceph) -> None:
    one = rbd.storage_vol_create_xml(volume("one", 8 * MIB))
    one.resize(16 * MIB)
    one.resize(8 * MIB, flags=StorageVolResizeFlags.DELTA)
    assert one.info().capacity == 24 * MIB
    with pytest.raises(errors.InvalidArg, match="Can't shrink capacity below current capacity"):
        one.resize(8 * MIB)
    one.resize(8 * MIB, flags=StorageVolResizeFlags.SHRINK)
    with pytest.raises(errors.Misuse, match=r"unsupported flags \(0x1\)"):
        one.resize(32 * MIB, flags=StorageVolResizeFlags.ALLOCATE)
    # QEMU's driver stumbles over a size of half a sector.
    one.resize(9 * MIB + 1)
    assert one.info().capacity == 9 * MIB + 512
    assert json.loads(ceph.run("rbd", "info", "--format", "json", f"{ceph.pool}/one"))["size"] == 9 * MIB + 512


def test_data_goes_there_and_comes_back(rbd: StoragePool, root: Path) -> None:
    one = rbd.storage_vol_create_xml(volume("one", 32 * MIB))
    with (root / "data").open("wb") as file:
        file.write(os.urandom(5 * MIB))
        file.seek(20 * MIB)
        file.write(os.urandom(1000))
    content = (root / "data").read_bytes()
    upload(one, root / "data")
    assert one.info().allocation == 12 * MIB  # its holes are none of it: two objects at the beginning, one at the end
    download(one, root / "back")
    assert (root / "back").read_bytes() == content + bytes(12 * MIB - 1000)
    assert os.stat(root / "back").st_blocks * 512 < 16 * MIB
    (root / "patch").write_bytes(b"patch" * 1000)
    upload(one, root / "patch", 12345, 5000)
    download(one, root / "back", 12000, 6000)
    assert (root / "back").read_bytes() == (content[:12345] + b"patch" * 1000 + content[17345:])[12000:18000]
    with pytest.raises(errors.SystemCallError, match="cannot write to stream: No space left on device"):
        upload(one, root / "data", 20 * MIB)


def test_through_a_pipe(rbd: StoragePool, virshpy: Run, root: Path) -> None:
    one = rbd.storage_vol_create_xml(volume("one", MIB))
    virshpy("vol-upload", "one", "/dev/stdin", "ceph", input="through a pipe")
    download(one, root / "back")
    assert (root / "back").read_bytes() == b"through a pipe" + bytes(MIB - 14)
    assert virshpy("vol-download", "one", "/dev/stdout", "ceph", "--length", "9").stdout.startswith("through a")


def test_it_is_overwritten_and_forgotten(rbd: StoragePool, root: Path) -> None:
    one = rbd.storage_vol_create_xml(volume("one", 8 * MIB))
    for algorithm, used in (StorageVolWipeAlgorithm.ZERO, 8 * MIB), (StorageVolWipeAlgorithm.TRIM, 0):
        (root / "data").write_bytes(os.urandom(8 * MIB))
        upload(one, root / "data")
        one.wipe_pattern(algorithm)
        assert one.info().allocation == used
        download(one, root / "back")
        assert (root / "back").read_bytes() == bytes(8 * MIB)
    with pytest.raises(errors.InvalidArg, match="unsupported algorithm 1"):
        one.wipe_pattern(StorageVolWipeAlgorithm.NNSA)


def test_a_copy_shares_what_it_does_not_change(rbd: StoragePool, ceph: Ceph, root: Path) -> None:
    one = rbd.storage_vol_create_xml(volume("one", 8 * MIB))
    (root / "data").write_bytes(os.urandom(8 * MIB))
    upload(one, root / "data")
    copy = rbd.storage_vol_create_xml_from(volume("copy", 16 * MIB), one)
    assert (copy.info().capacity, copy.info().allocation) == (16 * MIB, 0)
    one.resize(12 * MIB)
    download(copy, root / "back")
    assert (root / "back").read_bytes() == (root / "data").read_bytes() + bytes(8 * MIB)
    with pytest.raises(errors.SystemCallError, match=f"failed to remove volume '{ceph.pool}/one'") as refused:
        one.delete()
    assert "--delete-snapshots" in str(refused.value.hint)
    with pytest.raises(errors.SystemCallError, match="failed to unprotect snapshot .*: Device or resource busy"):
        one.delete(flags=StorageVolDeleteFlags.WITH_SNAPSHOTS)
    copy.delete()
    one.delete(flags=StorageVolDeleteFlags.WITH_SNAPSHOTS)
    assert images(ceph) == []


def test_copies_from_and_to_a_directory(connection: Connection, rbd: StoragePool, root: Path) -> None:
    (root / "images").mkdir()
    folder = connection.storage_pool_create_xml(pool_xml(root / "images", "images"))
    qcow2 = folder.storage_vol_create_xml(volume("qcow2", 8 * MIB, target="<format type='qcow2'/>"))
    subprocess.run(
        ["qemu-io", "-f", "qcow2", "-c", "write -P 7 1M 3M", root / "images/qcow2"], check=True, capture_output=True
    )
    rbd.storage_vol_create_xml_from(volume("image", 1), qcow2)
    image = rbd.storage_vol_lookup_by_name("image")
    download(image, root / "back")
    assert (root / "back").read_bytes() == bytes(MIB) + b"\7" * 3 * MIB + bytes(4 * MIB)
    folder.storage_vol_create_xml_from(volume("raw", 1), image)
    assert sum_of(root / "images/raw") == sum_of(root / "back")
    folder.storage_vol_create_xml_from(volume("again", 1, target="<format type='qcow2'/>"), image)
    subprocess.run(["qemu-img", "compare", root / "images/qcow2", root / "images/again"], check=True)
    folder.destroy()


def test_who_has_it_open_keeps_it(rbd: StoragePool, ceph: Ceph, root: Path) -> None:
    one = rbd.storage_vol_create_xml(volume("one", 8 * MIB))
    (root / "data").write_bytes(b"data")
    disk = f"rbd:{ceph.pool}/one:id={ceph.user}:conf={ceph.conf}"
    with subprocess.Popen(
        ["qemu-io", "-f", "raw", disk], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as guest:
        assert guest.stdin is not None and guest.stdout is not None
        guest.stdin.write("write -P 1 0 512\n")
        guest.stdin.flush()
        while "wrote" not in guest.stdout.readline():
            pass
        changes: tuple[Callable[[], object], ...] = (lambda: upload(one, root / "data"), one.wipe)
        for change in changes:
            with pytest.raises(errors.OperationInvalid, match=f"volume '{ceph.pool}/one' is in use by another process"):
                change()
        with pytest.raises(errors.SystemCallError, match="failed to remove volume .*: Device or resource busy"):
            one.delete()
        guest.stdin.write("quit\n")
    upload(one, root / "data")


@pytest.mark.parametrize("moment", ["* 1 rbd/1 recorded", "* 1 rbd/1 done", "* 2 rbd/1 done", "* not yet settling"])
def test_what_was_begun_by_the_dead_is_taken_back(
    rbd: StoragePool, connection: Connection, ceph: Ceph, uri: str, root: Path, moment: str
) -> None:
    died = subprocess.run([sys.executable, "-c", DYING, moment, uri, volume("one")], capture_output=True, text=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert (len(images(ceph)) == 1) == (moment != "* 1 rbd/1 recorded")
    recorded = b"".join(path.read_bytes() for path in root.rglob("state.db*"))
    assert b"rbd/1" in recorded and ceph.key.encode() not in recorded
    assert rbd.storage_vol_create_xml(volume("one")).name == "one"
    assert images(ceph) == ["one"]


def test_only_the_right_key_opens(connection: Connection, ceph: Ceph, secret: Secret) -> None:
    pool = connection.storage_pool_define_xml(document(ceph, options=HURRIED))
    secret.set_value(base64.b64decode(ceph.key)[:-1] + b"?")
    with pytest.raises(errors.SystemCallError, match="failed to connect to the RADOS monitor on: 127.0.0.1:"):
        pool.create()
    secret.set_value(base64.b64decode(ceph.key))
    pool.create()
    assert ceph.key not in pool.xml_desc()
    pool.destroy()


def test_what_no_pool_can_be_made_of(connection: Connection, ceph: Ceph, secret: Secret) -> None:
    for xml, error, words in (
        (document(ceph, pool="none"), errors.SystemCallError, r"failed to create the RBD IoCTX\. Does the pool 'none'"),
        (document(ceph, options=option("foo", "1")), errors.InternalError, "failed to set RADOS option: foo"),
        (document(ceph, options=HURRIED, auth=""), errors.SystemCallError, "failed to connect to the RADOS monitor"),
        (
            document(ceph, auth="<auth type='ceph' username='guest'><secret usage='none'/></auth>"),
            errors.NoSecret,
            "no secret with matching usage 'none'",
        ),
    ):
        with pytest.raises(error, match=words):
            connection.storage_pool_create_xml(xml)


def test_options_reach_the_cluster(connection: Connection, ceph: Ceph, secret: Secret) -> None:
    pool = connection.storage_pool_create_xml(document(ceph, options=option("rbd_default_order", "20")))
    one = pool.storage_vol_create_xml(volume("one"))
    assert json.loads(ceph.run("rbd", "info", "--format", "json", f"{ceph.pool}/one"))["order"] == 20
    one.delete()
    pool.destroy()


def test_a_cluster_that_does_not_answer(connection: Connection, ceph: Ceph, secret: Secret) -> None:
    pool = connection.storage_pool_create_xml(document(ceph, options=HURRIED))
    (monitor,) = (pid for pid, what in processes(str(ceph.conf)) if "ceph-mon" in what)
    os.kill(monitor, signal.SIGSTOP)
    try:
        assert pool.info().state == StoragePoolState.INACCESSIBLE
        assert "<name>ceph</name>" in pool.xml_desc()
        for ask in pool.list_volumes, pool.refresh, lambda: pool.storage_vol_create_xml(volume("one")):
            with pytest.raises(errors.OperationTimeout, match="storage pool 'ceph' does not answer"):
                ask()
        pool.destroy()
    finally:
        os.kill(monitor, signal.SIGCONT)


def test_what_would_be_done_is_told(rbd: StoragePool, ceph: Ceph, virshpy: Run) -> None:
    rbd.storage_vol_create_xml(volume("one"))
    told = [
        virshpy(*words, "--dry-run").stdout
        for words in (
            ("vol-create-as", "ceph", "two", "8M"),
            ("vol-clone", "one", "two", "ceph"),
            ("vol-resize", "one", "16M", "ceph"),
            ("vol-wipe", "one", "ceph"),
            ("vol-upload", "one", "/dev/null", "ceph"),
            ("vol-delete", "one", "ceph"),
        )
    ]
    assert [text.count("rbd --conf") for text in told] == [2, 4, 1, 0, 0, 1]
    assert not any(ceph.key in text for text in told)
    assert images(ceph) == ["one"]
