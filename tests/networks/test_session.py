"""Networks of an ordinary user: in a namespace of his own, with real guests; no root anywhere."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kit.guest import READY, Guest
from tests import needs
from tests.guests.documents import document
from tests.networks.ordinary import Console, User, dropped, marks
from tests.networks.space import until

pytestmark = marks
_DHCP = (
    "mkdir -p /tmp; echo '#!/bin/sh' >/tmp/s; "
    "echo '[ $1 = bound ] && ip addr add $ip/24 dev eth0 && ip route add default via $router"
    " && echo nameserver $dns >/etc/resolv.conf && echo search $domain >>/etc/resolv.conf' >>/tmp/s; "
    "chmod +x /tmp/s; mkdir -p /etc; udhcpc -i eth0 -n -q -t 20 -T 1 -x hostname:NAME -s /tmp/s 2>&1"
)


@pytest.fixture
def user(root: Path) -> Iterator[User]:
    made = User(root)
    yield made
    for pid, _ in made.processes():
        made.kill(pid)


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


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def guest_xml(user: User, guest: Guest | None, name: str, mac: str, more: str = "", network: str = "lab") -> str:
    serial = f"<serial type='unix'><source mode='bind' path='{user.root}/{name}.sock'/></serial>"
    interface = (
        f"<interface type='network'><mac address='{mac}'/><source network='{network}'/>{more}"
        "<model type='virtio'/></interface>"
    )
    return document(name, interface + serial, guest=guest, memory=96)


def start(user: User, guest: Guest | None, name: str, mac: str, more: str = "", network: str = "lab") -> None:
    path = user.file(guest_xml(user, guest, name, mac, more, network), f"{name}.xml")
    user.virshpy(f"define {path}")
    user.virshpy(f"start {name}")


def forward(port: int, to: int = 22) -> str:
    return f"<portForward proto='tcp' address='127.0.0.1'><range start='{port}' to='{to}'/></portForward>"


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


# what ends by itself
def test_a_way_out_that_died_is_made_again(user: User) -> None:
    port = free_port()
    user.network()
    start(user, None, "one", "52:54:00:00:0e:01", forward(port))
    user.kill(user.pid("slirp4netns"))
    assert "(slirp4netns) had ended; it was started again" in user.virshpy("net-list").stderr
    assert "default via 10.0.2.2" in user.inside("ip route")
    socket.create_connection(("127.0.0.1", port), timeout=5).close()
    assert user.virshpy("net-list").stderr == ""
    user.virshpy("destroy one; net-destroy lab")
    assert user.gone()


def test_a_namespace_that_was_ended_takes_its_networks_along(user: User) -> None:
    for number in range(2):
        user.network(f"n{number}", 150 + number)
    start(user, None, "one", "52:54:00:00:0e:01", forward(free_port()), "n0")
    user.kill(user.keeper)
    said = user.virshpy("net-list").stderr
    assert "network 'n0' has ended" in said and "one: without a network until started again" in said and "'n1'" in said
    assert user.virshpy("net-list --all").stdout.count("inactive") == 2
    assert not user.left() or user.left() == user.held()
    user.virshpy("net-start n0")
    user.virshpy("destroy one; start one; destroy one; net-destroy n0")
    assert user.gone()


def test_a_network_that_starts_by_itself_comes_back_for_a_guest(user: User) -> None:
    user.network()
    user.virshpy("net-autostart lab")
    user.kill(user.keeper)
    start(user, None, "one", "52:54:00:00:0e:01")
    assert re.search(r"vnet\d+: .*master virbr0", user.inside("ip -o link"))
    user.virshpy("destroy one; net-destroy lab")
    assert user.gone()


def test_what_is_left_when_the_record_is_lost(user: User) -> None:
    """A runtime directory goes with a login, as processes may not: nothing of them stays, and networks start anew."""
    user.network()
    start(user, None, "one", "52:54:00:00:0e:01")
    before = user.processes()
    assert len({pid for pid, _ in before if user.is_alive(pid)}) >= 4
    shutil.rmtree(user.root / "run")
    said = user.virshpy("list").stdout
    assert "one" in said and "inactive" in user.virshpy("net-list --all").stdout
    until(lambda: [words for _, words in user.processes() if "qemu" not in words] == [])
    user.virshpy("net-start lab")
    user.virshpy("destroy one; net-destroy lab")
    assert user.gone()


def test_a_guest_outlives_its_network(user: User) -> None:
    """The namespace stays for it, and the network that starts again has it."""
    user.network()
    start(user, None, "one", "52:54:00:00:0e:01")
    keeper = user.keeper
    assert "one: on network 'lab'" in user.virshpy("net-destroy lab").stderr
    user.virshpy("net-start lab")
    assert user.keeper == keeper and re.search(r"vnet\d+: .*master virbr0", user.inside("ip -o link"))
    user.virshpy("net-destroy lab")
    user.virshpy("destroy one")
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


# forwarded ports
def test_ports_stay_as_they_are_while_the_guest_runs(user: User) -> None:
    """What would have no effect before the next start is refused for now."""
    port = free_port()
    user.network()
    start(user, None, "one", "52:54:00:00:0e:01", forward(port))
    xml = re.findall("<interface.*</interface>", user.virshpy("dumpxml one").stdout, re.DOTALL)[0]
    path = user.file(xml.replace(f"start='{port}'", f"start='{free_port()}'"), "interface.xml")
    assert "cannot modify forwarded ports" in user.fails(f"update-device one {path} --live")
    name = re.findall(r"vnet\d+", xml)[0]
    user.virshpy(f"domif-setlink one {name} down")
    assert f"{name} down" in user.virshpy(f"domif-getlink one {name}").stdout
    user.virshpy("destroy one; net-destroy lab")
    assert user.gone()


def test_a_port_that_is_taken_is_named(user: User) -> None:
    user.network()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port, free = taken.getsockname()[1], free_port()
        both = forward(free) + forward(port)
        path = user.file(guest_xml(user, None, "one", "52:54:00:00:0e:01", both), "one.xml")
        user.virshpy(f"define {path}")
        said = user.fails("start one")
    assert f"Failed to reserve port {port}" in said and f"127.0.0.1:{port} (tcp)" in said
    assert port_is_free(free)
    assert not [words for _, words in user.processes() if "qemu" in words]
    user.virshpy("net-destroy lab")
    assert user.gone()


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        return bool(probe.connect_ex(("127.0.0.1", port)))


def test_guests_with_ports_have_addresses_of_their_own(user: User) -> None:
    """Those that the document gives, or the last of its range; a guest that comes back has the same."""
    given = "<host mac='52:54:00:00:0e:01' ip='192.168.150.7'/><range start='192.168.150.100' end='192.168.150.101'/>"
    user.network(more=f"<forward mode='nat'/><ip address='192.168.150.1' prefix='24'><dhcp>{given}</dhcp></ip>")
    for number in (1, 2, 3):
        start(user, None, f"g{number}", f"52:54:00:00:0e:0{number}", forward(free_port()))
    [hosts] = (user.root / "run/networks").glob("*/hosts")
    for address in ("01,192.168.150.7\n", "02,192.168.150.101\n", "03,192.168.150.100\n"):
        assert f"52:54:00:00:0e:{address}" in hosts.read_text()
    xml = guest_xml(user, None, "g4", "52:54:00:00:0e:04", forward(free_port()))
    user.virshpy(f"define {user.file(xml, 'g4.xml')}")
    assert "has no address left" in user.fails("start g4")
    user.virshpy("destroy g2; start g2")
    assert "52:54:00:00:0e:02,192.168.150.101\n" in hosts.read_text()
    user.virshpy("destroy g1; destroy g2; destroy g3; net-destroy lab")
    assert user.gone()


NOT_FORWARDED = {
    "no range": ("<portForward proto='tcp'/>", "without a port"),
    "a link": ("<portForward proto='tcp' address='127.0.0.1' dev='lo'><range start='2022'/></portForward>", "dev='lo'"),
    "IPv6": ("<portForward proto='tcp' address='::1'><range start='2022'/></portForward>", "address='::1'"),
    "too many": ("<portForward proto='udp'><range start='2000' end='60000'/></portForward>", "58001 ports"),
    "not for us": ("<portForward proto='tcp'><range start='22' to='22'/></portForward>", "Permission denied"),
    "no address": ("<portForward proto='tcp' address='203.0.113.9'><range start='2022'/></portForward>", "no address"),
}


@pytest.mark.parametrize("case", NOT_FORWARDED)
def test_what_cannot_be_forwarded(user: User, case: str) -> None:
    element, words = NOT_FORWARDED[case]
    if case == "not for us" and Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text().strip() == "0":
        pytest.skip("needs ports that are root's")
    user.network()
    user.virshpy(f"define {user.file(guest_xml(user, None, 'one', '52:54:00:00:0e:01', element), 'one.xml')}")
    assert words in user.fails("start one")
    user.virshpy("net-destroy lab")
    assert user.gone()


def test_ports_into_an_isolated_network(user: User) -> None:
    user.network(more="<ip address='192.168.150.1' prefix='24'/>")
    xml = guest_xml(user, None, "one", "52:54:00:00:0e:01", forward(free_port()))
    user.virshpy(f"define {user.file(xml, 'one.xml')}")
    assert "from which nobody may answer" in user.fails("start one")
    user.virshpy("net-destroy lab")
    assert user.gone()


# what is not there, and what is forbidden
def test_without_slirp4netns(user: User) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to hide a program from the user")
    user.network(start=False)
    hide = 'mount --bind /dev/null "$0"; exec "$@"'
    path = shutil.which("slirp4netns") or ""
    said = user.fails("net-start lab", before=["unshare", "--mount", "sh", "-c", hide, path])
    assert "Cannot find 'slirp4netns' in path" in said and "install the package slirp4netns" in said
    assert user.gone()


def test_where_user_namespaces_are_used_up(user: User) -> None:
    """In a user namespace below which there may be none."""
    user.network(start=False)
    script = 'echo 0 >/proc/sys/user/max_user_namespaces; exec setpriv --inh-caps -all --ambient-caps -all "$@"'
    inside = [*dropped(), "unshare", "--user", "--map-current-user", "--keep-caps", "sh", "-c", script, "sh"]
    done = user.run([*inside, *user.words("net-start", "lab")[len(dropped()) :]])
    assert "User namespaces are forbidden to you here by user.max_user_namespaces" in done.stderr, done
    assert "hint: an administrator allows them: sysctl user.max_user_namespaces=10000" in done.stderr
    assert user.gone()


# kill -9
_DISTURBED = """
import os, sys
from virshpy.host import store
count = int(sys.argv.pop(1))
def observe(name):
    global count
    count -= 1
    if count == 0:
        os.kill(os.getpid(), 9)
store.observers.append(observe)
from virshpy.shell.main import entry
sys.exit(entry())
"""


@pytest.mark.parametrize("verb", ["net-start", "net-destroy"])
def test_killed_anywhere(user: User, verb: str) -> None:
    """The next command finds all of it or nothing, and no namespace without a network."""
    user.network(start=False)
    for moment in range(1, 200):
        if verb == "net-destroy":
            user.virshpy("net-start lab")
        words = [*user.python, "-c", _DISTURBED, str(moment), "-c", user.uri, verb, "lab"]
        done = user.run(words)
        active = "inactive" not in user.virshpy("net-list --all").stdout
        if active:
            assert "virbr0" in user.inside("ip -br link")
            user.virshpy("net-destroy lab")
        assert user.gone(), (moment, user.processes(), user.left())
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
    assert moment > (30 if verb == "net-start" else 15)


def test_who_recovers_is_killed_as_well(user: User) -> None:
    user.network(start=False)
    for moment in range(1, 60, 3):
        user.run([*user.python, "-c", _DISTURBED, "40", "-c", user.uri, "net-start", "lab"])
        done = user.run([*user.python, "-c", _DISTURBED, str(moment), "-c", user.uri, "net-list"])
        assert "inactive" in user.virshpy("net-list --all").stdout
        assert user.gone(), (moment, user.processes(), user.left())
        if done.returncode == 0:
            break
    assert moment > 9


def test_what_a_killed_guest_leaves(user: User) -> None:
    """A start that was killed has no port of the host's, and no link."""
    port = free_port()
    user.network()
    path = user.file(guest_xml(user, None, "one", "52:54:00:00:0e:01", forward(port)), "one.xml")
    user.virshpy(f"define {path}")
    for moment in range(40, 110, 6):
        done = user.run([*user.python, "-c", _DISTURBED, str(moment), "-c", user.uri, "start", "one"])
        if user.virshpy("list --name").stdout.strip():
            user.virshpy("destroy one")
        assert port_is_free(port) and "vnet" not in user.inside("ip -br link"), moment
        if done.returncode == 0:
            break
    user.virshpy("net-destroy lab")
    assert user.gone()
