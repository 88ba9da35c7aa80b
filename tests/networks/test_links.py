"""Networks on a link of the host: whom the frames of a guest reach, in each mode of the macvtaps on it."""

from __future__ import annotations

import pytest

from tests import needs
from tests.guests.documents import document
from tests.networks.frames import OURS, RARP, announce, heard, send
from tests.networks.space import Host

pytestmark = [needs.root, needs.qemu]

ONE, TWO, FAR = "52:54:00:00:00:01", "52:54:00:00:00:02", "52:54:00:00:00:99"


def guest(host: Host, name: str, mac: str, link: str) -> None:
    nic = (
        f"<interface type='network'><mac address='{mac}'/><source network='lab'/><target dev='{link}'/>"
        "<model type='virtio'/></interface>"
    )
    host.virshpy(f"create --paused {host.file(document(name, nic, memory=32), f'{name}.xml')}")


@pytest.mark.parametrize(("mode", "among"), [("bridge", True), ("private", False), ("vepa", False)])
def test_guests_of_one_link(host: Host, mode: str, among: bool) -> None:
    """All reach the wire and are reached from it; each other only where the mode says so."""
    wire = host.outside()
    host.start(f"<forward mode='{mode}'><interface dev='up0'/></forward><bridge/>")
    guest(host, "one", ONE, "end1")
    guest(host, "two", TWO, "end2")
    assert "<interface dev='up0' connections='2'/>" in host.virshpy("net-dumpxml lab").stdout
    with heard(wire, "eth0") as outside, heard(host, "end2") as other:
        announce(host, "one")
        assert outside.until(RARP, ONE) == {None}
        send(wire, FAR, (1, None))
        other.until(OURS, FAR, 1)
        assert bool(other.tags(RARP, ONE)) == among
    host.virshpy("'destroy one; destroy two; net-destroy lab'")
    assert "end1" not in host.ip("link show")


def test_guests_on_a_bridge_of_the_hosts(host: Host) -> None:
    wire = host.outside()
    host.ip("link add br9 type bridge")
    host.ip("link set br9 up")
    host.ip("link set up0 master br9")
    host.start("<forward mode='bridge'/><bridge name='br9'/>")
    guest(host, "one", ONE, "end1")
    guest(host, "two", TWO, "end2")
    with heard(wire, "eth0") as outside, heard(host, "end2") as other:
        announce(host, "one")
        assert outside.until(RARP, ONE) == other.until(RARP, ONE) == {None}
    host.virshpy("'destroy one; destroy two; net-destroy lab'")
    assert "br9" in host.ip("link show") and "end1" not in host.ip("link show")
