"""What every file here asks for: the machine that the file describes, powered on."""

from __future__ import annotations

import pytest

from tests.lab.machine import Lab


@pytest.fixture
def lab(machine: Lab) -> Lab:
    """The machine, which a test may have left off."""
    if not machine.is_on:
        machine.start()
    return machine
