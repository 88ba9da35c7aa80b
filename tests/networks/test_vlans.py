"""Guests on a VLAN of the host's: their frames bear its tag on the wire, and they hear none of another.

The host has a link that is the VLAN's end of another (802.1Q), and a network gives guests that link.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.guests.documents import document
from tests.networks.frames import OURS, RARP, announce, heard, send
from tests.networks.space import Host, Space

pytestmark = [
    needs.root,
    needs.qemu,
    pytest.mark.skipif(not Path("/proc/net/vlan").exists(), reason="needs a kernel with 802.1Q (modprobe 8021q)"),
]

MAC, FAR = "52:54:00:00:00:01", "52:54:00:00:00:99"
NIC = (
    f"<interface type='network'><mac address='{MAC}'/><source network='lab'/><target dev='end0'/>"
    "<model type='virtio'/></interface>"
)


@pytest.fixture
def wire(host: Host) -> Iterator[Space]:
    """What is at the other end of the host's link, which has a VLAN of the number 5."""
    wire = host.outside()
    host.ip("link add link up0 name up0.5 type vlan id 5")
    host.ip("link set up0.5 up")
    yield wire
    host.virshpy("'destroy vm; net-destroy lab'")
    assert "end0" not in host.ip("link show")


def between(host: Host, wire: Space) -> None:
    """Start a guest on the network, and hear what passes between it and the wire."""
    host.virshpy(f"create --paused {host.file(document('vm', NIC, memory=32), 'vm.xml')}")
    with heard(wire, "eth0") as out, heard(host, "end0") as inside:
        announce(host, "vm")
        assert out.until(RARP, MAC) == {5}
        send(wire, FAR, (1, None), (2, 6), (3, 5))
        assert inside.until(OURS, FAR, 3) == {None}
        assert inside.tags(OURS, FAR, 1) == inside.tags(OURS, FAR, 2) == set()


def test_a_bridge_on_a_link_of_a_vlan(host: Host, wire: Space) -> None:
    host.ip("link add br5 type bridge")
    host.ip("link set br5 up")
    host.ip("link set up0.5 master br5")
    host.start("<forward mode='bridge'/><bridge name='br5'/>")
    between(host, wire)


def test_macvtaps_on_a_link_of_a_vlan(host: Host, wire: Space) -> None:
    host.start("<forward mode='bridge'><interface dev='up0.5'/></forward>")
    between(host, wire)
