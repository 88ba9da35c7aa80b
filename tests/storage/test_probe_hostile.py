"""Headers that a guest has written, to be believed or to do harm."""

from __future__ import annotations

import errno
from collections.abc import Callable
from random import Random
from struct import pack, pack_into

import pytest

from virshpy.drivers.storage.probe import Image, as_format, probe
from virshpy.drivers.storage.probe.header import LIMIT

MIB = 1 << 20
HUGE = (1 << 64) - 1
FORMAT, DATA_FILE, UNKNOWN = 0xE2792ACA, 0x44415441, 0x0537BE77
METADATA = bytes.fromhex("06a27c8b90479a4bb8fe575f050f886e")  # as a region of VHDX
MOST_READS = 5000


class Disk:
    """An image that counts what is read of it, and refuses what a careful reader would not ask for."""

    def __init__(self, data: bytes, size: int | None = None, fails_at: int = -1) -> None:
        self.data = data
        self.size = len(data) if size is None else size
        self.reads = self.bytes = 0
        self.fails_at = fails_at

    def read(self, offset: int, length: int) -> bytes:
        assert 0 <= offset < offset + length <= self.size
        if self.reads == self.fails_at:
            raise OSError(errno.EIO, "a bad sector")
        self.reads += 1
        self.bytes += length
        assert self.reads <= MOST_READS and self.bytes <= LIMIT
        return self.data[offset : offset + length]

    def probe(self) -> Image:
        return probe(self.read, self.size)


def extension(kind: int, data: bytes, length: int | None = None) -> bytes:
    return pack(">II", kind, len(data) if length is None else length) + data + bytes(-len(data) % 8)


def qcow2(
    *, version: int = 3, name: bytes = b"", at: int | None = None, name_length: int | None = None, bits: int = 16,
    size: int = MIB, crypt: int = 0, required: int = 0, ignorable: int = 0, cleared: int = 0, order: int = 4,
    length: int = 104, extensions: bytes = b"", whole: int = 3 << 16,
) -> bytes:  # fmt: skip
    begin = 104 + len(extensions) + 8
    offset = (begin if name else 0) if at is None else at
    name_length = len(name) if name_length is None else name_length
    head = pack(">4sIQIIQI", b"QFI\xfb", version, offset, name_length, bits, size, crypt)
    head = head.ljust(72, b"\0") + pack(">QQQII", required, ignorable, cleared, order, length)
    return (head + extensions + bytes(8) + name).ljust(whole, b"\0")


def qcow(name: bytes = b"", at: int = 48, name_length: int | None = None, bits: int = 12) -> bytes:
    length = len(name) if name_length is None else name_length
    return pack(">4sIQIIQBBHIQ", b"QFI\xfb", 1, at if length else 0, length, 0, MIB, bits, 9, 0, 0, 48) + name


def qed(features: int = 0, name: bytes = b"", at: int = 64, name_length: int | None = None, size: int = MIB) -> bytes:
    length = len(name) if name_length is None else name_length
    return pack("<4sIIIQQQQQII", b"QED\0", 65536, 4, 1, features, 0, 0, 65536, size, at, length) + name


def vmdk(text: bytes, version: int = 1, sectors: int = 2048, grain: int = 128) -> bytes:
    return pack("<4sIIQQ", b"KDMV", version, 3, sectors, grain).ljust(512, b"\0") + text.ljust(MIB // 8, b"\0")


DESCRIPTOR = b'# Disk DescriptorFile\nversion=1\nCID=0\ncreateType="twoGbMaxExtentFlat"\n'


def vdi(version: int = 0x10001, size: int = MIB, block: int = MIB) -> bytes:
    data = bytearray(512)
    pack_into("<II", data, 64, 0xBEDA107F, version)
    pack_into("<QI", data, 368, size, block)
    return bytes(data)


def vpc(table: int = 512, size: int = MIB, block: int = 2 * MIB, now: int = MIB) -> bytes:
    footer = pack(">8sIIQIIIIQQ", b"conectix", 2, 0x10000, table, 0, 0, 0, 0, size, now).ljust(512, b"\0")
    return footer + pack(">8sQQIII", b"cxsparse", HUGE, 1536, 0x10000, 1, block).ljust(1024, b"\0")


def luks(payload: int, version: int = 1, size: int = MIB) -> bytes:
    return (b"LUKS\xba\xbe" + pack(">H", version)).ljust(104, b"\0") + pack(">I", payload).ljust(size - 104, b"\0")


def cow(name: bytes) -> bytes:
    return b"OOOM\0\0\0\2" + name.ljust(1024, b"\0") + bytes(4) + pack(">Q", MIB) + bytes(512)


def vhdx(
    *, regions: int = 2, place: int = 5 << 16, items: int = 2, size: int = MIB, block: int = MIB, at: int = 65536
) -> bytes:
    data = bytearray(7 << 16)
    data[:8] = b"vhdxfile"
    pack_into("<4sIII", data, 3 << 16, b"regi", 0, regions, 0)
    pack_into("<16sQII", data, (3 << 16) + 48, METADATA, place, 1 << 16, 1)
    pack_into("<8sHH", data, 5 << 16, b"metadata", 0, items)
    pack_into("<16sII", data, (5 << 16) + 32, bytes.fromhex("3767a1ca36fa434db3b633f0aa44e76b"), 65536 + 8, 8)
    pack_into("<16sII", data, (5 << 16) + 64, bytes.fromhex("2442a52f1bcd7648b2115dbed83bf4b8"), at, 8)
    pack_into("<QI", data, 6 << 16, size, block)
    return bytes(data)


def moved(data: bytes, place: int, to: int) -> bytes:
    """A table of VHDX, somewhere else."""
    table = data[place : place + 1024]
    changed = bytearray(data)
    changed[place : place + 1024], changed[to : to + 1024] = bytes(1024), table
    return bytes(changed)


QCOW2 = Disk(qcow2()).probe()
RAW = Image("raw")
VMDK = Image("vmdk", capacity=MIB, cluster_size=65536)
VHDX = Image("vhdx", capacity=MIB, cluster_size=MIB)
ON = qcow2(name=b"below", extensions=extension(FORMAT, b"raw"))
BELOW = QCOW2._replace(backing="below", backing_format="raw")
MANY = extension(UNKNOWN, b"") * 9000

HOSTILE: dict[str, tuple[bytes, Image]] = {
    "nothing": (b"", RAW),
    "one byte": (b"Q", RAW),
    "a magic alone": (b"QFI\xfb", RAW),
    "zeros": (bytes(100_000), RAW),
    # versions that there are not, magics that are not whole
    "qcow2 of version 4": (qcow2(version=4), RAW),
    "qcow2 of version 0": (qcow2(version=0), RAW),
    "qcow2 of version -1": (qcow2(version=0xFFFFFFFF), RAW),
    "three letters of qcow2": (b"QFI\0" + qcow2()[4:], RAW),
    "three letters of qed": (b"QEDX" + qed()[4:], RAW),
    "vmdk of version 4": (vmdk(b"", version=4), RAW),
    "vdi of version 2": (vdi(version=0x20001), RAW),
    "vpc of version 2": (vpc().replace(pack(">I", 0x10000), pack(">I", 0x20000)), RAW),
    "luks of version 2": (luks(4096, version=2), RAW),
    "a comment that begins a text": (b"# Disk DescriptorFile\nis what it is\n", RAW),
    "a descriptor whose version is far away": (b"# Disk DescriptorFile\n" + b"#\n" * 300 + b"version=1\n", RAW),
    # headers that end too early
    "eight bytes of qcow2": (qcow2()[:8], QCOW2._replace(capacity=None, cluster_size=None, refcount_bits=None)),
    "eight bytes of old qcow2": (
        qcow2(version=2)[:8],
        QCOW2._replace(capacity=None, cluster_size=None, compat="0.10"),
    ),
    "half a size of qcow2": (qcow2()[:28], QCOW2._replace(capacity=None, refcount_bits=None)),
    "four bytes of qed": (b"QED\0", Image("qed")),
    "eight bytes of vmdk": (vmdk(b"")[:8], Image("vmdk")),
    "eight bytes of cow": (cow(b"")[:8], Image("cow")),
    "eight bytes of luks": (luks(8)[:8], Image("luks", encryption="luks")),
    "eight bytes of vhdx": (b"vhdxfile", Image("vhdx")),
    "sixteen bytes of ploop": (b"WithouFreSpacExt", Image("ploop")),
    "a name that the file ends in": (qcow2(name=b"below", whole=0)[:-2], QCOW2._replace(backing="bel")),
    # sizes that cannot be
    "qcow2 of 16 EiB": (qcow2(size=HUGE), QCOW2._replace(capacity=None)),
    "qcow2 of 8 EiB": (qcow2(size=1 << 63), QCOW2._replace(capacity=None)),
    "qcow2 of one byte less": (qcow2(size=(1 << 63) - 1), QCOW2._replace(capacity=(1 << 63) - 1)),
    "vmdk of 2^64 sectors": (vmdk(b"", sectors=HUGE), VMDK._replace(capacity=None)),
    "vmdk of 2^55 sectors": (vmdk(b"", sectors=1 << 55), VMDK._replace(capacity=None)),
    "qed of 16 EiB": (qed(size=HUGE), Image("qed", cluster_size=65536)),
    "vdi of 16 EiB": (vdi(size=HUGE), Image("vdi", cluster_size=MIB)),
    "vpc of 16 EiB": (vpc(size=HUGE), Image("vpc", cluster_size=2 * MIB)),
    "vhdx of 16 EiB": (vhdx(size=HUGE), VHDX._replace(capacity=None)),
    # clusters that cannot be
    "clusters of 2^200": (qcow2(bits=200), QCOW2._replace(cluster_size=None)),
    "clusters of 1": (qcow2(bits=0), QCOW2._replace(cluster_size=None)),
    "clusters of 2^22": (qcow2(bits=22), QCOW2._replace(cluster_size=None)),
    "clusters of 2^255 in qcow": (qcow(bits=255), Image("qcow", capacity=MIB)),
    "grains of 2^64 sectors": (vmdk(b"", grain=HUGE), VMDK._replace(cluster_size=None)),
    "grains of 3 sectors": (vmdk(b"", grain=3), VMDK._replace(cluster_size=None)),
    "blocks of 0": (vdi(block=0), Image("vdi", capacity=MIB)),
    "reference counts of 2^64 bits": (qcow2(order=64), QCOW2._replace(refcount_bits=None)),
    # names that are told as they stand there
    "a name of JSON": (qcow2(name=b'json:{"driver":"nbd"}'), QCOW2._replace(backing='json:{"driver":"nbd"}')),
    "a name on the net": (qcow2(name=b"nbd://host/x"), QCOW2._replace(backing="nbd://host/x")),
    "a name of root's": (qcow2(name=b"/etc/shadow"), QCOW2._replace(backing="/etc/shadow")),
    "a name upwards": (qcow2(name=b"../../x"), QCOW2._replace(backing="../../x")),
    "a name that is no text": (qcow2(name=b"a\xff\xfeb"), QCOW2._replace(backing="a\udcff\udcfeb")),
    "a name with a NUL": (qcow2(name=b"below\0hidden"), QCOW2._replace(backing="below")),
    "a name of NULs": (qcow2(name=bytes(8)), QCOW2),
    "a name with a new line": (qcow2(name=b"a\n\x1b[2Jb"), QCOW2._replace(backing="a\n\x1b[2Jb")),
    "a name as long as they get": (qcow2(name=b"x" * 1023), QCOW2._replace(backing="x" * 1023)),
    # names that are not there
    "a name of 1024 bytes": (qcow2(name=b"x" * 1024), QCOW2),
    "a name of 4 GiB": (qcow2(name=b"below", name_length=0xFFFFFFFF), QCOW2),
    "a name behind the cluster": (qcow2(name=b"below", at=65536), QCOW2),
    "a name over the edge of the cluster": (qcow2(name=b"below", at=65536 - 4), QCOW2),
    "a name behind the end": (qcow2(name=b"below", at=1 << 40), QCOW2),
    "a name at 2^64 - 1": (qcow2(name=b"below", at=HUGE), QCOW2),
    "a name of no length": (qcow2(name=b"below", name_length=0), QCOW2),
    "a length without a name": (qcow2(at=0, name_length=3), QCOW2),
    "a name without a cluster": (qcow2(name=b"below", bits=99), QCOW2._replace(cluster_size=None)),
    "the magic as a name": (qcow2(at=1, name_length=3), QCOW2._replace(backing="FI\udcfb")),
    "qcow, 4 GiB of a name": (qcow(b"below", name_length=0xFFFFFFFF), Image("qcow", capacity=MIB, cluster_size=4096)),
    "qcow, a name behind the end": (qcow(b"below", at=HUGE), Image("qcow", capacity=MIB, cluster_size=4096)),
    "qed, 4 GiB of a name": (
        qed(1, b"below", name_length=0xFFFFFFFF),
        Image("qed", capacity=MIB, cluster_size=65536),
    ),
    "qed, a name behind the end": (
        qed(1, b"below", at=0xFFFFFFFF),
        Image("qed", capacity=MIB, cluster_size=65536),
    ),
    "qed, a name that is not meant": (qed(4, b"below"), Image("qed", capacity=MIB, cluster_size=65536)),
    "cow, a name without an end": (cow(b"x" * 1024), Image("cow", capacity=MIB, backing="x" * 1024)),
    # extensions
    "a raw file beneath": (ON, BELOW),
    "a format that there is not": (
        qcow2(name=b"below", extensions=extension(FORMAT, b"fo\xff")),
        BELOW._replace(backing_format="fo\udcff"),
    ),
    "a format without a name": (qcow2(extensions=extension(FORMAT, b"raw")), QCOW2),
    "an empty format": (qcow2(name=b"below", extensions=extension(FORMAT, b"")), BELOW._replace(backing_format=None)),
    "two formats": (
        qcow2(name=b"below", extensions=extension(FORMAT, b"raw") + extension(FORMAT, b"qcow2")),
        BELOW._replace(backing_format="qcow2"),
    ),
    "a format behind the end of extensions": (
        qcow2(name=b"below", extensions=extension(0, b"") + extension(FORMAT, b"raw")),
        BELOW._replace(backing_format=None),
    ),
    "an extension of 4 GiB": (
        qcow2(name=b"below", extensions=extension(UNKNOWN, b"", 0xFFFFFFFF) + extension(FORMAT, b"raw")),
        BELOW._replace(backing_format=None),
    ),
    "a format of 2 GiB": (
        qcow2(name=b"below", extensions=extension(FORMAT, b"raw", 1 << 31)),
        BELOW._replace(backing_format=None),
    ),
    "an extension that leads back": (
        qcow2(name=b"below", extensions=extension(UNKNOWN, b"", 0xFFFFFFF8) + extension(FORMAT, b"raw")),
        BELOW._replace(backing_format=None),
    ),
    "thousands of extensions": (
        qcow2(name=b"below", at=MIB, bits=21, extensions=MANY + extension(FORMAT, b"raw"), whole=MIB) + b"below",
        BELOW._replace(cluster_size=2 * MIB, backing_format=None),
    ),
    "a header of no length": (
        qcow2(name=b"below", length=0, extensions=extension(FORMAT, b"raw")),
        BELOW._replace(backing_format=None, refcount_bits=None),
    ),
    "a header too short, in which features are an extension": (
        qcow2(name=b"below", length=72, required=FORMAT << 32 | 3, ignorable=int.from_bytes(b"raw", "big") << 40),
        BELOW._replace(backing_format=None, refcount_bits=None, dirty=True, corrupt=True),
    ),
    "a header of 4 GiB": (
        qcow2(name=b"below", length=0xFFFFFFFF, extensions=extension(FORMAT, b"raw")),
        BELOW._replace(backing_format=None, compression=None),
    ),
    "a header as long as its cluster": (
        qcow2(name=b"below", length=65536, extensions=extension(FORMAT, b"raw")),
        BELOW._replace(backing_format=None, compression=None),
    ),
    "a data file": (
        qcow2(required=4, extensions=extension(DATA_FILE, b"/dev/sda")),
        QCOW2._replace(data_file="/dev/sda"),
    ),
    "a data file that is not meant": (qcow2(extensions=extension(DATA_FILE, b"/dev/sda")), QCOW2),
    "a data file that is not named": (qcow2(required=4), QCOW2),
    "a raw data file that is not named": (qcow2(required=4, cleared=2), QCOW2),
    "a data file of NULs": (qcow2(required=4, extensions=extension(DATA_FILE, bytes(8))), QCOW2),
    "encryption that there is not": (qcow2(crypt=3), QCOW2),
    # VMDK
    "a parent without an end": (vmdk(b'parentFileNameHint="' + b"x" * 70_000), VMDK),
    "a parent behind a NUL": (vmdk(b'x\0parentFileNameHint="below"'), VMDK),
    "an empty parent": (vmdk(b'parentFileNameHint=""'), VMDK),
    "a parent of JSON": (vmdk(b'parentFileNameHint="json:{}"\n'), VMDK._replace(backing="json:{}")),
    "two parents": (
        vmdk(b'parentFileNameHint="first"\nparentFileNameHint="second"\n'),
        VMDK._replace(backing="first"),
    ),
    "a parent that is no text": (vmdk(b'parentFileNameHint="\xff\n"'), VMDK._replace(backing="\udcff\n")),
    "a kind without an end": (vmdk(b'createType="' + b"x" * 1000), VMDK),
    "a descriptor of nothing": (DESCRIPTOR, Image("vmdk", subformat="twoGbMaxExtentFlat")),
    "a descriptor of root's files": (
        DESCRIPTOR + b'RW 2048 FLAT "/etc/shadow" 0\nRW 2048 FLAT "/dev/sda" 0\nRDONLY 9 FLAT "x" 0\nRW -1 FLAT "x"\n',
        Image("vmdk", capacity=2 * MIB, subformat="twoGbMaxExtentFlat"),
    ),
    "extents of more than there is": (
        DESCRIPTOR + b'RW 9223372036854775807 FLAT "x" 0\n' * 3,
        Image("vmdk", subformat="twoGbMaxExtentFlat"),
    ),
    "an extent of too many digits": (
        DESCRIPTOR + b"RW " + b"9" * 100_000 + b' FLAT "x" 0\n',
        Image("vmdk", subformat="twoGbMaxExtentFlat"),
    ),
    # VPC, VHDX, LUKS
    "a table behind the end": (vpc(table=HUGE), Image("vpc", capacity=MIB)),
    "a table that is none": (vpc(table=0), Image("vpc", capacity=MIB)),
    "a table of another kind": (vpc().replace(b"cxsparse", b"cxdense!"), Image("vpc", capacity=MIB)),
    "another size by now": (vpc(now=2 * MIB), Image("vpc", capacity=MIB, cluster_size=2 * MIB)),
    "regions in the copy of their table": (moved(vhdx(), 3 << 16, 4 << 16), VHDX),
    "regions in a table that is none": (vhdx().replace(b"regi", b"idle"), Image("vhdx")),
    "metadata in a table that is none": (vhdx().replace(b"metadata", b"megadata"), Image("vhdx")),
    "regions without end": (vhdx(regions=0xFFFFFFFF), VHDX),
    "regions without end, and no metadata": (vhdx(regions=0xFFFFFFFF).replace(METADATA, bytes(16)), Image("vhdx")),
    "no regions": (vhdx(regions=0), Image("vhdx")),
    "metadata behind the end": (vhdx(place=HUGE), Image("vhdx")),
    "metadata that is none": (vhdx(place=0), Image("vhdx")),
    "items without end": (vhdx(items=0xFFFF), VHDX),
    "an item behind the end": (vhdx(at=0xFFFFFFFF), VHDX._replace(capacity=None)),
    "a payload behind the end": (luks(0xFFFFFFFF), Image("luks", encryption="luks")),
    "a payload in the header": (luks(1), Image("luks", encryption="luks")),
    "a payload of nothing": (luks(2048), Image("luks", capacity=0, encryption="luks", payload_offset=MIB)),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_comes_of_it(name: str) -> None:
    data, image = HOSTILE[name]
    assert Disk(data).probe() == image


def test_the_header_is_what_it_should_be() -> None:
    """What the table is measured against."""
    plain = Image("qcow2", capacity=MIB, compat="1.1", cluster_size=65536, refcount_bits=16, compression="zlib")
    assert Disk(qcow2()).probe() == plain
    assert Disk(vmdk(b"")).probe() == VMDK
    assert Disk(vhdx()).probe() == VHDX


@pytest.mark.parametrize("line", [b"", b"\n", b"#\n", b" ", b'RW 1 FLAT "x" 0\n', b'parentFileNameHint="', b"RW "])
def test_a_descriptor_of_gigabytes(line: bytes) -> None:
    text = DESCRIPTOR + (line or b"x") * (2 * MIB // max(1, len(line)))
    found = Disk(text, size=len(text) << 20).probe()
    assert found.format == "vmdk"
    assert found.capacity is None if b"FLAT" not in line else 512 * 60_000 < (found.capacity or 0) <= 32 * MIB


def test_the_tables_of_vhdx_are_read_once() -> None:
    """All entries may name the same item, each of them somewhere else."""
    data = bytearray(vhdx(items=2046))
    entry = data[(5 << 16) + 64 : (5 << 16) + 96]
    for number in range(2046):
        place = (5 << 16) + 32 * (number + 1)
        data[place : place + 32] = entry
    disk = Disk(bytes(data))
    assert disk.probe().capacity == MIB
    assert disk.reads < MOST_READS


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513])
def test_a_footer_where_none_fits(size: int) -> None:
    data = vpc()[:size]
    assert as_format(Disk(data).read, size, "vpc").format == "vpc"


def test_a_file_that_shrinks() -> None:
    """It was longer when it was asked for its size."""
    for data, _ in HOSTILE.values():
        assert Disk(data[:40_000], size=len(data) + MIB).probe().format


VALID: tuple[Callable[[], bytes], ...] = (
    lambda: ON, lambda: qcow2(version=2, name=b"below", at=80, extensions=extension(FORMAT, b"raw")),
    lambda: qcow2(required=4, extensions=extension(DATA_FILE, b"data") + extension(UNKNOWN, bytes(48)), whole=70_000),
    lambda: qcow(b"below"), lambda: qed(5, b"below"), lambda: cow(b"below"), vdi, vpc, vhdx, lambda: luks(8, size=8192),
    lambda: vmdk(b'version=1\ncreateType="monolithicSparse"\nparentFileNameHint="below"\n')[:4096],
    lambda: DESCRIPTOR + b'RW 2048 FLAT "a" 0\nRW 2048 SPARSE "b"\nparentFileNameHint="below"\n',
    lambda: (b"WithouFreSpacExt" + pack("<IIIIIQ", 2, 16, 100, 63, 1, 8192)).ljust(4096, b"\0"),
    lambda: bytes(32769) + b"CD001\1\0" + bytes(2048), lambda: vpc()[512:] + vpc()[:512],
)  # fmt: skip
EDGES = (0, 1, 7, 8, 72, 104, 511, 512, 65535, 65536, 1 << 31, (1 << 32) - 8, (1 << 32) - 1, 1 << 63, HUGE)
NAMES = ("raw", "qcow", "qcow2", "qed", "vmdk", "vdi", "vpc", "vhdx", "luks", "cow", "ploop", "iso", "dmg", "", "x")


def damage(data: bytearray, headers: list[bytes], random: Random) -> None:
    """Where the formats have something: at the beginning, and in the tables of VHDX."""
    base = random.choice((0, 0, 0, 3 << 16, 5 << 16))
    at = base + random.choice((2, 4, 8)) * random.randrange(64)
    match random.randrange(6):
        case 0:
            data[at : at + 4] = pack(random.choice((">I", "<I")), random.choice(EDGES) & 0xFFFFFFFF)
        case 1:
            data[at : at + 8] = pack(random.choice((">Q", "<Q")), random.choice(EDGES))
        case 2:
            del data[random.choice((at, random.randrange(len(data) + 1))) :]
        case 3:
            data[at : at + 8] = random.randbytes(8)
        case 4:
            other = random.choice(headers)
            data[at : at + 32] = other[at : at + 32]
        case _ if data:
            data[random.randrange(min(len(data), 1024))] ^= 1 << random.randrange(8)


def test_damaged_headers() -> None:
    random = Random(9)
    headers = [make() for make in VALID]
    formats = set()
    failed = 0
    for number in range(6000):
        data = bytearray(headers[number % len(headers)])
        for _ in range(random.choice((1, 1, 2, 4))):
            damage(data, headers, random)
        disk = Disk(bytes(data), fails_at=random.choice((-1, -1, -1, 0, 1, 2)))
        wanted = random.choice(NAMES)
        try:
            found = disk.probe() if random.random() < 0.6 else as_format(disk.read, disk.size, wanted)
        except OSError as error:
            assert error.errno == errno.EIO
            failed += 1
            continue
        formats.add(found.format)
        sizes = (found.capacity, found.payload_offset, found.cluster_size, found.refcount_bits)
        assert all(size is None or 0 <= size < 1 << 63 for size in sizes)
        for name in (found.backing, found.backing_format, found.data_file, found.subformat):
            assert name is None or (name and "\0" not in name and name.encode(errors="surrogateescape"))
    assert formats == {*NAMES}
    assert failed > 100
