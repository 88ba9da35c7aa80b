"""The values that rows take and give: equal where all fields are, and of one kind."""

from __future__ import annotations

import pytest

from virshpy.driver.types import DomainRef, Record


class Place(Record):
    __slots__ = ("x", "y")


class Size(Record):
    __slots__ = ("x", "y")


def test_values_are_equal_by_their_fields_and_their_kind() -> None:
    assert Place(1, 2) == Place(1, y=2) == Place(x=1, y=2)
    for other in (Place(1, 3), Place(2, 2), Size(1, 2), (1, 2), None):
        assert Place(1, 2) != other
    assert len({Place(1, 2), Place(1, 2), Place(2, 1)}) == 2
    assert repr(Place(1, "a")) == "Place(x=1, y='a')"


def test_a_value_has_all_of_its_fields_and_no_more() -> None:
    with pytest.raises(TypeError, match=r"Place: missing \['y'\]"):
        Place(1)
    with pytest.raises(TypeError, match="too many values"):
        Place(1, 2, 3)
    with pytest.raises(AttributeError):
        Place(1, 2, z=3)
    assert DomainRef("vm", "u", None) != DomainRef("vm", "u", 1)
