"""A pool of an iSCSI target that QEMU reaches by itself, against a real server on the loopback."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from tests.conftest import Run
from tests.processes import processes
from tests.storage import services
from tests.storage.conftest import pool_xml
from tests.storage.images import MIB, sum_of, volume
from tests.storage.ports import free_port
from tests.storage.services import Chap, Target, iscsi_target
from tests.storage.transfers import download, upload
from virshpy import errors
from virshpy.api.connection import Connection
from virshpy.api.storage import StoragePool
from virshpy.drivers.storage import remote, remote_streams
from virshpy.enums import StoragePoolState, StorageVolType, StorageVolWipeAlgorithm
from virshpy.host import initiator
from virshpy.host.initiator import Login, Portal

pytestmark = services.ISCSI

IQN = "iqn.2030-01.test:disks"
US = "iqn.2030-01.test:somebody"
CHAP = Chap("guest", "open-sesame-1")
AUTH = f"<auth type='chap' username='{CHAP.user}'><secret usage='san'/></auth>"


@pytest.fixture
def target(root: Path) -> Iterator[Target]:
    with iscsi_target(root / "tgt", IQN, 8, 4) as made:
        yield made


def document(host: str, port: int, *, iqn: str = IQN, more: str = "") -> str:
    source = f"<host name='{host}' port='{port}'/>{more}<device path='{iqn}'/><initiator><iqn name='{US}'/></initiator>"
    return f"<pool type='iscsi-direct'><name>san</name><source>{source}</source></pool>"


def pool_of(connection: Connection, target: Target, more: str = "") -> StoragePool:
    return connection.storage_pool_define_xml(document(target.host, target.port, more=more))


def test_its_whole_life(connection: Connection, target: Target) -> None:
    pool = pool_of(connection, target)
    assert pool.info().state == StoragePoolState.INACTIVE
    pool.create()
    info = pool.info()
    assert (info.state, info.capacity, info.allocation, info.available) == (
        StoragePoolState.RUNNING, 12 * MIB, 12 * MIB, 0,
    )  # fmt: skip
    # LUN 0 is the target's own and no disk; libvirt shows it, too.
    paths = [f"ip-{target.portal}-iscsi-{IQN}-lun-{lun}" for lun in range(3)]
    assert sorted((one.name, one.path()) for one in pool.list_volumes()) == [
        (f"unit:0:0:{lun}", path) for lun, path in enumerate(paths)
    ]
    one = pool.storage_vol_lookup_by_name("unit:0:0:1")
    assert one.key == paths[1] == connection.storage_vol_lookup_by_path(paths[1]).key
    assert connection.storage_vol_lookup_by_key(paths[2]).name == "unit:0:0:2"
    assert (one.info().type, one.info().capacity, one.info().allocation) == (
        StorageVolType.NETWORK, 8 * MIB, 8 * MIB,
    )  # fmt: skip
    assert one.xml_desc() == (
        "<volume type='network'>\n  <name>unit:0:0:1</name>\n"
        f"  <key>{paths[1]}</key>\n  <capacity unit='bytes'>8388608</capacity>\n"
        "  <allocation unit='bytes'>8388608</allocation>\n"
        f"  <target>\n    <path>{paths[1]}</path>\n  </target>\n</volume>\n"
    )
    for change in (
        lambda: pool.storage_vol_create_xml(volume("new")),
        lambda: pool.storage_vol_create_xml_from(volume("new"), one),
        one.delete,
        lambda: one.resize(16 * MIB),
        pool.delete,
    ):
        with pytest.raises((errors.NoSupport, errors.OperationInvalid)):
            change()
    pool.refresh()
    pool.destroy()
    pool.undefine()
    assert connection.list_storage_pools() == []


def test_data_goes_there_and_comes_back(connection: Connection, target: Target, root: Path) -> None:
    pool = pool_of(connection, target)
    pool.create()
    one, disk = pool.storage_vol_lookup_by_name("unit:0:0:1"), target.files[0]
    (root / "data").write_bytes(os.urandom(3 * MIB + 700))
    upload(one, root / "data")
    assert disk.read_bytes() == (root / "data").read_bytes() + bytes(5 * MIB - 700)
    download(one, root / "back")
    assert sum_of(root / "back") == sum_of(disk)
    # A part that begins and ends within sectors leaves what is around it.
    before = disk.read_bytes()
    (root / "patch").write_bytes(b"patch" * 200)
    upload(one, root / "patch", 1000, 1000)
    assert disk.read_bytes() == before[:1000] + b"patch" * 200 + before[2000:]
    download(one, root / "back", 998, 1004)
    assert (root / "back").read_bytes() == disk.read_bytes()[998:2002]
    with pytest.raises(errors.SystemCallError, match="cannot write to stream: No space left on device"):
        upload(one, root / "data", 6 * MIB)
    stream = one.upload(10, 0)
    assert stream.send(b"block ") == 6 and stream.send(b"by block") == 8
    stream.finish()
    assert disk.read_bytes()[10:25] == b"block by block" + before[24:25]
    stream = one.download(10, 14)
    assert (stream.recv(5), stream.recv(100), stream.recv(100)) == (b"block", b" by block", b"")
    stream.close()


def test_what_is_large_goes_in_stretches(
    connection: Connection, target: Target, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "_STRETCH", MIB)
    monkeypatch.setattr(remote_streams, "_WINDOW", 64 << 10)
    pool = pool_of(connection, target)
    pool.create()
    one, disk = pool.storage_vol_lookup_by_name("unit:0:0:1"), target.files[0]
    (root / "data").write_bytes(os.urandom(3 * MIB + 1))
    for offset in 512, 3:  # directly, and through windows
        upload(one, root / "data", offset)
        assert disk.read_bytes()[offset : offset + 3 * MIB + 1] == (root / "data").read_bytes()
        download(one, root / "back", offset, 3 * MIB + 1)
        assert sum_of(root / "back") == sum_of(root / "data")
    assert connection.progress() == (3 * MIB + 1, 3 * MIB + 1)
    one.wipe()
    assert disk.read_bytes() == bytes(8 * MIB)


def test_it_is_overwritten(connection: Connection, target: Target) -> None:
    pool = pool_of(connection, target)
    pool.create()
    target.files[1].write_bytes(os.urandom(4 * MIB))
    two = pool.storage_vol_lookup_by_name("unit:0:0:2")
    with pytest.raises(errors.InvalidArg, match="unsupported algorithm 9"):
        two.wipe_pattern(StorageVolWipeAlgorithm.TRIM)
    two.wipe()
    assert target.files[1].read_bytes() == bytes(4 * MIB)


def test_a_copy_in_another_pool(connection: Connection, target: Target, root: Path) -> None:
    pool = pool_of(connection, target)
    pool.create()
    target.files[1].write_bytes(os.urandom(4 * MIB))
    (root / "images").mkdir()
    images = connection.storage_pool_create_xml(pool_xml(root / "images", "images"))
    two = pool.storage_vol_lookup_by_name("unit:0:0:2")
    images.storage_vol_create_xml_from(volume("raw", 1), two)
    assert sum_of(root / "images/raw") == sum_of(target.files[1])
    images.storage_vol_create_xml_from(volume("qcow2", 1, target="<format type='qcow2'/>"), two)
    download(pool.storage_vol_lookup_by_name("unit:0:0:2"), root / "back")
    assert sum_of(root / "back") == sum_of(target.files[1])
    images.destroy()


def test_only_the_right_password_opens(connection: Connection, root: Path) -> None:
    with iscsi_target(root / "tgt", IQN, 4, chap=CHAP) as target:
        pool = pool_of(connection, target, AUTH)
        with pytest.raises(errors.NoSecret, match="no secret with matching usage 'san'"):
            pool.create()
        secret = connection.secret_define_xml("<secret><usage type='iscsi'><target>san</target></usage></secret>")
        with pytest.raises(errors.NoSecret, match="does not have a value"):
            pool.create()
        secret.set_value(b"open-sesame-2")
        with pytest.raises(errors.InternalError, match=r"Failed to login: .*Status: Authentication failure\(513\)$"):
            pool.create()
        secret.set_value(CHAP.password.encode())
        pool.create()
        one = pool.storage_vol_lookup_by_name("unit:0:0:1")
        (root / "data").write_bytes(os.urandom(MIB))
        upload(one, root / "data")
        download(one, root / "back", length=MIB)
        assert sum_of(root / "back") == sum_of(root / "data")
        assert CHAP.password not in pool.xml_desc()
        # It has another one from now on.
        secret.set_value(b"open-sesame-3")
        assert pool.info().state == StoragePoolState.INACCESSIBLE
        with pytest.raises(errors.InternalError, match="Authentication failure"):
            pool.list_volumes()
        pool.destroy()


def test_without_a_password_where_one_is_wanted(connection: Connection, root: Path) -> None:
    refused = pytest.raises(errors.InternalError, match="Authentication failure")
    with iscsi_target(root / "tgt", IQN, 4, chap=CHAP) as target, refused:
        pool_of(connection, target).create()


def test_a_server_that_is_away(connection: Connection, root: Path) -> None:
    with iscsi_target(root / "tgt", IQN, 4) as target:
        pool = pool_of(connection, target)
        pool.create()
    assert pool.info().state == StoragePoolState.INACCESSIBLE
    assert "<name>san</name>" in pool.xml_desc()
    for ask in pool.list_volumes, pool.refresh:
        with pytest.raises(errors.OperationTimeout, match="storage pool 'san' does not answer"):
            ask()
    pool.destroy()
    with pytest.raises(errors.InternalError, match=f"Failed to connect: {target.portal}: Connection refused"):
        pool.create()
    assert not pool.is_active()


def test_what_no_pool_can_be_made_of(connection: Connection, target: Target) -> None:
    with pytest.raises(errors.InternalError, match=r"Failed to log in to target. Status: Target not found\(515\)"):
        connection.storage_pool_create_xml(document(target.host, target.port, iqn=f"{IQN}.none"))
    with pytest.raises(errors.ConfigUnsupported, match="Expected exactly 1 host for the storage pool"):
        connection.storage_pool_create_xml(document(target.host, target.port, more="<host name='other'/>"))
    with pytest.raises(errors.InternalError, match="Failed to connect: nowhere.invalid:3260: "):
        connection.storage_pool_create_xml(document("nowhere.invalid", 3260))


def test_what_a_server_has_is_found(connection: Connection, target: Target) -> None:
    def sources(inner: str) -> str:
        return connection.find_storage_pool_sources("iscsi-direct", f"<source>{inner}</source>")

    host = f"<host name='{target.host}' port='{target.port}'/>"
    initiator = f"<initiator><iqn name='{US}'/></initiator>"
    found = sources(host + initiator)
    assert f"<host name='127.0.0.1' port='{target.port}'/>\n    <device path='{IQN}'/>" in found and US in found
    for inner, error, words in (
        ("", errors.ConfigUnsupported, "Expected exactly 1 host"),
        (host + host + initiator, errors.ConfigUnsupported, "Expected exactly 1 host"),
        (host, errors.ConfigUnsupported, "missing initiator IQN"),
    ):
        with pytest.raises(error, match=words):
            sources(inner)
    with pytest.raises(errors.InvalidArg, match="hostname must be specified for iscsi sources"):
        connection.find_storage_pool_sources("iscsi-direct")


def test_what_would_be_done_is_told(virshpy: Run, root: Path, connection: Connection) -> None:
    with iscsi_target(root / "tgt", IQN, 4, chap=CHAP) as target:
        secret = connection.secret_define_xml("<secret><usage type='iscsi'><target>san</target></usage></secret>")
        secret.set_value(CHAP.password.encode())
        pool_of(connection, target, AUTH).create()
        told = virshpy("vol-wipe", "--dry-run", "unit:0:0:1", "san").stdout
        told += virshpy("vol-upload", "--dry-run", "unit:0:0:1", "/dev/null", "san").stdout
        assert told.count("qemu-img convert -n") == 2 and CHAP.password not in told
        assert "secret,id=volume,file=/dev/fd/<descriptor of a password>" in told
        assert target.files[0].read_bytes() == bytes(4 * MIB)


# the conversation
@contextmanager
def server(*answers: bytes | list[bytes], silent: bool = False) -> Iterator[Portal]:
    """Whoever listens there, hears something and answers this, a connection each; a list is a conversation."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)

    def serve() -> None:
        for answer in answers or (b"",):
            with listener.accept()[0] as peer:
                for piece in [answer] if isinstance(answer, bytes) else answer:
                    peer.recv(4096)
                    peer.sendall(piece)
                while silent and peer.recv(4096):
                    pass

    thread = Thread(target=serve)
    thread.start()
    try:
        yield Portal("127.0.0.1", listener.getsockname()[1])
    finally:
        thread.join()
        listener.close()


def login_answer(status: int, text: bytes = b"") -> bytes:
    head = struct.pack(">BB2xI", 0x23, 0x87, len(text)) + bytes(28) + struct.pack(">H", status) + bytes(10)
    return head + text + bytes(-len(text) % 4)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "Connection reset by peer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n" * 8, "does not speak iSCSI as it should"),
        (login_answer(0x0301), r"Status: Service unavailable\(769\)"),
        (login_answer(0x0202), r"Status: Authorization failure\(514\)"),
        (login_answer(0x02FF), r"Status: refused\(767\)"),
        (login_answer(0)[:20], "Connection reset by peer"),
    ],
)
def test_a_server_that_says_something_else(answer: bytes, words: str) -> None:
    with server(answer) as portal, pytest.raises(errors.InternalError, match=words):
        initiator.units(portal, Login(US), IQN)


def test_a_server_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initiator, "PATIENCE", 0.3)
    with server(silent=True) as portal, pytest.raises(initiator.Unreachable, match="timed out"):
        initiator.units(portal, Login(US), IQN)


def test_a_target_that_has_moved_is_followed_once(target: Target) -> None:
    moved = login_answer(0x0101, f"TargetAddress={target.portal},1\0".encode())
    with server(moved) as portal:
        assert [unit.size for unit in initiator.units(portal, Login(US), IQN)] == [0, 8 * MIB, 4 * MIB]
    nowhere = login_answer(0x0101, b"TargetAddress=127.0.0.1:1,1\0")
    with server(nowhere) as portal, pytest.raises(initiator.Unreachable, match="Connection refused"):
        initiator.units(portal, Login(US), IQN)
    with (
        server(nowhere) as there,
        server(login_answer(0x0101, f"TargetAddress={there}\0".encode())) as portal,
        pytest.raises(errors.InternalError, match="it sends us on again and again"),
    ):
        initiator.units(portal, Login(US), IQN)


@pytest.mark.parametrize("address", ["127.0.0.1:99999,1", f"{'a' * 70}:3260,1", "a..b", "127.0.0.1:" + "9" * 5000])
def test_a_target_that_has_moved_to_no_address(address: str) -> None:
    moved = login_answer(0x0101, f"TargetAddress={address}\0".encode())
    with server(moved) as portal, pytest.raises(initiator.Unreachable, match="Failed to connect"):
        initiator.units(portal, Login(US), IQN)


@pytest.mark.parametrize("text", ["-5", "", "0x", "0xzz", "0b*", "one", "²"])
def test_a_challenge_that_is_none(text: str) -> None:
    challenge = [login_answer(0, b"AuthMethod=CHAP\0"), login_answer(0, f"CHAP_I=1\0CHAP_C={text}\0".encode())]
    with server(challenge) as portal, pytest.raises(errors.InternalError, match="a challenge is none"):
        initiator.units(portal, Login(US, "guest", b"secret"), IQN)


def test_nobody_is_left_at_a_port_that_nobody_has() -> None:
    with pytest.raises(initiator.Unreachable, match="Connection refused"):
        initiator.require_answer(Portal("127.0.0.1", free_port()))
    assert not processes("qemu-img convert")
