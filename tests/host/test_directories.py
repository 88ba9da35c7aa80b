"""Directories: made private, and refused where somebody else made them first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import needs
from virshpy import errors
from virshpy.host.directories import directories
from virshpy.uri import URI


def places(root: Path) -> None:
    found = directories(URI(f"qemu:///embed?root={root}"))
    found.prepare()
    found.prepare_run()


def test_modes(root: Path) -> None:
    places(root)
    passable = 0o711 if os.geteuid() == 0 else 0o700
    for name, mode in (
        ("lib", passable),
        ("run", passable),
        ("run/guests", passable),
        ("log", 0o700),
    ):
        assert (root / name).stat().st_mode & 0o777 == mode, name


def test_a_place_that_others_may_write_is_refused(root: Path) -> None:
    places(root)
    (root / "run").chmod(0o777)
    with pytest.raises(errors.SystemCallError, match="Failed to use directory") as told:
        places(root)
    assert told.value.hint


@needs.root
def test_a_place_of_somebody_elses_is_refused(root: Path) -> None:
    places(root)
    os.chown(root / "run", 1879114000, 1879114000)
    with pytest.raises(errors.SystemCallError, match="belongs to user 1879114000"):
        places(root)


def test_a_file_in_the_way(root: Path) -> None:
    (root / "lib").write_text("")
    with pytest.raises(errors.SystemCallError) as told:
        places(root)
    assert told.value.hint


@pytest.mark.parametrize(("path", "error"), [("/nowhere", errors.InternalError), ("", errors.InternalError)])
def test_paths_that_name_nothing(path: str, error: type[errors.Error]) -> None:
    with pytest.raises(error, match="try qemu:///system"):
        directories(URI(f"qemu://{path}"))


def test_a_session_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    found = directories(URI("qemu:///session"))
    assert found.run == f"{tmp_path}/XDG_RUNTIME_DIR/virshpy"
    assert found.state == f"{tmp_path}/XDG_DATA_HOME/virshpy"
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert directories(URI("qemu:///session")).run == f"/tmp/virshpy-{os.geteuid()}"
