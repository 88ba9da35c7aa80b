"""The values that rows take and give: equal where all fields are, and of one kind."""

from __future__ import annotations

import pytest

from virshpy.driver.domain import DomainRef
from virshpy.driver.record import Record
from virshpy.driver.storage import VolInfo
from virshpy.enums import StorageVolType


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


def test_numbers_of_an_enumeration_have_its_names() -> None:
    info = VolInfo(StorageVolType.DIR, 1, 2)
    assert info == VolInfo(2, 1, 2) and VolInfo(2, 1, 2).type is StorageVolType.DIR
    assert VolInfo(99, 1, 2).type == 99  # of a later release
