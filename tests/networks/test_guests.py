"""Guests on networks: their links, their ports, what the network gives them; and networks that go and come back."""

from __future__ import annotations

import json
import re

import pytest

from tests import needs
from tests.guests.documents import document
from tests.networks.space import Host, until

pytestmark = [needs.root, needs.qemu, needs.program("nft", "nftables"), needs.program("dnsmasq", "dnsmasq-base")]

DHCP = "<dhcp><range start='10.20.30.100' end='10.20.30.199'/></dhcp>"
IP = f"<ip address='10.20.30.1' prefix='24'>{DHCP}</ip>"
MAC = "52:54:00:00:00:01"


def nic(network: str = "lab", more: str = "", mac: str = MAC, source: str = "") -> str:
    return (
        f"<interface type='network'><mac address='{mac}'/><source network='{network}'{source}/>"
        f"<model type='virtio'/>{more}</interface>"
    )


def define(host: Host, *interfaces: str, name: str = "vm") -> None:
    host.virshpy(f"define {host.file(document(name, ''.join(interfaces), memory=32), f'{name}.xml')}")


def link(host: Host, name: str) -> dict[str, object]:
    found: dict[str, object] = host.json(f"ip -j -d link show {name}")[0]
    return found


@pytest.fixture(autouse=True)
def stopped(host: Host) -> object:
    yield
    for name in host.virshpy("list --name").stdout.split():
        host.virshpy(f"destroy {name}")
    for name in host.virshpy("net-list --name").stdout.split():
        host.virshpy(f"net-destroy {name}")
    assert host.state()["processes"] == []
    return None


def test_a_guest_has_a_port_while_it_runs(host: Host) -> None:
    host.start(f"<mtu size='1400'/>{IP}")
    define(host, nic(), nic(more="<port isolated='yes'/><mtu size='1300'/>", mac="52:54:00:00:00:02"))
    host.virshpy("start vm")
    ports = host.virshpy("net-port-list lab --uuid").stdout.split()
    assert len(ports) == 2
    xml = host.virshpy("dumpxml vm").stdout
    assert sorted(re.findall("portid='([^']+)'", xml)) == sorted(ports) and xml.count("bridge='vn0'") == 2
    assert "connections='2'" in host.virshpy("net-dumpxml lab").stdout
    one, other = (link(host, name) for name in re.findall(r"<target dev='(vnet\d+)'", xml))
    assert (one["master"], one["mtu"], one["linkinfo"]["info_slave_data"]["isolated"]) == ("vn0", 1400, False)  # type: ignore[index]
    assert (other["mtu"], other["linkinfo"]["info_slave_data"]["isolated"]) == (1300, True)  # type: ignore[index]
    assert "<plug type='network' bridge='vn0'/>" in host.virshpy(f"net-port-dumpxml lab {ports[0]}").stdout
    host.virshpy("destroy vm")
    assert host.virshpy("net-port-list lab --uuid").stdout.split() == []
    assert "connections" not in host.virshpy("net-dumpxml lab").stdout


def test_a_network_that_is_not_active_is_named_with_what_to_type(host: Host) -> None:
    host.define(IP)
    define(host, nic())
    said = host.fails("start vm")
    assert "network 'lab' is not active" in said and "net-start lab" in said
    host.virshpy("net-autostart lab")
    assert "network 'lab' was started" in host.virshpy("start vm").stderr
    assert "active" in host.virshpy("net-list").stdout


def test_a_network_that_is_not_there(host: Host) -> None:
    define(host, nic("nowhere"))
    said = host.fails("start vm")
    assert "Network not found: no network with matching name 'nowhere'" in said and "net-list --all" in said


def test_who_cannot_start_leaves_no_port(host: Host) -> None:
    host.start(IP)
    define(host, nic(), nic("nowhere", mac="52:54:00:00:00:02"))
    host.fails("start vm")
    assert host.virshpy("net-port-list lab --uuid").stdout.split() == []


def test_a_network_goes_while_a_guest_is_on_it_and_comes_back(host: Host) -> None:
    host.start(f"<port isolated='yes'/>{IP}")
    define(host, nic())
    host.virshpy("start vm")
    (name,) = re.findall(r"<target dev='(vnet\d+)'", host.virshpy("dumpxml vm").stdout)
    said = host.virshpy("net-destroy lab").stderr
    assert "vm: on network 'lab', and without it until it is started again" in said
    assert "master" not in link(host, name)
    assert f"{name} is on network 'lab', which is not active" in host.virshpy("dominfo vm").stdout
    host.virshpy("net-start lab")
    back = link(host, name)
    assert "not active" not in host.virshpy("dominfo vm").stdout
    assert back["master"] == "vn0" and back["linkinfo"]["info_slave_data"]["isolated"] is True  # type: ignore[index]
    assert len(host.virshpy("net-port-list lab --uuid").stdout.split()) == 1
    host.virshpy("net-destroy lab")
    host.virshpy("destroy vm")


def test_two_guests_with_one_address_on_one_network(host: Host) -> None:
    host.start(IP)
    define(host, nic())
    define(host, nic(), name="other")
    host.virshpy("start vm")
    assert f"network device with mac {MAC} already exists" in host.fails("start other")


def test_links_of_a_pool(host: Host) -> None:
    """Guests of a network on links of the host get the one with the fewest; of passthrough one each."""
    for name in ("da", "db"):
        host.ip(f"link add {name} type veth peer name x{name}")
        host.ip(f"link set {name} up")
    pool = "<forward mode='passthrough'><interface dev='da'/><interface dev='db'/></forward>"
    host.virshpy(f"net-create {host.file(f'<network><name>p</name>{pool}</network>')}")
    for number in (1, 2, 3):
        define(host, nic("p", mac=f"52:54:00:00:00:0{number}"), name=f"vm{number}")
    host.virshpy("start vm1")
    host.virshpy("start vm2")
    assert "requires exclusive access to interfaces, but none are available" in host.fails("start vm3")
    told = host.virshpy("dumpxml vm1").stdout + host.virshpy("dumpxml vm2").stdout
    assert sorted(re.findall("dev='(d.)' mode='passthrough'", told)) == ["da", "db"]
    assert re.search(r"direct +p +virtio", host.virshpy("domiflist vm1").stdout)
    host.virshpy("destroy vm1")
    host.virshpy("start vm3")


def test_a_group_gives_its_guests_limits(host: Host) -> None:
    group = "<portgroup name='slow' default='yes'><bandwidth><inbound average='100'/></bandwidth></portgroup>"
    host.start(f"{IP}{group}<portgroup name='fast'/>")
    define(host, nic(), nic(mac="52:54:00:00:00:02", source=" portgroup='fast'"))
    host.virshpy("start vm")
    slow, fast = re.findall(r"<target dev='(vnet\d+)'", host.virshpy("dumpxml vm").stdout)
    assert "rate 800Kbit" in host.run("tc", "class", "show", "dev", slow).stdout
    assert host.run("tc", "class", "show", "dev", fast).stdout == ""


def test_a_floor_is_a_part_of_what_the_network_has(host: Host) -> None:
    host.start(f"{IP}<bandwidth><inbound average='1000' peak='2000'/></bandwidth>")
    define(host, nic(more="<bandwidth><inbound average='100' floor='400'/></bandwidth>"))
    define(
        host,
        nic(more="<bandwidth><inbound average='1' floor='1700'/></bandwidth>", mac="52:54:00:00:00:02"),
        name="too",
    )
    host.virshpy("start vm")
    assert "class htb 1:3 " in host.run("tc", "class", "show", "dev", "vn0").stdout
    assert "would overcommit peak=2000 on network 'lab'" in host.fails("start too")
    host.virshpy("destroy vm")
    assert "class htb 1:3 " not in host.run("tc", "class", "show", "dev", "vn0").stdout
    assert "has no inbound QoS set" in _without_bandwidth(host)


def _without_bandwidth(host: Host) -> str:
    host.start("<ip address='10.20.31.1' prefix='24'/>", "plain", "vn1")
    define(host, nic("plain", more="<bandwidth><inbound average='1' floor='1'/></bandwidth>"), name="floor")
    return host.fails("start floor")


def test_addresses_by_lease_and_arp(host: Host) -> None:
    """A namespace stands in for what runs in the guest: its frames have the guest's address."""
    host.start(IP)
    define(host, nic())
    host.virshpy("start vm")
    (name,) = re.findall(r"<target dev='(vnet\d+)'", host.virshpy("dumpxml vm").stdout)
    assert json.loads(host.virshpy("--output json domifaddr vm").stdout)["result"]["interfaces"] == []
    host.ip(f"link set {name} nomaster")
    inside = host.guest("vn0", mac=MAC)
    script = host.root / "bound"
    script.write_text('#!/bin/sh\n[ "$1" = bound ] && ip address add "$ip/$mask" dev eth0 || true\n')
    script.chmod(0o755)
    inside.run("busybox", "udhcpc", "-i", "eth0", "-n", "-q", "-s", str(script))
    [told] = json.loads(host.virshpy("--output json domifaddr vm").stdout)["result"]["interfaces"]
    assert (told["name"], told["mac"]) == (name, MAC)
    [address] = told["addresses"]
    assert address["prefix"] == 24 and address["address"].startswith("10.20.30.1")
    host.run("sh", "-c", f"ping -c1 -W1 {address['address']} || true")
    until(lambda: address["address"] in host.virshpy("domifaddr vm --source arp").stdout)
