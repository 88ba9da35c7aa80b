"""What -cpu says for the processor of a document."""

from __future__ import annotations

import pytest

from tests.argv.documents import guest, start
from virshpy import errors


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
