"""Networks of an ordinary user: in a namespace of his own, with real guests; no root anywhere."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kit.guest import READY, Guest
from tests import needs
from tests.networks.ordinary import Console, User, forward, free_port, guest_xml, marks, start

pytestmark = marks
_DHCP = (
    "mkdir -p /tmp; echo '#!/bin/sh' >/tmp/s; "
    "echo '[ $1 = bound ] && ip addr add $ip/24 dev eth0 && ip route add default via $router"
    " && echo nameserver $dns >/etc/resolv.conf && echo search $domain >>/etc/resolv.conf' >>/tmp/s; "
    "chmod +x /tmp/s; mkdir -p /etc; udhcpc -i eth0 -n -q -t 20 -T 1 -x hostname:NAME -s /tmp/s 2>&1"
)


@contextmanager
def server(address: str) -> Iterator[int]:
    """Somebody outside who says who asks; its port."""
    with socket.create_server((address, 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    peer, _ = listening.accept()
                except OSError:
                    return
                with peer:
                    peer.sendall(b"out-side\n")

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def own_address() -> str:
    """An address of this host that others reach."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.77", 9))
        return str(probe.getsockname()[0])


@needs.qemu
@needs.default_route
def test_two_guests_on_a_network_without_root(user: User, guest: Guest) -> None:
    """They get addresses, find each other by name, reach a server outside, and a port of the host leads to one."""
    port = free_port()
    user.network(more="<domain name='lab.test'/>")
    start(user, guest, "one", "52:54:00:00:0e:01", forward(port))
    start(user, guest, "two", "52:54:00:00:0e:02")
    with Console(user.root / "one.sock") as one, Console(user.root / "two.sock") as two:
        _try_each_other(one, two, port)
        _asked_about(user)
        for name in ("one", "two"):
            user.virshpy(f"destroy {name}")
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    user.virshpy("net-destroy lab")
    assert user.gone()


def _try_each_other(one: Console, two: Console, port: int) -> None:
    for name, console in (("one", one), ("two", two)):
        console.wait(READY)
        console.wait("# ")
        assert "lease of 192.168.150." in console.ask(_DHCP.replace("NAME", name)), name
    one.ask("(while :; do nc -l -p 22 -e cat; done) & true")
    assert "192.168.150.199" in two.ask("nslookup one.lab.test")
    assert "0% packet loss" in two.ask("ping -c 1 -W 5 one")
    with server(own_address()) as outside:
        assert "out-side" in two.ask(f"nc -w 5 {own_address()} {outside}")
    with server("127.0.0.1") as own:  # what listens on the host's loopback is not for guests
        assert "out-side" not in two.ask(f"nc -w 2 10.0.2.2 {own}")
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(b"there and back")
        assert client.recv(100) == b"there and back"


def _asked_about(user: User) -> None:
    """What commands tell of the two guests."""
    leases = user.virshpy("net-dhcp-leases lab").stdout
    assert "192.168.150.199/24" in leases and leases.count("192.168.150.") == 2
    assert "192.168.150.199/24" in user.virshpy("domifaddr one").stdout
    assert "192.168.150.199" in user.virshpy("domifaddr one --source arp").stdout
    name = re.findall(r"vnet\d+", user.virshpy("domiflist one").stdout)[0]
    received = re.findall(r"rx_bytes (\d+)", user.virshpy(f"domifstat one {name}").stdout)
    assert int(received[0]) > 0
    assert f"net.0.name={name}" in user.virshpy("domstats one --interface").stdout
    assert "<portForward" in user.virshpy("dumpxml one").stdout


# start and stop
@pytest.mark.parametrize("mode", ["nat", "route", "open", "none"])
def test_nothing_is_left(user: User, mode: str) -> None:
    forward = "" if mode == "none" else f"<forward mode='{mode}'/>"
    user.network(
        more=f"{forward}<ip address='192.168.150.1' prefix='24'/><ip family='ipv6' address='fd50::1' prefix='64'/>"
    )
    assert "virbr0" in user.inside("ip -br link") and "virbr0" not in os.listdir("/sys/class/net")
    assert "192.168.150.1/24 fd50::1/64" in user.inside("ip -br address show dev virbr0")
    assert user.virshpy("net-destroy lab").stderr == ""
    assert user.gone()


def test_five_networks_are_in_one_namespace(user: User) -> None:
    """It is there as long as one of them is."""
    for number in range(5):
        user.network(f"n{number}", 150 + number)
    assert len([words for _, words in user.processes() if "dnsmasq" in words]) == 5
    keeper = user.keeper
    assert user.inside("nft list tables").count("virshpy-virbr") == 5
    for number in range(5):
        assert user.keeper == keeper
        user.virshpy(f"net-destroy n{number}")
    assert user.gone()


def test_five_start_and_stop_at_once(user: User) -> None:
    """Whoever starts while the last one stops has a namespace."""
    for number in range(5):
        user.network(f"n{number}", 150 + number, start=False)
    for verb in ("start", "destroy", "start", "destroy"):
        words = [user.words(f"net-{verb}", f"n{number}") for number in range(5)]
        running = [subprocess.Popen(one, stderr=subprocess.PIPE, text=True, cwd="/") for one in words]
        for process in running:
            assert process.communicate(timeout=60)[1] == "" and process.returncode == 0
    cycles = [
        "; ".join([f"net-start n{number}; net-destroy n{number}"] * 4) for number in range(3)
    ]  # fmt: skip
    running = [
        subprocess.Popen(user.words(cycle), stderr=subprocess.PIPE, text=True, cwd="/") for cycle in cycles
    ]  # fmt: skip
    for process in running:
        assert process.communicate(timeout=60)[1] == "" and process.returncode == 0
    user.virshpy("net-list")
    assert user.gone()


def test_a_rehearsal_makes_nothing(user: User) -> None:
    user.network(start=False)
    said = user.virshpy("net-start lab --dry-run").stdout
    assert "unshare --user --map-root-user --net" in said and '"$keeper"' in said and "slirp4netns --configure" in said
    assert user.gone()
    user.virshpy("net-start lab")
    said = user.virshpy("net-destroy lab --dry-run").stdout
    assert f"kill {user.keeper}" in said and f"--target {user.keeper} -- ip link delete dev virbr0" in said
    user.network("other", 151)
    assert f"kill {user.keeper}" not in user.virshpy("net-destroy lab --dry-run").stdout
    user.virshpy("net-destroy lab; net-destroy other")
    assert user.gone()


def test_the_connection_of_a_session(user: User) -> None:
    """qemu:///session keeps its files in the user's home, and the namespace in his runtime directory."""
    session = User(user.root, uri="qemu:///session")
    session.network()
    assert (user.root / "xdg/virshpy/namespace").is_dir()
    session.virshpy("net-destroy lab")
    assert not session.processes() and not (user.root / "xdg/virshpy/namespace").exists()


# addresses
def test_the_way_out_leaves_addresses_alone(user: User) -> None:
    """What a network has, the way out does not take; what it has, a network cannot."""
    user.network(more="<forward mode='nat'/><ip address='10.0.2.1' prefix='24'/>")
    assert "10.0.3.100/24" in user.inside("ip -br address show dev slirp0")
    other = "<forward mode='nat'/><ip address='10.0.3.1' prefix='24'/>"
    user.network("other", more=other, start=False)
    assert "already in use by interface slirp0" in user.fails("net-start other")
    user.virshpy("net-destroy lab")
    user.virshpy("net-start other")
    user.virshpy("net-destroy other")
    assert user.gone()


def test_a_bridge_of_the_hosts_has_no_meaning(user: User) -> None:
    user.network(more="<forward mode='nat' dev='eth0'/><ip address='192.168.150.1' prefix='24'/>", start=False)
    assert "a link of the host's" in user.fails("net-start lab")
    zone = "<bridge name='virbr3' zone='public'/><ip address='192.168.150.1' prefix='24'/>"
    user.network("zone", more=zone, start=False)
    assert "firewalld knows nothing of an ordinary user's networks" in user.fails("net-start zone")
    assert user.gone()


def test_what_names_are_asked_of(user: User) -> None:
    user.network()
    [conf] = (user.root / "run/networks").glob("*/dnsmasq.conf")
    assert "server=10.0.2.3\n" in conf.read_text() and "no-resolv\n" in conf.read_text()
    user.virshpy("net-destroy lab")
    user.network("other", more="<dns><forwarder addr='192.0.2.53'/></dns>")
    [conf] = (user.root / "run/networks").glob("*/dnsmasq.conf")
    assert "server=10.0.2.3\n" not in conf.read_text() and "server=192.0.2.53\n" in conf.read_text()
    user.virshpy("net-destroy other")


def test_a_change_reaches_the_namespace(user: User) -> None:
    user.network()
    host = "<host mac='52:54:00:00:0e:09' name='nine' ip='192.168.150.9'/>"
    user.virshpy(f"net-update lab add ip-dhcp-host {user.file(host, 'host.xml')} --live --config")
    [hosts] = (user.root / "run/networks").glob("*/hosts")
    assert hosts.read_text() == "52:54:00:00:0e:09,192.168.150.9,nine\n"
    txt = user.file("<txt name='hint' value='here'/>", "txt.xml")
    pid = user.pid("dnsmasq")
    user.virshpy(f"net-update lab add dns-txt {txt} --live")
    assert user.pid("dnsmasq") != pid
    assert "here" in user.inside("busybox nslookup -type=txt hint 192.168.150.1", check=False)
    user.kill(user.pid("dnsmasq"))
    assert "it was started again" in user.virshpy("net-list").stderr
    user.virshpy("net-destroy lab")
    assert user.gone()


# interfaces
def test_an_interface_is_as_its_document_says(user: User) -> None:
    user.network(more="<mtu size='1400'/>")
    limits = "<bandwidth><inbound average='1000'/></bandwidth>"
    start(user, None, "one", "52:54:00:00:0e:01", f"{limits}<port isolated='yes'/>")
    link = user.inside("ip -d -o link show type tun")
    assert "mtu 1400" in link and "isolated on" in link
    name = re.findall(r"vnet\d+", link)[0]
    assert "rate 8Mbit" in user.inside(f"tc class show dev {name}")
    user.virshpy(f"domiftune one {name} --inbound 500 --live")
    assert "rate 4Mbit" in user.inside(f"tc class show dev {name}")
    user.virshpy("destroy one; net-destroy lab")
    assert user.gone()


def test_links_of_the_host_stay_roots(user: User) -> None:
    user.virshpy(f"net-define {user.file(HOST_BRIDGE, 'direct.xml')}")
    user.virshpy("net-start direct")
    path = user.file(guest_xml(user, None, "one", "52:54:00:00:0e:01", network="direct"), "one.xml")
    user.virshpy(f"define {path}")
    said = user.fails("start one")
    assert "creating a tap device needs root" in said or "No such device" in said
    user.virshpy("net-destroy direct")
    assert user.gone()


HOST_BRIDGE = "<network><name>direct</name><forward mode='bridge'/><bridge name='br-of-host'/></network>"
