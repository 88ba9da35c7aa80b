"""File systems without a free block, without a free name, and read-only ones: a guest can be looked at and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.attacks.parties import qemu_of
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import define, nothing_left, wait_for_end
from virshpy import open as connect

pytestmark = [needs.qemu, needs.root]


@pytest.fixture
def small(root: Path) -> Iterator[Path]:
    """The connection's root is a file system of its own, of 24 MiB and 400 names."""
    words = ["mount", "-t", "tmpfs", "-o", "size=24m,nr_inodes=400,mode=711", "tmpfs", str(root)]
    subprocess.run(words, check=True)
    yield root
    subprocess.run(["umount", "-l", str(root)], check=True)


def fill_blocks(root: Path) -> None:
    with (root / "fill").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            pass
        try:
            while True:
                file.write(b"x")
        except OSError:
            pass
    assert os.statvfs(root).f_bfree == 0


def fill_names(root: Path) -> None:
    (root / "names").mkdir()
    try:
        for number in range(1 << 16):
            (root / "names" / str(number)).touch()
    except OSError:
        pass
    assert os.statvfs(root).f_ffree == 0


FILL: dict[str, Callable[[Path], None]] = {"blocks": fill_blocks, "names": fill_names}


@pytest.mark.parametrize("what", FILL)
def test_the_way_out_needs_no_space(virshpy: Run, small: Path, what: str) -> None:
    image = small / "d.img"
    image.write_bytes(bytes(1 << 16))
    image.chmod(0o600)
    disk = f"<disk type='file'><source file='{image}'/><target dev='vda'/></disk>"
    for name in ("destroyed", "asked", "crashed", "off"):
        define(virshpy, small, document(name, disk if name == "destroyed" else "", memory=16))
    for name in ("destroyed", "asked", "crashed"):
        virshpy("start", name)
    pid, _, _ = qemu_of(small, "crashed")
    FILL[what](small)
    os.kill(pid, signal.SIGKILL)
    wait_for_end(pid)
    assert set(virshpy("list", "--all", "--name").stdout.split()) == {"destroyed", "asked", "crashed", "off"}
    assert set(virshpy("list", "--name").stdout.split()) == {"destroyed", "asked"}
    assert virshpy("domstate", "crashed", "--reason").stdout.strip() == "shut off (crashed)"
    assert "State:          running" in virshpy("dominfo", "destroyed").stdout
    assert "</domain>" in virshpy("dumpxml", "destroyed").stdout
    virshpy("destroy", "destroyed")
    virshpy("shutdown", "asked")
    virshpy("undefine", "off")
    virshpy("undefine", "crashed")
    refused = virshpy("--hints", "define", str(small / "domain.xml"), check=False)
    if refused.returncode:
        assert "error: " in refused.stderr and "OSError" not in refused.stderr
    virshpy("destroy", "asked")
    assert os.listxattr(image) == []
    for path in (small / "fill", *(small / "names").glob("*")):
        path.unlink(missing_ok=True)
    assert virshpy("list", "--name").stdout.split() == []
    assert nothing_left(small) == []
    virshpy("start", "destroyed")
    virshpy("destroy", "destroyed")


def test_what_was_set_aside_comes_back(virshpy: Run, small: Path) -> None:
    virshpy("list")
    reserved = sorted(small.rglob("reserve.*"))
    assert reserved and all(path.stat().st_blocks for path in reserved)
    fill_blocks(small)
    virshpy("list")
    assert sorted(small.rglob("reserve.*")) != reserved
    (small / "fill").unlink()
    virshpy("list")
    assert sorted(small.rglob("reserve.*")) == reserved


def test_a_full_log_keeps_nobody(virshpy: Run, root: Path) -> None:
    define(virshpy, root, document("vm", memory=16))
    words = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", f"{root}/log"]
    subprocess.run(words, check=True)
    try:
        fill_blocks(root / "log")
        virshpy("start", "vm")
        virshpy("destroy", "vm")
        argument = "<qemu:arg value='-no-such-option'/>"
        name = "http://libvirt.org/schemas/domain/qemu/1.0"
        more = f"<qemu:commandline xmlns:qemu='{name}'>{argument}</qemu:commandline>"
        define(virshpy, root, document("fails", memory=16, more=more))
        assert "qemu unexpectedly closed the monitor" in virshpy("start", "fails", check=False).stderr
        assert nothing_left(root) == []
    finally:
        subprocess.run(["umount", "-l", f"{root}/log"], check=True)


def test_who_only_looks_needs_no_right_to_write(virshpy: Run, uri: str, root: Path) -> None:
    define(virshpy, root, document("vm", memory=16))
    subprocess.run(["mount", "--bind", str(root), str(root)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(root)], check=True)
        argv = [sys.executable, "-m", "virshpy", "-r", "-c", uri, "list", "--all", "--name"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
        assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["vm"], "")
        with connect(uri, readonly=True) as connection:
            assert "</domain>" in connection.lookup_by_name("vm").xml_desc()
    finally:
        subprocess.run(["umount", "-l", str(root)], check=True)


def test_a_log_that_qemu_writes_has_a_bound(virshpy: Run, root: Path) -> None:
    """It is cut by whoever looks: QEMU writes into the file itself."""
    define(virshpy, root, document("vm", memory=16))
    virshpy("start", "vm")
    log = root / "log/vm.log"
    with log.open("ab") as file:
        file.write(b"qemu-system-x86_64: warning\n" * 200_000)
    virshpy("list")
    assert log.stat().st_size < 1 << 20
    assert log.with_name("vm.log.0").stat().st_size <= 2 << 20
    virshpy("destroy", "vm")
    assert "reason=destroyed" in log.read_text()
