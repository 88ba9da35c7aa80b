"""Pools of type disk, without a disk: what parted is told, where there is room, and how tables are read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from virshpy import errors
from virshpy.drivers.storage.partitioning import (
    Slot,
    format_of,
    label_words,
    node_of,
    partition_words,
    removal_words,
    slots,
    stretch,
)
from virshpy.host import partitions
from virshpy.host.partitions import Free, Part, Table

MIB = 1 << 20
SECTOR = 512


# words
@pytest.mark.parametrize(
    ("format", "told"),
    [
        ("unknown", "msdos"), ("dos", "msdos"), ("gpt", "gpt"), ("dvh", "dvh"), ("mac", "mac"), ("bsd", "bsd"),
        ("pc98", "pc98"), ("sun", "sun"),
    ],
)  # fmt: skip
def test_label_is_words(format: str, told: str) -> None:
    assert label_words("/dev/sdb", format) == ["parted", "--script", "/dev/sdb", "mklabel", told]


def test_volume_group_is_no_label() -> None:
    with pytest.raises(errors.ConfigUnsupported, match="has no table of partitions"):
        label_words("/dev/sdb", "lvm2")


@pytest.mark.parametrize(
    ("label", "slot", "format", "told"),
    [
        ("dos", Slot("primary", 1), "none", "mkpart primary 1048576B 2097151B"),
        ("dos", Slot("primary", 2), "linux", "mkpart primary ext2 1048576B 2097151B"),
        ("dos", Slot("primary", 3), "fat16", "mkpart primary fat16 1048576B 2097151B"),
        ("dos", Slot("primary", 3), "fat32", "mkpart primary fat32 1048576B 2097151B"),
        ("dos", Slot("primary", 3), "linux-swap", "mkpart primary linux-swap 1048576B 2097151B"),
        ("dos", Slot("primary", 3), "linux-lvm", "mkpart primary 1048576B 2097151B set 3 lvm on"),
        ("dos", Slot("logical", 7), "linux-raid", "mkpart logical 1048576B 2097151B set 7 raid on"),
        ("dos", Slot("extended", 4), "extended", "mkpart extended 1048576B 2097151B"),
        ("dos", Slot("logical", 5), "none", "mkpart logical 1048576B 2097151B"),
        ("gpt", Slot("primary", 9), "none", "mkpart primary 1048576B 2097151B"),
        ("gpt", Slot("primary", 9), "linux-lvm", "mkpart primary 1048576B 2097151B set 9 lvm on"),
        ("mac", Slot("primary", 2), "none", "mkpart primary 1048576B 2097151B"),
        ("bsd", Slot("primary", 1), "none", "mkpart ext2 1048576B 2097151B"),
        ("sun", Slot("primary", 1), "linux-swap", "mkpart linux-swap 1048576B 2097151B"),
    ],
)
def test_partition_is_words(label: str, slot: Slot, format: str, told: str) -> None:
    place = Free(MIB, 2 * MIB, slot.kind == "logical")
    assert " ".join(partition_words("/dev/sdb", label, slot, place, format)) == f"parted --script /dev/sdb {told}"


def test_removal_is_words() -> None:
    assert removal_words("/dev/sdb", 5) == ["parted", "--script", "/dev/sdb", "rm", "5"]


@pytest.mark.parametrize(
    ("device", "separator", "node"),
    [
        ("/dev/sda", None, "/dev/sda3"),
        ("/dev/sda", True, "/dev/sda3"),
        ("/dev/loop0", None, "/dev/loop0p3"),
        ("/dev/loop0", False, "/dev/loop0p3"),
        ("/dev/nvme0n1", None, "/dev/nvme0n1p3"),
        ("/dev/mapper/mpatha", None, "/dev/mapper/mpatha3"),
        ("/dev/mapper/mpatha", True, "/dev/mapper/mpathap3"),
        ("/dev/mapper/disk1", False, "/dev/mapper/disk13"),
    ],
)
def test_node_has_its_name_from_the_kernel(device: str, separator: bool | None, node: str) -> None:
    assert node_of(device, 3, separator) == node


# tables, in MiB
def table(*parts: tuple[int, int, int, str], label: str = "dos", size: int = 256) -> Table:
    return Table(label, SECTOR, SECTOR, size * MIB, tuple(Part(n, a * MIB, b * MIB, kind) for n, a, b, kind in parts))


FOUR = ((1, 1, 11, "primary"), (2, 11, 21, "primary"), (3, 21, 31, "primary"), (4, 31, 131, "extended"))


@pytest.mark.parametrize(
    ("parts", "free"),
    [
        ((), [(1, 256, False)]),
        (((1, 1, 11, "primary"),), [(11, 256, False)]),
        (((2, 100, 110, "primary"), (1, 1, 11, "primary")), [(11, 100, False), (110, 256, False)]),
        (FOUR, [(32, 131, True), (131, 256, False)]),
        ((*FOUR, (5, 32, 42, "logical")), [(43, 131, True), (131, 256, False)]),
        (
            (*FOUR, (5, 32, 42, "logical"), (6, 80, 90, "logical")),
            [(43, 79, True), (91, 131, True), (131, 256, False)],
        ),
        (((1, 0, 256, "primary"),), []),
        (((1, 10, 50, "primary"), (2, 20, 30, "primary")), [(1, 10, False), (50, 256, False)]),
    ],
)
def test_what_is_free(parts: tuple[Any, ...], free: list[tuple[int, int, bool]]) -> None:
    assert table(*parts).free() == [Free(start * MIB, end * MIB, logical) for start, end, logical in free]


def test_smallest_stretch_that_fits_is_taken() -> None:
    there = table((1, 1, 11, "primary"), (2, 50, 60, "primary"))
    assert stretch(there, "primary", 10 * MIB) == Free(11 * MIB, 21 * MIB)
    assert stretch(there, "primary", 10 * MIB + 1) == Free(11 * MIB, 21 * MIB + SECTOR)
    assert stretch(there, "primary", 100 * MIB) == Free(60 * MIB, 160 * MIB)
    for kind, size in (("primary", 200 * MIB), ("logical", MIB)):
        with pytest.raises(errors.InternalError, match="no large enough free extent"):
            stretch(there, kind, size)
    assert stretch(table(*FOUR), "logical", MIB) == Free(32 * MIB, 33 * MIB, True)


@pytest.mark.parametrize(
    ("parts", "format", "found"),
    [
        ((), "none", [("primary", 1)]),
        (FOUR[1:3], "none", [("primary", 1)]),
        (FOUR[:3], "none", [("primary", 4)]),
        (FOUR[:3], "extended", [("extended", 4)]),
        (FOUR, "none", [("logical", 5)]),
        (FOUR[2:], "linux", [("primary", 1), ("logical", 5)]),
        ((*FOUR, (5, 32, 42, "logical"), (6, 50, 60, "logical")), "none", [("logical", 7)]),
    ],
)
def test_what_the_next_one_could_be(parts: tuple[Any, ...], format: str, found: list[tuple[str, int]]) -> None:
    assert [tuple(slot) for slot in slots(table(*parts), format)] == found


def test_what_it_could_not_be() -> None:
    full = table(*FOUR[:3], (4, 40, 50, "primary"))
    with pytest.raises(errors.InternalError, match="no extended partition found and no primary partition available"):
        list(slots(full, "none"))
    with pytest.raises(errors.InternalError, match="extended partition already exists"):
        list(slots(table(*FOUR), "extended"))
    with pytest.raises(errors.ConfigUnsupported, match="a table of type gpt has no extended"):
        list(slots(table(label="gpt"), "extended"))
    assert list(slots(table(*FOUR[:3], label="gpt"), "none")) == [Slot("primary", 4)]


# what the tools say
def sfdisk(label: str, *parts: tuple[str, int, int, str], **more: object) -> str:
    told = [{"node": node, "start": start, "size": size, "type": type} for node, start, size, type in parts]
    common = {"label": label, "device": "/dev/loop0", "unit": "sectors", "sectorsize": 512}
    return json.dumps({"partitiontable": {**common, **more, **({"partitions": told} if told else {})}})


def test_dos_table_is_read() -> None:
    text = sfdisk(
        "dos", ("/dev/loop0p1", 2048, 2048, "83"), ("/dev/loop0p2", 4096, 8192, "f"), ("/dev/loop0p5", 6144, 2048, "8e")
    )
    assert partitions.by_sfdisk(text, 16 * MIB) == Table(
        "dos", 512, 512, 16 * MIB,
        (
            Part(1, MIB, 2 * MIB, "primary", "83"), Part(2, 2 * MIB, 6 * MIB, "extended", "f"),
            Part(5, 3 * MIB, 4 * MIB, "logical", "8e"),
        ),
    )  # fmt: skip
    empty = partitions.by_sfdisk(sfdisk("dos"), 1 << 50)
    assert empty is not None and empty.parts == () and empty.end == 2 << 40  # all that such a table can count


def test_gpt_is_read() -> None:
    swap = "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F"
    text = sfdisk("gpt", ("/dev/loop0p12", 2048, 2048, swap), firstlba=34, lastlba=32734)
    found = partitions.by_sfdisk(text, 16 * MIB)
    assert found == Table(
        "gpt", 512, 34 * 512, 32735 * 512, (Part(12, MIB, 2 * MIB, "primary", swap.lower()),)
    )  # fmt: skip
    assert found.free() == [Free(2 * MIB, 32735 * 512)]


def test_large_sectors_are_counted() -> None:
    found = partitions.by_sfdisk(sfdisk("dos", ("/dev/loop0p1", 256, 256, "83"), sectorsize=4096), 16 * MIB)
    assert found is not None and found.parts == (Part(1, MIB, 2 * MIB, "primary", "83"),)


def test_tables_of_others_are_read() -> None:
    told = {
        "path": "/dev/loop0", "size": "67108864B", "logical-sector-size": 512, "label": "mac",
        "partitions": [
            {"number": 1, "start": "512B", "end": "32767B", "size": "32256B", "type": "primary", "name": "Apple"},
            {"number": 0, "start": "32768B", "end": "67108863B", "size": "67076096B", "type": "free"},
        ],
    }  # fmt: skip
    assert partitions.by_parted(json.dumps({"disk": told})) == Table("mac", 512, 512, 64 * MIB, (Part(1, 512, 32768),))
    for label in ("unknown", "loop"):
        assert partitions.by_parted(json.dumps({"disk": {**told, "label": label}})) is None
    assert partitions.by_sfdisk(sfdisk("sgi"), 16 * MIB) is None
    with pytest.raises(errors.InternalError, match="a table of partitions cannot be read"):
        partitions.by_sfdisk("Segmentation fault", 16 * MIB)


@pytest.mark.parametrize(
    ("type", "format"),
    [
        ("83", "linux"), ("82", "linux-swap"), ("8e", "linux-lvm"), ("fd", "linux-raid"), ("5", "extended"),
        ("f", "extended"), ("6", "fat16"), ("c", "fat32"), ("7", "none"), ("", "none"),
        ("0fc63daf-8483-4772-8e79-3d69d8477de4", "linux"),
    ],
)  # fmt: skip
def test_types_have_libvirts_words(type: str, format: str) -> None:
    assert format_of(type) == format
