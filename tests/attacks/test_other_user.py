"""Another user of the host, who owns a directory or may read an image that a guest of root's uses."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests import needs
from tests.attacks.parties import MALLORY, run_as, start_as
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import define, nothing_left
from virshpy import errors
from virshpy import open as connect

pytestmark = [needs.qemu, needs.root]

_HOLD = """
import fcntl, sys, time
file = open(sys.argv[1])
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(120)
"""


def disk(path: Path) -> str:
    return f"<disk type='file'><driver name='qemu' type='raw'/><source file='{path}'/><target dev='vda'/></disk>"


@pytest.fixture
def theirs(root: Path) -> Path:
    """A directory of the other user's."""
    path = root / "theirs"
    path.mkdir(mode=0o755)
    os.chown(path, MALLORY, MALLORY)
    return path


def test_an_image_that_somebody_locks_stops_nothing(virshpy: Run, root: Path) -> None:
    image = root / "d.img"
    image.write_bytes(bytes(4096))
    image.chmod(0o644)
    define(virshpy, root, document("vm", disk(image), memory=16))
    with start_as(MALLORY, _HOLD, image) as holder:
        virshpy("start", "vm", timeout=20)
        virshpy("list", timeout=20)
        virshpy("destroy", "vm", timeout=20)
        holder.kill()
    assert os.listxattr(image) == [] and nothing_left(root) == []


def secret_of_roots(root: Path) -> Path:
    path = root / "secret"
    path.write_text("root's own")
    path.chmod(0o600)
    return path


def untouched(path: Path) -> bool:
    status = path.stat()
    return (status.st_uid, stat.S_IMODE(status.st_mode), os.listxattr(path)) == (0, 0o600, [])


_REPLACE = """
import os, sys
path, victim = sys.argv[1:]
os.rename(path, path + ".old")
os.symlink(victim, path)
"""


def test_nvram_that_was_exchanged_gives_nothing_away(virshpy: Run, root: Path, theirs: Path) -> None:
    loader = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
    if not loader.exists():
        pytest.skip("needs /usr/share/OVMF/OVMF_CODE_4M.fd (package ovmf)")
    nvram, victim = theirs / "v.fd", secret_of_roots(root)
    nvram.write_bytes(loader.with_name("OVMF_VARS_4M.fd").read_bytes())
    os.chown(nvram, MALLORY, MALLORY)
    text = document("vm", memory=64)
    firmware = f"<loader readonly='yes' type='pflash'>{loader}</loader><nvram>{nvram}</nvram></os>"
    define(virshpy, root, text.replace("</os>", firmware))
    virshpy("start", "vm", "--paused")
    run_as(MALLORY, _REPLACE, nvram, victim)
    virshpy("destroy", "vm")
    assert untouched(victim) and nothing_left(root) == []


def test_a_disk_that_was_exchanged_is_not_touched(virshpy: Run, root: Path, theirs: Path) -> None:
    image, victim = theirs / "d.img", secret_of_roots(root)
    image.write_bytes(bytes(4096))
    image.chmod(0o600)
    os.chown(image, MALLORY, MALLORY)
    define(virshpy, root, document("vm", disk(image), memory=16))
    virshpy("start", "vm", "--paused")
    run_as(MALLORY, _REPLACE, image, victim)
    virshpy("destroy", "vm")
    assert untouched(victim) and nothing_left(root) == []


_MOVE_AWAY = """
import os, sys
folder, other = sys.argv[1:]
os.rename(folder, folder + ".old")
os.symlink(other, folder)
"""


def test_a_directory_that_was_exchanged_keeps_its_files(virshpy: Run, root: Path, theirs: Path) -> None:
    """The guest's socket is removed with the guest; what has its path by then is not."""
    folder, other = theirs / "sockets", root / "other"
    other.mkdir()
    (other / "s").write_text("root's own")
    folder.mkdir()
    os.chown(folder, MALLORY, MALLORY)
    serial = f"<serial type='unix'><source mode='bind' path='{folder}/s'/></serial>"
    define(virshpy, root, document("vm", serial, memory=16))
    virshpy("start", "vm", "--paused")
    assert (folder / "s").is_socket()
    run_as(MALLORY, _MOVE_AWAY, folder, other)
    virshpy("destroy", "vm")
    assert (other / "s").read_text() == "root's own" and nothing_left(root) == []


@pytest.mark.parametrize("name", ["etc", "log", "cache", "lib", "run"])
def test_a_root_in_somebody_elses_directory_is_refused(root: Path, theirs: Path, name: str) -> None:
    run_as(MALLORY, "import os, sys; os.mkdir(sys.argv[1])", theirs / name)
    before = sorted(theirs.rglob("*"))
    with pytest.raises(errors.SystemCallError, match=f"Failed to use directory .*: it belongs to user {MALLORY}"):
        connect(f"qemu:///embed?root={theirs}")
    assert sorted(theirs.rglob("*")) == before


def test_a_root_below_somebody_elses_directory_is_refused(theirs: Path) -> None:
    (theirs / "root").mkdir()  # root's own, but they may put another in its place
    with pytest.raises(errors.SystemCallError, match=f"{theirs}: it belongs to user {MALLORY}"):
        connect(f"qemu:///embed?root={theirs}/root")
    (theirs.parent / "way").symlink_to(theirs / "root")
    with pytest.raises(errors.SystemCallError, match=f"it belongs to user {MALLORY}"):
        connect(f"qemu:///embed?root={theirs.parent}/way")


def test_a_log_that_is_a_link_is_not_followed(virshpy: Run, root: Path) -> None:
    victim = secret_of_roots(root)
    define(virshpy, root, document("vm", memory=16))
    (root / "log/vm.log").symlink_to(victim)
    virshpy("start", "vm", "--paused")
    virshpy("destroy", "vm")
    assert victim.read_text() == "root's own"


def test_a_fifo_in_place_of_an_image_is_nobodys_wait(virshpy: Run, root: Path) -> None:
    fifo = root / "fifo"
    os.mkfifo(fifo, 0o644)
    define(virshpy, root, document("vm", disk(fifo).replace("raw", "qcow2"), memory=16))
    refused = virshpy("start", "vm", check=False, timeout=30)
    assert refused.returncode == 1 and "error: " in refused.stderr
    virshpy("list", timeout=20)
    assert nothing_left(root) == []
