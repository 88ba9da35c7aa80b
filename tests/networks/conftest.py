"""What tests of networks ask for: a host of their own, which is a network namespace with virshpy in it, or a user."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.networks.ordinary import User
from tests.networks.space import Host


@pytest.fixture(scope="session")
def found_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one host has found out about QEMU, and the others need not."""
    return tmp_path_factory.mktemp("found") / "cache"


@pytest.fixture
def host(root: Path, found_out: Path) -> Iterator[Host]:
    """A namespace with its own links, addresses, firewall and settings, and a connection that keeps all in ``root``."""
    cache = root / "cache"
    if found_out.exists():
        shutil.copytree(found_out, cache)
    with Host(root) as made:
        yield made
    if cache.exists():
        shutil.copytree(cache, found_out, dirs_exist_ok=True)


@pytest.fixture
def user(root: Path) -> Iterator[User]:
    made = User(root)
    yield made
    for pid, _ in made.processes():
        made.kill(pid)
