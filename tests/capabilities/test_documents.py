"""The documents of `capabilities` and `domcapabilities`, and the host's own figures."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.argv.documents import qemu
from virshpy import errors
from virshpy.drivers.qemu import node
from virshpy.drivers.qemu.capabilities.caps import QemuCaps
from virshpy.drivers.qemu.capabilities.domain import domain_capabilities_xml
from virshpy.drivers.qemu.capabilities.firmware import load_descriptors
from virshpy.drivers.qemu.capabilities.host import capabilities_xml
from virshpy.drivers.qemu.capabilities.hostcpu import host_cpu
from virshpy.drivers.qemu.node.info import number_list

SCHEMAS = Path("/usr/share/libvirt/schemas")


@pytest.fixture
def caps() -> QemuCaps:
    models: list[dict[str, Any]] = [
        {"name": "max", "unavailable-features": []},
        {"name": "EPYC", "unavailable-features": ["x"]},
        {"name": "EPYC-v1", "unavailable-features": []},
        {"name": "Nehalem", "unavailable-features": [], "deprecated": True},
        {"name": "qemu64", "unavailable-features": []},
    ]
    made = qemu()
    made._load_cpus = lambda: {"tcg": models}
    return made


def valid(text: str, schema: str) -> None:
    if not (SCHEMAS / schema).exists():
        pytest.skip(f"{SCHEMAS / schema} is not there (package libvirt0)")
    from lxml import etree

    checker = etree.RelaxNG(etree.parse(str(SCHEMAS / schema)))
    assert checker.validate(etree.fromstring(text.encode())), checker.error_log


def test_capabilities(caps: QemuCaps) -> None:
    text = capabilities_xml([caps], uuid="3f0e4c0e-61d5-4f0f-9a3e-0c2f5f1d6a01", baselabel="+70000:+70000")
    root = ElementTree.fromstring(text)
    assert root.findtext("host/uuid") == "3f0e4c0e-61d5-4f0f-9a3e-0c2f5f1d6a01"
    assert root.findtext("host/cpu/arch") == os.uname().machine
    machines = root.findall("guest/arch/machine")
    assert {m.get("canonical") for m in machines if m.text == "q35"} == {"pc-q35-7.2"}
    assert [d.get("type") for d in root.findall("guest/arch/domain")] == ["qemu"], "KVM is not usable"
    caps.kvm_usable = True
    kinds = ElementTree.fromstring(capabilities_xml([caps])).findall("guest/arch/domain")
    assert [d.get("type") for d in kinds] == ["qemu", "kvm"]


def test_capabilities_are_libvirts_in_form(caps: QemuCaps) -> None:
    valid(capabilities_xml([caps], baselabel="+1:+1"), "capability.rng")


def test_domcapabilities_are_libvirts_in_form(caps: QemuCaps) -> None:
    valid(domain_capabilities_xml(caps, machine="q35"), "domaincaps.rng")


def test_domcapabilities_say_why_there_is_no_kvm(caps: QemuCaps) -> None:
    text = domain_capabilities_xml(caps)
    assert caps.kvm_reason in text
    root = ElementTree.fromstring(text)
    assert (root.findtext("domain"), root.findtext("machine")) == ("qemu", "pc-i440fx-7.2")
    models = {m.text: m.attrib for m in root.findall("cpu/mode[@name='custom']/model")}
    assert models == {
        "EPYC": {"usable": "no", "vendor": "AMD"},
        "Nehalem": {"usable": "yes", "vendor": "Intel", "deprecated": "yes"},
        "qemu64": {"usable": "yes", "vendor": "unknown"},
    }


def test_domcapabilities_follow_the_machine(caps: QemuCaps) -> None:
    def buses(machine: str) -> list[str | None]:
        root = ElementTree.fromstring(domain_capabilities_xml(caps, machine=machine))
        return [value.text for value in root.findall("devices/disk/enum[@name='bus']/value")]

    assert "ide" in buses("pc") and "ide" not in buses("q35")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"machine": "foo"}, "the machine 'foo' is not supported by emulator '/usr/bin/qemu-system-x86_64'"),
        ({"arch": "aarch64"}, "architecture from emulator 'x86_64' doesn't match given architecture 'aarch64'"),
        ({"virt_type": "foo"}, "unknown virttype: foo"),
        ({"virt_type": "xen"}, "Emulator '/usr/bin/qemu-system-x86_64' does not support virt type 'xen'"),
        ({"virt_type": "kvm"}, "KVM is not supported by '/usr/bin/qemu-system-x86_64' on this host"),
    ],
)
def test_domcapabilities_of_what_is_not_there(caps: QemuCaps, words: dict[str, str], message: str) -> None:
    with pytest.raises(errors.InvalidArg) as caught:
        domain_capabilities_xml(caps, **words)
    assert caught.value.detail == message


def test_node_info_adds_up() -> None:
    info = node.node_info()
    assert info.cpus == len(os.sched_getaffinity(0)) or info.cpus >= 1
    assert info.nodes * info.sockets * info.cores * info.threads >= info.cpus
    assert info.memory > 0
    assert 0 < node.free_memory() <= info.memory * 1024 * 2
    assert node.hostname()


@pytest.mark.parametrize(("text", "numbers"), [("0-3,8", [0, 1, 2, 3, 8]), ("", []), (None, []), ("5", [5])])
def test_the_kernels_lists(text: str | None, numbers: list[int]) -> None:
    assert number_list(text) == numbers


def test_the_host_processor(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(
        "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\nstepping\t: 2\n"
        "microcode\t: 0xa001\n"
        "flags\t\t: fpu sse4_1 constant_tsc nonstop_tsc\naddress sizes\t: 48 bits physical, 48 bits virtual\n\n"
        "processor\t: 1\nvendor_id\t: GenuineIntel\n"
    )
    cpu = host_cpu(str(path))
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
