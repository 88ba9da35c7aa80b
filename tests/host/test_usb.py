"""USB devices by their numbers, in a folder as /sys has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from virshpy import errors
from virshpy.host import usb


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """Two devices of one kind, one of another, an interface, and one that is half unplugged."""
    for name, vendor, product, bus, device in (
        ("1-1", "0951", "1666", "1", "10"), ("2-1", "0951", "1666", "2", "3"), ("1-2", "1a2b", "00ff", "1", "11"),
        ("1-3", "1a2b", "00ff", "", ""),
    ):  # fmt: skip
        (tmp_path / name).mkdir()
        for file, value in (("idVendor", vendor), ("idProduct", product), ("busnum", bus), ("devnum", device)):
            (tmp_path / name / file).write_text(f"{value}\n")
    (tmp_path / "1-1:1.0").mkdir()
    return str(tmp_path)


def test_a_device_is_found_by_its_kind_or_its_place(folder: str) -> None:
    assert usb.find(0x1A2B, 0xFF, None, None, folder) == (1, 11)
    assert usb.find(None, None, 2, 3, folder) == (2, 3)
    assert usb.find(0x0951, 0x1666, 1, 10, folder) == (1, 10)


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [((0x0951, 0x1667, None, None), "Did not find USB device 0951:1667"),
     ((None, None, 1, 3), "Did not find USB device bus:1 device:3"),
     ((0x0951, None, 3, None), "Did not find USB device 0951:0000 bus:3 device:0")],
)  # fmt: skip
def test_a_device_that_is_not_there(
    folder: str, numbers: tuple[int | None, int | None, int | None, int | None], sentence: str
) -> None:
    with pytest.raises(errors.InternalError, match=f"{sentence}$"):
        usb.find(*numbers, folder)


def test_two_devices_of_a_kind_are_told_apart_by_their_places(folder: str) -> None:
    with pytest.raises(errors.OperationFailed, match="Multiple USB devices for 951:1666, use <address>") as told:
        usb.find(0x0951, 0x1666, None, None, folder)
    assert told.value.hint == "<address bus='1' device='10'/>, <address bus='2' device='3'/>"
    with pytest.raises(errors.SystemCallError, match="cannot open directory '.*none': No such file"):
        usb.find(1, 1, None, None, f"{folder}/none")
