"""Hosts that are not here: what we make of them, and what libvirt 9.0 does, as written down and as it says today."""

from __future__ import annotations

from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.argv.documents import models as recorded_models
from tests.argv.documents import qemu
from tests.cpu import libvirt
from tests.cpu.recorded import Recorded, hosts
from tests.schemas import fits
from virshpy import errors
from virshpy.drivers.cpu import cpuid, features
from virshpy.drivers.cpu.baseline import NOT_FOR_GUESTS, baseline
from virshpy.drivers.cpu.compare import Processor, compare
from virshpy.drivers.cpu.decode import decode
from virshpy.drivers.cpu.document import read_cpu
from virshpy.drivers.cpu.host import HostCPU
from virshpy.drivers.cpu.hypervisor import HypervisorCPUs
from virshpy.drivers.cpu.models import known_models
from virshpy.drivers.qemu.capabilities import hostcpu
from virshpy.drivers.qemu.capabilities.choice import choose
from virshpy.drivers.qemu.capabilities.domain import domain_capabilities_xml
from virshpy.drivers.qemu.capabilities.host import capabilities_xml
from virshpy.enums import CPUCompareResult

MODELS = known_models(recorded_models()["models"])
OFFER = HypervisorCPUs(recorded_models(), recorded_models()["models"])
NAMES = [name for *_, words in features.REGISTERS for _, name in cpuid.places(words)]
every_host = pytest.mark.parametrize("host", hosts().values(), ids=hosts())
living = pytest.mark.skipif(libvirt.library() is None, reason="needs the library of libvirt 9.0 (package libvirt0)")


@every_host
def test_as_it_was_written_down(host: Recorded) -> None:
    assert host.cpu().described(MODELS) == (host.model, host.features)


@living
@every_host
def test_as_libvirt_says(host: Recorded) -> None:
    cpu = host.cpu()
    model, beyond = cpu.described(MODELS)
    expected = (model, cpu.vendor, cpu.signature, [(name, None) for name in beyond])
    assert libvirt.described(libvirt.decode(host)) == expected


def as_guest(host: Recorded) -> tuple[str | None, str | None, list[tuple[str, str]]]:
    """Our description of an emulated guest that has all that the host has: model, vendor, features with policies."""
    cpu = host.cpu()
    found = decode(cpu.features, MODELS.values(), vendor=cpu.vendor, signature=cpu.signature, blocked=OFFER.blocked)
    assert found is not None
    return found.model.name, cpu.vendor, found.policies


def under_kvm(host: Recorded) -> dict[str, Any]:
    """What QEMU tells of its models there: a guest can have what the host has and QEMU has a switch for."""
    cpu = host.cpu()
    given = {"hypervisor", *(set(cpu.features) & OFFER.switches())}
    own = recorded_models()["models"]
    lacking = {
        name: [word for word in words if features.from_qemu_name(word) not in given] for name, words in own.items()
    }
    vendors = {name: string for string, name in cpuid.VENDORS.items()}
    return {
        **recorded_models(),
        "all": [features.qemu_name(name) for name in given],
        "most": [features.qemu_name(name) for name in given - {"invtsc"}],
        "definitions": [[name, lacking[name], False] for name, _, _ in recorded_models()["definitions"] if name in own],
        "vendor": vendors.get(cpu.vendor or ""),
        "signature": cpu.signature,
    }


@living
@every_host
def test_as_a_guests_processor(host: Recorded) -> None:
    """Emulated, and under KVM."""
    model, vendor, _, policies = libvirt.described(libvirt.decode(host, blocked=OFFER.blocked))
    assert as_guest(host) == (model, vendor, policies)
    offer = HypervisorCPUs(under_kvm(host), recorded_models()["models"])
    found = offer.host_model()
    assert found is not None
    model, vendor, _, policies = libvirt.described(libvirt.decode(host.having(offer.features), blocked=offer.blocked))
    assert (found.model.name, offer.vendor, found.policies) == (model, vendor, policies)


@every_host
def test_what_guests_can_be_fits_the_schema(host: Recorded) -> None:
    caps = qemu()
    caps.kvm_usable = True
    caps._load_models = lambda accelerator: under_kvm(host) if accelerator == "kvm" else recorded_models()
    text = domain_capabilities_xml(choose(lambda emulator, arch: caps, None, "x86_64", None, "kvm"))
    assert ElementTree.fromstring(text).findtext("cpu/mode[@name='host-model']/model")
    fits(text, "domaincaps.rng")


@living
@pytest.mark.parametrize("seed", range(5))
def test_as_libvirt_says_of_processors_that_nobody_made(seed: int) -> None:
    """Features of one or two models, some less and some more, of any maker and family."""
    random = Random(seed)
    for _ in range(50):
        models = random.choices(list(MODELS.values()), k=random.choice((1, 2)))
        chosen = {name for model in models for name in model.features}
        chosen -= set(random.sample(sorted(chosen), random.choice((0, 1, 2, 5, 10))))
        chosen |= {"sgx", *random.sample(NAMES, random.choice((0, 2, 8, 30)))}
        host = random.choice(list(hosts().values())).having(chosen)
        cpu = host.cpu()
        model, beyond = cpu.described(MODELS)
        if model:
            expected = (model, cpu.vendor, cpu.signature, [(name, None) for name in beyond])
            assert libvirt.described(libvirt.decode(host)) == expected
        theirs, vendor, _, policies = libvirt.described(libvirt.decode(host, blocked=OFFER.blocked))
        assert as_guest(host) == (theirs, vendor, policies)


def document(host: Recorded) -> str:
    """As `capabilities` has it, without what the kernels of hosts do: commands leave that out themselves."""
    cpu = host.cpu()
    vendor = f"<vendor>{cpu.vendor}</vendor>" if cpu.vendor else ""
    named = "".join(f"<feature name='{name}'/>" for name in host.features if name not in NOT_FOR_GUESTS)
    return f"<cpu><arch>x86_64</arch><model>{host.model}</model>{vendor}{named}</cpu>"


def ours(texts: list[str], **how: Any) -> str:
    try:
        return baseline([read_cpu(text) for text in texts], MODELS, **how)
    except errors.Error as error:
        return error.message


@living
@every_host
def test_common_ground(host: Recorded) -> None:
    """With each other host, with and without a hypervisor."""
    hypervisor: dict[str, Any] = {"blocked": OFFER.blocked, "switches": OFFER.switches()}
    for other in hosts().values():
        texts = [document(host), document(other)]
        if host.name <= other.name:
            for more in (False, True):
                theirs = libvirt.baseline(texts, migratable=more, expand=more)
                found = ours(texts, migratable=more, expand=more)
                assert found == theirs, other.name
                if found.startswith("<cpu"):
                    fits(found, "cpu.rng")
            theirs = libvirt.baseline(texts, **hypervisor).replace("fallback='allow'", "fallback='forbid'")
            assert ours(texts, **hypervisor) == theirs, other.name


@living
@every_host
def test_comparing(host: Recorded) -> None:
    """With each other host, and with guests of each model that insist on something."""
    cpu = host.cpu()
    processor = Processor("x86_64", cpu.vendor, cpu.features)
    texts = [document(other) for other in hosts().values()]
    texts += [
        f"<cpu match='{match}'><model>{name}</model><feature policy='{policy}' name='{feature}'/></cpu>"
        for name in MODELS
        for match, policy, feature in (
            ("exact", "require", "aes"), ("strict", "optional", "avx"), ("minimum", "forbid", "sse4.2"),
            ("exact", "disable", "monitor"), ("exact", "force", "x2apic"),
        )
    ]  # fmt: skip
    theirs = libvirt.decode(host)
    for text in texts:
        result, why = compare(read_cpu(text), processor, MODELS)
        message = f"the CPU is incompatible with host CPU: {why}" if result == CPUCompareResult.INCOMPATIBLE else ""
        assert libvirt.compare(theirs, text) == (result, message), text


@every_host
def test_the_document_fits_the_schema(host: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostcpu, "host_cpu", host.cpu)
    text = capabilities_xml([qemu()])
    root = ElementTree.fromstring(text)
    assert root.findtext("host/cpu/model") == host.model
    assert [feature.get("name") for feature in root.findall("host/cpu/feature")] == host.features
    fits(text, "capability.rng")


def test_what_the_kernel_hides() -> None:
    """Without CPUID there is less to know, and the model stays."""
    host = hosts()["epyc-guest"]
    model, beyond = host.cpu(cpuid=False).described(MODELS)
    assert model == host.model
    assert set(host.features) - set(beyond) == {"rdseed"} and set(beyond) < set(host.features)


def test_where_cpuid_ends() -> None:
    """A processor answers a leaf that it has not with what another one says."""
    core2 = hosts()["core2"].answers
    garbage = {**core2, (7, 0): (0, 0xFFFFFFFF, 0, 0), (7, 1): (0xFF, 0, 0, 0), (0x12, 0): (1, 0, 0, 0)}
    assert {"avx2", "sgx"} <= cpuid.features(garbage), "its last leaf is 13"
    assert not {"avx-vnni", "sgx1"} & cpuid.features(garbage), "leaf 7 has one subleaf, and 18 is beyond the end"
    low, high = ((last, *core2[leaf, 0][1:]) for last, leaf in ((5, 0), (0x20, 0)))
    assert "avx2" not in cpuid.features({**garbage, (0, 0): low})
    assert "sgx1" in cpuid.features({**garbage, (0, 0): high})
    assert "sgx1" not in cpuid.features({**garbage, (0, 0): high, (7, 0): (0, 0, 0, 0)}), "described where there is one"


def test_registers_of_capabilities_are_read_where_there_is_one() -> None:
    opteron = hosts()["opteron"]
    HostCPU("x86_64", "", opteron.answers, lambda: pytest.fail("it has none"))
    assert "mds-no" in hosts()["icelake-server"].cpu().features


def test_each_feature_has_one_place() -> None:
    assert len(NAMES) == len(set(NAMES)) and all(features.is_known(name) for name in NAMES)
