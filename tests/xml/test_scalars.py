"""Words in documents: how they are read and how they are printed."""

from __future__ import annotations

import pytest

from virshpy.xml.scalars import format_ranges, parse_ranges, strtol
from virshpy.xml.uuids import read_uuid
from virshpy.xml.write import escape, escape_attribute


@pytest.mark.parametrize(
    ("text", "base", "value"),
    [("10", 10, 10), (" 7", 10, 7), ("7 ", 10, None), ("+7", 10, 7), ("-7", 10, -7), ("0x10", 10, None), ("", 10, None),
     ("0x1F", 0, 31), ("010", 0, 8), ("08", 0, None), ("9", 0, 9), ("0", 0, 0), ("-0x2", 0, -2), ("ff", 16, 255),
     ("0xff", 16, 255), ("644", 8, 420), ("٣", 10, None), ("1" * 5000, 10, None), ("1" * 5000, 0, None)],
)  # fmt: skip
def test_numbers_are_read_as_c_reads_them(text: str, base: int, value: int | None) -> None:
    assert strtol(text, base) == value


@pytest.mark.parametrize(
    ("text", "numbers", "printed"),
    [("0", (0,), "0"), ("0-3", (0, 1, 2, 3), "0-3"), ("3,1,2", (1, 2, 3), "1-3"), ("0-4,^2", (0, 1, 3, 4), "0-1,3-4"),
     ("1, 5", (1, 5), "1,5"), ("0 - 1,", (0, 1), "0-1"), ("1,^2", (1,), "1")],
)  # fmt: skip
def test_ranges(text: str, numbers: tuple[int, ...], printed: str) -> None:
    assert parse_ranges(text) == numbers
    assert format_ranges(numbers) == printed


@pytest.mark.parametrize("text", ["a", "", ",", "1-", "-1", "3-1", "1,,2", "^1-2", "^ 1", "0-99999999", "1;2"])
def test_ranges_that_are_none(text: str) -> None:
    assert parse_ranges(text) is None


def test_uuids() -> None:
    plain = "5f7a2d3e0c7b4d629d0e6e5bb9a3c001"
    assert read_uuid(plain.upper()) == read_uuid(" 5f7a2d3e-0c7b-4d62-9d0e-6e5bb9a3c001 ")
    assert read_uuid(plain[:-1]) is None
    assert read_uuid("x" + plain[1:]) is None


def test_escaping_names_five_characters_and_drops_control_characters() -> None:
    assert escape("a<b>&'\"\x01\x1f\tz\n") == "a&lt;b&gt;&amp;&apos;&quot;\tz\n"
    assert escape("caf\xe9 \ufffe\uffff\ufffd") == "caf\xe9 \ufffd"
    assert escape_attribute("a\tb\nc\r<") == "a&#9;b&#10;c&#13;&lt;"
    assert escape_attribute("caf\xe9\ufffe\uffff") == "caf\xe9"
