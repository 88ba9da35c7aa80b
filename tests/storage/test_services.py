"""What tests have of storage on the host is real: it is written to and read back, and afterwards nothing is left."""

from __future__ import annotations

import errno
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.storage import services
from tests.storage.services import Ceph, Chap, Target, filesystem_full, iscsi_target, loop, one_node_ceph

IQN = "iqn.2030-01.host:disks"


@pytest.fixture(autouse=True)
def nothing_left(root: Path) -> Iterator[None]:
    """The fixture of the folder sees to processes and mounts. Loop devices are those that have files in it."""
    yield
    assert not (
        left := [line for line in run("losetup", "--list", "--noheadings").splitlines() if str(root) in line]
    ), left


def run(*words: str | Path, check: bool = True) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert not (check and done.returncode), f"{words}: {done.stderr}"
    return done.stdout + done.stderr


def write_and_read(disk: str, *options: str) -> None:
    """By QEMU, as a guest does."""
    for verb in "write", "read":
        assert "512/512" in run("qemu-io", *options, "--cmd", f"{verb} -P 7 1M 512", disk)


def described(target: Target, password: str) -> tuple[str, ...]:
    """What QEMU is told of a target that asks for a password: a secret, and a disk that names it."""
    assert target.chap
    disk = {
        "driver": "iscsi", "transport": "tcp", "portal": target.portal, "target": target.iqn, "lun": "1",
        "user": target.chap.user, "password-secret": "chap",
    }  # fmt: skip
    return "--object", f"secret,id=chap,data={password}", f"json:{json.dumps(disk)}"


class TestIscsi:
    pytestmark = services.ISCSI

    def test_disks_are_written_and_read(self, root: Path) -> None:
        with iscsi_target(root / "tgt", IQN, 8, 16) as target:
            sizes = [
                json.loads(run("qemu-img", "info", "--output=json", target.url(lun)))["virtual-size"] for lun in (1, 2)
            ]
            assert sizes == [8 << 20, 16 << 20]
            write_and_read(target.url(2))
            assert target.files[1].read_bytes()[1 << 20 :][:513] == b"\7" * 512 + b"\0"

    def test_only_the_right_password_opens(self, root: Path) -> None:
        with iscsi_target(root / "tgt", IQN, 8, chap=Chap("guest", "open-sesame-1")) as target:
            run("qemu-img", "info", *described(target, "open-sesame-1"))
            assert "Failed to" in run("qemu-img", "info", *described(target, "open-sesame-2"), check=False)
            assert "Failed to" in run("qemu-img", "info", target.url(), check=False)

    @needs.program("iscsi-ls", "libiscsi-bin")
    def test_two_targets_do_not_disturb_each_other(self, root: Path) -> None:
        with iscsi_target(root / "one", IQN, 8) as one, iscsi_target(root / "other", f"{IQN}.other", 8) as other:
            for target in one, other:
                assert run("iscsi-ls", f"iscsi://{target.portal}").split()[0] == f"Target:{target.iqn}"


class TestCeph:
    pytestmark = services.CEPH

    @pytest.fixture
    def ceph(self, root: Path) -> Iterator[Ceph]:
        with one_node_ceph(root / "ceph") as made:
            yield made

    def test_images_are_made_and_counted(self, ceph: Ceph) -> None:
        ceph.run("rbd", "create", "--size", "64M", f"{ceph.pool}/one")
        assert json.loads(ceph.run("rbd", "ls", "--format", "json", ceph.pool)) == ["one"]
        room = json.loads(ceph.run("ceph", "df", "--format", "json"))
        assert room["stats"]["total_bytes"] == 1 << 30
        assert [pool["name"] for pool in room["pools"] if pool["stats"]["max_avail"]] == [ceph.pool]

    @needs.file(services.RBD_DRIVER, "qemu-block-extra")
    def test_qemu_writes_and_reads(self, ceph: Ceph) -> None:
        ceph.run("rbd", "create", "--size", "64M", f"{ceph.pool}/one")
        write_and_read(f"rbd:{ceph.pool}/one:id={ceph.user}:conf={ceph.conf}")

    def test_user_has_one_pool_and_needs_no_configuration(self, ceph: Ceph, root: Path) -> None:
        key = root / "key"
        key.write_text(ceph.key)
        words = ("rbd", "--conf", "/dev/null", "-m", f"{ceph.host}:{ceph.port}", "--id", ceph.user, "--keyfile", key)
        run(*words, "create", "--size", "8M", f"{ceph.pool}/one")
        assert run(*words, "ls", ceph.pool) == "one\n"
        ceph.run("ceph", "osd", "pool", "create", "other")
        assert "not permitted" in run(*words, "create", "--size", "8M", "other/one", check=False)


class TestLoops:
    pytestmark = services.LOOPS

    @needs.program("parted", "parted")
    def test_partitions_go_with_their_device(self, root: Path) -> None:
        with loop(root, 16) as device:
            run("parted", "--script", device, "mklabel", "gpt", "mkpart", "one", "1MiB", "8MiB")
            part = Path(f"{device}p1")
            part.write_bytes(b"some")
            assert part.read_bytes()[:5] == b"some\0"
        assert not part.exists()

    @pytest.mark.parametrize(
        ("kind", "size"),
        [
            ("tmpfs", 1),
            pytest.param("ext4", 8, marks=needs.program("mkfs.ext4", "e2fsprogs")),
            pytest.param("xfs", 300, marks=needs.program("mkfs.xfs", "xfsprogs")),
        ],
    )
    def test_full_file_system_takes_no_more(self, root: Path, kind: str, size: int) -> None:
        with filesystem_full(root, size, kind) as small:
            small.fill()
            with pytest.raises(OSError, match="No space left") as refused:
                (small.path / "more").write_bytes(bytes(64 << 10))
            assert refused.value.errno == errno.ENOSPC
            small.fill(leave=256 << 10)
            (small.path / "fits").write_bytes(bytes(64 << 10))
