"""Names, sizes, links and images that mean harm: a clear error, nothing lost, nothing outside of the pool touched."""

from __future__ import annotations

import os
import re
import struct
import subprocess
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from tests.conftest import Run
from tests.storage.conftest import pool_xml
from tests.storage.images import MIB, image, names, sum_of, volume
from virshpy import errors
from virshpy.api.connection import Connection
from virshpy.api.storage import StoragePool
from virshpy.enums import StorageVolResizeFlags

NAMES = {
    "..": "volume target path '.*/images/..' already exists",
    ".": "volume target path '.*/images/.' already exists",
    "../outside": "volume name '../outside' cannot contain '/'",
    "/etc/passwd": "volume name '/etc/passwd' cannot contain '/'",
    "a/../../outside": "cannot contain '/'",
    ".virshpy-0123456789abcdef": "cannot be a file's",
    "n" * 256: "cannot be a file's",
    "é" * 128: "cannot be a file's",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_that_lead_elsewhere(pool: StoragePool, folder: Path, name: str) -> None:
    with pytest.raises(errors.OperationInvalid, match=NAMES[name]):
        pool.storage_vol_create_xml(volume(escape(name)))
    with pytest.raises(errors.NoStorageVol):
        pool.storage_vol_lookup_by_name(name)
    assert names(folder) == []


@pytest.mark.parametrize("name", ["-rf", "--help", " lead", "a b", "$(id)", "a\nb", "'", '"', "*", "é", ",", "n" * 255])
@pytest.mark.parametrize("format", ["raw", "qcow2"])
def test_odd_names_are_names(connection: Connection, pool: StoragePool, folder: Path, name: str, format: str) -> None:
    made = pool.storage_vol_create_xml(image(escape(name), format))
    assert names(folder) == [made.name] and made.info().capacity == 4 * MIB
    assert connection.storage_vol_lookup_by_path(f"{folder}/{made.name}").name == made.name
    copied = pool.storage_vol_create_xml_from(image("copy", "qcow2"), made)
    copied.delete()
    made.resize(5 * MIB)
    made.delete()
    assert names(folder) == []


SIZES = {
    2**63 - 1: (errors.SystemCallError, "cannot (extend|allocate)"),
    2**63: (errors.Overflow, "value too large: 9223372036854775808"),
    2**64: (errors.XMLError, "malformed capacity element"),
    -1: (errors.XMLError, "malformed capacity element"),
}


@pytest.mark.parametrize("size", SIZES)
def test_sizes_that_no_file_has(pool: StoragePool, folder: Path, size: int) -> None:
    kind, sentence = SIZES[size]
    with pytest.raises(kind, match=sentence):
        pool.storage_vol_create_xml(volume("v", size))
    assert names(folder) == []
    if size > 0:
        made = pool.storage_vol_create_xml(volume("v"))
        with pytest.raises(errors.Error):
            made.resize(size)
        assert made.info().capacity == 4 * MIB


def test_a_size_that_wraps(pool: StoragePool) -> None:
    made = pool.storage_vol_create_xml(volume("v", more="<allocation>0</allocation>"))
    with pytest.raises(errors.Error):
        made.resize(2**64 - MIB, flags=StorageVolResizeFlags.DELTA)
    assert made.info().capacity == 4 * MIB


def test_a_link_that_leaves_the_pool_is_read_and_not_written_to(pool: StoragePool, folder: Path, root: Path) -> None:
    outside = root / "outside"
    outside.write_bytes(b"not the pool's" * 1000)
    before = sum_of(outside)
    (folder / "v").symlink_to(outside)
    found = pool.storage_vol_lookup_by_name("v")
    assert found.info().capacity == 14000
    for verb in (found.wipe, lambda: found.resize(MIB), lambda: found.upload(0, 0), lambda: found.wipe_pattern(8)):
        with pytest.raises(errors.OperationInvalid, match="is a symbolic link to '.*/outside', outside of pool 'pool'"):
            verb()
    found.delete()
    assert sum_of(outside) == before and names(folder) == []


def test_a_link_within_the_pool_is_what_it_leads_to(pool: StoragePool, folder: Path) -> None:
    pool.storage_vol_create_xml(volume("v"))
    (folder / "link").symlink_to("v")
    pool.storage_vol_lookup_by_name("link").resize(8 * MIB)
    stream = pool.storage_vol_lookup_by_name("link").upload(0, 0)
    stream.send(b"through the link")
    stream.finish()
    assert (folder / "link").is_symlink() and (folder / "v").read_bytes()[:16] == b"through the link"


def test_a_pool_below_a_link(connection: Connection, folder: Path, root: Path) -> None:
    (root / "way").symlink_to(folder)
    pool = connection.storage_pool_create_xml(pool_xml(root / "way"))
    made = pool.storage_vol_create_xml(volume("v", more="<allocation>0</allocation>"))
    made.resize(8 * MIB)
    made.wipe()
    assert names(folder) == ["v"]


def qcow2(backing: str, version: int = 3, size: int = 4 * MIB) -> bytes:
    """A header that names a backing file, of format raw where there is room to say so."""
    name = os.fsencode(backing)
    extension = struct.pack(">II", 0xE2792ACA, 5) + b"qcow2\0\0\0" + bytes(8)
    at = 104 + len(extension)
    head = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", version, at, len(name), 16, size, 0, 0, 196608, 65536, 1, 0, 0)
    return (head + struct.pack(">QQQII", 0, 0, 0, 4, 104) + extension + name).ljust(262144, b"\0")


def test_rings_and_long_chains_end(pool: StoragePool, folder: Path) -> None:
    (folder / "ring").write_bytes(qcow2(f"{folder}/ring"))
    for number in range(300):
        (folder / f"chain{number}").write_bytes(qcow2(f"{folder}/chain{number + 1}"))
    ring, chain = (pool.storage_vol_lookup_by_name(name) for name in ("ring", "chain0"))
    for found in (ring, chain):
        assert found.info().capacity == 4 * MIB
        assert "<backingStore>" in found.xml_desc()
        with pytest.raises(errors.Error):
            pool.storage_vol_create_xml_from(image("copy", "raw"), found)
    assert len(names(folder)) == 301


@pytest.mark.parametrize(
    "backing",
    [
        "json:{}",
        "nbd://127.0.0.1:1/x",
        "a\nb",
        "\udcff\udcfe",
        "/dev/zero",
        "/proc/kmsg",
        "../../etc/passwd",
        "a" * 1023,
    ],
)
def test_backing_files_that_nobody_should_open(pool: StoragePool, folder: Path, backing: str) -> None:
    (folder / "v").write_bytes(qcow2(backing))
    found = pool.storage_vol_lookup_by_name("v")
    assert found.info().capacity == 4 * MIB
    assert "<name>v</name>" in found.xml_desc()
    assert [one.name for one in pool.list_volumes()] == ["v"]


def test_what_cannot_be_asked_costs_its_own_row(virshpy: Run, pool: StoragePool, folder: Path) -> None:
    pool.storage_vol_create_xml(volume("v"))
    (folder / "odd").write_bytes(b"QFI\xfb" + b"\xff" * 600)
    told = virshpy("vol-list", "pool", "--details").stdout
    assert re.search(r"^ v +\S+/v +file", told, re.MULTILINE) and re.search(r"^ odd", told, re.MULTILINE)


def test_documents_that_are_none(pool: StoragePool, folder: Path) -> None:
    documents: dict[str, Any] = {
        "": errors.XMLDetail,
        "<volume/>": errors.XMLError,
        "<volume><name>v</name></volume>": errors.XMLError,
        "<pool type='dir'><name>v</name></pool>": errors.XMLError,
        image("v", "nonsense"): errors.ConfigUnsupported,
        image("v", "parallels"): errors.ConfigUnsupported,
        image("v", "ploop"): errors.InternalError,
        image("v", "bochs"): errors.InternalError,
        volume("v", target="<compat>1.1;rm</compat>"): errors.XMLError,
        volume("v", target="<permissions><mode>9999</mode></permissions>"): errors.XMLError,
    }
    for text, kind in documents.items():
        with pytest.raises(kind):
            pool.storage_vol_create_xml(text)
    assert names(folder) == []


def test_a_volume_that_changes_under_us_is_not_mistaken(pool: StoragePool, folder: Path) -> None:
    """What is on record of a volume is of that file alone."""
    made = pool.storage_vol_create_xml(volume("v"))
    (folder / "v").unlink()
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-o", "compat=1.1", folder / "v", "8M"], check=True)
    assert "<format type='qcow2'/>" in made.xml_desc() and made.info().capacity == 8 * MIB
