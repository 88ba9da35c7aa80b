"""One declaration gives the parser, the printer, the constructor, equality and repr."""

from __future__ import annotations

import pytest

from tests.xml.documents import guest
from virshpy import errors
from virshpy.xml.domain import Domain
from virshpy.xml.domain.storage import Disk, DiskTarget
from virshpy.xml.element import Element, attr, flag, leaf, many, one, text, variant, verbatim
from virshpy.xml.node import Node, Warning
from virshpy.xml.scalars import KIB, UINT, YESNO, Blank, Enum


class Wheel(Element, tag="wheel"):
    size: int | None = attr(UINT, required=True)
    spare: bool | None = attr(YESNO, runtime=True)


class Engine(Element, tag="engine"):
    kind: str | None = attr()
    power: int | None = attr(UINT)


class Motor(Element, tag="engine"):
    kind: str | None = attr()
    volts: int | None = attr(UINT)


class Note(Element, tag="note", drop_empty=True):
    lang: str | None = attr(Blank(Enum("en de")))
    value: str | None = text()


class Tail(Element, trailing=True):
    serial: str | None = leaf()


class Car(Tail, tag="car"):
    name: str | None = leaf()
    weight: int | None = leaf(KIB)
    key: str | None = attr(secure=True)
    open: bool = flag()
    engine: Engine | Motor | None = variant("kind", {"electric": Motor}, Engine)
    note: Note | None = one(Note)
    wheels: list[Wheel] = many(Wheel)
    colours: list[str] = many(Enum("red blue"), "colour")
    extra: Node | None = verbatim()


TEXT = """<car key='k'>
  <name>a &lt; b</name>
  <weight unit='KiB'>2048</weight>
  <open/>
  <engine kind='electric' volts='48'/>
  <wheel size='16' spare='yes'/>
  <wheel size='17'/>
  <colour>red</colour>
  <colour>blue</colour>
  <extra>
    <x:y xmlns:x="urn:x" a="1"><![CDATA[<raw>]]> text <z/></x:y>
  </extra>
  <serial>9</serial>
</car>
"""


def test_what_xml_cannot_hold_is_left_out_of_an_attribute() -> None:
    assert Engine(kind="v\ufffe8 \xe9").format() == "<engine kind='v8 \xe9'/>\n"


def test_there_and_back() -> None:
    car = Car.parse(TEXT)
    assert car.format(secure=True) == TEXT
    assert (car.name, car.weight, car.open, car.colours) == ("a < b", 2048, True, ["red", "blue"])
    assert isinstance(car.engine, Motor)
    assert [wheel.size for wheel in car.wheels] == [16, 17]


def test_the_constructor_takes_fields_by_name() -> None:
    car = Car(name="x", wheels=[Wheel(size=3)], open=True)
    assert car.format() == "<car>\n  <name>x</name>\n  <open/>\n  <wheel size='3'/>\n</car>\n"
    with pytest.raises(TypeError, match="no field 'nam'"):
        Car(nam="x")  # type: ignore[call-arg]


def test_absent_is_none_false_or_an_empty_list_of_its_own() -> None:
    one_car, other = Car(), Car()
    assert (one_car.name, one_car.open, one_car.wheels) == (None, False, [])
    one_car.wheels.append(Wheel(size=1))
    assert other.wheels == []
    assert Car(wheels=[]) == Car() == Car(name=None)


def test_devices_are_always_there() -> None:
    domain = Domain(name="x")
    assert domain.devices.disks == []
    assert domain == Domain(name="x")
    domain.devices.disks.append(Disk(type="file"))
    assert "<disk type='file'/>" in domain.format()
    assert domain != Domain(name="x")


def test_what_is_set_later_is_printed() -> None:
    car = Car()
    car.colours.append("red")
    car.note = Note()
    assert car.format() == "<car>\n  <colour>red</colour>\n</car>\n"
    car.note.value = "hi"
    assert "<note>hi</note>" in car.format()


def test_secure_and_runtime_fields() -> None:
    car = Car.parse(TEXT)
    assert "key=" not in car.format()
    assert "spare" not in car.format(inactive=True)
    assert "spare" not in Car.parse(TEXT, inactive=True).format()


def test_sizes_are_scaled_and_rounded_up() -> None:
    assert Car.parse("<car><weight unit='bytes'>1025</weight></car>").weight == 2
    assert Car.parse("<car><weight unit='MB'>1</weight></car>").weight == 977
    with pytest.raises(errors.InvalidArg, match="unknown suffix 'pounds'"):
        Car.parse("<car><weight unit='pounds'>1</weight></car>")


def test_unknown_content_is_kept_and_named() -> None:
    warnings: list[Warning] = []
    source = "<car>\n<wheel size='1' rim='x'/>\n<wheel size='2'><nut/></wheel>\n<roof a='1'>t</roof></car>"
    car = Car.parse(source, warnings=warnings)
    assert [(warning.path, warning.line) for warning in warnings] == [
        ("/car/wheel[1]", 2), ("/car/wheel[2]/nut", 3), ("/car/roof", 4),
    ]  # fmt: skip
    assert "rim='x'" in car.format() and "<nut/>" in car.format() and "<roof a='1'>t</roof>" in car.format()
    assert "rim" not in car.format(extras=False)
    assert car.copy().format() == car.format()


def test_validation_names_place_finding_and_choice() -> None:
    source = "<car>\n<wheel size='1' sise='x'/>\n<wheel size='2'><nut/></wheel>x\n<roof/><wheels/></car>"
    with pytest.raises(errors.XMLInvalidSchema, match="failed to validate against schema") as caught:
        Car.parse(source, validate=True)
    lines = caught.value.message.splitlines()[1:]
    found = "found attribute 'sise' (did you mean 'size'?); <wheel> may have size, spare"
    assert lines[0] == "/car, line 1: found text 'x', and only elements are allowed here"
    assert lines[1] == f"/car/wheel[1], line 2: {found}"
    assert lines[2] == "/car/wheel[2]/nut, line 3: found <nut>, and <wheel> has no elements"
    assert lines[3].startswith("/car/roof, line 4: found <roof>; <car> may have ")
    assert lines[4].startswith("/car/wheels, line 4: found <wheels> (did you mean 'wheel'?); <car> may have ")
    with pytest.raises(errors.XMLInvalidSchema, match="line 2: found <name> again, and one is allowed"):
        Domain.parse(
            "<domain type='qemu'><name>a</name>\n<name>b</name><memory>1</memory><os><type>hvm</type></os></domain>",
            validate=True,
        )
    with pytest.raises(errors.XMLInvalidSchema, match="/domain/os, line 1: found text 'x', and only elements"):
        Domain.parse(
            "<domain type='qemu'><name>a</name><memory>1</memory><os>x<type>hvm</type></os></domain>", validate=True
        )


def test_text_among_unknown_elements_keeps_its_place() -> None:
    source = "<car><memo>see <b>this</b> and <i>that</i>.</memo></car>"
    assert "  <memo>see <b>this</b> and <i>that</i>.</memo>\n" in Car.parse(source).format()


def test_validation_stops_at_a_page() -> None:
    source = "<car>" + "<roof/>" * 99 + "</car>"
    with pytest.raises(errors.XMLInvalidSchema, match="and 79 more"):
        Car.parse(source, validate=True)


def test_an_error_names_place_and_expectation() -> None:
    with pytest.raises(errors.XMLError) as caught:
        Car.parse("<car>\n<wheel size='1'/>\n\n<wheel size='big'/></car>")
    assert caught.value.message == (
        "XML error: Invalid value for attribute 'size' in element 'wheel': 'big'. Expected non-negative integer value"
    )
    assert caught.value.hint == "/car/wheel[2], line 4: expected non-negative integer value, got 'big'"
    with pytest.raises(errors.XMLError, match="Missing required attribute 'size' in element 'wheel'"):
        Car.parse("<car><wheel/></car>")


def test_the_root_must_be_the_right_one() -> None:
    with pytest.raises(errors.XMLError, match="expecting root element of 'domain', not 'network'"):
        Domain.parse("<network/>")


def test_the_first_of_two_counts() -> None:
    warnings: list[Warning] = []
    assert Car.parse("<car><name>a</name><name>b</name></car>", warnings=warnings).name == "a"
    assert "repeated" in str(warnings[0])


def test_devices_stand_alone() -> None:
    disk = Disk.parse("<disk type='block'><source dev='/dev/x'/><target dev='vdb' bus='virtio'/></disk>")
    assert disk == Disk(type="block", device="disk", source=disk.source, target=DiskTarget(dev="vdb", bus="virtio"))


def test_any_prefix_may_stand_for_a_known_namespace() -> None:
    uri = "http://libvirt.org/schemas/domain/qemu/1.0"
    text = guest("<z:commandline><z:arg value='-x'/></z:commandline>", attributes=f"type='qemu' xmlns:z='{uri}'")
    domain = Domain.parse(text)
    assert domain.qemu_commandline is not None
    assert domain.qemu_commandline.args[0].value == "-x"
    assert domain.format().startswith(f"<domain type='qemu' xmlns:qemu='{uri}'>")
    assert "xmlns" not in Domain.parse(guest(attributes=f"type='qemu' xmlns:qemu='{uri}'")).format()


def test_metadata_takes_along_the_namespaces_it_uses() -> None:
    text = guest("<metadata><m:a m:b='c'/></metadata>", attributes="type='qemu' xmlns:m='urn:m'")
    printed = Domain.parse(text).format()
    assert 'xmlns:m="urn:m"' in printed
    assert Domain.parse(printed).format() == printed
