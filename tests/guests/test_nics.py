"""The interfaces of guests on links of the host: made, opened, changed, and gone, with frames that really pass."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kit.guest import READY, Guest
from tests import links, needs
from tests.conftest import Run
from tests.guests.documents import document, serial_to
from tests.guests.living import define, nothing_left, pid_of, wait_for, wait_ready
from tests.processes import processes
from virshpy import errors
from virshpy import open as connect

pytestmark = [needs.qemu, needs.root, needs.program("ip", "iproute2"), needs.file("/dev/net/tun", "a kernel with tun")]
MAC = "52:54:00:00:11:c5"


@pytest.fixture
def pair() -> Iterator[tuple[str, str]]:
    with links.pair() as made:
        yield made


def interface(kind: str, inner: str, *, mac: str = MAC, model: str = "virtio", attributes: str = "") -> str:
    return (
        f"<interface type='{kind}'{attributes}><mac address='{mac}'/>{inner}<model type='{model}'/></interface>"
    )  # fmt: skip


def started(virshpy: Run, root: Path, devices: str, name: str = "vm", **options: Any) -> str:
    define(virshpy, root, document(name, devices, **options))
    virshpy("start", name)
    return virshpy("dumpxml", name).stdout


def link(name: str) -> dict[str, Any]:
    (found,) = json.loads(links.ip("-d", "-j", "link", "show", "dev", name))
    return {**found, **found.get("linkinfo", {})}


def opened(root: Path, device: str) -> int:
    """How many queues of a device the guest's QEMU has."""
    folder = Path(f"/proc/{pid_of(root)}/fd")
    return sum(os.readlink(folder / fd).startswith(device) for fd in os.listdir(folder))


def test_a_macvtap_is_made_for_the_guest_and_goes_with_it(virshpy: Run, root: Path, pair: tuple[str, str]) -> None:
    lower, _ = pair
    modes = {"vepa": "", "bridge": " mode='bridge'", "private": " mode='private'"}
    macs = {mode: f"52:54:00:00:11:{number:02x}" for number, mode in enumerate(modes)}
    queues = {"bridge": "<driver queues='2'/>"}
    devices = "".join(
        interface("direct", f"<source dev='{lower}'{said}/>{queues.get(mode, '')}", mac=macs[mode])
        for mode, said in modes.items()
    )
    xml = started(virshpy, root, devices)
    names = re.findall(r"<target dev='(macvtap\d+)'/>", xml)
    for name, mode in zip(names, modes, strict=True):
        found = link(name)
        assert (found["link"], found["info_data"]["mode"], found["address"]) == (lower, mode, macs[mode])
        assert "UP" in found["flags"]
        assert f"<source dev='{lower}' mode='{mode}'/>" in xml
        numbers = [f"/dev/tap{found['ifindex']}", f"/dev/virshpy-{name}"]
        assert sum(opened(root, number) for number in numbers) == (2 if mode in queues else 1)
    listed = virshpy("domiflist", "vm").stdout
    assert all(f"{name}   direct   {lower}" in re.sub(" +", "   ", listed) for name in names)
    virshpy("destroy", "vm")
    assert not any(map(links.exists, names))
    assert nothing_left(root) == []


def test_what_is_passed_through_has_the_guests_address(virshpy: Run, root: Path, pair: tuple[str, str]) -> None:
    lower, _ = pair
    before = link(lower)["address"]
    source = f"<source dev='{lower}' mode='passthrough'/><target dev='{links.name('vpu')}'/>"
    started(virshpy, root, interface("direct", source, attributes=" trustGuestRxFilters='yes'"))
    upper = link(links.name("vpu"))
    assert (link(lower)["address"], upper["address"], upper["info_data"]["mode"]) == (MAC, MAC, "passthru")
    assert "ALLMULTI" in upper["flags"]
    virshpy("destroy", "vm")
    assert link(lower)["address"] == before
    assert nothing_left(root) == []


def test_a_guest_is_heard_below_its_macvtap(virshpy: Run, root: Path, pair: tuple[str, str], guest: Guest) -> None:
    """Its own system brings the link up, and IPv6 begins to ask. What it has sent is counted as sent."""
    lower, far = pair
    source = f"<source dev='{lower}' mode='bridge'/>"
    xml = started(virshpy, root, interface("direct", source) + serial_to(root / "serial.log"), guest=guest)
    assert links.hears(far, MAC)
    (name,) = re.findall(r"<target dev='(macvtap\d+)'/>", xml)
    counted = Path(f"/sys/class/net/{name}/statistics/tx_bytes")
    wait_ready(root / "serial.log")
    wait_for(lambda: int(counted.read_text()) > 0, "frames of the guest's")
    figures = dict(re.findall(r"(\w+) (\d+)\n", virshpy("domifstat", "vm", MAC).stdout))
    assert 0 < int(figures["tx_bytes"]) <= int(counted.read_text())  # it goes on sending
    (packets,) = re.findall(r"net.0.tx.pkts=(\d+)", virshpy("domstats", "vm", "--interface").stdout)
    assert int(packets) >= int(figures["tx_packets"])
    virshpy("destroy", "vm")


def test_a_port_of_a_bridge_is_as_its_document_says(virshpy: Run, root: Path) -> None:
    with links.bridge(mtu=1400) as bridge:
        source = f"<source bridge='{bridge}'/>"
        xml = started(
            virshpy,
            root,
            interface("bridge", f"{source}<port isolated='yes'/>")
            + interface("bridge", f"{source}<mtu size='1300'/><link state='down'/>", mac="52:54:00:00:11:c6"),
        )
        one, other = map(link, re.findall(r"<target dev='(vnet\d+)'/>", xml))
        assert (one["master"], one["mtu"], one["info_slave_data"]["isolated"]) == (bridge, 1400, True)
        assert (other["master"], other["mtu"], other["info_slave_data"]["isolated"]) == (bridge, 1300, False)
        assert virshpy("domif-getlink", "vm", other["ifname"]).stdout.strip() == f"{other['ifname']} down"
        virshpy("destroy", "vm")
        assert nothing_left(root) == []


def test_an_ethernet_link_has_addresses_and_scripts(virshpy: Run, root: Path) -> None:
    name, told = links.name("vpe"), root / "told"
    for word in ("up", "down"):
        script = root / word
        script.write_text(f'#!/bin/sh\necho {word} "$1" $(ip -br address show dev "$1") >>{told}\n')
        script.chmod(0o755)
    source = (
        "<source><ip address='198.51.100.1' prefix='24'/><ip address='fd00:c5::1' prefix='64'/>"
        "<route family='ipv4' address='203.0.113.0' prefix='24' gateway='198.51.100.9'/></source>"
    )
    scripts = f"<script path='{root}/up'/><downscript path='{root}/down'/><target dev='{name}'/>"
    started(virshpy, root, interface("ethernet", source + scripts))
    assert f"203.0.113.0/24 via 198.51.100.9 dev {name}" in re.sub(" +", " ", links.ip("route"))
    virshpy("destroy", "vm")
    up, down = told.read_text().splitlines()
    assert up.startswith(f"up {name} ") and "198.51.100.1/24 fd00:c5::1/64" in up
    # Its end comes while the link is still there.
    assert down.startswith(f"down {name} {name}")
    assert nothing_left(root) == []


def test_a_start_that_a_script_refuses_leaves_nothing(virshpy: Run, root: Path) -> None:
    name = links.name("vpe")
    define(virshpy, root, document("vm", interface("ethernet", f"<script path='/bin/false'/><target dev='{name}'/>")))
    refused = virshpy("start", "vm", check=False)
    assert f"(/bin/false {name}) unexpected exit status 1" in refused.stderr
    assert not links.exists(name)
    assert nothing_left(root) == []


@pytest.mark.parametrize("kind", ["tap", "macvtap"])
def test_a_link_of_somebody_elses_stays(virshpy: Run, root: Path, pair: tuple[str, str], kind: str) -> None:
    name = links.name("vpm")
    words = {
        "tap": ("tuntap", "add", "dev", name, "mode", "tap", "vnet_hdr"),
        "macvtap": ("link", "add", "link", pair[0], "name", name, "address", MAC, "type", "macvtap"),
    }
    links.ip(*words[kind])
    try:
        limits = "<bandwidth><outbound average='100'/></bandwidth>"
        started(virshpy, root, interface("ethernet", f"<target dev='{name}' managed='no'/>{limits}"))
        assert sum(opened(root, path) for path in ("/dev/net/tun", "/dev/tap", "/dev/virshpy-")) == 1
        assert "htb" in str(link(name)) or links.exists(f"ifb-{name}")
        virshpy("destroy", "vm")
        assert links.exists(name) and not links.exists(f"ifb-{name}")
        assert "htb" not in str(link(name))
        assert nothing_left(root) == []
    finally:
        links.ip("link", "delete", name)


REFUSED = {
    "no link": ("direct", "<source dev='nolink'/>", "Unable to get index for interface nolink: No such device"),
    "vlan": ("bridge", "<source bridge='{0}'/><vlan><tag id='5'/></vlan>", "vlan tag not supported for this"),
    "vlan passed through": (
        "direct",
        "<source dev='{0}' mode='passthrough'/><vlan><tag id='5'/></vlan>",
        "vlan can only be set for SR-IOV VFs, but {0} is not a VF",
    ),
    "script": ("bridge", "<source bridge='{0}'/><script path='/s'/>", "scripts are not supported on interfaces of"),
    "switch of another maker": (
        "direct",
        "<source dev='{0}'/><virtualport type='802.1Qbh'><parameters profileid='p'/></virtualport>",
        "virtualport type='802.1Qbh' is not supported",
    ),
    "nothing to manage": ("ethernet", "<target dev='nolink' managed='no'/>", "specified dev doesn't exist"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused(virshpy: Run, root: Path, pair: tuple[str, str], case: str) -> None:
    kind, inner, words = REFUSED[case]
    define(virshpy, root, document("vm", interface(kind, inner.format(pair[0]))))
    refused = virshpy("start", "vm", check=False)
    assert words.format(pair[0]) in refused.stderr
    assert nothing_left(root) == []


@pytest.mark.skipif(os.path.exists("/usr/bin/ovs-vsctl"), reason="needs a host without Open vSwitch")
def test_without_open_vswitch_its_package_is_named(uri: str, root: Path) -> None:
    inner = "<source bridge='ovsbr'/><virtualport type='openvswitch'/>"
    with connect(uri) as connection:
        domain = connection.define_xml(document("vm", interface("bridge", inner)))
        with pytest.raises(errors.InternalError, match="there is no ovs-vsctl") as caught:
            domain.create()
    assert caught.value.hint == "apt install openvswitch-switch"
    assert nothing_left(root) == []


def test_limits_are_set_changed_and_gone(virshpy: Run, root: Path) -> None:
    name = links.name("vpl")
    inner = f"<target dev='{name}'/><bandwidth><inbound average='1000' peak='2000' burst='64'/></bandwidth>"
    started(virshpy, root, interface("ethernet", inner))

    def rates() -> list[tuple[str, str]]:
        command = f"tc class show dev {name}; tc class show dev ifb-{name}"
        shown = subprocess.run(command, shell=True, capture_output=True, text=True).stdout
        return re.findall(r"rate (\S+) ceil (\S+)", shown)

    assert rates() == [("8Mbit", "16Mbit")]
    assert "inbound.peak   : 2000" in virshpy("domiftune", "vm", name).stdout
    rehearsed = virshpy("--dry-run", "domiftune", "vm", MAC, "--outbound", "500").stdout
    assert f"ip link add name ifb-{name}" in rehearsed or "police" in rehearsed
    virshpy("domiftune", "vm", MAC, "--inbound", "700", "--outbound", "500", "--live", "--config")
    assert rates()[0] == ("5600Kbit", "5600Kbit")
    for text in (virshpy("dumpxml", "vm").stdout, virshpy("dumpxml", "vm", "--inactive").stdout):
        assert "<inbound average='700'/>" in text and "<outbound average='500'/>" in text
    refused = virshpy("domiftune", "vm", name, "--inbound", "700,0,0,5", check=False)
    assert "Invalid use of 'floor' on interface with MAC address" in refused.stderr
    refused = virshpy("domiftune", "vm", "nolink", check=False)
    assert "'nolink' is not a known interface" in refused.stderr
    virshpy("domiftune", "vm", name, "--inbound", "0")
    assert "<inbound" not in virshpy("dumpxml", "vm").stdout
    virshpy("destroy", "vm")
    assert not links.exists(f"ifb-{name}")
    assert nothing_left(root) == []


def test_limits_that_came_later_go_with_the_guest(virshpy: Run, root: Path) -> None:
    name = links.name("vpl")
    started(virshpy, root, interface("ethernet", f"<target dev='{name}'/>"))
    for average in ("500", "600"):
        virshpy("domiftune", "vm", name, "--outbound", average)
    virshpy("destroy", "vm")
    assert not links.exists(name) and not links.exists(f"ifb-{name}")
    assert nothing_left(root) == []


CHANGES = {
    "model": ("<model type='virtio'/>", "<model type='e1000'/>", "cannot modify network device model from virtio to"),
    "tap": ("<target dev='{name}'/>", "<target dev='another'/>", "cannot modify network device tap name"),
    "mtu": ("<model", "<mtu size='1200'/><model", "cannot modify MTU"),
    "driver": ("<model", "<driver queues='3'/><model", "cannot modify virtio network device driver attributes"),
    "rom": ("<model", "<rom bar='off'/><model", "cannot modify network device rom bar setting"),
    "buffer": ("<model", "<tune><sndbuf>5</sndbuf></tune><model", "unable to change config on 'bridge' network type"),
    "bridge": ("bridge='{bridge}'", "bridge='nobridge'", "bridge nobridge doesn't exist"),
    "vlan": ("<model", "<vlan><tag id='4'/></vlan><model", "vlan tag not supported for this connection type"),
    "mac": (MAC, "52:54:00:00:00:99", "matching MAC address '52:54:00:00:00:99' and alias '(<null>)'"),
}


def test_what_can_be_changed_is_and_the_rest_is_refused(virshpy: Run, root: Path, pair: tuple[str, str]) -> None:
    name = links.name("vpc")
    with links.bridge() as bridge:
        plain = interface("bridge", f"<source bridge='{bridge}'/><target dev='{name}'/>")
        before = started(virshpy, root, plain)
        path = root / "interface.xml"
        for old, new, words in CHANGES.values():
            old, new = (text.format(name=name, bridge=bridge) for text in (old, new))
            assert old in plain
            path.write_text(plain.replace(old, new))
            assert words in virshpy("update-device", "vm", str(path), check=False).stderr
        assert virshpy("dumpxml", "vm").stdout == before
        path.write_text(plain.replace("<model", "<link state='down'/><port isolated='yes'/><model"))
        virshpy("update-device", "vm", str(path), "--live", "--config")
        assert link(name)["info_slave_data"]["isolated"] is True
        for more in ((), ("--inactive",)):
            xml = virshpy("dumpxml", "vm", *more).stdout
            assert "<link state='down'/>" in xml and "<port isolated='yes'/>" in xml
        links.ip("link", "add", other := links.name("vpo"), "type", "bridge")
        try:
            path.write_text(plain.replace(bridge, other))
            virshpy("update-device", "vm", str(path))
            assert (link(name)["master"], link(name)["info_slave_data"]["isolated"]) == (other, False)
            virshpy("destroy", "vm")
        finally:
            links.ip("link", "delete", other)
        assert nothing_left(root) == []


@pytest.fixture
def shell(uri: str) -> Iterator[Callable[[str, str], str]]:
    """What a guest's shell answers to a line, up to a word."""
    with connect(uri) as connection:
        stream = None

        def ask(line: str, until: str) -> str:
            nonlocal stream
            stream = stream or connection.lookup_by_name("vm").open_console()
            if line:
                stream.send(line.encode() + b"\n")
            seen, deadline = "", time.monotonic() + 60
            while until not in seen:
                assert time.monotonic() < deadline, seen
                seen += stream.recv(4096).decode(errors="replace")
            return seen

        yield ask
        if stream is not None:
            stream.close()


@needs.program("passt", "passt")
@needs.default_route
def test_passt_leads_a_port_of_the_host_into_the_guest(
    virshpy: Run, root: Path, guest: Guest, shell: Callable[[str, str], str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    inner = (
        "<ip family='ipv4' address='172.17.2.4' prefix='24'/><backend type='passt'/>"
        f"<portForward proto='tcp' address='127.0.0.1'><range start='{port}' to='22'/></portForward>"
    )
    define(virshpy, root, document("vm", interface("user", inner) + "<console type='pty'/>", guest=guest))
    virshpy("start", "vm", "--paused")
    (helper,) = processes(f"passt .*{root}/")
    assert "<backend type='passt'/>" in virshpy("dumpxml", "vm").stdout
    virshpy("resume", "vm")
    shell("", READY)
    shell("ip address add 172.17.2.4/24 dev eth0; ip route add default dev eth0; echo se''t", "set")
    shell("(while :; do nc -l -p 22 -e cat; done) & echo rea''dy", "ready")

    def answered() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
                client.sendall(b"there and back")
                return client.recv(100) == b"there and back"
        except OSError:
            return False  # nobody listens in the guest yet

    wait_for(answered, "an answer from inside", 20)
    # The guest sees at once that its link is down.
    virshpy("domif-setlink", "vm", MAC, "down")
    assert virshpy("domif-getlink", "vm", MAC).stdout.strip() == f"{MAC} down"
    assert "carrier=0" in shell("sleep 1; echo carrier=$(cat /sys/class/net/eth0/carrier)", "carrier=0")
    virshpy("destroy", "vm")
    wait_for(lambda: not processes(f"passt .*{root}/"), f"the end of passt {helper}")
    assert nothing_left(root) == []


@needs.program("passt", "passt")
@needs.default_route
def test_a_port_that_is_taken_is_named(virshpy: Run, root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        forward = f"<portForward proto='tcp' address='127.0.0.1'><range start='{port}'/></portForward>"
        define(virshpy, root, document("vm", interface("user", f"{forward}<backend type='passt'/>")))
        refused = virshpy("start", "vm", check=False)
        assert "Could not start 'passt'" in refused.stderr and f"127.0.0.1/{port}" in refused.stderr
    assert nothing_left(root) == []
