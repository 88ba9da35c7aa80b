"""Types of options: values, and virsh's sentences for what is none."""

from __future__ import annotations

from typing import Any

import pytest

from virshpy.shell.failure import Failure
from virshpy.shell.lang.global_options import Settings
from virshpy.shell.lang.types import Choice, File, Flags, Int, Size
from virshpy.shell.render.output import Renderer
from virshpy.shell.session import Session

NO_SESSION = Session(Settings(), Renderer("plain"))


@pytest.mark.parametrize(("text", "value"), [("12", 12), ("-3", -3), ("+3", 3), ("010", 10), ("0", 0)])
def test_int(text: str, value: int) -> None:
    assert Int().convert(text, "n") == value


@pytest.mark.parametrize("text", ["", "x", "1.5", "3000000000", "1k", "0x", "0x1f"])
def test_int_refused(text: str) -> None:
    with pytest.raises(Failure) as caught:
        Int().convert(text, "count")
    assert caught.value.message == f"Numeric value '{text}' for <count> option is malformed or out of range"


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5 * 1024), ("5b", 5), ("5k", 5120), ("1KB", 1000), ("2MiB", 2 << 20), ("1G", 1 << 30), ("3KiB", 3072)],
)
def test_size(text: str, value: int) -> None:
    assert Size(scale=1024).convert(text, "size") == value


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5G", "5x", "5KiBB", "99999999999E"])
def test_size_refused(text: str) -> None:
    with pytest.raises(Failure) as caught:
        Size().convert(text, "size")
    assert caught.value.message == f"Scaled numeric value '{text}' for <size> option is malformed or out of range"


def test_flags_add_up() -> None:
    assert Flags({"a": 1, "b": 2}, "no %s").convert("b,a", "mode") == 3
    with pytest.raises(Failure, match="no c"):
        Flags({"a": 1}, "no %s").convert("a,c", "mode")


def test_strict_choice() -> None:
    assert Choice("a").convert("b", "x") == "b"
    with pytest.raises(Failure, match="bad b"):
        Choice("a", strict="bad %s").convert("b", "x")


def test_file(tmp_path: Any) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"<a>\xff</a>")
    assert File().resolve(str(path), "file", NO_SESSION).encode(errors="surrogateescape") == b"<a>\xff</a>"
    with pytest.raises(Failure, match="Failed to read file '.*': Is a directory"):
        File().resolve(str(tmp_path), "file", NO_SESSION)
    with pytest.raises(Failure, match="embedded null"):
        File().resolve("a\0b", "file", NO_SESSION)


def test_file_too_large(tmp_path: Any) -> None:
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.truncate(11 << 20)
    with pytest.raises(Failure, match="too large"):
        File().resolve(str(path), "file", NO_SESSION)
