"""A made-up host, looked at in place of the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.capabilities.madeup import Host
from virshpy.drivers.qemu.node import kernel
from virshpy.host import cpuid


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(kernel, "ROOT", str(tmp_path / "root"))
    monkeypatch.setattr(cpuid, "ask", lambda questions: None)  # its processor is what its kernel says
    return Host(tmp_path / "root")
