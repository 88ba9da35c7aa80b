"""Scopes, as far as they can be tried without a systemd; tests/lab/test_guests.py has one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import needs
from virshpy.host import systemd

NAMES = ["web", "a-b c", "übung", "x/y", "a:b_c.d", "\\x41", "-"]


@needs.program("systemd-escape", "systemd")
@pytest.mark.parametrize("name", [name for name in NAMES if "/" not in name])
def test_names_are_escaped_as_by_systemd(name: str) -> None:
    done = subprocess.run(["systemd-escape", "--", name], capture_output=True, text=True, check=True)
    assert systemd.escaped(name) == done.stdout.rstrip("\n")


@pytest.mark.parametrize("name", NAMES)
def test_no_name_leaves_its_place(name: str) -> None:
    assert not set(systemd.escaped(name)) & set("/ -@")


def test_where_there_is_no_systemd_there_is_no_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    if Path("/run/systemd/system").is_dir():
        monkeypatch.setattr(os.path, "isdir", lambda path: False)
    assert systemd.scope("web", "machine.slice", print) is None
    assert systemd.scope("web", "", print) is None  # nobody wants one
    assert systemd.scope_of(os.getpid(), "web", print) is None


@pytest.mark.skipif(Path("/run/systemd/system").is_dir(), reason="needs a host without systemd")
@pytest.mark.skipif(shutil.which("busctl") is None, reason="needs busctl (package systemd)")
def test_a_bus_that_is_not_there_stops_no_guest() -> None:
    told: list[str] = []
    scope = systemd.Scope("web", "machine.slice", told.append)
    scope.take(os.getpid())
    assert len(told) == 1 and told[0].startswith("'web' ends with what started it, as systemd gave it no scope: ")
    assert scope.unit == ""


def test_a_unit_is_the_last_part_of_a_control_group(tmp_path: Path) -> None:
    assert "/" not in systemd.unit_of(os.getpid())
    assert systemd.unit_of(0) == ""
