"""Documents made to do harm are refused soon, with an error of ours."""

from __future__ import annotations

import pytest

from tests.xml.documents import guest
from virshpy import errors
from virshpy.xml import parse as parser
from virshpy.xml.domain import Domain

LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 12))
ATTACKS = {
    "entities that grow": f"<!DOCTYPE d [<!ENTITY l0 'ha'>{LAUGHS}]><domain><name>&l11;</name></domain>",
    "one long entity": f"<!DOCTYPE d [<!ENTITY a '{'x' * 10000}'>]><domain>{'&a;' * 10000}</domain>",
    "a file of the host": "<!DOCTYPE d [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><domain><name>&f;</name></domain>",
    "a parameter entity": "<!DOCTYPE d [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]><domain/>",
    "a subset elsewhere": "<!DOCTYPE d SYSTEM 'http://127.0.0.1:1/x.dtd'><domain>&f;</domain>",
    "depth": "<a>" * 100_000 + "</a>" * 100_000,
    "depth in metadata": guest("<metadata>" + "<a>" * 5000 + "</a>" * 5000 + "</metadata>"),
    "depth in what is known": guest(devices="<disk>" + "<backingStore>" * 5000 + "</backingStore>" * 5000 + "</disk>"),
    "many attributes": "<domain " + " ".join(f"a{n}='1'" for n in range(5000)) + "/>",
    "many elements": "<domain>" + "<a/>" * (parser.MAX_NODES + 1) + "</domain>",
    "many bytes": "<domain>" + " " * parser.MAX_BYTES + "</domain>",
    "a long number": guest(f"<vcpu>{'1' * 100_000}</vcpu>"),
    "a long range": guest("<vcpu cpuset='0-999999999'>1</vcpu>"),
}


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.timeout(20)
def test_attacks_are_refused(name: str) -> None:
    with pytest.raises(errors.Error):
        Domain.parse(ATTACKS[name])


def test_nothing_of_the_host_is_shown() -> None:
    with pytest.raises(errors.Error) as caught:
        Domain.parse(ATTACKS["a file of the host"])
    assert "root:" not in f"{caught.value} {caught.value.hint}"


def test_the_limits_leave_room() -> None:
    deep = guest("<metadata>" + "<a>" * 200 + "</a>" * 200 + "</metadata>")
    wide = guest(devices="<disk><source file='/a'/><target dev='vda'/></disk>" * 2000)
    assert len(Domain.parse(wide).devices.disks) == 2000
    assert Domain.parse(Domain.parse(deep).format())


@pytest.mark.parametrize("text", ["<a>\x00</a>", "<a>\udc80</a>", "\ufeff<domain/>", "<?xml version='1.1'?><domain/>"])
def test_odd_characters_give_errors_of_ours(text: str) -> None:
    with pytest.raises(errors.Error):
        Domain.parse(text)


def test_bytes_obey_their_own_encoding() -> None:
    text = guest("<description>é</description>")
    latin = b"<?xml version='1.0' encoding='iso-8859-1'?>" + text.encode("latin-1")
    assert Domain.parse(latin).description == "é"
    assert Domain.parse(text.encode()).description == "é"
