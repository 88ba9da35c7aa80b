"""What headers say: held against what qemu-img, and libvirt where it runs, say of the same images."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from struct import pack
from typing import Any
from xml.etree import ElementTree

import pytest

from tests import needs
from tests.conftest import REFERENCE
from virshpy.drivers.storage.probe import Image, as_format, probe, probe_file

pytestmark = needs.program("qemu-img", "qemu-utils")

SECRET = ("--object", "secret,id=s,data=abc")
CREATED = {
    "base.raw": "-f raw",
    "base.qcow2": "-f qcow2",
    "base.vmdk": "-f vmdk",
    "old": "-f qcow2 -o compat=0.10",
    "old-on-raw": "-f qcow2 -o compat=0.10 -F raw -b base.raw",
    "lazy": "-f qcow2 -o lazy_refcounts=on",
    "extended": "-f qcow2 -o extended_l2=on",
    "both": "-f qcow2 -o extended_l2=on,lazy_refcounts=on,cluster_size=128k",
    "small-clusters": "-f qcow2 -o cluster_size=512",
    "small-on-raw": "-f qcow2 -o cluster_size=512 -F raw -b base.raw",
    "large-clusters": "-f qcow2 -o cluster_size=2M",
    "one-bit": "-f qcow2 -o refcount_bits=1,compression_type=zstd",
    "many-bits": "-f qcow2 -o refcount_bits=64",
    "elsewhere": "-f qcow2 -o data_file=elsewhere.data",
    "elsewhere-raw": "-f qcow2 -o data_file=elsewhere-raw.data,data_file_raw=on",
    "on-raw": "-f qcow2 -F raw -b base.raw",
    "on-qcow2": "-f qcow2 -F qcow2 -b ./base.qcow2",
    "on-the-net": "-f qcow2 -u -F raw -b nbd://localhost/x",
    "on-json": '-f qcow2 -u -F raw -b json:{"driver":"file","filename":"base.raw"}',
    "secret": "-f qcow2 -o encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10",
    "aes": "-f qcow2 -o encrypt.format=aes,encrypt.key-secret=s",
    "qcow": "-f qcow",
    "qcow-on-raw": "-f qcow -F raw -b base.raw",
    "qcow-aes": "-f qcow -o encrypt.format=aes,encrypt.key-secret=s",
    "qed": "-f qed",
    "qed-clusters": "-f qed -o cluster_size=4k",
    "qed-on-raw": "-f qed -F raw -b base.raw",
    "qed-on-qcow2": "-f qed -F qcow2 -b base.qcow2",
    "sparse.vmdk": "-f vmdk -o subformat=monolithicSparse",
    "flat.vmdk": "-f vmdk -o subformat=monolithicFlat",
    "many.vmdk": "-f vmdk -o subformat=twoGbMaxExtentSparse",
    "many-flat.vmdk": "-f vmdk -o subformat=twoGbMaxExtentFlat",
    "stream.vmdk": "-f vmdk -o subformat=streamOptimized",
    "on-vmdk.vmdk": "-f vmdk -F vmdk -b base.vmdk",
    "many-on-vmdk.vmdk": "-f vmdk -o subformat=twoGbMaxExtentSparse -F vmdk -b base.vmdk",
    "vdi": "-f vdi",
    "vdi-static": "-f vdi -o static=on",
    "vpc": "-f vpc",
    "vpc-exact": "-f vpc -o force_size=on",
    "vhdx": "-f vhdx",
    "vhdx-fixed": "-f vhdx -o subformat=fixed,block_size=1M",
    "parallels": "-f parallels",
    "luks": "-f luks -o key-secret=s,iter-time=10",
}
SIZES = {"many.vmdk": "5G", "many-flat.vmdk": "5G", "vdi": "3000001", "vpc": "10000000", "vpc-exact": "10000000"}
# Where qemu-img says more than the header does.
BEYOND_THE_HEADER: dict[str, dict[str, Any]] = {
    # It knows that beneath VMDK there is nothing but VMDK; of that no word is in the header.
    "on-vmdk.vmdk": {"backing_format": None},
    # It looks into the files that the descriptor names.
    "many.vmdk": {"cluster_size": None},
    "many-on-vmdk.vmdk": {"cluster_size": None, "backing_format": None},
}


def create(folder: Path, name: str) -> Path:
    """An image, made when it is first asked for."""
    image = folder / name
    words = CREATED[name].split()
    below = words[words.index("-b") + 1] if "-b" in words and "-u" not in words else None
    if below is not None:
        create(folder, os.path.basename(below))
    command = ["qemu-img", "create", "-q", *SECRET, *words, name, *([] if below else [SIZES.get(name, "3M")])]
    for _ in range(20):
        if image.exists():
            return image
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            # It measures how fast the host is, and takes fright where it was not given the processor meanwhile.
            assert "Unable to get accurate CPU usage" in done.stderr, done.stderr
            image.unlink(missing_ok=True)
    return image


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("images")


def told(image: Path, *words: str) -> Image:
    """What qemu-img says, in our words."""
    done = subprocess.run(["qemu-img", "info", "--output=json", *words, image], capture_output=True, check=True)
    info = json.loads(done.stdout)
    more = info.get("format-specific", {}).get("data", {})
    encryption = more.get("encrypt", {}).get("format") or (info["format"] if info.get("encrypted") else None)
    return Image(
        format={"parallels": "ploop"}.get(info["format"], info["format"]),
        capacity=None if info["format"] == "raw" else info["virtual-size"],
        backing=info.get("backing-filename"),
        backing_format=info.get("backing-filename-format"),
        data_file=more.get("data-file"),
        data_file_raw=more.get("data-file-raw", False),
        encryption="qcow" if encryption == "aes" else encryption,
        payload_offset=more.get("payload-offset", 0),
        compat=more.get("compat"),
        cluster_size=info.get("cluster-size"),
        lazy_refcounts=more.get("lazy-refcounts", False),
        extended_l2=more.get("extended-l2", False),
        refcount_bits=more.get("refcount-bits"),
        compression=more.get("compression-type"),
        subformat=more.get("create-type"),
        dirty=info.get("dirty-flag", False),
        corrupt=more.get("corrupt", False),
    )


@pytest.mark.parametrize("name", CREATED)
def test_the_same_as_qemu_img(folder: Path, name: str) -> None:
    image = create(folder, name)
    expected = told(image)._replace(**BEYOND_THE_HEADER.get(name, {}))
    assert probe_file(str(image)) == expected
    assert probe_file(str(image), format=expected.format) == expected


def test_a_fixed_vpc_is_raw_unless_somebody_knows(folder: Path) -> None:
    """Its first byte is the guest's, and what says that it is more than that stands at the end."""
    image = folder / "fixed.vpc"
    subprocess.run(["qemu-img", "create", "-q", "-f", "vpc", "-o", "subformat=fixed", image, "3M"], check=True)
    assert probe_file(str(image)) == told(image) == Image("raw")
    assert probe_file(str(image), format="vpc") == told(image, "-f", "vpc")


def test_a_backing_file_of_no_format(folder: Path) -> None:
    image = folder / "formless"
    header = create(folder, "on-qcow2").read_bytes()
    image.write_bytes(header.replace(pack(">I", 0xE2792ACA), pack(">I", 0x7E57)))
    found = probe_file(str(image))
    assert (found.backing, found.backing_format) == ("./base.qcow2", None)
    assert found == told(image)


def test_an_image_in_use(folder: Path) -> None:
    """Lazy reference counts make it dirty until it is closed."""
    image = folder / "dirty"
    shutil.copy(create(folder, "lazy"), image)
    subprocess.run(["qemu-io", "-c", "write 0 64k", "-c", "abort", image], capture_output=True)
    assert probe_file(str(image)).dirty
    assert probe_file(str(image)) == told(image)


COW = b"OOOM\0\0\0\2" + b"below.img".ljust(1024, b"\0") + bytes(4) + pack(">QI", 7 << 20, 512)
ISO = bytes(32769) + b"CD001\1\0" + bytes(4096)
# Formats that libvirt knows and qemu-img does not make.
BY_HAND = {
    "cow": (COW, Image("cow", capacity=7 << 20, backing="below.img")),
    "iso": (ISO, Image("iso")),
    # The two that libvirt has names for but tells by nothing.
    "bochs": (b"Bochs Virtual HD Image".ljust(64, b"\0") + pack("<I", 0x20000), Image("raw")),
    "cloop": (b"#!/bin/sh\n#V2.0 Format\nmodprobe cloop file=$0 && mount".ljust(200, b"\0"), Image("raw")),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_formats_that_qemu_img_does_not_make(name: str) -> None:
    data, image = BY_HAND[name]
    assert probe(reader(data), len(data)) == image
    assert as_format(reader(data), len(data), name) == image._replace(format=name)


def reader(data: bytes) -> Any:
    return lambda offset, length: data[offset : offset + length]


def test_only_as_what_is_said() -> None:
    data = COW.replace(b"OOOM", b"LUKS")

    def unread(offset: int, length: int) -> bytes:
        raise AssertionError("read")

    assert as_format(unread, 1 << 20, "raw") == Image("raw")
    for format in ("qcow", "qcow2", "cow", "vmdk", "vdi", "vpc", "vhdx", "luks", "iso", "ploop", "qed", "dmg"):
        assert as_format(reader(data), len(data), format) == Image(format)
    assert as_format(reader(COW), len(COW), "qcow2") == Image("qcow2")


def test_what_is_opened(folder: Path, tmp_path: Path) -> None:
    link, fifo = tmp_path / "link", tmp_path / "fifo"
    link.symlink_to(create(folder, "base.qcow2"))
    os.mkfifo(fifo)
    assert probe_file(str(link)).format == "qcow2"
    for path, links in ((link, False), (fifo, True), (tmp_path, True), (tmp_path / "nothing", True)):
        with pytest.raises(OSError):
            probe_file(str(path), links=links)


def ask(*words: str) -> str:
    command = [*REFERENCE, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=True)
    return done.stdout


@pytest.fixture
def pool(reference: tuple[str, ...], folder: Path) -> Iterator[str]:
    name = f"virshpy-test-{os.getpid()}"
    for image in CREATED:
        create(folder, image)
    for image, (data, _) in BY_HAND.items():
        (folder / image).write_bytes(data)
    ask("pool-create-as", name, "dir", "--target", str(folder))
    yield name
    ask("pool-destroy", name)


# What libvirt makes otherwise of these.
OTHERWISE: dict[str, dict[str, Any]] = {
    # It reads the size in the header, and then takes that of the file.
    "parallels": {"capacity": 1 << 20},
    # It understands some of QEMU's JSON, and shows the file that is named there.
    "on-json": {"backing": "base.raw"},
}
# A backing file that is not raw is more than it can read of QED: it fails to describe such an image at all.
UNREADABLE = {"qed-on-qcow2"}
RAW = {"luks", "vhdx", "vhdx-fixed", "flat.vmdk", "many.vmdk", "many-flat.vmdk", "many-on-vmdk.vmdk"}


@needs.root
def test_the_same_as_libvirt(folder: Path, pool: str) -> None:
    for name in sorted({*CREATED, *BY_HAND} - UNREADABLE):
        image = folder / name
        ours = probe_file(str(image))
        if name in RAW:
            # A descriptor and VHDX are as large as the file to it.
            ours = Image("raw", capacity=ours.capacity if ours.encryption else None, encryption=ours.encryption)
        backing = ours.backing if not ours.backing or ":" in ours.backing else f"{folder}/{ours.backing}"
        expected = {
            "format": ours.format,
            "capacity": image.stat().st_size if ours.capacity is None else ours.capacity,
            "backing": backing,
            "compat": None if ours.compat == "0.10" else ours.compat,
            "cluster": ours.cluster_size if ours.format == "qcow2" else None,
            "encryption": ours.encryption,
            "features": {"lazy_refcounts": ours.lazy_refcounts, "extended_l2": ours.extended_l2},
        } | OTHERWISE.get(name, {})
        assert described(ask("vol-dumpxml", name, "--pool", pool)) == expected, name


def described(document: str) -> dict[str, Any]:
    root = ElementTree.fromstring(re.sub(r"[^\x20-\x7e\n]", "?", document))
    cluster, format, encryption = (root.find(f"target/{tag}") for tag in ("clusterSize", "format", "encryption"))
    return {
        "format": None if format is None else format.get("type"),
        "capacity": int(root.findtext("capacity") or 0),
        "backing": root.findtext("backingStore/path"),
        "compat": root.findtext("target/compat"),
        "cluster": None if cluster is None else int(cluster.text or 0),
        "encryption": None if encryption is None else encryption.get("format"),
        "features": {
            name: root.find(f"target/features/{name}") is not None for name in ("lazy_refcounts", "extended_l2")
        },
    }
