"""Ports of the host that lead to guests on an ordinary user's networks: which, and whose addresses they have."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from tests.networks.ordinary import User, forward, free_port, guest_xml, marks, port_is_free, start

pytestmark = marks


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
