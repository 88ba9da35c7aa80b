"""What -cpu says for the processor of a document, and what the guest then has."""

from __future__ import annotations

import pytest

from tests.argv.documents import complete, guest, models, qemu, start
from virshpy import errors
from virshpy.drivers.qemu.argv.processor import asked_cpu, given_cpu
from virshpy.drivers.qemu.postparse.accelerator import require_accelerator


def cpu(inner: str, type: str = "qemu") -> str:
    argv = start(guest(before=f"<cpu {inner}</cpu>", type=type)).argv
    return argv[argv.index("-cpu") + 1]


def test_host_model_is_a_named_model() -> None:
    words = cpu("mode='host-model'>").split(",")
    assert words[:3] == ["EPYC", "acpi=on", "ss=on"] and words[-1] == "nrip-save=off"


def test_what_a_document_says_of_features_goes_before_the_model() -> None:
    words = cpu(
        "mode='host-model'><feature name='npt' policy='disable'/><feature name='aes' policy='require'/>"
        "<feature name='avx512f' policy='optional'/>"
    ).split(",")
    assert "npt=off" in words and "npt=on" not in words
    assert words[-2:] == ["aes=on", "avx512f=off"]


def test_the_vendor_stays() -> None:
    assert cpu("mode='host-model'><model vendor_id='Some  Makers'/>").startswith("EPYC,vendor=Some  Makers,")


def test_qemu_is_not_asked_about_the_machines_own() -> None:
    caps = qemu()
    caps._load_models = lambda accelerator: pytest.fail("a start need not ask")
    domain = complete(guest())
    assert asked_cpu(domain, caps) is domain.cpu


def test_the_host_itself_needs_kvm() -> None:
    for more in ("", "<feature policy='require' name='aes'/>"):
        with pytest.raises(errors.ConfigUnsupported) as caught:
            cpu(f"mode='host-passthrough'>{more}")
        assert caught.value.detail == (
            "CPU mode 'host-passthrough' for x86_64 qemu domain on x86_64 host is not supported by hypervisor"
        )
        assert "<cpu mode='maximum'/>" in (caught.value.hint or "")
    assert cpu("mode='host-passthrough'>", type="kvm") == "host,migratable=on"


def test_no_host_model_where_qemu_tells_of_no_models() -> None:
    caps = qemu()
    caps._load_models = lambda accelerator: {**models(), "models": {}, "definitions": []}
    with pytest.raises(errors.ConfigUnsupported, match="CPU mode 'host-model' for x86_64 qemu domain"):
        asked_cpu(complete(guest(before="<cpu mode='host-model'/>")), caps)


def test_paravirtual_spinlocks_are_kvms() -> None:
    def started(state: str) -> None:
        domain = complete(guest().replace("<acpi/>", f"<acpi/><pvspinlock state='{state}'/>"))
        require_accelerator(domain, qemu())

    started("off")
    with pytest.raises(errors.ConfigUnsupported, match="host doesn't support paravirtual spinlocks"):
        started("on")


def test_at_least_a_model_is_the_host_model() -> None:
    assert cpu("match='minimum'><model>Penryn</model>") == cpu("mode='host-model'>")


def test_optional_features() -> None:
    features = "<feature name='aes' policy='optional'/><feature name='hle' policy='optional'/>"
    assert cpu(f"match='exact'><model>Penryn</model>{features}") == "Penryn,aes=on,hle=off"


def test_a_model_that_qemu_has_not() -> None:
    assert cpu("match='exact'><model>cpu64-rhel6</model>") == "kvm64,lahf-lm=on"
    with pytest.raises(errors.ConfigUnsupported, match="CPU model Icelake-Client is not supported by hypervisor"):
        cpu("match='exact'><model fallback='forbid'>Icelake-Client</model>")


@pytest.mark.parametrize("name", ["Bogus", "max", "EPYC-v2"])
def test_a_model_that_nobody_has(name: str) -> None:
    with pytest.raises(errors.InternalError, match=f"Unknown CPU model {name}"):
        cpu(f"match='exact'><model>{name}</model>")


def test_a_feature_that_qemu_has_not() -> None:
    with pytest.raises(errors.ConfigUnsupported, match="unknown CPU feature: wings"):
        cpu("mode='host-model'><feature name='wings' policy='require'/>")


def test_what_is_insisted_on() -> None:
    with pytest.raises(errors.CPUIncompatible, match="does not provide required features: .*invpcid") as caught:
        cpu("match='exact' check='partial'><model>Skylake-Client</model>")
    assert "check='none'" in (caught.value.hint or "")
    with pytest.raises(errors.CPUIncompatible, match="Host CPU provides forbidden features: aes"):
        cpu("match='exact' check='partial'><model>Penryn</model><feature name='aes' policy='forbid'/>")
    assert cpu("match='exact' check='none'><model>Skylake-Client</model>") == "Skylake-Client"
    assert cpu("match='exact' check='partial'><model>Penryn</model>") == "Penryn"


def test_what_a_model_once_had_is_off() -> None:
    assert cpu("match='exact'><model>EPYC</model>") == "EPYC,monitor=off"
    assert cpu("match='exact'><model>EPYC</model><feature name='monitor' policy='require'/>") == "EPYC,monitor=on"
    assert cpu("match='exact'><model>Icelake-Client</model>").endswith(",intel-pt=off")


def given(inner: str) -> tuple[str | None, str | None, list[str]]:
    """Model, check, and features as +name and -name."""
    domain = complete(guest(before=inner))
    asked = domain.format()
    found = given_cpu(domain, qemu())
    assert domain.format() == asked, "the document keeps what it asks for"
    features = [f"{'+' if feature.policy == 'require' else '-'}{feature.name}" for feature in found.features]
    return found.model.value if found.model else None, found.check, features


def test_what_a_running_guest_has() -> None:
    assert given("") == ("qemu64", "full", ["+hypervisor", "+lahf_lm"])
    features = "<feature name='aes' policy='optional'/><feature name='hle' policy='require'/>"
    assert given(f"<cpu><model>Penryn</model>{features}</cpu>") == ("Penryn", "full", ["+aes", "-hle", "+hypervisor"])
    model, _, found = given("<cpu mode='host-model'/>")
    assert (model, found[:2], found[-1]) == ("EPYC", ["+acpi", "+ss"], "-nrip-save")
    assert given("<cpu mode='maximum'/>") == (None, "none", [])


def test_exactly_what_a_document_says() -> None:
    with pytest.raises(errors.OperationFailed) as caught:
        cpu("check='full'><model>Haswell</model>")
    assert caught.value.detail == (
        "guest CPU doesn't match specification: extra features: f16c,rdrand,hypervisor,arat,xsaveopt,abm, "
        "missing features: pcid,x2apic,tsc-deadline,hle,invpcid,rtm"
    )
    on = "<feature name='hypervisor' policy='require'/>"
    assert cpu(f"check='full'><model>Penryn</model>{on}") == "Penryn,hypervisor=on"
