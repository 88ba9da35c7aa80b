"""Refusals in libvirt's very words: `refusals.txt` holds what is wrong in a small guest and what libvirt 9.0 said.

A line that begins with < is a device, or an element beside <devices>; the indented line below is the answer.
In `refusals-others.txt` such a line is a whole document of another kind.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.xml.documents import guest, kind_of
from virshpy import errors
from virshpy.xml.domain import Domain
from virshpy.xml.domain.devices import Devices


def recorded(name: str) -> list[tuple[str, str]]:
    lines = (Path(__file__).parent / name).read_text().splitlines()
    return list(zip(lines[::2], lines[1::2], strict=True))


CASES, OTHERS = recorded("refusals.txt"), recorded("refusals-others.txt")
DEVICES = set(Devices._compile().kids)


def test_there_are_many() -> None:
    assert len(CASES) > 150
    assert len(OTHERS) > 200


@pytest.mark.parametrize(("wrong", "answer"), CASES, ids=[wrong for wrong, _ in CASES])
def test_words(wrong: str, answer: str) -> None:
    tag = wrong[1:].replace("/", " ").replace(">", " ").split()[0]
    text = guest(devices=wrong) if tag in DEVICES else guest(wrong)
    with pytest.raises(errors.Error) as caught:
        Domain.parse(text)
    assert caught.value.message == answer.strip()
    assert caught.value.hint and ", line " in caught.value.hint


@pytest.mark.parametrize(("wrong", "answer"), OTHERS, ids=[wrong for wrong, _ in OTHERS])
def test_words_about_others(wrong: str, answer: str) -> None:
    with pytest.raises(errors.Error) as caught:
        kind_of(wrong.replace("/>", ">")).parse(wrong)
    assert caught.value.message.strip() == answer.strip()
    assert ", line 1" in (caught.value.hint or "")


def test_a_guest_without_anything_wrong_is_read() -> None:
    Domain.parse(guest())
