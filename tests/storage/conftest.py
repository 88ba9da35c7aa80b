"""What tests of storage ask for: a connection of their own, and an active directory pool in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import virshpy
from virshpy.api.connection import Connection
from virshpy.api.storage import StoragePool


@pytest.fixture
def connection(uri: str) -> Iterator[Connection]:
    with virshpy.open(uri) as opened:
        yield opened


@pytest.fixture
def folder(root: Path) -> Path:
    """The directory of the pool; a guest's own user may pass through it."""
    path = root / "images"
    path.mkdir(mode=0o755)
    return path


@pytest.fixture
def pool(connection: Connection, folder: Path) -> Iterator[StoragePool]:
    """An active directory pool."""
    made = connection.storage_pool_create_xml(pool_xml(folder))
    yield made
    for left in connection.list_storage_pools():
        if left.is_active():
            left.destroy()


def pool_xml(folder: Path, name: str = "pool") -> str:
    return f"<pool type='dir'><name>{name}</name><target><path>{folder}</path></target></pool>"
