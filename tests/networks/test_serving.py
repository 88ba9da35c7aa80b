"""What a network's dnsmasq gives to guests: addresses, names, routes; and how leases are told."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests import needs
from tests.networks.space import Host, Space, until

pytestmark = [
    needs.root,
    needs.program("nft", "nftables"),
    needs.program("dnsmasq", "dnsmasq-base"),
    needs.program("busybox", "busybox-static"),
]

_DHCP6 = Path(__file__).with_name("dhcp6.py")
RANGE = "<dhcp><range start='10.20.30.100' end='10.20.30.199'/>%s</dhcp>"
_SCRIPT = """#!/bin/sh
[ "$1" = bound ] || exit 0
ip address add "$ip/$mask" dev eth0
[ -z "$router" ] || ip route add default via "$router"
env >"$0.env"
"""


def lease(host: Host, guest: Space, name: str | None = None) -> dict[str, str]:
    """Have a guest get an address, and use it; what it was told."""
    script = host.root / f"udhcpc-{guest.name}"
    script.write_text(_SCRIPT)
    script.chmod(0o755)
    named = ["-x", f"hostname:{name}"] if name else []
    guest.run(
        "busybox", "udhcpc", "-i", "eth0", "-n", "-q", "-t", "10", "-T", "1", "-O", "mtu", "-s", str(script), *named
    )
    lines = (host.root / f"{script.name}.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def asked(guest: Space, name: str, server: str = "10.20.30.1") -> str:
    return guest.run("busybox", "nslookup", name, server, check=False).stdout


def leases(host: Host, words: str = "net-dhcp-leases lab") -> Any:
    return json.loads(host.virshpy(f"--output json {words}").stdout)["result"]["leases"]


def test_an_address_a_name_and_a_lease(host: Host) -> None:
    body = f"<forward mode='nat'/><domain name='lab.example'/><ip address='10.20.30.1' prefix='24'>{RANGE % ''}</ip>"
    host.start(body)
    guest = host.guest("vn0", mac="52:54:00:00:00:07")
    begun = time.monotonic()
    told = lease(host, guest, "seven")
    assert time.monotonic() - begun < 2.5  # dnsmasq does not wait for who has the address already
    assert 100 <= int(told["ip"].rpartition(".")[2]) <= 199
    assert (told["router"], told["dns"], told["domain"]) == ("10.20.30.1", "10.20.30.1", "lab.example")
    [row] = leases(host)
    assert (row["mac"], row["address"], row["prefix"], row["hostname"]) == (
        "52:54:00:00:00:07", told["ip"], 24, "seven",
    )  # fmt: skip
    assert row["expiry_time"] > time.time() + 3000 and row["protocol"] == "ipv4"
    assert told["ip"] in asked(guest, "seven.lab.example")
    assert "seven" in host.virshpy("net-dhcp-leases lab 52:54:00:00:00:07").stdout
    assert leases(host, "net-dhcp-leases lab 52:54:00:00:00:08") == []


def test_an_isolated_network_is_no_router(host: Host) -> None:
    host.start(f"<ip address='10.20.30.1' prefix='24'>{RANGE % ''}</ip>")
    assert "router" not in lease(host, host.guest())


def test_hosts_names_and_times(host: Host) -> None:
    rows = "<host mac='52:54:00:00:00:01' name='one' ip='10.20.30.11'><lease expiry='5'/></host>"
    names = "<dns><host ip='10.20.30.77'><hostname>gate</hostname></host><txt name='t.example' value='so it is'/></dns>"
    host.start(f"{names}<mtu size='1400'/><ip address='10.20.30.1' prefix='24'>{RANGE % rows}</ip>")
    guest = host.guest(mac="52:54:00:00:00:01")
    told = lease(host, guest)
    assert (told["ip"], told["lease"], told["mtu"]) == ("10.20.30.11", "300", "1400")
    assert "10.20.30.77" in asked(guest, "gate")
    assert "10.20.30.11" in asked(guest, "one")


def test_ipv6_by_dhcp_and_by_announcement(host: Host) -> None:
    fixed = "<host id='0:3:0:1:52:54:0:0:0:9' ip='fd20:30::9'/>"
    rows = f"<dhcp><range start='fd20:30::100' end='fd20:30::1ff'/>{fixed}</dhcp>"
    host.start(f"<forward mode='route'/><ip family='ipv6' address='fd20:30::1' prefix='64'>{rows}</ip>")
    guest = host.guest(mac="52:54:00:00:00:08")
    until(lambda: "default via fe80:" in guest.ip("-6 route"))

    def address(duid: str, *name: str) -> str:
        return guest.run(sys.executable, "-S", str(_DHCP6), duid, *name).stdout.strip()

    given = address("00030001525400000008", "eight")
    assert given.startswith("fd20:30::1")
    assert address("00030001525400000009") == "fd20:30::9"
    row = next(row for row in leases(host) if row["address"] == given)
    assert (row["protocol"], row["mac"], row["prefix"], row["hostname"]) == ("ipv6", "52:54:00:00:00:08", 64, "eight")
    assert row["client_id"] == "00:03:00:01:52:54:00:00:00:08"


def test_ipv6_without_dhcp_is_announced(host: Host) -> None:
    host.start("<forward mode='route'/><ip family='ipv6' address='fd20:30::1' prefix='64'/>")
    guest = host.guest()
    until(lambda: "fd20:30:" in guest.ip("-6 address show dev eth0"))
    assert "default via fe80:" in guest.ip("-6 route")


def test_nobody_answers_where_names_are_switched_off(host: Host) -> None:
    host.start(f"<dns enable='no'/><ip address='10.20.30.1' prefix='24'>{RANGE % ''}</ip>")
    guest = host.guest()
    lease(host, guest)
    assert "no servers could be reached" in asked(guest, "gate")


def test_names_are_asked_of_the_forwarder(host: Host) -> None:
    """A guest's question goes to whom the document names, and comes back."""
    outside = host.outside(("203.0.113.2/24", "203.0.113.1/24"))
    server = [
        "dnsmasq",
        "--no-daemon",
        "--no-resolv",
        "--no-hosts",
        "--address=/far.example/198.51.100.5",
        "--user=root",
    ]
    other = outside.run("sh", "-c", " ".join(server) + " --pid-file= >/dev/null 2>&1 & echo $!").stdout.strip()
    assert other
    body = "<forward mode='nat'/><dns><forwarder addr='203.0.113.2'/></dns><ip address='10.20.30.1' prefix='24'/>"
    host.start(body)
    guest = host.guest("vn0", "10.20.30.11/24", via=("10.20.30.1",))
    until(lambda: "198.51.100.5" in asked(guest, "far.example"))


def test_changes_reach_a_running_network(host: Host) -> None:
    """Hosts and names are read again; a range needs another dnsmasq. Addresses that were given stay."""
    host.start(f"<ip address='10.20.30.1' prefix='24'>{RANGE % ''}</ip>")
    first = host.dnsmasq()
    guest = host.guest(mac="52:54:00:00:00:07")
    given = lease(host, guest)["ip"]
    host.virshpy("net-update lab add dns-host \"<host ip='10.20.30.5'><hostname>five</hostname></host>\" --live")
    row = "<host mac='52:54:00:00:00:03' name='three' ip='10.20.30.13'/>"
    host.virshpy(f'net-update lab add ip-dhcp-host "{row}" --live --config')
    assert host.dnsmasq() == first
    until(lambda: "10.20.30.5" in asked(guest, "five"))
    assert lease(host, host.guest(mac="52:54:00:00:00:03"))["ip"] == "10.20.30.13"
    host.virshpy("net-update lab add ip-dhcp-range \"<range start='10.20.30.210' end='10.20.30.219'/>\" --live")
    assert host.dnsmasq() != first
    assert given in [row["address"] for row in leases(host)]
    assert "three" in host.virshpy("net-dumpxml lab --inactive").stdout
    assert "10.20.30.210" not in host.virshpy("net-dumpxml lab --inactive").stdout
    assert "10.20.30.210" in host.virshpy("net-dumpxml lab").stdout


@pytest.mark.parametrize(
    "text",
    [
        b"\0\xff\xfe nonsense\n\n  \n1 2\nduid\nx y z 10.20.30.1 q\n",
        b"99999999999999999999 52:54:00:00:00:01 10.20.30.9 a *\n",
        b"18446744073709551616 zz:54:00:00:00:01 10.20.30.9 a *\n0 52:54:00:00:00:02 not-an-address b *\n",
        b"duid 00:01\n1 2 3 4 5\n4102444800 7 fd20:30::9 name zz:zz\n" * 3,
    ],
)
def test_a_lease_file_full_of_nonsense(host: Host, text: bytes) -> None:
    host.start(f"<ip address='10.20.30.1' prefix='24'>{RANGE % ''}</ip>")
    [path] = (host.root / "run/networks").glob("*/leases")
    path.write_bytes(text + b"4102444800 52:54:00:00:00:07 10.20.30.100 good *\n")
    shown = host.virshpy("net-dhcp-leases lab").stdout
    assert "Traceback" not in shown


def test_a_lease_that_has_ended_is_none(host: Host) -> None:
    host.start(f"<ip address='10.20.30.1' prefix='24'>{RANGE % ''}</ip>")
    [path] = (host.root / "run/networks").glob("*/leases")
    now = int(time.time())
    path.write_text(
        f"{now - 5} 52:54:00:00:00:01 10.20.30.101 gone *\n0 52:54:00:00:00:02 10.20.30.102 ever *\n"
        f"{now + 60} 52:54:00:00:00:03 10.20.30.103 * 01:52\n"
    )
    found = [(row["address"], row["hostname"], row["client_id"]) for row in leases(host)]
    assert found == [("10.20.30.102", "ever", None), ("10.20.30.103", None, "01:52")]
