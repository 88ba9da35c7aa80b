"""What the programs for storage over a network or a bus are told, and what is read from their answers; and adapters,
disks and sessions as /sys shows them, of which few hosts have all. No program is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.storage.images import MIB, volume
from virshpy import errors
from virshpy.api.connection import Connection
from virshpy.drivers.storage import ceph
from virshpy.drivers.storage.backends import backend_class
from virshpy.drivers.storage.backends import scsi as adapters
from virshpy.drivers.storage.backends.iscsi_direct import UnitContents, initiator_of, portal_of
from virshpy.drivers.storage.remote import spelled
from virshpy.enums import StorageVolType
from virshpy.host import disks, fibre, iscsi
from virshpy.host.initiator import Login, Portal, Unit
from virshpy.host.steps.iscsi import Interface, LogIn, Record
from virshpy.host.steps.kinds import restore
from virshpy.host.steps.vport import VirtualPort
from virshpy.xml.storage import Adapter, Pool

RBD = "xmlns:rbd='http://libvirt.org/schemas/storagepool/rbd/1.0'"
KEY = b"\0\1\2 a key of Ceph's \xff"
IQN = "iqn.2030-01.test:disks"


def rbd(inner: str, options: str = "") -> Pool:
    given = f"<rbd:config_opts>{options}</rbd:config_opts>" if options else ""
    return Pool.parse(f"<pool type='rbd' {RBD}><name>p</name><source>{inner}<name>images</name></source>{given}</pool>")


def option(name: str, value: str) -> str:
    return f"<rbd:option name='{name}' value='{value}'/>"


# Ceph
@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        ("<host name='h'/>", "h"),
        ("<host name='h' port='6789'/>", "h:6789"),
        ("<host name='::1' port='6789'/>", "[::1]:6789"),
        ("<host name='a'/><host name='b' port='1'/><host name='fe80::2'/>", "a,b:1,[fe80::2]"),
    ],
)
def test_where_the_monitors_are(hosts: str, said: str) -> None:
    assert ceph.monitors(rbd(hosts)) == said


BASE = """[global]
mon_host = "h:6789"
client_mount_timeout = "30"
rados_mon_op_timeout = "30"
rados_osd_op_timeout = "30"
log_to_stderr = "false"
err_to_stderr = "false"
"""


@pytest.mark.parametrize(
    ("options", "key", "more"),
    [
        ("", None, 'auth_client_required = "none"\n'),
        ("", KEY, 'auth_client_required = "cephx"\nkey = "AAECIGEga2V5IG9mIENlcGgncyD/"\n'),
        (option("rbd_cache", "false"), None, 'auth_client_required = "none"\nrbd_cache = "false"\n'),
        (option("rbd cache-size", "1 ; # 2"), None, 'auth_client_required = "none"\nrbd_cache_size = "1 ; # 2"\n'),
        (option("log_file", r"a\b&quot;c"), None, 'auth_client_required = "none"\nlog_file = "a\\\\b\\"c"\n'),
        (option("auth_client_required", "gss"), None, 'auth_client_required = "gss"\n'),
    ],
)
def test_the_configuration_of_a_pool(options: str, key: bytes | None, more: str) -> None:
    assert ceph.configuration(rbd("<host name='h' port='6789'/>", options), key, 30) == BASE + more


def test_what_a_document_says_of_the_clock_counts() -> None:
    text = ceph.configuration(rbd("<host name='h'/>", option("client_mount_timeout", "3")), None, 30)
    assert 'client_mount_timeout = "3"\n' in text and text.count("client_mount_timeout") == 1


@pytest.mark.parametrize(("name", "value"), [("a=b", "1"), ("a&#10;b", "1"), ("[mon]", "1"), ("a", "1&#10;key = x")])
def test_no_option_says_more_than_one(name: str, value: str) -> None:
    with pytest.raises(errors.InternalError, match="failed to set RADOS option: "):
        ceph.configuration(rbd("<host name='h'/>", option(name, value)), None, 30)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (ceph.rbd_words(None, "p", ["ls"]), "--conf /dev/fd/{fd:conf} ls --pool p"),
        (ceph.rbd_words("u", "p", ["ls"]), "--conf /dev/fd/{fd:conf} --id u ls --pool p"),
        (
            ceph.rbd_words("u", "p", ["snap", "rm"], "i", "--snap", "s"),
            "--conf /dev/fd/{fd:conf} --id u snap rm --pool p --image i --snap s",
        ),
    ],
)
def test_what_rbd_is_told(words: list[str], said: str) -> None:
    assert " ".join(words) == said


LONG = """[{"image":"one","id":"1","size":1000448,"format":2},
{"image":"one","id":"1","snapshot":"s","snapshot_id":4,"size":512,"format":2,"protected":"true"},
{"image":"a/b@c","id":"2","size":67108864,"format":2}]"""
INFO = '{"name":"one","size":512,"features":["layering","fast-diff"],"flags":[%s]}'
USED = """{"images":[{"name":"one","snapshot":"s","provisioned_size":8,"used_size":3},
{"name":"one","provisioned_size":8,"used_size":4},{"name":"two","provisioned_size":8,"used_size":8}],
"total_provisioned_size":16,"total_used_size":12}"""
SPACE = """{"pools":[{"name":"other","size_bytes":9},{"name":"images","size_bytes":77}],
"total_objects":1,"total_used":13,"total_avail":1048562,"total_space":1048576}"""
SNAPSHOTS = '[{"id":4,"name":"s","size":8,"protected":"true"},{"id":5,"name":"t","size":8,"protected":"false"}]'


def test_what_rbd_answers() -> None:
    assert ceph.names_in('["one","a/b@c"]\n') == ["one", "a/b@c"] and ceph.names_in("") == []
    assert ceph.sizes_in(LONG) == {"one": 1000448, "a/b@c": 67108864}
    assert ceph.size_in(INFO % "") == 512
    assert ceph.has_map(INFO % "") and not ceph.has_map(INFO % '"object map invalid","fast diff invalid"')
    assert not ceph.has_map('{"name":"one","size":512,"features":["layering"],"flags":[]}')
    assert ceph.used_in(USED) == {"one": 7, "two": 8}
    slow = "warning: fast-diff map is not enabled for two. operation may be slow.\n"
    assert ceph.used_in(USED, slow) == {"one": 7}
    assert ceph.space_in(SPACE, "images") == (1 << 30, 77, 1048562 << 10)
    assert ceph.space_in(SPACE.replace("1048562", "0").replace("1048576", "0"), "new") == (0, 0, 0)
    assert ceph.snapshots_in(SNAPSHOTS) == [("s", True), ("t", False)]
    assert ceph.is_watched('{"watchers":[{"address":"127.0.0.1:0/1","client":4,"cookie":1}]}')
    assert not ceph.is_watched('{"watchers":[]}') and not ceph.is_watched("{}")
    assert (
        ceph.last_words("2026 -1 monclient\nrbd: create error: (17) File exists\n") == "create error: (17) File exists"
    )
    assert ceph.last_words("") == ""


@pytest.mark.parametrize(
    "text", ["no", "[", '{"images":7}', '[{"image":1}]', '[{"image":"a","size":"8"}]', "7", "null"]
)
def test_what_is_no_answer_is_one_error(text: str) -> None:
    for read in ceph.sizes_in, ceph.used_in, ceph.size_in, ceph.snapshots_in, ceph.has_map:
        with pytest.raises(errors.InternalError, match="cannot read what rbd says"):
            read(text)


# a target that QEMU reaches by itself
def unit(host: str, port: int, login: Login, number: int = 1) -> UnitContents:
    return UnitContents("unit:0:0:1", "path", Portal(host, port), IQN, login, Unit(number, 8 * MIB))


COMMON = f"file.driver=iscsi,file.transport=tcp,file.portal=127.0.0.1:3260,file.target={IQN},file.lun=1"


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (unit("127.0.0.1", 3260, Login("iqn.us")), f"--image-opts driver=raw,{COMMON},file.initiator-name=iqn.us"),
        (
            unit("127.0.0.1", 3260, Login("iqn.us", "bob", b"secret")),
            "--object secret,id=original,file=/dev/fd/{fd:original} --image-opts"
            f" driver=raw,{COMMON},file.initiator-name=iqn.us,file.user=bob,file.password-secret=original",
        ),
        (
            unit("fe80::1", 860, Login("iqn,us"), 300),
            "--image-opts driver=raw,file.driver=iscsi,file.transport=tcp,file.portal=[fe80::1]:860,"
            f"file.target={IQN},file.lun=300,file.initiator-name=iqn,,us",
        ),
    ],
)
def test_how_qemu_opens_a_unit(contents: UnitContents, said: str) -> None:
    assert " ".join(contents.words()) == said


def test_a_stretch_of_it() -> None:
    contents = unit("127.0.0.1", 3260, Login("iqn.us", "bob", b"secret"))
    assert contents.options("v", at=512, length=1024) == (
        f"driver=raw,offset=512,size=1024,{COMMON},file.initiator-name=iqn.us,file.user=bob,file.password-secret=v"
    )
    assert contents.secrets("v") == {"v": b"secret"}
    assert spelled({"a": "b,c", "d": "e=f"}) == "a=b,,c,d=e=f"


def test_half_a_sector_is_not_for_qemu() -> None:
    contents = UnitContents("v", "p", Portal("h"), IQN, Login("iqn.us"), Unit(1, 1000))
    with pytest.raises(errors.OperationInvalid, match="volume 'p' has 1000 bytes, which are not whole sectors"):
        contents.words()


@pytest.mark.parametrize(
    ("inner", "portal", "initiator"),
    [
        ("<host name='h'/><initiator><iqn name='iqn.us'/></initiator>", "h:3260", "iqn.us"),
        ("<host name='h' port='860'/><initiator><iqn name='iqn.us'/></initiator>", "h:860", "iqn.us"),
        ("<host name='::1'/><initiator><iqn name='iqn.us'/></initiator>", "[::1]:3260", "iqn.us"),
    ],
)
def test_whom_a_document_means(inner: str, portal: str, initiator: str) -> None:
    text = f"<pool type='iscsi-direct'><name>p</name><source>{inner}<device path='{IQN}'/></source></pool>"
    source = Pool.parse(text).source
    assert source is not None
    assert (str(portal_of(source)), initiator_of(source)) == (portal, initiator)


# open-iscsi
def test_what_iscsiadm_is_told() -> None:
    portal = iscsi.portal_word(Portal("::1"))
    assert portal == "[::1]:3260,1"
    for words, said in (
        (iscsi.node_words("h:1,1", IQN, None, "--login"), f"--mode node --portal h:1,1 --targetname {IQN} --login"),
        (
            iscsi.node_words("h:1,1", IQN, "i", "--op", "new"),
            f"--mode node --portal h:1,1 --targetname {IQN} --op new --interface i",
        ),
        (
            iscsi.discovery_words("h:1,1", None),
            "--mode discovery --type sendtargets --portal h:1,1 --op nonpersistent",
        ),
        (
            iscsi.discovery_words("h:1,1", "i"),
            "--mode discovery --type sendtargets --portal h:1,1 --op nonpersistent --interface i",
        ),
        (iscsi.interface_words("i", "--op", "delete"), "--mode iface --interface i --op delete"),
    ):
        assert " ".join(words) == said


def test_what_iscsiadm_answers() -> None:
    interfaces = "default tcp,<empty>,<empty>,<empty>,<empty>\nmine tcp,<empty>,<empty>,<empty>,iqn.us\n"
    assert iscsi.interfaces_in(interfaces) == {"mine": "iqn.us"}
    found = f"127.0.0.1:3260,1 {IQN}\n[fe80::1]:3260,1 {IQN}\n127.0.0.1:3260,1 {IQN}.other\nnothing of it\n"
    assert iscsi.targets_in(found) == [IQN, f"{IQN}.other"]


def test_a_password_is_put_into_a_record() -> None:
    record = "# BEGIN RECORD 2.1.8\nnode.name = iqn\nnode.session.auth.password = old\n# END RECORD\n"
    once = iscsi.with_setting(record, "node.session.auth.password", "new = #1")
    assert once == "# BEGIN RECORD 2.1.8\nnode.name = iqn\nnode.session.auth.password = new = #1\n# END RECORD\n"
    assert iscsi.with_setting(once, "node.session.auth.password", "new = #1") == once


def test_steps_of_a_login_tell_no_password_and_come_back_from_the_journal() -> None:
    record = Record("h:3260,1", IQN, None, "bob", b"secret-secret")
    told = "\n".join([*record.commands(), *record.undo_commands(), repr(record.data())])
    assert "--name node.session.auth.username --value bob" in told and "secret-secret" not in told
    for step in record, Interface("i", "iqn.us"), LogIn("h:3260,1", IQN, "i"), VirtualPort(3, "2" * 16, "1" * 16):
        again = restore(step.kind, step.data())
        assert type(again) is type(step) and again.undo_commands() == step.undo_commands()


# what the kernel shows
@pytest.fixture
def sys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in disks, iscsi:
        monkeypatch.setattr(module, "SYS", str(tmp_path))
    return tmp_path


def lay(sys: Path, path: str, **files: str) -> Path:
    folder = sys / path
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(f"{text}\n")
    return folder


def lay_unit(sys: Path, place: str, type: str, block: str | None = None, wwid: str = "") -> None:
    folder = lay(sys, f"bus/scsi/devices/{place}", type=type, wwid=wwid)
    if block is not None:
        (folder / "block" / block).mkdir(parents=True)
        lay(sys, f"class/block/{block}", size="2048")
        (sys / "class/block" / block / "device").symlink_to(folder)


def test_disks_behind_an_adapter(sys: Path) -> None:
    lay_unit(sys, "1:0:0:0", "12")  # the target's own unit
    lay_unit(sys, "1:0:0:1", "0", "sda", "naa.60000000000000000e00000000010001")
    lay_unit(sys, "1:2:3:400", "5", "sr0")
    lay_unit(sys, "2:0:0:1", "0", "sdb")
    lay_unit(sys, "1:0:0:7", "0")  # no disk has been made of it yet
    (sys / "bus/scsi/devices/target1:0:0").mkdir()
    assert list(disks.behind(1)) == [disks.Disk("sda", 0, 0, 1, MIB), disks.Disk("sr0", 2, 3, 400, MIB)]
    assert disks.at(1, 0, 0, 0) is None and disks.at(9, 0, 0, 0) is None
    assert disks.serial("sda") == "360000000000000000e00000000010001"


def test_maps_of_multipath(sys: Path) -> None:
    for device, name, uuid in (
        ("dm-0", "mpatha", "mpath-3600"), ("dm-1", "vg-lv", "LVM-abc"), ("dm-2", "mpatha1", "part1-mpath-3600"),
    ):  # fmt: skip
        lay(sys, f"class/block/{device}", size="2048")
        lay(sys, f"class/block/{device}/dm", name=name, uuid=uuid)
    assert disks.maps() == [disks.Map("dm-0", "mpatha", MIB)]


def test_an_adapter_by_its_name_or_its_place(sys: Path) -> None:
    for number, unique in (0, "1"), (1, "2"):
        real = lay(sys, f"devices/pci0000:00/0000:00:1f.2/ata{unique}/host{number}", unique_id=unique)
        (sys / "class/scsi_host").mkdir(parents=True, exist_ok=True)
        (sys / f"class/scsi_host/host{number}").symlink_to(real)
    assert (adapters.number_in("scsi_host7"), adapters.number_in("host12")) == (7, 12)
    for name in "bogus", "scsi_host", "host1x", "/host1":
        with pytest.raises(errors.InternalError, match=f"Invalid adapter name '{name}' for SCSI pool"):
            adapters.number_in(name)
    place = "<parentaddr unique_id='{}'><address domain='0x0000' bus='0x00' slot='0x1f' function='0x2'/></parentaddr>"
    there = Adapter.parse(f"<adapter type='scsi_host'>{place.format(2)}</adapter>")
    assert adapters.number_at(there) == 1
    away = Adapter.parse(f"<adapter type='scsi_host'>{place.format(5)}</adapter>")
    with pytest.raises(
        errors.XMLError, match="Failed to find scsi_host using PCI '0000:00:1f.2' and unique_id='5'"
    ) as refused:
        adapters.number_at(away)
    assert "scsi_host0, scsi_host1" in str(refused.value.hint)
    with pytest.raises(errors.SystemCallError, match=r"Could not open '.*/host9/scan' to trigger host scan: No such"):
        disks.scan(9)
    lay(sys, "class/scsi_host/host0", scan="")
    disks.scan(0)
    assert (sys / "class/scsi_host/host0/scan").read_text() == "- - -"


NODE, PORT = "20000000c9831b4b", "10000000c9831b4b"


def lay_fibre(sys: Path, number: int, node: str, port: str, *, used: int = 0, state: str = "Online") -> None:
    lay(
        sys, f"class/fc_host/host{number}", node_name=f"0x{node}", port_name=f"0x{port}", fabric_name=f"0x{'f' * 16}",
        port_state=state, max_npiv_vports="2", npiv_vports_inuse=str(used), vport_create="", vport_delete="",
    )  # fmt: skip


def virtual(more: str = "") -> Adapter:
    return Adapter.parse(f"<adapter type='fc_host' wwnn='{'2' * 16}' wwpn='{'1' * 16}' {more}/>")


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("", 6),
        ("parent='scsi_host6'", 6),
        (f"parent_wwnn='{NODE[:-1]}c' parent_wwpn='{PORT[:-1]}c'", 6),
        (f"parent_fabric_wwn='{'f' * 16}'", 6),
        ("parent='scsi_host9'", "parent 'scsi_host9' specified for vHBA does not exist"),
        ("parent='scsi_host5'", "parent 'scsi_host5' specified for vHBA is not vport capable"),
        (f"parent_wwnn='{NODE}' parent_wwpn='{'0' * 16}'", "cannot find parent using provided wwnn/wwpn"),
        (f"parent_fabric_wwn='{'e' * 16}'", "cannot find parent using provided fabric_wwn"),
    ],
)
def test_beside_which_adapter_a_virtual_one_is_made(sys: Path, more: str, found: int | str) -> None:
    lay_fibre(sys, 4, "3" * 16, "4" * 16, state="Linkdown")
    lay_fibre(sys, 5, NODE, PORT, used=2)
    lay_fibre(sys, 6, f"{NODE[:-1]}c", f"{PORT[:-1]}c")
    if isinstance(found, int):
        assert adapters.parent_of(virtual(more)) == found
        return
    with pytest.raises(errors.XMLError, match=found):
        adapters.parent_of(virtual(more))


def test_a_host_without_fibre_channel_says_so(sys: Path) -> None:
    with pytest.raises(errors.XMLError, match="'parent' for vHBA not specified, and cannot find one") as refused:
        adapters.parent_of(virtual())
    assert refused.value.hint == "the host has: no adapter of Fibre Channel"


def test_a_virtual_adapter_comes_and_goes(sys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_fibre(sys, 5, NODE, PORT)
    port = VirtualPort(5, f"0x{'2' * 16}", "1" * 16)
    monkeypatch.setattr("virshpy.host.steps.vport._APPEARING", 0.01)
    with pytest.raises(errors.InternalError, match=f"Failed to find SCSI host with wwnn='{'2' * 16}'"):
        port.do(lambda: None)
    asked = sys / "class/fc_host/host5"
    assert (asked / "vport_create").read_text() == f"{'1' * 16}:{'2' * 16}"
    lay_fibre(sys, 7, "2" * 16, "1" * 16)
    port.do(lambda: None)
    assert adapters.number_of_virtual(virtual()) == 7 and fibre.by_names("2" * 16, "1" * 16) is not None
    port.undo()
    assert (asked / "vport_delete").read_text() == f"{'1' * 16}:{'2' * 16}"
    with pytest.raises(errors.SystemCallError, match="to '.*/host8/vport_create' during vport create failed"):
        VirtualPort(8, "2" * 16, "3" * 16).do(lambda: None)


def test_sessions(sys: Path) -> None:
    for number, target, address, state in ((1, IQN, "127.0.0.1", "LOGGED_IN"), (2, IQN, "h", "FAILED")):
        real = lay(
            sys, f"devices/platform/host{number + 4}/session{number}/iscsi_session/session{number}",
            targetname=target, initiatorname=f"iqn.us{number}", state=state,
        )  # fmt: skip
        (sys / "class/iscsi_session").mkdir(parents=True, exist_ok=True)
        (sys / f"class/iscsi_session/session{number}").symlink_to(real)
        lay(
            sys, f"class/iscsi_connection/connection{number}:0",
            persistent_address=address, persistent_port="3260", address=f"127.0.0.{number}", port="3260",
        )  # fmt: skip
    one, two = iscsi.sessions()
    assert (one.number, one.host, one.is_up, two.host, two.is_up) == (1, 5, True, 6, False)
    for portal, target, initiator, found in (
        (Portal("127.0.0.1"), IQN, None, one),
        (Portal("127.0.0.1"), IQN, "iqn.us1", one),
        (Portal("h"), IQN, None, two),
        (Portal("127.0.0.2"), IQN, None, two),
        (Portal("localhost"), IQN, None, one),
        (Portal("127.0.0.1"), IQN, "iqn.us2", None),
        (Portal("127.0.0.1", 3261), IQN, None, None),
        (Portal("127.0.0.1"), f"{IQN}.other", None, None),
    ):
        assert iscsi.session_with(portal, target, initiator) == found


# what there is of each kind
@pytest.mark.parametrize(
    ("kind", "volumes", "tools"),
    [
        ("iscsi", StorageVolType.BLOCK, ["open-iscsi"]),
        ("iscsi-direct", StorageVolType.NETWORK, ["qemu-utils"]),
        ("scsi", StorageVolType.BLOCK, []),
        ("mpath", StorageVolType.BLOCK, []),
        ("rbd", StorageVolType.NETWORK, ["ceph-common", "ceph-common", "qemu-utils"]),
        ("gluster", StorageVolType.NETWORK, ["glusterfs-cli"]),
        ("zfs", StorageVolType.BLOCK, ["zfsutils-linux", "zfsutils-linux"]),
    ],
)
def test_traits(kind: str, volumes: StorageVolType, tools: list[str]) -> None:
    traits = backend_class(kind).traits
    assert (traits.type, traits.volume_type, [package for _, package in traits.tools]) == (kind, volumes, tools)
    assert traits.creates == traits.copies == traits.resizes == (kind == "rbd") and not traits.builds


@pytest.mark.parametrize(("kind", "number"), [("sheepdog", 10), ("vstorage", 13)])
def test_kinds_that_nobody_has(connection: Connection, kind: str, number: int) -> None:
    source = "<source><host name='h'/><name>c</name></source><target><path>/x</path></target>"
    with pytest.raises(errors.InternalError, match=rf"missing backend for pool type {number} \({kind}\)"):
        connection.storage_pool_define_xml(f"<pool type='{kind}'><name>p</name>{source}</pool>")


@pytest.mark.parametrize(
    ("kind", "source", "tool"),
    [("gluster", "<host name='h'/><name>v</name>", "gluster"), ("zfs", "<name>tank</name>", "zpool")],
)
def test_kinds_that_can_only_be_described(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, kind: str, source: str, tool: str
) -> None:
    pool = connection.storage_pool_define_xml(f"<pool type='{kind}'><name>p</name><source>{source}</source></pool>")
    monkeypatch.setattr("virshpy.drivers.storage.backend.program", lambda name: name)
    with pytest.raises(errors.SystemCallError, match=f"Cannot find '{tool}' in path") as refused:
        pool.create()
    assert str(refused.value.hint).startswith("apt install ")
    monkeypatch.setattr("virshpy.drivers.storage.backend.program", lambda name: f"/usr/sbin/{name}")
    with pytest.raises(errors.NoSupport, match=f"storage pools of type '{kind}' cannot be started"):
        pool.create()
    assert f"<pool type='{kind}' supported='no'>" in connection.storage_pool_capabilities()
    assert not pool.is_active()
    pool.undefine()


@pytest.mark.parametrize(
    ("kind", "spec", "error", "words"),
    [
        ("iscsi", None, errors.InvalidArg, "hostname must be specified for iscsi sources"),
        ("iscsi", "<source/>", errors.ConfigUnsupported, "Expected exactly 1 host for the storage pool"),
        ("iscsi-direct", None, errors.InvalidArg, "hostname must be specified for iscsi sources"),
        ("gluster", None, errors.InvalidArg, "hostname must be specified for gluster sources"),
        ("gluster", "<source/>", errors.ConfigUnsupported, "Expected exactly 1 host for the storage pool"),
        ("gluster", "<source><host name='h'/></source>", errors.InternalError, "'gluster' command line tool not found"),
        ("scsi", None, errors.NoSupport, "pool type 'scsi' does not support source discovery"),
        ("mpath", None, errors.NoSupport, "pool type 'mpath' does not support source discovery"),
        ("rbd", None, errors.NoSupport, "pool type 'rbd' does not support source discovery"),
        ("zfs", None, errors.NoSupport, "pool type 'zfs' does not support source discovery"),
        ("sheepdog", None, errors.InternalError, "missing backend for pool type 10"),
    ],
)
def test_looking_for_sources(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, kind: str, spec: str | None, error: type[errors.Error],
    words: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("virshpy.drivers.storage.backend.program", lambda name: name)
    with pytest.raises(error, match=words):
        connection.find_storage_pool_sources(kind, spec)


@pytest.mark.parametrize(
    ("kind", "source", "words"),
    [
        ("scsi", "<adapter name='host77'/>", "Could not open '/sys/class/scsi_host/host77/scan' to trigger host scan"),
        ("scsi", "<adapter name='bogus'/>", "Invalid adapter name 'bogus' for SCSI pool"),
        ("scsi", f"<adapter type='fc_host' wwnn='{NODE}' wwpn='{PORT}'/>", "'parent' for vHBA not specified"),
        ("scsi", f"<adapter type='fc_host' parent='scsi_host99' wwnn='{NODE}' wwpn='{PORT}'/>", "does not exist"),
    ],
)
def test_a_host_that_has_no_such_adapter(connection: Connection, kind: str, source: str, words: str) -> None:
    pool = connection.storage_pool_define_xml(
        f"<pool type='{kind}'><name>p</name><source>{source}</source><target><path>/dev</path></target></pool>"
    )
    with pytest.raises(errors.Error, match=words):
        pool.create()
    assert not pool.is_active()


def test_a_pool_of_maps_is_there_on_every_host(connection: Connection) -> None:
    pool = connection.storage_pool_create_xml(
        "<pool type='mpath'><name>m</name><target><path>/dev/mapper</path></target></pool>"
    )
    assert all(one.name.startswith("dm-") for one in pool.list_volumes())
    with pytest.raises(errors.NoSupport, match="storage pool does not support volume creation"):
        pool.storage_vol_create_xml(volume("new"))
    pool.destroy()
