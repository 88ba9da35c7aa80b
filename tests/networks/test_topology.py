"""Two LANs, two virtual networks, three guests: what docs/networking.md builds, with real guests under QEMU.

LAN 1 ── br1 ──── A ─┐                   (A: one link bridged to LAN 1, one on VLAN 1)
                     VLAN 1 ── NAT ── LAN 2
                  B ─┘                   (B: on both virtual networks, translates from 2 to 1)
                  │
                  VLAN 2, isolated
                  │
                  C                      (C: on VLAN 2 alone)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import virshpy
from kit.guest import Guest
from kit.router import initrd_of_router
from tests import needs
from tests.conftest import with_initrd
from tests.networks.consoles import Console, on_networks
from tests.networks.space import Host, Space

pytestmark = [needs.root, needs.qemu, needs.program("nft", "nftables"), needs.program("dnsmasq", "dnsmasq-base")]

LAN_1, LAN_2 = "192.0.2", "203.0.113"
VLAN_1 = """
  <forward mode='nat' dev='up2'/>
  <domain name='vlan1.example' localOnly='yes'/>
  <ip address='10.20.1.1' prefix='24'>
    <dhcp>
      <range start='10.20.1.100' end='10.20.1.199'/>
      <host mac='52:54:00:00:0b:01' name='b' ip='10.20.1.2'/>
    </dhcp>
  </ip>
"""
VLAN_2 = """
  <domain name='vlan2.example' localOnly='yes'/>
  <ip address='10.20.2.254' prefix='24'>
    <dhcp>
      <range start='10.20.2.100' end='10.20.2.199'/>
      <host mac='52:54:00:00:0b:02' name='b' ip='10.20.2.2'/>
    </dhcp>
  </ip>
"""


def nic(kind: str, source: str, last: str) -> str:
    return (
        f"<interface type='{kind}'><mac address='52:54:00:00:{last}'/><source {kind}='{source}'/>"
        "<model type='virtio'/></interface>"
    )


class Topology:
    def __init__(self, host: Host) -> None:
        self.host = host
        host.ip("link add br1 type bridge")
        host.ip("link set br1 up")
        self.lan1 = host.guest("br1", f"{LAN_1}.9/24")
        self.lan2 = host.outside((f"{LAN_2}.2/24", f"{LAN_2}.1/24"), link="up2")
        for lan in (self.lan1, self.lan2):
            lan.serve()
        self.lan2.ip(f"route add 10.20.0.0/16 via {LAN_2}.1")  # somebody there tries to get in
        host.start(VLAN_1, "vlan1", "vl1")
        host.start(VLAN_2, "vlan2", "vl2")

    def boot(self, name: str, guest: Guest, *interfaces: str) -> None:
        path = self.host.file(on_networks(name, guest, *interfaces), f"{name}.xml")
        self.host.virshpy(f"create {path} --paused")


@pytest.fixture
def topology(host: Host) -> Iterator[Topology]:
    made = Topology(host)
    yield made
    for name in host.virshpy("list --name").stdout.split():
        host.virshpy(f"destroy {name}")
    for name in ("vlan1", "vlan2"):
        host.virshpy(f"net-destroy {name}")
    assert not host.state()["processes"] and not host.state()["files"]


@pytest.fixture
def router(guest: Guest, root: Path) -> Guest:
    """A guest that can translate addresses."""
    return with_initrd(guest, initrd_of_router, root / "initrd", "the guest with nft")


def reached(lan: Space, *addresses: str) -> list[str]:
    return [address for address in addresses if lan.seen_as(address) not in ("lost", "refused")]


def test_two_lans_and_three_guests(topology: Topology, guest: Guest, router: Guest) -> None:
    host = topology.host
    topology.boot("a", guest, nic("bridge", "br1", "0a:01"), nic("network", "vlan1", "0a:02"))
    topology.boot("b", router, nic("network", "vlan1", "0b:01"), nic("network", "vlan2", "0b:02"))
    topology.boot("c", guest, nic("network", "vlan2", "0c:01"))
    host.inside(lambda: converse(topology))


def converse(topology: Topology) -> None:
    """What the guests and the LANs reach."""
    host = topology.host
    with virshpy.open(host.uri) as connection, ExitStack() as open_consoles:
        a, b, c = [Console(connection, name) for name in "abc"]
        for console in (a, b, c):
            open_consoles.enter_context(console)
        a(f"ip address add {LAN_1}.50/24 dev eth0")
        mine = a.lease("eth1", "a")
        assert (b.lease("eth0", "b"), b.lease("eth1", "b")) == ("10.20.1.2", "10.20.2.2")
        b("/sbin/route-out")
        inner = c.lease("eth0", "c")
        assert mine.startswith("10.20.1.1") and inner.startswith("10.20.2.1")

        # Names, and what is told of the guests.
        assert "10.20.1.2" in a("nslookup b.vlan1.example 10.20.1.1")
        assert "10.20.2.2" in c("nslookup b.vlan2.example 10.20.2.254")
        assert mine in host.virshpy("domifaddr a").stdout
        assert inner in host.virshpy("net-dhcp-leases vlan2").stdout

        # A: LAN 1 sees its own address there; LAN 2 sees the host's.
        assert a.asks(f"{LAN_1}.9") == f"{LAN_1}.50"
        assert a.asks(f"{LAN_2}.2") == f"{LAN_2}.1"

        # C: nothing beyond its network, until B is its way.
        assert c.asks(f"{LAN_2}.2") == ""
        c("ip route add default via 10.20.2.2")
        assert c.asks(f"{LAN_2}.2") == f"{LAN_2}.1"
        assert c.asks(f"{LAN_1}.9") == ""

        # Nobody outside gets in.
        for one in (b, c):
            one("(while :; do nc -l -p 7777 -e echo 10.0.0.1 1; done) >/dev/null 2>&1 &")
        assert b.asks(inner) == "10.0.0.1"
        assert reached(topology.lan2, inner, "10.20.1.2", mine) == []

        # Without B there is no way.
        host.virshpy("destroy b")
        assert c.asks(f"{LAN_2}.2") == ""
        assert a.asks(f"{LAN_2}.2") == f"{LAN_2}.1"
