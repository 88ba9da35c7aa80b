"""What --validate refuses in values that the parser takes: libvirt's schema refuses each of these, its parser none."""

from __future__ import annotations

import pytest

from tests.xml.documents import guest
from virshpy import errors
from virshpy.xml.domain import Domain
from virshpy.xml.domain.chardev import CharLog
from virshpy.xml.domain.clock import Clock
from virshpy.xml.element import Element, attr
from virshpy.xml.node import Node
from virshpy.xml.scalars import YESNO, Blank, Enum, Int, Lenient
from virshpy.xml.values import faults

DISK = "<disk type='file'>{}<target dev='vda' bus='virtio'/></disk>"
WRONG = [  # elements of a guest, and what is said of them
    ("", "<emulator>qemu</emulator>", "found <emulator> with 'qemu'; expected an absolute path"),
    ("", DISK.format("<source file='a.img'/>"), "found attribute 'file' with 'a.img'; expected an absolute path"),
    ("", DISK.format("<source dev='/dev/x'/>"), "found attribute 'dev'"),
    ("", DISK.format("<source file='/a'/>").replace("vda", "disk0"), "expected a name such as vda, sda, hda, fda"),
    ("", DISK.format("<source file='/a'/><serial>a/b</serial>"), "expected letters, digits, _ . + - and spaces"),
    ("", "<interface type='network'><source network='n' path='/p'/></interface>", "found attribute 'path'"),
    ("", "<interface type='user'><target dev='a b'/></interface>", "expected the name of a device"),
    ("", "<interface><mac address='52:54:00:00:00:01'/></interface>", "attribute 'type' is missing"),
    ("", "<controller type='scsi' model='ehci'/>", "found attribute 'model' with 'ehci'; expected one of auto"),
    ("", "<graphics type='vnc' autoport='maybe'/>", "found attribute 'autoport' with 'maybe'; expected 'yes' or 'no'"),
    ("", "<graphics type='vnc' display=':0'/>", "found attribute 'display'"),
    ("", "<video><model heads='+1' type='vga'/></video>", "found attribute 'heads' with '+1'"),
    ("<clock timezone='x'/>", "", "attribute 'offset' is missing"),
    ("<currentMemory unit=''>1</currentMemory>", "", "expected a unit such as KiB"),
    ("<clock offset='timezone' timezone='Mars!'/>", "", "expected a time zone such as Europe/Berlin"),
    ("<title>a<b/></title>", "", "found <b>"),
]


@pytest.mark.parametrize(("body", "devices", "said"), WRONG)
def test_a_value_is_named_with_what_would_be_right(body: str, devices: str, said: str) -> None:
    document = guest(body, devices)
    with pytest.raises(errors.XMLInvalidSchema) as caught:
        Domain.parse(document, validate=True)
    assert said in caught.value.message


def test_it_comes_before_what_the_parser_says() -> None:
    with pytest.raises(errors.XMLInvalidSchema, match="'type' with 'bogus'; expected one of none, qemu"):
        Domain.parse(guest(attributes="type='bogus'"), validate=True)


class Sample(Element, tag="sample"):
    count: int | None = attr(Blank(Int()))
    lax: bool | None = attr(Lenient(YESNO))
    odd: str | None = attr(Enum(""))  # words that nobody knows


def said(**attrs: str) -> list[str]:
    return [word for _, _, word, _, _ in faults(Node("sample", attrs), Sample)]


def test_what_the_parser_passes_over_is_a_fault() -> None:
    assert said(count="", lax="x") == ["attribute 'count' with ''", "attribute 'lax' with 'x'"]
    assert said(count=" 5 ", lax="no", odd="anything") == []
    assert not list(faults(Node("log", {"file": "/a", "append": "on"}), CharLog))
    assert not list(faults(Node("clock", {"offset": "utc"}), Clock))
