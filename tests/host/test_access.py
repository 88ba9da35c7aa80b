"""Access lists on real files, judged by what the kernel lets another user do, and by getfacl where it is there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import needs
from virshpy.host import access
from virshpy.host.access import READ, SEARCH, WRITE

pytestmark = needs.root

ALICE, BOB = 1879114001, 1879114002


def kernel_lets(path: Path, uid: int, mode: int) -> bool:
    script = f"import os, sys; sys.exit(not os.access({str(path)!r}, {mode}))"
    done = subprocess.run(["/usr/bin/python3", "-I", "-c", script], user=uid, group=uid, extra_groups=[])
    return done.returncode == 0


@pytest.fixture
def image(root: Path) -> Path:
    path = root / "disk.img"
    path.write_bytes(b"\0" * 512)
    path.chmod(0o600)
    return path


def test_a_grant_opens_the_file_to_one_user_only(image: Path) -> None:
    assert access.grant(str(image), ALICE, READ | WRITE)
    assert kernel_lets(image, ALICE, os.R_OK | os.W_OK)
    assert not kernel_lets(image, BOB, os.R_OK)
    assert access.allows(str(image), ALICE, [], READ | WRITE)
    assert not access.allows(str(image), BOB, [], READ)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o460])
def test_revoking_restores_the_mode_exactly(image: Path, mode: int) -> None:
    image.chmod(mode)
    access.grant(str(image), ALICE, READ | WRITE)
    access.grant(str(image), BOB, READ)
    access.revoke(str(image), ALICE)
    assert not access.allows(str(image), ALICE, [], WRITE)
    assert access.allows(str(image), BOB, [], READ)
    access.revoke(str(image), BOB)
    assert image.stat().st_mode & 0o777 == mode
    assert os.listxattr(image) == []
    access.revoke(str(image), BOB)  # once more is no error


@pytest.mark.skipif(shutil.which("getfacl") is None, reason="needs getfacl (package acl)")
def test_the_list_is_what_getfacl_reads(image: Path) -> None:
    access.grant(str(image), ALICE, READ)
    shown = subprocess.run(["getfacl", "-cn", image], capture_output=True, text=True).stdout.split()
    assert shown == ["user::rw-", f"user:{ALICE}:r--", "group::---", "mask::r--", "other::---"]


def test_every_answer_is_the_kernels(image: Path) -> None:
    for mode in (0o600, 0o604, 0o640, 0o000, 0o666):
        image.chmod(mode)
        for uid in (ALICE, BOB):
            for wanted in (READ, WRITE, READ | WRITE):
                assert access.allows(str(image), uid, [uid], wanted) == kernel_lets(image, uid, wanted), oct(mode)


def test_the_obstacle_is_the_first_closed_directory(root: Path) -> None:
    inner = root / "open" / "closed" / "deeper"
    inner.mkdir(parents=True)
    (root / "open").chmod(0o711)
    (root / "open" / "closed").chmod(0o700)
    assert access.obstacle(str(inner / "disk.img"), ALICE, []) == str(root / "open" / "closed")
    (root / "open" / "closed").chmod(0o711)
    inner.chmod(0o755)
    assert access.obstacle(str(inner / "disk.img"), ALICE, []) is None
    assert access.allows(str(inner), ALICE, [], SEARCH)
