"""A quick slice of `make fuzz`, and the documents that other programs have broken on."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from tests import needs
from tests.argv.documents import guest
from tests.fuzz.agent import AGENT
from tests.fuzz.documents import project
from tests.fuzz.events import EVENTS
from tests.fuzz.exchange import EXCHANGED
from tests.fuzz.hosts import HOSTS
from tests.fuzz.images import IMAGES
from tests.fuzz.kind import Fault, Kind
from tests.fuzz.lines import LINES
from tests.fuzz.mutate import Mutator
from tests.fuzz.native import NATIVE
from tests.fuzz.qmp import QMP
from tests.fuzz.way import again, take

COUNT = 800
CELL = "<cpu><numa><cell id='0' cpus='0' memory='65536'/></numa></cpu>"
BACKENDS = ("tcp", "udp", "unix", "file", "dev", "pipe", "nmdm")
SOCKETS = ("udp", "mcast", "server", "client", "vhostuser")


def test_damaged_documents() -> None:
    outcomes = Counter(take(text) for text in islice(Mutator(project(), seed=20), COUNT))
    assert outcomes.total() == COUNT
    assert set(outcomes) == {"parse", "define", "argv", "started"}, "every stage should refuse some and pass others"


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        (EXCHANGED, 300), (LINES, 1500), (HOSTS, 150), (NATIVE, 300), (EVENTS, 300), (QMP, 600), (AGENT, 300),
        pytest.param(IMAGES, 300, marks=needs.program("qemu-img", "qemu-utils")),
    ],
)  # fmt: skip
def test_the_other_kinds(kind: Kind, count: int) -> None:
    close = kind.open()
    try:
        outcomes = Counter(map(kind.take, islice(kind.inputs(20, ()), count)))
    finally:
        close()
    assert outcomes.total() == count
    assert set(outcomes) == set(kind.stages), "every stage should refuse some and pass others"


def test_one_seed_is_one_sequence() -> None:
    first, again_, other = (list(islice(Mutator(project(), seed), 20)) for seed in (1, 1, 2))
    assert first == again_ != other


def test_a_fault_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.way.command_line", lambda *_: dict[int, int]()[1])
    with pytest.raises(Fault, match="KeyError"):
        take(guest().encode())
    with pytest.raises(Fault, match="stored, and then refused"):
        again("<domain/>")
    with pytest.raises(Fault, match="read as something else"):
        again(guest())


def network_disk(protocol: str) -> str:
    source = f"<source protocol='{protocol}' name='a/0'/>"
    return guest(f"<disk type='network'>{source}<target dev='vda' bus='virtio'/></disk>")


def drive(controller: int, bus: str = "scsi") -> str:
    return guest(
        f"<disk type='file'><source file='/a'/><target dev='sda' bus='{bus}'/>"
        f"<address type='drive' controller='{controller}'/></disk>"
    )


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        # more processors than there can be, and a number that wraps around to that
        (guest(before="<vcpu>-1</vcpu>"), "parse"),
        (guest(before="<vcpu>4294967295</vcpu>"), "define"),
        (guest(before=f"<vcpu>4294967295</vcpu>{CELL}"), "define"),
        (guest(before="<iothreads>4294967295</iothreads>"), "parse"),
        (guest(before="<iothreads>16384</iothreads><iothreadids><iothread id='9'/></iothreadids>"), "started"),
        # a disk without the host that it is on
        *[(network_disk(protocol), "argv") for protocol in ("iscsi", "nbd", "ssh", "sheepdog", "http")],
        (network_disk("nfs"), "define"),
        # limits among which is something that nobody knows
        (guest("<disk><source file='/a'/><target dev='vda'/><iotune><hope>1</hope></iotune></disk>"), "started"),
        # controllers by the million
        (guest("<controller type='pci' index='2147483647' model='pci-bridge'/>"), "define"),
        (drive(4294967295), "define"),
        (drive(4294967295, "ide"), "define"),
        (
            guest(
                "<channel type='pty'><target type='virtio' name='x'/>"
                "<address type='virtio-serial' controller='4294967295'/></channel>"
            ),
            "define",
        ),
        # backends without their other end
        *[(guest(f"<serial type='{kind}'/>"), "define") for kind in BACKENDS],
        (guest("<redirdev bus='usb' type='tcp'/>"), "define"),
        (guest("<rng model='virtio'><backend model='egd' type='tcp'/></rng>"), "define"),
        *[(guest(f"<interface type='{kind}'/>"), "parse") for kind in SOCKETS],
        (guest("<hostdev mode='subsystem' type='pci'><source/></hostdev>"), "started"),
        (guest("<hostdev mode='subsystem' type='scsi'><source protocol='iscsi' name='x'/></hostdev>"), "parse"),
    ],
    ids=lambda value: None,
)
def test_documents_that_break_programs(text: str, stage: str) -> None:
    assert take(text.encode()) == stage
