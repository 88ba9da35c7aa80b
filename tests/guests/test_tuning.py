"""What a document asks of the host: threads are pinned, and what has no effect yet is said."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests import needs
from tests.argv.documents import complete
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import define, pid_of
from virshpy import errors
from virshpy import open as connect
from virshpy.drivers.qemu.start.unkept import unkept

pytestmark = needs.qemu

_CPUS = sorted(os.sched_getaffinity(0))
several = pytest.mark.skipif(len(_CPUS) < 2, reason="needs a host with two processors")


def _affinities(pid: int) -> dict[str, list[set[int]]]:
    """Where the threads of a QEMU may run, by their names, of which QEMU gives one to each kind."""
    found: dict[str, list[set[int]]] = {}
    for thread in Path(f"/proc/{pid}/task").iterdir():
        found.setdefault((thread / "comm").read_text().strip(), []).append(os.sched_getaffinity(int(thread.name)))
    return found


@several
def test_threads_run_where_they_are_pinned(virshpy: Run, root: Path) -> None:
    first, last = _CPUS[0], _CPUS[-1]
    pins = (
        "<vcpu>2</vcpu><iothreads>1</iothreads><cputune>"
        f"<vcpupin vcpu='0' cpuset='{last}'/><vcpupin vcpu='1' cpuset='{first}'/>"
        f"<emulatorpin cpuset='{first}'/><iothreadpin iothread='1' cpuset='{last}'/></cputune>"
    )
    define(virshpy, root, document("vm", policies=pins))
    virshpy("start", "vm")
    where = _affinities(pid_of(root) or 0)
    assert where.pop("CPU 0/TCG") == [{last}]
    assert where.pop("CPU 1/TCG") == [{first}]
    assert where.pop("IO iothread1") == [{last}]
    assert {cpu for group in where.values() for cpus in group for cpu in cpus} == {first}
    virshpy("destroy", "vm")


@several
def test_a_set_for_all_threads_is_for_those_without_a_pin(virshpy: Run, root: Path) -> None:
    first, last = _CPUS[0], _CPUS[-1]
    pins = f"<vcpu cpuset='{first},500'>2</vcpu><cputune><vcpupin vcpu='1' cpuset='{last}'/></cputune>"
    define(virshpy, root, document("vm", policies=pins))
    virshpy("start", "vm")
    where = _affinities(pid_of(root) or 0)
    assert where.pop("CPU 1/TCG") == [{last}]
    assert {cpu for group in where.values() for cpus in group for cpu in cpus} == {first}
    virshpy("destroy", "vm")


PINS = {
    "<vcpupin vcpu='0' cpuset='998-999'/>": "",
    "<emulatorpin cpuset='0,999'/>": "",
    "<iothreadpin iothread='1' cpuset='999'/>": "<iothreads>1</iothreads>",
}


@pytest.mark.parametrize("pin", PINS)
def test_a_pin_to_a_processor_of_another_host(uri: str, pin: str) -> None:
    with connect(uri) as connection:
        domain = connection.define_xml(document("vm", policies=f"{PINS[pin]}<cputune>{pin}</cputune>"))
        with pytest.raises(errors.ConfigUnsupported) as told:
            domain.create()
        assert pin in told.value.message
        assert f"this host's processors are {_CPUS[0]}" in str(told.value.hint)
        assert not domain.is_active()


# Each with what it needs around it, and what the warning says.
WITHOUT_EFFECT = {
    "<shares>": "<cputune><shares>100</shares></cputune>",
    "<period>": "<cputune><period>1000</period></cputune>",
    "<quota>": "<cputune><quota>-1</quota></cputune>",
    "<global_period>": "<cputune><global_period>1000</global_period></cputune>",
    "<emulator_quota>": "<cputune><emulator_quota>2000</emulator_quota></cputune>",
    "<iothread_quota>": "<cputune><iothread_quota>2000</iothread_quota></cputune>",
    "<vcpusched>": "<cputune><vcpusched vcpus='0' scheduler='batch'/></cputune>",
    "<emulatorsched>": "<cputune><emulatorsched scheduler='batch'/></cputune>",
    "<memtune>": "<memtune><hard_limit unit='GiB'>1</hard_limit></memtune>",
    "<blkiotune>": "<blkiotune><weight>500</weight></blkiotune>",
    "<memory mode='restrictive'> of <numatune>": "<numatune><memory mode='restrictive' nodeset='0'/></numatune>",
    "<resource>": "<resource><partition>/machine</partition></resource>",
    "<perf>": "<perf><event name='cmt' enabled='yes'/></perf>",
}
OF_INTERFACES = {
    "<coalesce> of <interface>": "<coalesce><rx><frames max='5'/></rx></coalesce>",
    "<portForward> of <interface> without <backend type='passt'/>": (
        "<portForward proto='tcp'><range start='22'/></portForward>"
    ),
    "<filterref> of <interface>": "<filterref filter='clean-traffic'/>",
}


def test_what_has_no_effect_is_said_once_as_a_warning(virshpy: Run, root: Path) -> None:
    (root / "vm.xml").write_text(
        document("vm", policies="".join([WITHOUT_EFFECT["<memtune>"], WITHOUT_EFFECT["<shares>"]]))
    )
    told = virshpy("-o", "json", "create", str(root / "vm.xml"))
    (warning,) = [json.loads(line)["warning"]["message"] for line in told.stderr.splitlines()]
    assert warning == "without effect, as virshpy does not do it yet: <shares>, <memtune>"
    virshpy("destroy", "vm")


@pytest.mark.parametrize("words", [*WITHOUT_EFFECT, *OF_INTERFACES])
def test_each_element_without_effect_is_named(words: str) -> None:
    inner = OF_INTERFACES.get(words)
    interface = f"<interface type='bridge'><source bridge='br0'/>{inner}</interface>" if inner else ""
    text = document("vm", interface, policies=WITHOUT_EFFECT.get(words, ""))
    assert unkept(complete(text)) == [words]


def test_an_ordinary_guest_has_nothing_to_be_told() -> None:
    assert unkept(complete(document("vm", "<interface type='user'/>"))) == []


def test_numbers_of_processors(virshpy: Run, root: Path) -> None:
    define(virshpy, root, document("vm", policies="<vcpu current='1'>3</vcpu>"))
    assert virshpy("vcpucount", "vm").stdout.split("\n")[:2] == [
        "maximum      config         3", "current      config         1",
    ]  # fmt: skip
    told = virshpy("vcpucount", "vm", "--live", check=False)
    assert told.returncode == 1 and "domain is not running" in told.stderr
    virshpy("start", "vm")
    counts = json.loads(virshpy("-o", "json", "vcpucount", "vm").stdout)["result"]["vcpu_counts"]
    assert counts == {"maximum_config": 3, "maximum_live": 3, "current_config": 1, "current_live": 1}
    assert virshpy("vcpucount", "vm", "--maximum", "--live").stdout == "3\n\n"
    virshpy("undefine", "vm")
    told = virshpy("vcpucount", "vm", "--config", check=False)
    assert told.returncode == 1 and "transient domains do not have any persistent config" in told.stderr
    virshpy("destroy", "vm")


def test_undefine_goes_as_far_as_there_are_no_pools(virshpy: Run, root: Path) -> None:
    (root / "disk.img").write_bytes(b"\0" * 512)
    disk = f"<disk type='file'><source file='{root}/disk.img'/><target dev='vda'/></disk>"
    define(virshpy, root, document("vm", disk))
    told = virshpy("undefine", "vm", "--remove-all-storage")
    assert told.stdout == "Domain 'vm' has been undefined\n\n"
    warning = f"error: Storage volume 'vda'({root}/disk.img) is not managed by libvirt. Remove it manually.\n\n"
    assert told.stderr == warning and (root / "disk.img").exists()
