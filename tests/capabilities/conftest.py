"""A made-up host, looked at in place of the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.capabilities.madeup import Host
from virshpy.drivers.qemu.node import kernel


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(kernel, "ROOT", str(tmp_path / "root"))
    return Host(tmp_path / "root")
