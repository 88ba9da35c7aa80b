"""The life of networks: what is refused, what is left, what comes back; and what is said of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import needs
from tests.networks.space import Host

pytestmark = [needs.root, needs.program("nft", "nftables"), needs.program("dnsmasq", "dnsmasq-base")]

DHCP = "<dhcp><range start='10.20.30.100' end='10.20.30.199'/></dhcp>"
NAT = f"<forward mode='nat'/><ip address='10.20.30.1' prefix='24'>{DHCP}</ip>"
SIX = "<ip family='ipv6' address='fd20:30::1' prefix='64'/>"
BODIES = {
    "nat": NAT,
    "isolated": NAT.removeprefix("<forward mode='nat'/>"),
    "open": NAT.replace("nat", "open"),
    "names alone": "<forward mode='route'/><ip address='10.20.30.1' prefix='24'/>",
    "both": NAT + SIX,
    "silent": "<dns enable='no'/><ip address='10.20.30.1' prefix='24'/>",
    "no addresses": "",
}


@pytest.mark.parametrize("body", BODIES)
def test_nothing_is_left(host: Host, body: str) -> None:
    before = host.state()
    host.start(BODIES[body])
    assert host.state() != before
    host.virshpy("net-destroy lab")
    assert host.state() == before


def test_a_network_on_links_of_the_host_changes_nothing(host: Host) -> None:
    host.ip("link add br9 type bridge")
    before = host.state()
    host.start("<forward mode='bridge'/><bridge name='br9'/>")
    host.start("<forward mode='vepa'><interface dev='br9'/></forward><bridge/>", "direct")
    assert host.state() == before
    host.virshpy("net-destroy lab")
    host.virshpy("net-destroy direct")


def test_forwarding_stays_on_and_that_is_said_once(host: Host) -> None:
    host.set("ipv4/ip_forward", 0)
    host.start(NAT)
    host.start(NAT.replace("10.20.30", "10.20.31"), "second", "vn1")
    assert host.setting("ipv4/ip_forward") == "1"
    assert "net.ipv4.ip_forward stays on" in host.virshpy("net-destroy lab").stderr
    assert host.virshpy("net-destroy second").stderr == ""
    assert host.setting("ipv4/ip_forward") == "1"


# what is refused
@pytest.mark.parametrize(
    ("prepare", "body", "words"),
    [
        ("ip address add 10.20.30.77/24 dev hx", NAT, "Network is already in use by interface hx"),
        ("ip address add 10.20.30.77/25 dev hx", NAT, "Network is already in use by interface hx"),
        ("ip route add 10.20.30.0/24 dev hx", NAT, "Network is already in use by interface hx"),
        ("ip link add vn0 type bridge", NAT, "error creating bridge interface vn0: File exists"),
        ("true", NAT + "<bridge name='sixteen-letters-'/>", "Numerical result out of range"),
        ("true", NAT + "<bridge name='a*'/>", "bridge name 'a*'"),
        ("true", NAT + '<bridge name=\'a"b\'/>', "bridge name 'a\"b'"),
        ("true", NAT + "<bridge name='vn0' zone='public'/>", "firewalld is not active"),
        ("true", NAT + "<bridge name='vn0' macTableManager='libvirt'/>", "vlan_filtering"),
        ("true", NAT.replace("<dhcp>", "<tftp root='/no/such'/><dhcp>"), "TFTP directory /no/such inaccessible"),
    ],
)  # fmt: skip
def test_what_cannot_start_leaves_nothing(host: Host, prepare: str, body: str, words: str) -> None:
    if "macTableManager" in body and host.bridges_know_vlans():
        pytest.skip("needs a kernel whose bridges know no VLANs")
    host.ip("link add hx type veth peer name hy")
    host.ip("link set hx up")
    host.run("sh", "-c", prepare)
    host.define(body)
    before = host.state()
    assert words in host.fails("net-start lab")
    assert host.state() == before
    assert "inactive" in host.virshpy("net-list --all").stdout


def test_ipv6_that_overlaps(host: Host) -> None:
    host.ip("link add hx type veth peer name hy")
    host.ip("link set hx up")
    host.ip("-6 address add fd20:30::77/64 dev hx nodad")
    host.define(SIX)
    assert "already in use by interface hx" in host.fails("net-start lab")


def test_a_larger_network_of_the_hosts_is_told(host: Host) -> None:
    host.ip("link add hx type veth peer name hy")
    host.ip("link set hx up")
    host.ip("address add 10.1.1.1/8 dev hx")
    assert "is a part of what hx has" in host.start(NAT)


def test_two_networks_of_one_bridge_or_of_the_same_addresses(host: Host) -> None:
    host.start(NAT)
    other = "<network><name>other</name><bridge name='vn0'/><ip address='10.20.31.1' prefix='24'/></network>"
    assert "bridge name 'vn0' already in use." in host.fails(f"net-define {host.file(other)}")
    host.virshpy(f"net-define {host.file(other.replace('vn0', 'vn1').replace('31', '30'))}")
    assert "already in use by interface vn0" in host.fails("net-start other")


def test_port_53_that_another_has(host: Host) -> None:
    """The error names who has it; a network without names starts all the same."""
    taken = (
        "import socket,time\n"
        "for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):\n"
        " s = socket.socket(socket.AF_INET, kind); s.bind(('0.0.0.0', 53)); globals()[f'k{kind}'] = s\n"
        " kind == socket.SOCK_STREAM and s.listen()\n"
        "print('ready', flush=True); time.sleep(60)\n"
    )
    holder = subprocess.Popen([*host.prefix, sys.executable, "-c", taken], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None and holder.stdout.readline() == "ready\n"
    try:
        host.define(NAT)
        said = host.fails("net-start lab")
        assert "Address already in use" in said and "python" in said and "port 53" in said
        host.start("<dns enable='no'/>" + NAT.replace("10.20.30", "10.20.31"), "silent", "vn1")
    finally:
        holder.kill()
        holder.communicate()


@pytest.mark.parametrize(("program", "package"), [("nft", "nftables"), ("dnsmasq", "dnsmasq-base")])
def test_a_tool_that_is_missing(host: Host, program: str, package: str) -> None:
    """The error names the package, and nothing is left."""
    host.define(NAT)
    before = host.state()
    hide = f'for p in /usr/sbin/{program} /sbin/{program}; do mount --bind /dev/null $p; done 2>/dev/null; exec "$@"'
    words = [sys.executable, "-m", "virshpy", "--hints", "-c", host.uri, "net-start", "lab"]
    done = host.run("unshare", "--mount", "sh", "-c", hide, "sh", *words, check=False)
    assert done.returncode == 1 and f"Cannot find '{program}' in path" in done.stderr and package in done.stderr
    assert host.state() == before


def test_without_ipv6(host: Host) -> None:
    """Where IPv6 is switched off for new links, networks start; one of IPv6 has it on its own."""
    host.set("ipv6/conf/all/disable_ipv6", 1)
    host.set("ipv6/conf/default/disable_ipv6", 1)
    host.start(NAT + SIX)
    assert host.setting("ipv6/conf/vn0/disable_ipv6") == "0" and "fd20:30::1/64" in host.ip("-6 address show dev vn0")
    host.virshpy("net-destroy lab")
    host.start(NAT, "four", "vn4")
    assert host.setting("ipv6/conf/vn4/disable_ipv6") == "1"
    host.virshpy("net-destroy four")


def test_a_policy_of_others_is_told(host: Host) -> None:
    """Docker lets nothing pass that it does not know: a start says so, and how to let it pass."""
    script = "table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }\n"
    host.run("nft", "-f", "-", input=script, stdin=None)
    said = host.start(NAT)
    assert "table 'ip filter' of nft drops" in said and "iptables -I FORWARD -i vn0 -j ACCEPT" in said
    host.virshpy("net-destroy lab")
    host.run("nft", "add", "rule", "ip", "filter", "FORWARD", "iifname", "vn0", "accept")
    assert "drops" not in host.virshpy("net-start lab").stderr


# what comes back
def test_a_dnsmasq_that_died_is_started_again(host: Host) -> None:
    host.start(NAT)
    pid = host.dnsmasq()
    os.kill(pid, signal.SIGKILL)
    said = host.virshpy("net-list").stderr
    assert "dnsmasq of network 'lab' had ended; it was started again" in said
    assert host.dnsmasq() != pid
    assert host.virshpy("net-list").stderr == ""
    before = host.state()
    host.virshpy("net-destroy lab")
    assert host.state() != before and not host.state()["processes"]


def test_a_dnsmasq_that_cannot_be_started_again_is_no_reason_to_keep_the_network(host: Host) -> None:
    host.start(NAT)
    os.kill(host.dnsmasq(), signal.SIGKILL)
    [path] = (host.root / "run/networks").glob("*/dnsmasq.conf")
    path.unlink()
    host.virshpy("net-list")
    host.virshpy("net-destroy lab")
    assert "vn0" not in host.ip("link")


def test_what_was_changed_by_hand_does_not_keep_it(host: Host) -> None:
    """A bridge, a table, files that somebody has removed are no reason for a destroy to fail."""
    host.start(NAT)
    host.ip("link delete vn0")
    host.run("nft", "flush", "ruleset")
    for path in (host.root / "run/networks").glob("*/*"):
        path.unlink()
    host.virshpy("net-destroy lab")
    assert not host.state()["processes"]


def test_a_table_that_is_left_over_is_replaced(host: Host) -> None:
    host.run("nft", "add table inet virshpy-vn0; add chain inet virshpy-vn0 left")
    host.start(NAT)
    rules = host.run("nft", "list table inet virshpy-vn0").stdout
    assert "masquerade" in rules and "left" not in rules


def test_a_bridge_that_took_the_name_is_left_alone(host: Host) -> None:
    host.start(NAT)
    host.ip("link delete vn0")
    host.ip("link add vn0 type bridge")
    host.virshpy("net-destroy lab")
    assert "vn0" in host.ip("link")


# bookkeeping
def test_a_free_network_is_chosen(host: Host) -> None:
    """An address that is unspecified becomes one that neither the host nor another network has."""
    text = "<network><name>{}</name><forward mode='nat'/><ip address='0.0.0.0' prefix='24'/></network>"
    host.ip("link add hx type veth peer name hy")
    host.ip("link set hx up")
    host.ip("address add 192.168.122.9/24 dev hx")
    for name in ("one", "two"):
        host.virshpy(f"net-define {host.file(text.format(name))}")
        host.virshpy(f"net-start {name}")
    told = {name: host.virshpy(f"net-dumpxml {name}").stdout for name in ("one", "two")}
    assert "192.168.123.1" in told["one"] and "192.168.123.2" in told["one"] and "virbr0" in told["one"]
    assert "192.168.124.1" in told["two"] and "virbr1" in told["two"]


def test_the_default_network_is_there_at_first_use(host: Host) -> None:
    """Of a system connection; once removed it stays away."""
    command = f"{sys.executable} -m virshpy -c qemu:///system"
    folders = ("/var/lib/virshpy", "/run/virshpy", "/var/log/virshpy", "/var/cache/virshpy")
    mounts = "".join(f"mkdir -p {path}; mount -t tmpfs -o mode=0755 none {path}; " for path in folders)
    script = (
        f"set -e; {mounts}{command} net-list --all; {command} net-dumpxml default; {command} net-start default; "
        f"ip -br link show virbr0; {command} net-destroy default; {command} net-undefine default; "
        f"{command} net-list --all --name"
    )
    made = [path for path in folders if not Path(path).exists()]
    try:
        said = host.run("unshare", "--mount", "sh", "-c", script).stdout
    finally:
        for path in made:
            Path(path).rmdir() if Path(path).exists() else None
    assert re.search(r"default +inactive +no +yes", said)
    assert re.search("<range start=.192.168.122.2. end=.192.168.122.254.", said) and "virbr0" in said
    assert said.count("default") == said[: said.rindex("undefined")].count("default")


def test_rehearsals_change_nothing(host: Host) -> None:
    host.define(NAT)
    before = host.state()
    said = host.virshpy("net-start lab --dry-run").stdout
    assert "ip link add name vn0" in said and "nft -f -" in said and "dnsmasq --conf-file" in said
    assert host.state() == before
    host.virshpy("net-start lab")
    running = host.state()
    said = host.virshpy("net-destroy lab --dry-run").stdout
    assert "kill " in said and "nft delete table inet virshpy-vn0" in said and "ip link delete dev vn0" in said
    assert host.state() == running


def test_events(host: Host) -> None:
    line = "net-event --event lifecycle --loop --timeout 8"
    words = [*host.prefix, sys.executable, "-m", "virshpy", "-c", host.uri, *line.split()]
    listening = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    time.sleep(1.5)
    host.start(NAT)
    host.virshpy("net-destroy lab")
    host.virshpy("net-undefine lab")
    said = listening.communicate(timeout=30)[0]
    assert re.findall(r"for network lab: (\w+)", said) == ["Defined", "Started", "Stopped", "Undefined"]


def test_fifty_networks(host: Host) -> None:
    before = host.state()
    lines = []
    for number in range(50):
        body = NAT.replace("10.20.30", f"10.21.{number}")
        text = f"<network><name>n{number}</name><bridge name='vn{number}' stp='off'/>{body}</network>"
        lines += [f"net-define {host.file(text, f'n{number}.xml')}", f"net-start n{number}"]
    host.virshpy(f'"{"; ".join(lines)}"', timeout=120)
    assert len(host.state()["processes"]) == 50
    host.virshpy(f'"{"; ".join(f"net-destroy n{number}" for number in range(50))}"', timeout=120)
    assert host.state() == before
