"""What forbids user namespaces is named; the settings are read from a folder that stands for the kernel's."""

from __future__ import annotations

from pathlib import Path

import pytest

from virshpy import errors
from virshpy.host.usernamespaces import forbidden

_DENIED = "unshare: unshare failed: Operation not permitted\n"
_NONE_LEFT = "unshare: unshare failed: No space left on device"


@pytest.mark.parametrize(
    ("setting", "value", "words", "advice"),
    [
        ("kernel/unprivileged_userns_clone", "0", _DENIED, "sysctl kernel.unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", _NONE_LEFT, "sysctl user.max_user_namespaces=10000"),
        ("user/max_net_namespaces", "0", _NONE_LEFT, "sysctl user.max_net_namespaces=10000"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", _DENIED, "says `userns,`"),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "unshare: write failed /proc/self/uid_map: Operation not permitted",
            "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ],
)
def test_a_setting_is_named(tmp_path: Path, setting: str, value: str, words: str, advice: str) -> None:
    path = tmp_path / setting
    path.parent.mkdir()
    path.write_text(f"{value}\n")
    told = forbidden(words, str(tmp_path))
    assert isinstance(told, errors.OperationDenied)
    assert f"User namespaces are forbidden to you here by {setting.replace('/', '.')}" in str(told)
    assert advice in str(told.hint)


def test_a_container_is_suspected_where_no_setting_forbids_them(tmp_path: Path) -> None:
    (tmp_path / "kernel").mkdir()
    (tmp_path / "kernel/unprivileged_userns_clone").write_text("1\n")
    told = forbidden(_DENIED, str(tmp_path))
    assert isinstance(told, errors.OperationDenied) and "Operation not permitted" in str(told)
    assert "seccomp" in str(told.hint)


def test_what_is_something_else_is_said_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "kernel").mkdir()
    (tmp_path / "kernel/apparmor_restrict_unprivileged_userns").write_text("1\n")
    told = forbidden(_NONE_LEFT, str(tmp_path))
    assert isinstance(told, errors.OperationFailed) and "No space left" in str(told)
    assert "max_user_namespaces" in str(told.hint)
    assert "nothing" in str(forbidden("", str(tmp_path)))
