"""The same questions to libvirtd 9.0, where it runs: the answers must be equal."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests import needs
from tests.conftest import REFERENCE, Run

pytestmark = [needs.root, needs.qemu, pytest.mark.usefixtures("reference")]


def ask(*words: str) -> str:
    done = subprocess.run([*REFERENCE, *words], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr


def both(virshpy: Run, *words: str) -> tuple[str, str]:
    ours = virshpy(*words, check=False)
    return ours.stdout + ours.stderr, ask(*words)


def facts(element: ElementTree.Element, path: str = "") -> list[str]:
    here = f"{path}/{element.tag}"
    own = f"{here} {sorted(element.attrib.items())} {(element.text or '').strip()}"
    return [own, *(fact for child in element for fact in facts(child, here))]


def test_capabilities_of_the_host(virshpy: Run) -> None:
    ours, theirs = (ElementTree.fromstring(text) for text in both(virshpy, "capabilities"))
    for root in (ours, theirs):
        host = root.find("host")
        assert host is not None
        for child in [*host.findall("uuid"), *host.findall("secmodel")]:
            host.remove(child)  # made up where the firmware has none; guests have uids of their own
        for arch in root.findall("guest/arch"):
            for kind in arch.findall("domain"):
                arch.remove(kind)  # KVM is chosen by more than its device
    assert facts(ours) == facts(theirs)


def test_domcapabilities(virshpy: Run) -> None:
    for machine in ("pc", "q35"):
        words = ("domcapabilities", "--virttype", "qemu", "--machine", machine)
        ours, theirs = (ElementTree.fromstring(text) for text in both(virshpy, *words))
        assert facts(ours) == facts(theirs), machine


def test_names_of_models(virshpy: Run) -> None:
    for arch in ("x86_64", "i686", "aarch64", "ppc64le", "s390x", "riscv64", "bogus"):
        ours, theirs = both(virshpy, "cpu-models", arch)
        assert ours == theirs, arch


DOCUMENTS = {
    "old": "<cpu><arch>x86_64</arch><model>Penryn</model><feature name='invtsc'/></cpu>",
    "amd": "<cpu><arch>x86_64</arch><model>EPYC</model><vendor>AMD</vendor></cpu>",
    "two": "<cpu><arch>x86_64</arch><model>Haswell</model></cpu><cpu><arch>x86_64</arch><model>Broadwell</model></cpu>",
    "moving": "<cpu><arch>x86_64</arch><model>Penryn</model><feature name='xsaves'/><feature name='cvt16'/></cpu>",
    "unlike": "<cpu><arch>x86_64</arch><model>Opteron_G3</model></cpu><cpu><arch>x86_64</arch><model>kvm64</model>"
    "<feature name='popcnt'/><feature name='abm'/><feature name='sse4a'/></cpu>",
    "forbidding": "<cpu match='exact'><model>EPYC</model><feature name='avx2' policy='forbid'/></cpu>",
    "guest": "<cpu match='strict'><model>Nehalem</model><feature name='aes' policy='forbid'/></cpu>",
    "open": "<cpu mode='host-model'/>",
    "arm": "<cpu><arch>aarch64</arch><model>cortex-a57</model></cpu>",
    "bogus": "<cpu><model>Bogus</model></cpu>",
}


QUESTIONS = (
    "cpu-compare", "cpu-compare --error", "cpu-baseline", "cpu-baseline --features --migratable",
    "hypervisor-cpu-compare --virttype qemu", "hypervisor-cpu-compare --virttype qemu --error",
    "hypervisor-cpu-baseline --virttype qemu", "hypervisor-cpu-baseline --virttype qemu --features",
    "hypervisor-cpu-baseline --virttype qemu --migratable",
)  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_comparing_and_common_ground(virshpy: Run, tmp_path: Path, name: str) -> None:
    file = tmp_path / "cpu.xml"
    file.write_text(DOCUMENTS[name])
    for words in QUESTIONS:
        ours, theirs = both(virshpy, *words.split(), "--file", str(file))
        assert ours == theirs, words


def test_the_node(virshpy: Run) -> None:
    for words in (
        "nodecpumap", "nodecpumap --pretty", "nodeinfo", "nodecpustats --cpu 4096", "nodememstats --cell 4096",
        "freecell --cellno 4096", "freepages --cellno 0 --pagesize 1234", "allocpages 1234K 1", "allocpages 4K 1",
        "nodesevinfo", "maxvcpus", "maxvcpus bogus", "hypervisor-cpu-baseline --model Penryn --arch bogus",
        "hypervisor-cpu-baseline --model Penryn --machine bogus", "domcapabilities --arch bogus",
    ):  # fmt: skip
        ours, theirs = both(virshpy, *words.split())
        assert ours == theirs, words


def test_the_processor_of_a_running_guest(virshpy: Run, tmp_path: Path) -> None:
    file = tmp_path / "guest.xml"
    name = f"virshpy-test-{os.getpid()}"
    named = "<cpu><model>EPYC</model></cpu>"
    for inner in ("", "<cpu mode='host-model'/>", named, named.replace("EPYC", "Broadwell")):
        file.write_text(
            f"<domain type='qemu'><name>{name}</name><memory>65536</memory><os><type arch='x86_64'>hvm</type></os>"
            f"{inner}</domain>"
        )
        seen = []
        for run in (lambda *words: virshpy(*words).stdout, ask):
            run("create", "--paused", str(file))
            try:
                cpu = ElementTree.fromstring(run("dumpxml", name)).find("cpu")
            finally:
                run("destroy", name)
            assert cpu is not None
            seen.append(facts(cpu))
        assert seen[0] == seen[1], inner


def test_the_command_line_of_a_host_model(virshpy: Run, tmp_path: Path) -> None:
    file = tmp_path / "guest.xml"
    file.write_text(
        "<domain type='qemu'><name>x</name><memory>65536</memory><os><type arch='x86_64'>hvm</type></os>"
        "<cpu mode='host-model'><feature name='npt' policy='disable'/></cpu></domain>"
    )
    ours, theirs = both(virshpy, "domxml-to-native", "qemu-argv", "--xml", str(file))
    ours_cpu, theirs_cpu = (text.split(" -cpu ")[1].split()[0] for text in (ours, theirs))
    assert ours_cpu == theirs_cpu


def test_what_needs_kvm(virshpy: Run, tmp_path: Path) -> None:
    """Both keep the document, and refuse to run it in the same words."""
    file = tmp_path / "guest.xml"
    name = f"virshpy-test-{os.getpid()}"
    for inner in (
        "<cpu mode='host-passthrough'/>", "<cpu mode='host-passthrough'><cache mode='passthrough'/></cpu>",
        "<cpu mode='host-passthrough'><feature policy='require' name='bogus'/></cpu>",
        "<features><pvspinlock state='on'/></features>",
    ):  # fmt: skip
        file.write_text(
            f"<domain type='qemu'><name>{name}</name><memory>65536</memory><os><type arch='x86_64'>hvm</type></os>"
            f"{inner}</domain>"
        )
        for words in (("domxml-to-native", "qemu-argv", "--xml", str(file)), ("create", str(file))):
            ours, theirs = both(virshpy, *words)
            if ours.startswith("error:") or theirs.startswith("error:"):
                assert ours == theirs, (inner, words)
