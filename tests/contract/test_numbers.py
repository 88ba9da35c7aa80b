"""Enumerations and flag sets: they behave as the standard library's, which take ten times as long to make."""

from __future__ import annotations

import copy
import enum
import pickle
from typing import Any

import pytest

from virshpy.enums import numbers

BODY = {"NONE": 0, "A": 1, "B": 2, "FIRST": 1, "D": 8, "AB": 3}


def made(base: Any) -> Any:
    names: Any = type(base).__prepare__("Made", (base,))
    for name, value in {"__module__": __name__, **BODY}.items():
        names[name] = value
    return type(base)("Made", (base,), names)


class Kept(numbers.IntFlag):
    ONE = 1
    TWO = 2


@pytest.mark.parametrize("kind", ["IntEnum", "IntFlag"])
def test_a_class_is_as_the_standard_one(kind: str) -> None:
    ours, theirs = made(getattr(numbers, kind)), made(getattr(enum, kind))

    def seen(of: Any) -> list[Any]:
        members = [of[name] for name in BODY]
        return [
            [(name, member.name, member.value) for name, member in of.__members__.items()],
            [int(member) for member in of], len(of), [repr(m) for m in members], [str(m) for m in members],
            [f"{member} {member:03x}" for member in members], of(1) is of.A, of(0) is of.NONE,
            of.FIRST is of.A, isinstance(of.A, int),
        ]  # fmt: skip

    assert seen(ours) == seen(theirs)


def test_flags_combine_as_the_standard_ones() -> None:
    ours, theirs = made(numbers.IntFlag), made(enum.IntFlag)

    def seen(of: Any) -> list[Any]:
        some = [of.A | of.D, of.A | 2, 8 | of.B, of.AB & ~of.A, of.AB ^ of.A, of(5), of(0), of.AB & 4]
        return [
            [(type(one) is of, int(one), [int(member) for member in one], bool(one)) for one in some],
            (of.A | of.D).name, repr(of.A | of.D), of.A in of.AB, of.D in of.AB,
        ]  # fmt: skip

    assert seen(ours) == seen(theirs)


def test_an_unknown_number_is_refused() -> None:
    with pytest.raises(ValueError, match="7 is not a valid Made"):
        made(numbers.IntEnum)(7)
    with pytest.raises(KeyError):
        made(numbers.IntEnum)["C"]


def test_copies_are_the_member_itself() -> None:
    for value in (Kept.ONE, Kept.ONE | Kept.TWO):
        again = pickle.loads(pickle.dumps(value))
        assert again == copy.deepcopy(value) == value and type(again) is Kept and again.name == value.name
    assert pickle.loads(pickle.dumps(Kept.ONE)) is Kept.ONE
