"""Access lists on real files, judged by what the kernel lets another user do, and by getfacl where it is there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import needs
from virshpy.host import access, untrusted
from virshpy.host.access import READ, SEARCH, WRITE

pytestmark = needs.root

ALICE, BOB = 1879114001, 1879114002


def kernel_lets(path: Path, uid: int, mode: int) -> bool:
    script = f"import os, sys; sys.exit(not os.access({str(path)!r}, {mode}))"
    done = subprocess.run(["/usr/bin/python3", "-I", "-c", script], user=uid, group=uid, extra_groups=[])
    return done.returncode == 0


def grant(path: Path, uid: int, wanted: int) -> bool:
    with untrusted.look(str(path)) as file:
        return access.grant(file, f"{path.parent}/lock", uid, wanted)


def revoke(path: Path, uid: int) -> None:
    with untrusted.look(str(path)) as file:
        access.revoke(file, f"{path.parent}/lock", uid)


@pytest.fixture
def image(root: Path) -> Path:
    path = root / "disk.img"
    path.write_bytes(b"\0" * 512)
    path.chmod(0o600)
    return path


def test_a_grant_opens_the_file_to_one_user_only(image: Path) -> None:
    assert grant(image, ALICE, READ | WRITE)
    assert kernel_lets(image, ALICE, os.R_OK | os.W_OK)
    assert not kernel_lets(image, BOB, os.R_OK)
    assert access.allows(str(image), ALICE, [], READ | WRITE)
    assert not access.allows(str(image), BOB, [], READ)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o460])
def test_revoking_restores_the_mode_exactly(image: Path, mode: int) -> None:
    image.chmod(mode)
    grant(image, ALICE, READ | WRITE)
    grant(image, BOB, READ)
    revoke(image, ALICE)
    assert not access.allows(str(image), ALICE, [], WRITE)
    assert access.allows(str(image), BOB, [], READ)
    revoke(image, BOB)
    assert image.stat().st_mode & 0o777 == mode
    assert os.listxattr(image) == []
    revoke(image, BOB)  # once more is no error


@pytest.mark.skipif(shutil.which("getfacl") is None, reason="needs getfacl (package acl)")
def test_the_list_is_what_getfacl_reads(image: Path) -> None:
    grant(image, ALICE, READ)
    shown = subprocess.run(["getfacl", "-cn", image], capture_output=True, text=True).stdout.split()
    assert shown == ["user::rw-", f"user:{ALICE}:r--", "group::---", "mask::r--", "other::---"]


def test_every_answer_is_the_kernels(image: Path) -> None:
    for mode in (0o600, 0o604, 0o640, 0o000, 0o666):
        image.chmod(mode)
        for uid in (ALICE, BOB):
            for wanted in (READ, WRITE, READ | WRITE):
                assert access.allows(str(image), uid, [uid], wanted) == kernel_lets(image, uid, wanted), oct(mode)


def test_the_obstacles_are_the_closed_directories_from_the_top(root: Path) -> None:
    inner = root / "open" / "closed" / "deeper"
    inner.mkdir(parents=True)
    inner.chmod(0o700)
    (root / "open").chmod(0o711)
    (root / "open" / "closed").chmod(0o700)
    assert list(access.obstacles(str(inner / "disk.img"), ALICE, [])) == [str(root / "open" / "closed"), str(inner)]
    (root / "open" / "closed").chmod(0o711)
    inner.chmod(0o755)
    assert list(access.obstacles(str(inner / "disk.img"), ALICE, [])) == []
    assert access.allows(str(inner), ALICE, [], SEARCH)
