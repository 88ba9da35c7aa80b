"""What tests of networks ask for: a host of their own, which is a network namespace with virshpy in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.networks.space import Host


@pytest.fixture
def host(root: Path) -> Iterator[Host]:
    """A namespace with its own links, addresses, firewall and settings, and a connection that keeps all in ``root``."""
    with Host(root) as made:
        yield made
