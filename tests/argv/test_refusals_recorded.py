"""What define refuses, in libvirt's very words: `refusals.txt` has elements of a small guest and what libvirt 9.0 says.

A line that begins with < is what is put into the guest; the indented line below is the answer. Most are refused only
when the document is complete: a rule of QEMU's driver, not of the format.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.argv.documents import around, complete
from virshpy import errors

LINES = (Path(__file__).parent / "refusals.txt").read_text().splitlines()
CASES = list(zip(LINES[::2], LINES[1::2], strict=True))


@pytest.mark.parametrize(("wrong", "answer"), CASES, ids=[wrong for wrong, _ in CASES])
def test_words(wrong: str, answer: str) -> None:
    with pytest.raises(errors.Error) as caught:
        complete(around(wrong))
    assert caught.value.message == answer.strip()


def test_a_guest_without_anything_wrong_is_complete() -> None:
    complete(around(""))
    complete(around("<os><type arch='x86_64' machine='q35'>hvm</type></os>"))
