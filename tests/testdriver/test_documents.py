"""Documents about networks, storage, interfaces, devices and moments: what is printed is read as the same again."""

from __future__ import annotations

import pytest

from tests.testdriver.lines import DOCUMENTS
from virshpy import errors
from virshpy.xml.element import Element
from virshpy.xml.interface import Interface
from virshpy.xml.moment import Checkpoint, Snapshot
from virshpy.xml.network import Network
from virshpy.xml.nodedev import FCHost, NodeDevice
from virshpy.xml.storage import Pool
from virshpy.xml.volume import Volume

KINDS: dict[type[Element], tuple[str, ...]] = {
    Network: ("net", "isolated", "hostdev", "bridged"),
    Pool: ("pool", "fs", "iscsi", "scsi", "rbd"),
    Volume: ("vol", "backed"),
    Interface: ("if", "vlan"),
    Snapshot: ("snap", "redefined"),
    Checkpoint: ("check",),
}
CASES = [(kind, f"{name}.xml") for kind, names in KINDS.items() for name in names]


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[name for _, name in CASES])
def test_printed_and_read_again(kind: type[Element], name: str) -> None:
    document = kind.parse(DOCUMENTS[name])
    text = document.format()
    assert kind.parse(text).format() == text
    assert kind.parse(text) == document


def test_a_device_keeps_what_it_can_do() -> None:
    device = NodeDevice.parse(DOCUMENTS["hba.xml"])
    assert device.kinds == ["scsi_host", "fc_host"]
    adapter = device.capability(FCHost)
    assert adapter is not None and adapter.wwnn == "2000000012341234"
    assert NodeDevice.parse(device.format()).format() == device.format()


@pytest.mark.parametrize(("kind", "text"), [
    (Network, "<network><name>n</name><forward mode='sideways'/></network>"),
    (Pool, "<pool type='cloud'><name>n</name></pool>"),
    (Volume, "<volume><name>n</name><capacity unit='furlong'>1</capacity></volume>"),
    (Interface, "<interface type='tunnel' name='t'/>"),
    (Snapshot, "<domainsnapshot><state>elsewhere</state></domainsnapshot>"),
    (Checkpoint, "<domaincheckpoint><disks><disk name='vda' checkpoint='perhaps'/></disks></domaincheckpoint>"),
])  # fmt: skip
def test_a_wrong_value_is_refused_with_its_place(kind: type[Element], text: str) -> None:
    with pytest.raises(errors.Error) as caught:
        kind.parse(text)
    assert "line 1" in f"{caught.value} {caught.value.hint}"
