"""What a test needs of the host, as marks: without it the test is skipped, and the reason says what was missing.

@needs.root
@needs.program("setfacl", "acl")
def test_…
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
ordinary_user = pytest.mark.skipif(os.geteuid() == 0, reason="needs a user who is not root")
qemu = pytest.mark.skipif(
    shutil.which("qemu-system-x86_64") is None, reason="needs qemu-system-x86_64 (package qemu-system-x86)"
)


def program(name: str, package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"needs {name} (package {package})")


def file(path: str, package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not Path(path).exists(), reason=f"needs {path} (package {package})")


def _root_is_a_mount() -> bool:
    with open("/proc/self/mountinfo") as lines:
        return any(line.split()[4] == "/" for line in lines)


# Inside a chroot no mount namespace can be given a root of its own.
mount_namespaces = pytest.mark.skipif(not _root_is_a_mount(), reason="needs a root directory that is a mount point")


def _has_a_default_route() -> bool:
    with open("/proc/net/route") as lines:
        return any(line.split()[1] == "00000000" for line in lines)


default_route = pytest.mark.skipif(not _has_a_default_route(), reason="needs a default route, whose link passt takes")
