"""Storage on the host itself, for tests of pools: what needs no kernel that has more than loop devices.

Each is a context manager, up in a second, and leaves nothing: its files are below the folder that it is given, its
daemons are killed, its devices detached. What needs device-mapper, NFS or SCSI is in tests/lab/storage.py.
"""

from __future__ import annotations

import errno
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import needs
from tests.storage.ceph import CEPH, Ceph, one_node_ceph
from tests.storage.ports import free_port
from tests.storage.programs import programs, running
from tests.storage.tgt import Chap, configuration

__all__ = [
    "CEPH", "ISCSI", "LOOPS", "RBD_DRIVER", "Ceph", "Chap", "SmallFileSystem", "Target",
    "filesystem_full", "iscsi_target", "loop", "one_node_ceph",
]  # fmt: skip

MIB = 1 << 20

_DRIVERS = next(Path("/usr/lib").glob("*-linux-gnu/qemu"), Path("/usr/lib/qemu"))
RBD_DRIVER = f"{_DRIVERS}/block-rbd.so"
# The pytestmarks of tests with each.
ISCSI = [
    needs.program("qemu-img", "qemu-utils"),
    needs.file(f"{_DRIVERS}/block-iscsi.so", "qemu-block-extra"),
    needs.program("setpriv", "util-linux"),
]
LOOPS = [
    needs.root,
    needs.program("losetup", "mount"),
    pytest.mark.skipif(not Path("/dev/loop-control").exists(), reason="needs loop devices, which this kernel lacks"),
]


class Target(NamedTuple):
    """An iSCSI target on the loopback; ``files`` are what its LUNs are, from LUN 1 on."""

    host: str
    port: int
    iqn: str
    files: tuple[Path, ...]
    chap: Chap | None

    @property
    def portal(self) -> str:
        return f"{self.host}:{self.port}"

    def url(self, lun: int = 1) -> str:
        """The name by which QEMU and libiscsi open a disk. Who may do so is not in it."""
        return f"iscsi://{self.portal}/{self.iqn}/{lun}"


@contextmanager
def iscsi_target(folder: Path, iqn: str, *luns: int, chap: Chap | None = None) -> Iterator[Target]:
    """A target with a disk of so many MiB for each LUN, served by a tgtd of its own. Needs no root."""
    found = programs(("tgtd", "tgtadm"), ("tgt",))
    folder.mkdir()
    files = [folder / str(lun) for lun in range(1, len(luns) + 1)]
    for file, size in zip(files, luns, strict=True):
        file.touch()
        os.truncate(file, size * MIB)
    target = Target("127.0.0.1", free_port(), iqn, tuple(files), chap)
    environment = {**found.environment, "TGT_IPC_SOCKET": str(folder / "control")}
    log = folder / "tgtd.log"
    with running(["tgtd", "-f", "--iscsi", f"portal={target.portal}"], environment, log) as daemon:
        until = time.monotonic() + 30
        while _tgtadm(["--mode=system", "--op=show"], environment):
            assert time.monotonic() < until and daemon.poll() is None, log.read_text(errors="replace")
            time.sleep(0.01)
        for words in configuration(1, iqn, list(map(str, files)), chap):
            assert not (said := _tgtadm(words, environment)), said
        yield target


def _tgtadm(words: Sequence[str], environment: dict[str, str]) -> str:
    """What it complained of, or nothing."""
    done = subprocess.run(["tgtadm", *words], env=environment, capture_output=True, text=True, timeout=30)
    return f"tgtadm {' '.join(words)}: {done.stderr or done.returncode}" if done.returncode else ""


@contextmanager
def loop(folder: Path, size: int) -> Iterator[Path]:
    """A loop device of so many MiB, empty. Whoever divides it into partitions need not remove them."""
    file = folder / f"loop.{os.urandom(4).hex()}"
    file.touch()
    os.truncate(file, size * MIB)
    device = _run("losetup", "--find", "--show", str(file)).strip()
    try:
        yield Path(device)
    finally:
        # Partitions would outlast the detaching, and be there for the next whose device it is. There may be none.
        subprocess.run(["partx", "--delete", device], capture_output=True)
        _run("losetup", "--detach", device)
        file.unlink()


class SmallFileSystem(NamedTuple):
    """``path`` is where it is mounted; ``device`` what it is on, unless that is memory."""

    path: Path
    device: Path | None

    def fill(self, leave: int = 0) -> None:
        """Use it up, but for so many bytes. The file ``full`` is what does it: removing it makes room again."""
        with (self.path / "full").open("ab") as file:
            chunk = os.statvfs(self.path).f_bavail * os.statvfs(self.path).f_frsize
            while chunk >= 512:
                end = file.seek(0, os.SEEK_END)
                try:
                    os.posix_fallocate(file.fileno(), end, chunk)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    os.ftruncate(file.fileno(), end)
                    chunk //= 2
            os.ftruncate(file.fileno(), max(0, file.seek(0, os.SEEK_END) - leave))
            os.fsync(file.fileno())


@contextmanager
def filesystem_full(folder: Path, size: int, kind: str = "tmpfs") -> Iterator[SmallFileSystem]:
    """A file system of so many MiB, to be filled: ``tmpfs``, ``ext4`` or ``xfs``, which wants 300 or more."""
    path = folder / f"small.{os.urandom(4).hex()}"
    path.mkdir()
    with ExitStack() as after:
        device = None
        if kind != "tmpfs":
            device = after.enter_context(loop(folder, size))
            _run(f"mkfs.{kind}", "-q", *(("-m", "0") if kind == "ext4" else ()), str(device))
        options = f"size={size}M" if device is None else "defaults"
        _run("mount", "-t", kind, "-o", options, str(device or "small"), str(path))
        after.callback(_run, "umount", str(path))
        yield SmallFileSystem(path, device)
    path.rmdir()


def _run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout
