"""The documents of `capabilities` and `domcapabilities` on a made-up host."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.argv.documents import qemu
from tests.capabilities.madeup import CPUINFO, Host
from tests.schemas import fits
from virshpy import errors
from virshpy.drivers.qemu.capabilities import kvm
from virshpy.drivers.qemu.capabilities.caps import QemuCaps
from virshpy.drivers.qemu.capabilities.choice import choose
from virshpy.drivers.qemu.capabilities.domain import domain_capabilities_xml
from virshpy.drivers.qemu.capabilities.firmware import load_descriptors
from virshpy.drivers.qemu.capabilities.host import capabilities_xml
from virshpy.drivers.qemu.capabilities.hostcpu import host_cpu

UUID = "3f0e4c0e-61d5-4f0f-9a3e-0c2f5f1d6a01"
x86 = pytest.mark.skipif(os.uname().machine != "x86_64", reason="needs an x86_64 host")


@pytest.fixture
def caps() -> QemuCaps:
    return qemu()


def domain_document(caps: QemuCaps, **words: str | None) -> str:
    asked = {"emulator": None, "arch": "x86_64", "machine": None, "virt_type": None, **words}
    return domain_capabilities_xml(choose(lambda emulator, arch: caps, **asked))


def test_capabilities(caps: QemuCaps) -> None:
    text = capabilities_xml([caps], uuid=UUID, baselabel="+70000:+70000")
    root = ElementTree.fromstring(text)
    assert root.findtext("host/uuid") == UUID
    assert root.findtext("host/cpu/arch") == os.uname().machine
    machines = root.findall("guest/arch/machine")
    assert {m.get("canonical") for m in machines if m.text == "q35"} == {"pc-q35-7.2"}
    assert [d.get("type") for d in root.findall("guest/arch/domain")] == ["qemu"], "KVM is not usable"
    caps.kvm_usable = True
    kinds = ElementTree.fromstring(capabilities_xml([caps])).findall("guest/arch/domain")
    assert [d.get("type") for d in kinds] == ["qemu", "kvm"]


def test_capabilities_are_libvirts_in_form(caps: QemuCaps) -> None:
    fits(capabilities_xml([caps], baselabel="+1:+1"), "capability.rng")


def test_capabilities_of_a_made_up_host(caps: QemuCaps, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cells of two cores of two threads, huge pages, two outer caches."""
    monkeypatch.setattr(kvm, "tsc", lambda: (2_600_000_000, True))
    text = capabilities_xml([caps], uuid=UUID)
    fits(text, "capability.rng")
    root = ElementTree.fromstring(text)
    cell = root.find("host/topology/cells/cell[@id='1']")
    expected = (
        "<cell id=\"1\"> <memory unit=\"KiB\">2097152</memory> <pages unit=\"KiB\" size=\"4\">516096</pages>"
        " <pages unit=\"KiB\" size=\"2048\">16</pages> <pages unit=\"KiB\" size=\"1048576\">0</pages>"
        " <distances> <sibling id=\"0\" value=\"21\" /> <sibling id=\"1\" value=\"10\" /> </distances>"
        " <cpus num=\"3\"> <cpu id=\"4\" socket_id=\"1\" die_id=\"0\" core_id=\"0\" siblings=\"4-5\" />"
        " <cpu id=\"5\" socket_id=\"1\" die_id=\"0\" core_id=\"0\" siblings=\"4-5\" />"
        " <cpu id=\"6\" socket_id=\"1\" die_id=\"0\" core_id=\"1\" siblings=\"6-7\" /> </cpus> </cell>"
    )  # fmt: skip
    assert cell is not None and ElementTree.tostring(cell, encoding="unicode").split() == expected.split()
    assert [bank.attrib for bank in root.findall("host/cache/bank")] == [
        {"id": "0", "level": "3", "type": "both", "size": "20", "unit": "MiB", "cpus": "0-3"},
        {"id": "1", "level": "3", "type": "both", "size": "1536", "unit": "KiB", "cpus": "4-7"},
    ]
    cpu = root.find("host/cpu")
    assert cpu is not None
    topology = cpu.find("topology")
    assert topology is not None and topology.attrib == {"sockets": "1", "dies": "1", "cores": "2", "threads": "2"}
    assert [p.get("size") for p in cpu.findall("pages")] == ["4", "2048", "1048576"]
    assert [t.text for t in root.findall("host/migration_features//uri_transport")] == ["tcp", "rdma"]


@x86
def test_the_host_is_described_by_a_model_that_it_wholly_is(
    caps: QemuCaps, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kvm, "tsc", lambda: (2_600_000_000, False))
    cpu = ElementTree.fromstring(capabilities_xml([caps])).find("host/cpu")
    assert cpu is not None
    assert (cpu.findtext("model"), cpu.findtext("vendor")) == ("Nehalem", "Intel")
    beyond = [f.get("name") for f in cpu.findall("feature")]
    assert beyond == ["vme", "ht", "xsave", "osxsave", "la57", "invtsc"], "two of these the kernel does not list"
    counter = cpu.find("counter")
    assert counter is not None and counter.attrib == {"name": "tsc", "frequency": "2600000000", "scaling": "no"}
    host.write("/proc/cpuinfo", CPUINFO.replace(" sse4_2", ""))
    cpu = ElementTree.fromstring(capabilities_xml([caps])).find("host/cpu")
    assert cpu is not None and cpu.findtext("model") == "Penryn", "without one feature it is of an older kind"


def test_domcapabilities_are_libvirts_in_form(caps: QemuCaps) -> None:
    fits(domain_document(caps, machine="q35"), "domaincaps.rng")


def test_domcapabilities_say_why_there_is_no_kvm(caps: QemuCaps) -> None:
    text = domain_document(caps)
    assert caps.kvm_reason in text
    root = ElementTree.fromstring(text)
    assert (root.findtext("domain"), root.findtext("machine")) == ("qemu", "pc-i440fx-7.2")


def test_domcapabilities_of_processors(caps: QemuCaps) -> None:
    root = ElementTree.fromstring(domain_document(caps))
    models = {m.text: m.attrib for m in root.findall("cpu/mode[@name='custom']/model")}
    assert models["EPYC"] == {"usable": "no", "vendor": "AMD"}
    assert models["Nehalem"] == {"usable": "yes", "vendor": "Intel"}
    assert models["qemu64"] == {"usable": "yes", "vendor": "unknown"}
    assert not {"max", "base", "host", "EPYC-v1", "Denverton"} & models.keys()
    mode = root.find("cpu/mode[@name='host-model']")
    assert mode is not None and (mode.findtext("model"), mode.findtext("vendor")) == ("EPYC", "AMD")
    policies = [(f.get("name"), f.get("policy")) for f in mode.findall("feature")]
    assert policies[:2] == [("acpi", "require"), ("ss", "require")]
    assert policies[-2:] == [("topoext", "disable"), ("nrip-save", "disable")]


def test_domcapabilities_follow_the_machine(caps: QemuCaps) -> None:
    def buses(machine: str) -> list[str | None]:
        root = ElementTree.fromstring(domain_document(caps, machine=machine))
        return [value.text for value in root.findall("devices/disk/enum[@name='bus']/value")]

    assert "ide" in buses("pc") and "ide" not in buses("q35")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"machine": "foo"}, "the machine 'foo' is not supported by emulator '/usr/bin/qemu-system-x86_64'"),
        ({"arch": "aarch64"}, "Emulator '/usr/bin/qemu-system-x86_64' does not support arch 'aarch64'"),
        ({"arch": "foo"}, "unknown architecture: foo"),
        ({"virt_type": "foo"}, "unknown virttype: foo"),
        ({"virt_type": "xen"}, "Emulator '/usr/bin/qemu-system-x86_64' does not support virt type 'xen'"),
        ({"virt_type": "kvm"}, "KVM is not supported by '/usr/bin/qemu-system-x86_64' on this host"),
    ],
)
def test_domcapabilities_of_what_is_not_there(caps: QemuCaps, words: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.InvalidArg) as caught:
        domain_document(caps, **words)
    assert caught.value.detail == message


def test_no_emulator_for_an_architecture() -> None:
    with pytest.raises(errors.ConfigUnsupported, match="unable to find any emulator to serve 'riscv64' architecture"):
        choose(lambda emulator, arch: None, None, "riscv64", None, None)


def test_the_host_processor(host: Host) -> None:
    host.write(
        "/proc/cpuinfo",
        "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\nstepping\t: 2\n"
        "microcode\t: 0xa001\n"
        "flags\t\t: fpu sse4_1 constant_tsc nonstop_tsc ibrs\naddress sizes\t: 48 bits physical, 48 bits virtual\n\n"
        "processor\t: 1\nvendor_id\t: GenuineIntel\n",
    )
    cpu = host_cpu()
    assert (cpu.vendor, cpu.signature, cpu.microcode, cpu.physical_bits) == ("AMD", (25, 1, 2), 0xA001, 48)
    assert cpu.features == ["fpu", "sse4.1", "invtsc"]


def test_firmware_descriptors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    (first / "20-late.json").write_text('{"description": "late"}')
    (first / "10-early.json").write_text('{"description": "early"}')
    (first / "15-broken.json").write_text("{")
    (first / "readme.txt").write_text("no")
    assert [d["description"] for d in load_descriptors((str(first), str(second)))] == ["early", "late"]
    (second / "10-early.json").write_text("")
    assert [d["description"] for d in load_descriptors((str(first), str(second)))] == ["late"]
