"""Named models, and how processors are described by them; with the models of QEMU 7.2."""

from __future__ import annotations

import pytest

from tests.argv.documents import models as recorded
from virshpy import errors
from virshpy.drivers.cpu import cpuinfo
from virshpy.drivers.cpu.baseline import baseline
from virshpy.drivers.cpu.compare import Processor, compare
from virshpy.drivers.cpu.decode import decode
from virshpy.drivers.cpu.document import read_cpu
from virshpy.drivers.cpu.features import from_qemu, in_order, qemu_name
from virshpy.drivers.cpu.hypervisor import HypervisorCPUs
from virshpy.drivers.cpu.models import Model, known_models, model_names, vendor_of
from virshpy.enums import CPUCompareResult

MODELS = known_models(recorded()["models"])


def offer() -> HypervisorCPUs:
    return HypervisorCPUs(recorded(), recorded()["models"])


def test_every_model_that_libvirt_names_is_known() -> None:
    assert tuple(MODELS) == model_names("x86_64")


def test_names_by_architecture() -> None:
    assert "POWER9" in (model_names("ppc64le") or ())
    assert model_names("aarch64") == (), "any name will do"
    assert model_names("riscv64") is None


def test_a_model_newer_than_the_list_comes_last() -> None:
    made = known_models({**recorded()["models"], "GraniteRapids": ["sse2", "amx-fp16"], "EPYC-v9": ["sse2"]})
    assert list(made)[-1] == "GraniteRapids"
    assert made["GraniteRapids"].vendor == "Intel"


@pytest.mark.parametrize(
    ("name", "more", "less"),
    [
        ("Haswell", "Haswell-noTSX", ""),
        ("EPYC-IBPB", "EPYC", ""),
        ("Icelake-Client", "Icelake-Client-noTSX", ""),
        ("Penryn", "Conroe", ""),
    ],
)
def test_what_belongs_together(name: str, more: str, less: str) -> None:
    assert MODELS[name].features > MODELS[more].features


def test_libvirts_view_of_a_model() -> None:
    assert "mpx" in MODELS["Skylake-Client"].features, "QEMU has taken it away, libvirt has not"
    assert "arat" not in MODELS["Broadwell"].features, "QEMU has added it, libvirt has not"
    assert "vme" in MODELS["pentium3"].features and "apic" not in MODELS["pentium3"].features
    assert MODELS["EPYC"].removed == {"monitor"}
    assert "hypervisor" not in MODELS["EPYC"].features


def test_vendors() -> None:
    assert [vendor_of(name) for name in ("EPYC-Rome", "Dhyana", "Penryn", "qemu64")] == ["AMD", "Hygon", "Intel", None]


def test_names_of_features() -> None:
    assert from_qemu(["fxsr-opt", "kvmclock", "sse2"]) == {"fxsr_opt", "sse2"}
    assert qemu_name("fxsr_opt") == "fxsr-opt" and qemu_name("sse2") == "sse2"
    assert cpuinfo.features(["sse4_1", "xsave", "ibrs", "rep_good"]) == {"sse4.1", "xsave", "osxsave"}
    assert in_order({"svm", "zzz", "fpu", "aes", "arat"}) == ["fpu", "aes", "arat", "svm", "zzz"]


def test_a_model_describes_itself() -> None:
    for name, model in MODELS.items():
        if model.for_guests:
            found = decode(model.features, MODELS.values(), vendor=model.vendor)
            assert found is not None and (found.model.name, found.require) == (name, [])
            assert found.disable == sorted(model.removed), "what it once had"


def test_fewer_lacking_features_go_before_a_shorter_list() -> None:
    one, other = Model("One", frozenset("abcdef")), Model("Other", frozenset("ab"))
    found = decode("abc", [other, one])
    assert found is not None and (found.model, found.require, found.disable) == (other, ["c"], [])
    assert decode("abcde", [one], host=True) is None, "a host is what it wholly is"


def test_the_family_decides_where_it_is_known() -> None:
    features = MODELS["Cascadelake-Server"].features
    found = decode(features, MODELS.values(), vendor="Intel", signature=(6, 85, 4))
    assert found is not None and found.model.name.startswith("Skylake-Server")
    found = decode(features, MODELS.values(), vendor="Intel", signature=(6, 85, 6))
    assert found is not None and found.model.name == "Cascadelake-Server"


def test_the_host_model_of_emulated_guests() -> None:
    found = offer().host_model()
    assert found is not None and found.model.name == "EPYC"
    assert found.require[:4] == ["acpi", "ss", "monitor", "hypervisor"]
    assert set(found.disable) >= {"vme", "topoext"}, "lacking here, and what QEMU cannot emulate of an EPYC"


def test_a_document_is_read() -> None:
    cpu = read_cpu("<cpu match='strict'><model>Penryn</model><feature name='aes' policy='forbid'/></cpu>")
    assert (cpu.guests, cpu.match, cpu.model, cpu.features) == (True, "strict", "Penryn", [("aes", "forbid")])
    cpu = read_cpu("<cpu><arch>x86_64</arch><model>Penryn</model><feature name='aes' policy='disable'/></cpu>")
    assert (cpu.guests, cpu.features) == (False, [("aes", "require")]), "a host has what it lists"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<domain/>", "XML error: XML does not contain expected 'cpu' element"),
        ("<cpu><arch>x</arch><model>a</model></cpu>", "unsupported configuration: Unknown architecture x"),
        ("<cpu><arch>x86_64</arch></cpu>", "XML error: Missing CPU model name"),
        ("<cpu match='any'><model>a</model></cpu>",
         "XML error: Invalid value for attribute 'match' in element 'cpu': 'any'."),
        ("<cpu match='exact'><arch>x86_64</arch></cpu>",
         "XML error: 'arch' element cannot be used inside 'cpu' element with 'match' attribute'"),
        ("<cpu><feature name='aes'/></cpu>", "XML error: Non-empty feature list specified without CPU model"),
        ("<cpu><model>a</model><feature name='b'/><feature name='b'/></cpu>",
         "XML error: CPU feature 'b' specified more than once"),
        ("<cpu><model>a</model><feature policy='require'/></cpu>", "XML error: Invalid CPU feature name"),
        ("<cpu><model>a</model><feature name='b' policy='c'/></cpu>",
         "unsupported configuration: Invalid CPU feature policy"),
    ],
)  # fmt: skip
def test_documents_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(errors.Error) as caught:
        read_cpu(text)
    assert str(caught.value) == message


def test_a_host_is_insisted_on() -> None:
    with pytest.raises(errors.XMLError, match="Missing CPU architecture"):
        read_cpu("<cpu><model>Penryn</model></cpu>", host=True)
    with pytest.raises(errors.ConfigUnsupported, match="only allowed for guest CPU"):
        read_cpu("<cpu mode='custom'><model>Penryn</model></cpu>", host=True)


def test_strangers_are_refused_when_asked() -> None:
    text = "<cpu wings='2'><model>Penryn</model><bogus/></cpu>"
    read_cpu(text)
    with pytest.raises(errors.XMLInvalidSchema) as caught:
        read_cpu(text, validate=True)
    assert "<bogus>" in str(caught.value) and "'wings'" in str(caught.value)


HOST = Processor("x86_64", "Intel", MODELS["Nehalem"].features | {"aes"})


@pytest.mark.parametrize(
    ("inner", "result", "why"),
    [
        ("><model>Penryn</model>", "SUPERSET", ""),
        (" match='exact'><model>Nehalem</model><feature name='aes' policy='require'/>", "IDENTICAL", ""),
        ("><model>Nehalem</model><feature name='aes' policy='optional'/>", "IDENTICAL", ""),
        (" match='strict'><model>Nehalem</model>", "INCOMPATIBLE",
         "Host CPU does not strictly match guest CPU: Extra features: aes"),
        ("><model>Haswell-noTSX</model><vendor>AMD</vendor>", "INCOMPATIBLE",
         "host CPU vendor does not match required CPU vendor AMD"),
        ("><model>Westmere-IBRS</model>", "INCOMPATIBLE", "Host CPU does not provide required features: spec-ctrl"),
        ("><model>Westmere-IBRS</model><feature name='spec-ctrl' policy='disable'/>", "IDENTICAL", ""),
        ("><model>Westmere-IBRS</model><feature name='spec-ctrl' policy='force'/>", "IDENTICAL", ""),
        ("><model>Penryn</model><feature name='aes' policy='forbid'/>", "INCOMPATIBLE",
         "Host CPU provides forbidden features: aes"),
        ("><arch>aarch64</arch><model>x</model>", "INCOMPATIBLE", "CPU arch aarch64 does not match host arch"),
        (" mode='host-model'>", "SUPERSET", ""),
    ],
)  # fmt: skip
def test_comparing(inner: str, result: str, why: str) -> None:
    assert compare(read_cpu(f"<cpu{inner}</cpu>"), HOST, MODELS) == (CPUCompareResult[result], why)


def test_comparing_with_what_nobody_knows() -> None:
    with pytest.raises(errors.InternalError, match="Unknown CPU model Bogus"):
        compare(read_cpu("<cpu><model>Bogus</model></cpu>"), HOST, MODELS)
    with pytest.raises(errors.InternalError, match="Unknown CPU feature wings"):
        compare(read_cpu("<cpu><model>Penryn</model><feature name='wings'/></cpu>"), HOST, MODELS)


def common(*inner: str, expand: bool = False, migratable: bool = False) -> str:
    docs = [read_cpu(f"<cpu><arch>x86_64</arch>{text}</cpu>", host=True) for text in inner]
    return baseline(docs, MODELS, expand=expand, migratable=migratable)


def test_the_common_ground_of_two_hosts() -> None:
    text = common("<model>Haswell</model><vendor>Intel</vendor>", "<model>Penryn</model><vendor>Intel</vendor>")
    assert text == (
        "<cpu mode='custom' match='exact'>\n"
        "  <model fallback='allow'>Penryn</model>\n"
        "  <vendor>Intel</vendor>\n"
        "</cpu>\n"
    )


def test_one_host_keeps_its_model() -> None:
    text = common("<model>EPYC</model><feature name='invtsc'/>")
    assert "<model fallback='forbid'>EPYC</model>" in text and "policy='require' name='invtsc'" in text
    assert text.endswith("  <feature policy='disable' name='monitor'/>\n</cpu>\n"), "what the name once stood for"
    assert "invtsc" not in common("<model>EPYC</model><feature name='invtsc'/>", migratable=True)


def test_all_features_are_named_when_asked() -> None:
    text = common("<model>Penryn</model><feature name='aes'/>", expand=True)
    names = [line.split("name='")[1].split("'")[0] for line in text.splitlines() if "<feature" in line]
    assert names == sorted(MODELS["Penryn"].features | {"aes"})


def test_hosts_of_two_makers() -> None:
    with pytest.raises(errors.OperationFailed, match="CPU vendors do not match"):
        common("<model>EPYC</model><vendor>AMD</vendor>", "<model>Penryn</model><vendor>Intel</vendor>")


def test_common_ground_for_a_hypervisor_leaves_out_what_it_cannot_give() -> None:
    cpu = read_cpu("<cpu><model>Westmere</model></cpu>")
    text = baseline([cpu], MODELS, blocked={"Westmere": ["aes"], "Penryn": []})
    assert "<model fallback='forbid'>Westmere</model>" in text
    assert "<feature policy='disable' name='aes'/>" in text


def test_other_architectures_go_by_name() -> None:
    arm = "<cpu><arch>aarch64</arch><model>cortex-a57</model></cpu>"
    assert "<model fallback='allow'>cortex-a57</model>" in baseline([read_cpu(arm)], MODELS)
    with pytest.raises(errors.OperationFailed, match="CPUs are incompatible"):
        baseline([read_cpu(arm), read_cpu(arm.replace("57", "72"))], MODELS)
