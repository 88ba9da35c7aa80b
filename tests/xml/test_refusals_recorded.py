"""Refusals in libvirt's very words: `refusals.txt` holds what is wrong in a small guest and what libvirt 9.0 said.

A line that begins with < is a device, or an element beside <devices>; the indented line below is the answer.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.xml.documents import guest
from virshpy import errors
from virshpy.xml.domain import Domain
from virshpy.xml.domain.devices import Devices

LINES = (Path(__file__).parent / "refusals.txt").read_text().splitlines()
CASES = list(zip(LINES[::2], LINES[1::2], strict=True))
DEVICES = set(Devices._compile().kids)


def test_there_are_many() -> None:
    assert len(CASES) > 150


@pytest.mark.parametrize(("wrong", "answer"), CASES, ids=[wrong for wrong, _ in CASES])
def test_words(wrong: str, answer: str) -> None:
    tag = wrong[1:].replace("/", " ").replace(">", " ").split()[0]
    text = guest(devices=wrong) if tag in DEVICES else guest(wrong)
    with pytest.raises(errors.Error) as caught:
        Domain.parse(text)
    assert caught.value.message == answer.strip()
    assert caught.value.hint and ", line " in caught.value.hint


def test_a_guest_without_anything_wrong_is_read() -> None:
    Domain.parse(guest())
