"""What LVM is told for each document, and what its reports are read as. Nothing is run here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from virshpy import errors
from virshpy.api.connection import Connection
from virshpy.drivers.storage.backend import Found
from virshpy.drivers.storage.backends import logical
from virshpy.drivers.storage.backends.logical import Logical, create_words, sources_of
from virshpy.drivers.storage.contents import FileContents
from virshpy.enums import StoragePoolBuildFlags, StoragePoolState, StorageVolDeleteFlags, StorageVolType
from virshpy.host import devices, lvm
from virshpy.host.lvm import Group, Piece
from virshpy.host.steps import Step
from virshpy.xml.storage import Pool
from virshpy.xml.volume import Volume

MIB = 1 << 20
EXTENT = 4 * MIB


def row(name: str, size: int, places: str, **more: str) -> lvm.Row:
    """A segment as lvs reports it; sizes are in MiB."""
    told = {
        "lv_name": name, "lv_uuid": f"uuid-of-{name}", "lv_attr": "-wi-a-----", "lv_size": str(size * MIB),
        "origin": "", "data_percent": "", "segtype": "linear", "stripes": "1", "seg_size": str(size * MIB),
        "vg_extent_size": str(EXTENT), "devices": places,
    }  # fmt: skip
    return {**told, **more}


PLAIN = row("one", 12, "/dev/sda(0)", lv_attr="owi-a-s---")
SNAPSHOT = row("before", 8, "/dev/sda(6)", lv_attr="swi-a-s---", origin="one", data_percent="0.00")
REPORT = [
    PLAIN,
    SNAPSHOT,
    row("sparse", 8, "/dev/sda(3)", lv_attr="swi-a-s---", origin="[sparse_vorigin]"),
    row("[sparse_vorigin]", 40, "", lv_attr="ori-a-s---", segtype="zero", stripes="0"),
    row("long", 24, "/dev/sda(20)", seg_size=str(16 * MIB)),
    row("long", 24, "/dev/sda(40)", seg_size=str(4 * MIB)),
    row("long", 24, "/dev/sdb(7)", seg_size=str(4 * MIB)),
    row("striped", 8, "/dev/sda(11),/dev/sdb(0)", segtype="striped", stripes="2"),
    row("raid", 8, "raid_rimage_0(0),raid_rimage_1(0)", lv_attr="rwi-aor---", segtype="raid1", stripes="2"),
    row("[raid_rimage_0]", 8, "/dev/sda(13)", lv_attr="iwi-aor---"),
    row("[raid_rimage_1]", 8, "/dev/sdb(2)", lv_attr="iwi-aor---"),
    row("[raid_rmeta_0]", 4, "/dev/sda(12)", lv_attr="ewi-aor---"),
    row("pool", 20, "pool_tdata(0)", lv_attr="twi-aotz--", segtype="thin-pool", data_percent="10.00"),
    row("[pool_tdata]", 20, "/dev/sda(50)", lv_attr="Twi-ao----"),
    row("thin", 100, "", lv_attr="Vwi-a-tz--", segtype="thin", stripes="0", data_percent="3.00"),
    row("asleep", 12, "/dev/sda(60)", lv_attr="-wi-------"),
    row("torn", 8, "/dev/sda(70),[unknown](1)", lv_attr="-wi-a---p-", segtype="striped", stripes="2"),
]  # fmt: skip


REAL = lvm.volumes


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A host that answers from here: ``groups`` with their devices, ``rows`` of lvs, what blkid sees on devices."""
    told = SimpleNamespace(groups={}, rows=REPORT, seen={}, missing=0)
    monkeypatch.setattr(lvm, "devices", lambda: told.groups)
    monkeypatch.setattr(lvm, "volumes", lambda name, again=False: lvm.volumes_of(told.rows))
    monkeypatch.setattr(lvm, "group", lambda name: Group(name, 120 * MIB, 76 * MIB, told.missing))
    monkeypatch.setattr(logical, "program", lambda name: name)
    monkeypatch.setattr("virshpy.host.steps.lvm.program", lambda name: name)
    monkeypatch.setattr("virshpy.drivers.storage.on_devices.program", lambda name: name)
    monkeypatch.setattr(logical, "signature", told.seen.get)
    for check in ("require_block", "require_free"):
        monkeypatch.setattr(devices, check, lambda path: None)
    monkeypatch.setattr(FileContents, "require_unused", lambda self: None)
    monkeypatch.setattr(Logical, "found", _found)
    return told


def _found(self: Logical, name: str, path: str, key: str | None = None) -> Found:
    return Found(name, path, key or path, StorageVolType.BLOCK)


def pool(*paths: str) -> Logical:
    sources = "".join(f"<device path='{path}'/>" for path in paths)
    document = Pool.parse(f"<pool type='logical'><name>vg</name><source>{sources}</source></pool>")
    return Logical(document, SimpleNamespace(rehearsing=False, work=None))  # type: ignore[arg-type]


def commands(steps: Iterable[Step]) -> list[str]:
    return [line for step in steps for line in step.commands()]


def volume(inner: str, target: str = "") -> Volume:
    read = Volume.parse(f"<volume><name>new</name>{inner}<target>{target}</target></volume>", inactive=True)
    read.settle("logical")
    assert read.target is not None
    read.target.path = "/dev/vg/new"
    return read


OF_ONE = "<backingStore><path>/dev/vg/one</path></backingStore>"
ROOM = "<capacity unit='M'>8</capacity>"


# making volumes
@pytest.mark.parametrize(
    ("inner", "told"),
    [
        ("<capacity>8388608</capacity>", "-L 8192K vg"),
        (ROOM, "-L 8192K vg"),
        ("<capacity>1</capacity>", "-L 1K vg"),
        ("<capacity>8388609</capacity>", "-L 8193K vg"),
        ("<capacity unit='T'>3</capacity>", "-L 3221225472K vg"),
        (f"{ROOM}<allocation unit='M'>8</allocation>", "-L 8192K vg"),
        (f"{ROOM}<allocation unit='M'>4</allocation>", "-L 4096K --type snapshot --virtualsize 8192K vg"),
        (f"{ROOM}<allocation>1</allocation>", "-L 1K --type snapshot --virtualsize 8192K vg"),
        (f"{ROOM}<allocation>0</allocation>", "-l 1 --type snapshot --virtualsize 8192K vg"),
        (f"{ROOM}<allocation unit='M'>9</allocation>", "-L 8192K vg"),
        (ROOM + OF_ONE, "-L 8192K -s /dev/vg/one"),
        (f"{ROOM}<allocation unit='M'>4</allocation>{OF_ONE}", "-L 4096K -s /dev/vg/one"),
        (f"{ROOM}<allocation>0</allocation>{OF_ONE}", "-l 1 -s /dev/vg/one"),
        (f"{ROOM}<allocation unit='G'>4</allocation>{OF_ONE}", "-L 8192K -s /dev/vg/one"),
        (f"{ROOM}<backingStore><path>/dev/vg/thin</path></backingStore>", "-L 8192K -s /dev/vg/thin"),
    ],
)  # fmt: skip
def test_document_is_words(inner: str, told: str) -> None:
    assert commands(pool().device_steps(volume(inner))) == [
        f"lvcreate --name new {told} --yes", "chmod 0600 /dev/vg/new",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("permissions", "told"),
    [
        ("<mode>0640</mode>", ["chmod 0640 /dev/vg/new"]),
        ("<owner>107</owner><group>6</group>", ["chown 107:6 /dev/vg/new", "chmod 0600 /dev/vg/new"]),
        ("<owner>-1</owner><group>6</group>", ["chown :6 /dev/vg/new", "chmod 0600 /dev/vg/new"]),
    ],
)
def test_document_says_whose_it_is(permissions: str, told: list[str]) -> None:
    made = volume(ROOM, f"<permissions>{permissions}</permissions>")
    assert commands(pool().device_steps(made))[1:] == told


@pytest.mark.parametrize(
    ("inner", "error", "words"),
    [
        ("<capacity>0</capacity>", errors.NoSupport, "volume capacity required for this storage pool"),
        (f"{ROOM}<backingStore><path>/dev/vg/nope</path></backingStore>", errors.NoStorageVol, "path '/dev/vg/nope'"),
        (f"{ROOM}<backingStore><path>/dev/vg/asleep</path></backingStore>", errors.NoStorageVol, "matching path"),
        (f"{ROOM}<backingStore><path>/dev/other/one</path></backingStore>", errors.NoStorageVol, "matching path"),
    ],
)
def test_document_is_refused(inner: str, error: type[errors.Error], words: str) -> None:
    with pytest.raises(error, match=words):
        commands(pool().device_steps(volume(inner)))


def test_encrypted_volume_has_room_for_its_header() -> None:
    uuid = "f52a81b2-424e-490c-823d-6bd4235bc572"
    secret = f"<encryption format='luks'><secret type='passphrase' uuid='{uuid}'/></encryption>"
    assert commands(pool().device_steps(volume(ROOM, secret)))[0] == "lvcreate --name new -L 10240K vg --yes"
    with pytest.raises(errors.InvalidArg, match="A single <secret"):
        commands(pool().device_steps(volume(ROOM, "<encryption format='luks'/>")))


@pytest.mark.parametrize("name", ["a b", "a/b", "-a", ".", "..", "", "ä", "a" * 128, "a\0"])
def test_name_is_refused(name: str) -> None:
    with pytest.raises(errors.OperationInvalid, match="a logical volume cannot be called"):
        pool().place(name)
    assert pool().place("a.b+c_d-e") == "/dev/vg/a.b+c_d-e"


def test_words_by_themselves() -> None:
    assert create_words("vg", "a", 2048, 2048) == ["lvcreate", "--name", "a", "-L", "2K", "vg", "--yes"]


# changing volumes
def changed(name: str, capacity: int) -> list[str]:
    backend = pool()
    found = backend.find(name)
    assert found is not None
    return commands(backend.resize_steps(found, Volume(name=name, capacity=12 * MIB), capacity * MIB, 0))


def test_volume_grows_and_shrinks() -> None:
    assert changed("one", 20) == ["lvextend -L 20480K vg/one"]
    assert changed("one", 8) == ["lvreduce --force -L 8192K vg/one"]
    assert changed("one", 12) == []
    with pytest.raises(errors.OperationInvalid, match="'before' is a snapshot"):
        changed("before", 20)


def removed(name: str, flags: int = 0) -> list[str]:
    backend = pool()
    found = backend.find(name)
    assert found is not None
    return commands(backend.delete_volume_steps(found, flags))


def test_volume_with_snapshots_stays_unless_they_may_go() -> None:
    with pytest.raises(errors.OperationInvalid, match="volume 'one' has snapshots: before"):
        removed("one")
    assert removed("one", StorageVolDeleteFlags.WITH_SNAPSHOTS) == ["lvremove --force vg/one"]
    assert removed("before") == ["lvremove --force vg/before"]
    assert removed("sparse") == ["lvremove --force vg/sparse"]
    assert removed("long", StorageVolDeleteFlags.ZEROED) == ["shred -n 0 -z /dev/vg/long", "lvremove --force vg/long"]


# the group
def built(host: SimpleNamespace, *paths: str, flags: int = 0) -> list[str]:
    return commands(pool(*paths).build_steps(flags))


OVERWRITE = StoragePoolBuildFlags.OVERWRITE


def test_group_is_made_of_blank_devices(host: SimpleNamespace) -> None:
    assert built(host, "/dev/sda") == ["pvcreate --yes /dev/sda", "vgcreate vg /dev/sda"]
    assert built(host, "/dev/sda", "/dev/sdb", flags=StoragePoolBuildFlags.NO_OVERWRITE) == [
        "pvcreate --yes /dev/sda", "pvcreate --yes /dev/sdb", "vgcreate vg /dev/sda /dev/sdb",
    ]  # fmt: skip
    with pytest.raises(errors.OperationInvalid, match="No source device specified"):
        built(host)


def test_device_with_something_on_it_is_refused(host: SimpleNamespace) -> None:
    host.seen.update({"/dev/sda": "LVM2_member", "/dev/sdb": "ext4"})
    with pytest.raises(errors.StoragePoolBuilt, match="'/dev/sda' already formatted using 'LVM2_member'"):
        built(host, "/dev/sda")
    with pytest.raises(errors.StoragePoolBuilt, match="'/dev/sdb' does not match the expected format 'LVM2_member'"):
        built(host, "/dev/sdc", "/dev/sdb")
    assert built(host, "/dev/sdb", flags=OVERWRITE) == [
        "wipefs --all /dev/sdb", "pvcreate --yes /dev/sdb", "vgcreate vg /dev/sdb",
    ]  # fmt: skip


def test_group_of_before_goes_first_and_others_stay(host: SimpleNamespace) -> None:
    host.groups.update({"vg": ["/dev/sda"], "other": ["/dev/sdb"], "": ["/dev/sdc"]})
    host.rows = [PLAIN]
    assert built(host, "/dev/sda", flags=OVERWRITE) == [
        "vgremove --force vg", "wipefs --all /dev/sda", "pvcreate --yes /dev/sda", "vgcreate vg /dev/sda",
    ]  # fmt: skip
    with pytest.raises(errors.OperationInvalid, match="'/dev/sdb' belongs to volume group 'other'"):
        built(host, "/dev/sda", "/dev/sdb", flags=OVERWRITE)
    with pytest.raises(errors.OperationInvalid, match="'vg' has other devices, too: /dev/sda"):
        built(host, "/dev/sdc", flags=OVERWRITE)
    with pytest.raises(errors.StoragePoolBuilt, match="volume group 'vg' is there already"):
        built(host, "/dev/sdc")


def test_group_in_use_stays_as_it_is(host: SimpleNamespace) -> None:
    host.groups["vg"] = ["/dev/sda"]
    host.rows = [row("one", 4, "/dev/sda(0)"), row("busy", 4, "/dev/sda(1)", lv_attr="-wi-ao----")]
    for steps in (pool("/dev/sda").build_steps(OVERWRITE), pool("/dev/sda").delete_steps()):
        with pytest.raises(errors.OperationInvalid, match="volume 'busy' of volume group 'vg' is in use"):
            commands(steps)


def test_group_goes_with_the_marks_on_its_devices(host: SimpleNamespace) -> None:
    host.rows = [PLAIN]
    host.groups["vg"] = ["/dev/sda", "/dev/sdb"]
    assert commands(pool().delete_steps()) == ["vgremove --force vg"]
    assert commands(pool("/dev/sda", "/dev/sdc").delete_steps()) == [
        "vgremove --force vg", "pvremove --yes /dev/sda",
    ]  # fmt: skip


def test_start_wants_the_group_that_was_meant(host: SimpleNamespace) -> None:
    with pytest.raises(errors.ConfigUnsupported, match="cannot find logical volume group name 'vg'"):
        pool().start_steps()
    host.groups["vg"] = ["/dev/sda", "/dev/sdb"]
    for backend in (pool(), pool("/dev/sdb"), pool("/dev/sdc", "/dev/sda")):
        assert commands(backend.start_steps()) == ["vgchange -aly vg"]
    with pytest.raises(errors.ConfigUnsupported, match="cannot find any matching source devices"):
        pool("/dev/sdc").start_steps()
    [step] = pool().start_steps()
    assert step.undo_commands() == ["vgchange -aln vg"]


def test_group_without_one_of_its_devices_is_degraded(host: SimpleNamespace) -> None:
    assert pool().state() == StoragePoolState.RUNNING
    host.missing = 1
    assert pool().state() == StoragePoolState.DEGRADED
    assert pool().space() == (120 * MIB, 44 * MIB, 76 * MIB)


def test_groups_are_sources() -> None:
    groups = lvm.devices_of(
        [
            {"pv_name": "/dev/sda", "vg_name": "vg"}, {"pv_name": "/dev/sdb", "vg_name": ""},
            {"pv_name": "[unknown]", "vg_name": "vg"}, {"pv_name": "/dev/sdc", "vg_name": "other"},
        ]
    )  # fmt: skip
    assert sources_of(groups).format() == (
        "<sources>\n"
        "  <source>\n    <device path='/dev/sda'/>\n    <name>vg</name>\n    <format type='lvm2'/>\n  </source>\n"
        "  <source>\n    <device path='/dev/sdc'/>\n    <name>other</name>\n    <format type='lvm2'/>\n  </source>\n"
        "</sources>\n"
    )


# reports
def test_only_volumes_of_their_own_are_listed() -> None:
    assert [found.name for found in pool().volumes()] == [
        "one", "before", "sparse", "long", "striped", "raid", "thin", "torn",
    ]  # fmt: skip
    found = pool().find_key("uuid-of-raid")
    assert found is not None and found.path == "/dev/vg/raid"


@pytest.mark.parametrize(
    ("name", "pieces"),
    [
        ("one", [("/dev/sda", 0, 12)]),
        ("before", [("/dev/sda", 24, 32)]),
        ("long", [("/dev/sda", 80, 96), ("/dev/sda", 160, 164), ("/dev/sdb", 28, 32)]),
        ("striped", [("/dev/sda", 44, 48), ("/dev/sdb", 0, 4)]),
        ("raid", [("/dev/sda", 52, 60), ("/dev/sdb", 8, 16)]),
        ("thin", []),
        ("torn", [("/dev/sda", 280, 284), ("[unknown]", 4, 8)]),
    ],
)
def test_pieces_are_where_the_data_is(name: str, pieces: list[tuple[str, int, int]]) -> None:
    found = next(volume for volume in lvm.volumes_of(REPORT) if volume.name == name)
    assert found.pieces == tuple(Piece(device, start * MIB, end * MIB) for device, start, end in pieces)


def test_volume_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("virshpy.drivers.storage.on_paths._sizes", lambda found: (12 * MIB, 12 * MIB))
    found = pool().find("before")
    assert found is not None
    assert (
        pool().describe(found).format()
        == """\
<volume type='block'>
  <name>before</name>
  <key>uuid-of-before</key>
  <source>
    <device path='/dev/sda'>
      <extent start='25165824' end='33554432'/>
    </device>
  </source>
  <capacity unit='bytes'>12582912</capacity>
  <allocation unit='bytes'>8388608</allocation>
  <physical unit='bytes'>12582912</physical>
  <target>
    <path>/dev/vg/before</path>
  </target>
  <backingStore>
    <path>/dev/vg/one</path>
  </backingStore>
</volume>
"""
    )


def test_what_a_thin_volume_has_is_its_share_of_the_pool() -> None:
    sizes = {volume.name: volume.size // MIB for volume in lvm.volumes_of(REPORT)}
    assert sizes["thin"] == 3 and sizes["sparse"] == 8 and sizes["one"] == 12


def test_volume_that_is_made_of_itself_is_read_to_an_end() -> None:
    [found] = lvm.volumes_of([row("a", 4, "b(0)"), row("[b]", 4, "a(0)")])
    assert len(found.pieces) == 1


def report(**tables: Any) -> str:
    return json.dumps({"report": [tables]})


def test_reports_are_read() -> None:
    told = {"vg_name": "vg", "vg_size": "125829120", "vg_free": "62914560", "vg_missing_pv_count": "1"}
    assert lvm.group_of(lvm.rows(report(vg=[told]))) == Group("vg", 125829120, 62914560, 1)
    assert lvm.group_of(lvm.rows(report(vg=[]))) is None
    assert lvm.rows(report(lv=[PLAIN, SNAPSHOT])) == [PLAIN, SNAPSHOT]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"report": 1}', '{"report": [1]}', "Segmentation fault"])
def test_nonsense_is_one_error(text: str) -> None:
    with pytest.raises(errors.InternalError, match="what LVM reports cannot be read"):
        lvm.rows(text)


def test_reports_are_asked_for_as_programs_do() -> None:
    assert lvm.report_words("vgs", "vg_name", "vg") == [
        "vgs", "--reportformat", "json", "--units", "b", "--nosuffix", "--options", "vg_name", "vg",
    ]  # fmt: skip


def test_one_report_serves_a_moment_in_which_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def report(*words: str) -> list[lvm.Row]:
        asked.append(words[-1])
        return [PLAIN]

    monkeypatch.setattr(lvm, "report", report)
    monkeypatch.setattr(lvm, "_known", {})
    stamps = [[1], [1], [1], [2], [2], [], []]
    monkeypatch.setattr(lvm, "_stamp", lambda name: stamps.pop(0))
    counts = []
    for again in (False, False, True, False, False, False, False):
        assert [volume.name for volume in REAL("vg", again=again)] == ["one"]
        counts.append(len(asked))
    assert counts == [1, 1, 2, 3, 3, 4, 5]


def test_the_formats_of_a_volume_group(connection: Connection) -> None:
    """In libvirt's order, of which the first is not the default."""
    told = connection.storage_pool_capabilities().partition("<pool type='logical'")[2].partition("</pool>")[0]
    assert "<defaultFormat type='lvm2'/>" in told and re.findall("<value>(.*)</value>", told) == ["unknown", "lvm2"]


@pytest.mark.parametrize(("kind", "path"), [("logical", "/dev/vg"), ("zfs", "/dev/zvol/vg")])
@pytest.mark.parametrize("target", ["", "<target><path>/dev/other</path></target>"])
def test_where_its_volumes_are_is_no_choice(kind: str, path: str, target: str) -> None:
    document = Pool.parse(f"<pool type='{kind}'><name>p</name><source><name>vg</name></source>{target}</pool>")
    assert document.target is not None and document.target.path == path
