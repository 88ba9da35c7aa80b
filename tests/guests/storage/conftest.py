from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import virshpy
from tests.guests.living import nothing_left
from virshpy.api.connection import Connection


@pytest.fixture
def connection(uri: str, root: Path) -> Iterator[Connection]:
    """A connection whose guests and pools are stopped afterwards, and leave nothing."""
    with virshpy.open(uri) as opened:
        yield opened
        for domain in opened.list_domains():
            if domain.is_active():
                domain.destroy()
        for pool in opened.list_storage_pools():
            if pool.is_active():
                pool.destroy()
    assert nothing_left(root) == []
