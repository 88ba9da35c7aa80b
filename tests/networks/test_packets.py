"""Which packets pass a network of each mode, seen as whose: among guests, to the host, out and in, IPv4 and IPv6."""

from __future__ import annotations

import subprocess
import sys
from subprocess import DEVNULL, PIPE

import pytest

from tests import needs
from tests.networks.space import Host, Space

pytestmark = [needs.root, needs.program("nft", "nftables"), needs.program("dnsmasq", "dnsmasq-base")]

IP = "<ip address='10.20.30.1' netmask='255.255.255.0'/><ip family='ipv6' address='fd20:30::1' prefix='64'/>"
GATES = {4: "10.20.30.1", 6: "fd20:30::1"}
GUESTS = {4: ("10.20.30.11", "10.20.30.12"), 6: ("fd20:30::11", "fd20:30::12")}
FAR = {4: ("203.0.113.2", "203.0.113.1"), 6: ("fd99::2", "fd99::1")}


class Ground:
    """A host with two guests on its network and a server outside, each of which answers."""

    def __init__(self, host: Host, body: str) -> None:
        self.host = host
        self.far = host.outside(*((f"{a}/{p}", f"{b}/{p}") for (a, b), p in zip(FAR.values(), (24, 64), strict=True)))
        host.start(body + IP)
        one, other = ([f"{GUESTS[4][n]}/24", f"{GUESTS[6][n]}/64"] for n in (0, 1))
        self.one = host.guest("vn0", *one, via=tuple(GATES.values()))
        self.other = host.guest("vn0", *other, via=tuple(GATES.values()))
        for space in (host, self.far, self.one, self.other):
            space.serve()

    def found(self, version: int, protocol: str) -> dict[str, str]:
        """What becomes of each way, with names in place of addresses."""
        near, far = GUESTS[version], FAR[version]
        names = {near[0]: "guest", far[0]: "outside", far[1]: "host's", GATES[version]: "host"}

        def seen(space: Space, address: str) -> str:
            answer = space.seen_as(address, protocol)
            return names.get(answer, answer)

        return {
            "guest to guest": seen(self.one, near[1]),
            "guest to host": seen(self.one, GATES[version]),
            "guest to outside": seen(self.one, far[0]),
            "outside to guest": seen(self.far, near[0]),
            "host to guest": "passes" if seen(self.host, near[0]) == "host" else "lost",
        }


AMONG = {"guest to guest": "guest", "guest to host": "guest", "host to guest": "passes"}
NOTHING = {**AMONG, "guest to outside": "refused", "outside to guest": "refused"}
ROUTED = {**AMONG, "guest to outside": "guest", "outside to guest": "outside"}
TRANSLATED = {**AMONG, "guest to outside": "host's", "outside to guest": "refused"}
MODES = {
    "isolated": ("", {4: NOTHING, 6: NOTHING}),
    "nat": ("<forward mode='nat'/>", {4: TRANSLATED, 6: ROUTED}),
    "nat-ipv6": ("<forward mode='nat'><nat ipv6='yes'/></forward>", {4: TRANSLATED, 6: TRANSLATED}),
    "route": ("<forward mode='route'/>", {4: ROUTED, 6: ROUTED}),
    "open": ("<forward mode='open'/>", {4: ROUTED, 6: ROUTED}),
    "nat-elsewhere": ("<forward mode='nat' dev='lo'/>", {4: NOTHING, 6: NOTHING}),
    "route-elsewhere": ("<forward mode='route' dev='lo'/>", {4: NOTHING, 6: NOTHING}),
    "nat-here": ("<forward mode='nat' dev='up0'/>", {4: TRANSLATED, 6: ROUTED}),
}


@pytest.mark.parametrize("mode", MODES)
def test_what_passes(host: Host, mode: str) -> None:
    body, expected = MODES[mode]
    if mode == "isolated" or mode == "open":
        for key in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            host.set(key, 1)  # some other network may have switched it on
    ground = Ground(host, body)
    for version in (4, 6):
        for protocol in ("tcp", "udp"):
            found = ground.found(version, protocol)
            wanted = dict(expected[version])
            if version == 6 and protocol == "tcp":
                # A refusal of IPv6 does not end a TCP connection that is being opened: it is heard, and tried again.
                wanted = {way: "lost" if what == "refused" else what for way, what in wanted.items()}
                found = {way: "lost" if what == "refused" else what for way, what in found.items()}
            assert found == wanted, f"IPv{version} {protocol}"


def test_ports_and_addresses_of_nat(host: Host) -> None:
    """What the outside sees is one of the range, and so is its port."""
    for number in (8, 9):
        host.ip("link set lo up")
        host.ip(f"address add 203.0.113.{number}/32 dev lo")
    nat = "<nat><address start='203.0.113.8' end='203.0.113.9'/><port start='20000' end='20050'/></nat>"
    ground = Ground(host, f"<forward mode='nat'>{nat}</forward>")
    seen = set()
    for _ in range(5):
        for protocol in ("tcp", "udp"):
            address, port = ground.one.asks(FAR[4][0], protocol).split()
            seen.add(address)
            assert 20000 <= int(port) <= 20050
    assert seen <= {"203.0.113.8", "203.0.113.9"} and seen


def test_a_private_port_becomes_one_above_1023(host: Host) -> None:
    ground = Ground(host, "<forward mode='nat'/>")
    assert int(ground.one.asks(FAR[4][0]).split()[1]) >= 1024


def test_one_networks_guests_do_not_reach_those_of_another(host: Host) -> None:
    """A network that lets everybody in does not open one that lets nobody out."""
    ground = Ground(host, "")
    host.start("<forward mode='route'/><ip address='10.20.40.1' prefix='24'/>", "routed", "vn1")
    third = host.guest("vn1", "10.20.40.11/24", via=("10.20.40.1",))
    third.serve()
    assert ground.one.seen_as("10.20.40.11") == "refused"
    assert third.seen_as(GUESTS[4][0]) == "refused"


def test_isolated_ports(host: Host) -> None:
    """Frames between two isolated ports are dropped; each reaches the host."""
    ground = Ground(host, "")
    for link in host.json("ip -j link show master vn0"):
        host.ip(f"link set {link['ifname']} type bridge_slave isolated on")
    assert ground.one.seen_as(GUESTS[4][1]) in ("lost", "refused")
    assert ground.one.seen_as(GATES[4]) == GUESTS[4][0]


def test_rules_survive_others_that_flush_their_own(host: Host) -> None:
    ground = Ground(host, "<forward mode='nat'/>")
    script = "table ip filter { chain FORWARD { type filter hook forward priority 0; policy accept; }; }\n"
    host.run("nft", "-f", "-", input=script, stdin=None)
    host.run("nft", "flush", "table", "ip", "filter")
    host.run("nft", "delete", "table", "ip", "filter")
    assert ground.one.seen_as(FAR[4][0]) == FAR[4][1]


def test_a_routes_gateway_is_a_guest(host: Host) -> None:
    """A network behind one of the guests is reached through it."""
    route = "<route address='10.77.0.0' prefix='16' gateway='10.20.30.11'/>"
    ground = Ground(host, route)
    ground.one.ip("link set lo up")
    ground.one.ip("address add 10.77.5.5/32 dev lo")
    assert host.seen_as("10.77.5.5") == "10.20.30.1"


_SENDER = """
import socket
with socket.create_server(("0.0.0.0", 7788)) as server:
    print("ready", flush=True)
    one = server.accept()[0]
    one.settimeout(20)
    while True:
        one.sendall(bytes(65536))
"""
_RECEIVER = """
import socket, sys, time
with socket.create_connection((sys.argv[1], 7788), 10) as one:
    def taken(seconds):
        count, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            count += len(one.recv(65536))
        return count
    taken(1.5)  # what may come at once has come
    begun = time.monotonic()
    print(taken(4) / (time.monotonic() - begun) / 1000)
"""


def rate(source: Space, sink: Space, address: str) -> float:
    """Kilobytes a second from one to the other by TCP."""
    with subprocess.Popen(
        [*source.prefix, sys.executable, "-S", "-c", _SENDER], stdout=PIPE, stderr=DEVNULL, text=True
    ) as sender:
        assert sender.stdout is not None and sender.stdout.readline() == "ready\n"
        try:
            return float(sink.run(sys.executable, "-S", "-c", _RECEIVER, address).stdout)
        finally:
            sender.kill()


def test_bandwidth_of_a_network(host: Host) -> None:
    """What its guests receive by way of the host, and send, within a fifth; nothing of it is left."""
    limits = "<bandwidth><inbound average='1000'/><outbound average='500'/></bandwidth>"
    before = host.state()
    host.start(f"{limits}<ip address='10.20.30.1' prefix='24'/>")
    guest = host.guest("vn0", "10.20.30.11/24")
    assert 800 < rate(host, guest, "10.20.30.1") < 1200
    assert 400 < rate(guest, host, "10.20.30.11") < 600
    for link in host.json("ip -j link show master vn0"):
        host.ip(f"link delete {link['ifname']}")
    host.virshpy("net-destroy lab")
    assert host.state() == before
