"""virshpy.toml: what may stand in it, and what is said about the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from virshpy import errors
from virshpy.host.config import Config


def test_settings(tmp_path: Path) -> None:
    (tmp_path / "virshpy.toml").write_text("[qemu]\nguest_uids = [4294967285, 10]\nlock_timeout = 0.5\n")
    config = Config(str(tmp_path))
    assert (config.guest_uids, config.lock_timeout, config.stop_patience) == ((4294967285, 10), 0.5, 10)


@pytest.mark.parametrize(
    "text",
    [
        "qemu = 5", "qemu = []", "[qemu", "[qemu]\nnope = 1", "[qemu]\nguest_uids = [4294967285, 11]",
        "[qemu]\nguest_uids = [true, 5]", "[qemu]\nguest_uids = [1, 0]", "[qemu]\nguest_uids = [1.5, 2]",
        "[qemu]\nlock_timeout = inf", "[qemu]\nlock_timeout = nan", "[qemu]\nlock_timeout = true",
        "[qemu]\nlog_size = 0", "[qemu]\nlog_size = 99999999999999999999", "x = " + "[" * 3000, "\0",
    ],
)  # fmt: skip
def test_what_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "virshpy.toml").write_text(text)
    with pytest.raises(errors.ConfSyntax, match="virshpy.toml: "):
        Config(str(tmp_path))
