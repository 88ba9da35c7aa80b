"""Hosts that are not here: what we make of them, and what libvirt 9.0 does, as written down and as it says today."""

from __future__ import annotations

from copy import copy
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
    """Our description of a guest that has all that the host has: model, vendor, features with policies."""
    cpu = host.cpu()
    found = decode(cpu.features, MODELS.values(), vendor=cpu.vendor, signature=cpu.signature, blocked=OFFER.blocked)
    assert found is not None
    return found.model.name, cpu.vendor, found.policies


@living
@every_host
def test_as_a_guests_processor(host: Recorded) -> None:
    model, vendor, _, policies = libvirt.described(libvirt.decode(host, blocked=OFFER.blocked))
    assert as_guest(host) == (model, vendor, policies)


def made_up(random: Random, maker: Recorded) -> Recorded:
    """The features of one or two models, some less and some more, as a processor of that maker and family."""
    chosen = {
        name for model in random.choices(list(MODELS.values()), k=random.choice((1, 2))) for name in model.features
    }
    chosen -= set(random.sample(sorted(chosen), random.choice((0, 1, 2, 5, 10))))
    chosen |= {"sgx", *random.sample(NAMES, random.choice((0, 2, 8, 30)))}
    first, last, version = (maker.answers[key] for key in ((0, 0), (0x80000000, 0), (1, 0)))
    host = copy(maker)
    host.capabilities = None
    host.answers = {(0, 0): (0x20, *first[1:]), (0x80000000, 0): (0x80000020, *last[1:]), (0xF, 0): (0, 0, 0, 2)}
    for leaf, subleaf, register, words in features.REGISTERS:
        registers = [*host.answers.get((leaf, subleaf), (1 if leaf == 7 else 0, 0, 0, 0))]
        registers[register] |= sum(1 << bit for bit, name in cpuid.places(words) if name in chosen)
        host.answers[leaf, subleaf] = (registers[0], registers[1], registers[2], registers[3])
    host.answers[1, 0] = (version[0], *host.answers[1, 0][1:])
    return host


@living
@pytest.mark.parametrize("seed", range(5))
def test_as_libvirt_says_of_processors_that_nobody_made(seed: int) -> None:
    random = Random(seed)
    for _ in range(50):
        host = made_up(random, random.choice(list(hosts().values())))
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
                assert ours(texts, migratable=more, expand=more) == theirs, other.name
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
