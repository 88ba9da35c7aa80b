"""Numbers of documents at the ends of their ranges: the last that is read, and the first that is not."""

from __future__ import annotations

import pytest

from tests.xml.documents import guest
from virshpy import errors
from virshpy.xml.domain import Domain

LEAST, MOST = -(2**31), 2**31 - 1


@pytest.mark.parametrize(
    ("type", "attribute", "sentence"),
    [
        ("vnc", "port", "cannot parse vnc port {}"),
        ("spice", "tlsPort", "attribute 'tlsPort' in element 'graphics': '{}'. Expected integer value"),
    ],
)
def test_ports_of_displays(type: str, attribute: str, sentence: str) -> None:
    def read(value: int) -> object:
        text = guest(f"<devices><graphics type='{type}' autoport='no' {attribute}='{value}'/></devices>")
        return getattr(Domain.parse(text).devices.graphics[0], attribute)

    for value in (LEAST, MOST):
        assert read(value) == value
    for value in (LEAST - 1, MOST + 1):
        with pytest.raises(errors.Error, match=sentence.format(value)):
            read(value)
