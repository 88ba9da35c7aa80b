"""What define makes of documents that are odd, or come from a running guest."""

from __future__ import annotations

import pytest

from tests.argv.documents import complete, guest
from virshpy import errors
from virshpy.drivers.qemu.documents import parse, saved


def test_a_number_beside_something_unknown_is_kept() -> None:
    text = saved(complete(guest(before="<vcpu>2<strange>3</strange></vcpu>")))
    assert "<vcpu placement='static'>2<strange>3</strange></vcpu>" in text
    domain = parse(text)
    assert domain.vcpu is not None and domain.vcpu.value == 2


def test_what_would_read_as_something_else_is_not_stored() -> None:
    disk = "<disk type='file'><source file='/a&#10;b'/><target dev='vda'/></disk>"
    with pytest.raises(errors.XMLDetail, match="would read as something else: '<source file='/a' becomes"):
        saved(complete(guest(disk)))
