"""What programs of the host are told of interfaces: Open vSwitch, passt, ip. No guest runs."""

from __future__ import annotations

import pytest

from tests.guests.documents import document
from virshpy import errors
from virshpy.drivers.qemu.start import nics
from virshpy.drivers.qemu.start.passt import passt_words
from virshpy.host.steps.link import LinkSetting, Macvtap, SwitchPort, Tap
from virshpy.host.steps.traffic import Limit
from virshpy.xml.domain import Domain
from virshpy.xml.domain.interface import Interface
from virshpy.xml.port import Plug

MAC = "52:54:00:00:11:c5"
UUID = "3f1c4a5e-0001-4000-8000-0000000011c5"


def read(kind: str, inner: str) -> tuple[Domain, Interface]:
    text = f"<interface type='{kind}'><mac address='{MAC}'/>{inner}<target dev='nic0'/></interface>"
    domain = Domain.parse(document("vm", text, uid=UUID))
    return domain, domain.devices.interfaces[0]


PORT = "09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f"
VLANS = {
    "": [],
    "<vlan><tag id='42'/></vlan>": ["tag=42"],
    "<vlan trunk='yes'><tag id='42'/><tag id='47'/></vlan>": ["trunks=42,47"],
    "<vlan trunk='yes'><tag id='42' nativeMode='untagged'/><tag id='47'/></vlan>": [
        "vlan_mode=native-untagged", "tag=42", "trunks=42,47",
    ],
}  # fmt: skip


@pytest.mark.parametrize("vlan", VLANS)
def test_a_switch_is_told_who_is_behind_a_port(vlan: str) -> None:
    port = f"<virtualport type='openvswitch'><parameters interfaceid='{PORT}' profileid='fast'/></virtualport>"
    domain, interface = read("bridge", f"<source bridge='ovsbr'/>{vlan}{port}")
    end = nics.host_end(domain, interface, nics.plug_of(interface))
    tap, switch = end.steps
    assert isinstance(tap, Tap) and tap.bridge is None
    assert isinstance(switch, SwitchPort)
    assert switch.words == [
        *("--", "--if-exists", "del-port", "nic0", "--", "add-port", "ovsbr", "nic0", *VLANS[vlan]),
        *("--", "set", "Interface", "nic0", f'external-ids:attached-mac="{MAC}"', f'external-ids:iface-id="{PORT}"'),
        *(f'external-ids:vm-id="{UUID}"', 'external-ids:iface-status="active"'),
        *("--", "set", "Interface", "nic0", 'external-ids:port-profile="fast"'),
    ]
    assert switch.undo_commands()[0].endswith("--if-exists del-port nic0")


@pytest.mark.parametrize("vlan", VLANS)
def test_a_switch_is_told_of_other_vlans(vlan: str) -> None:
    _, interface = read("bridge", f"<source bridge='ovsbr'/>{vlan}<virtualport type='openvswitch'/>")
    words = ["--", "--if-exists", "clear", "Port", "nic0", "tag", "trunks", "vlan_mode"]
    if vlan:
        words += ["--", "--if-exists", "set", "Port", "nic0", *VLANS[vlan]]
    assert nics.vlan_words(interface) == words


def test_a_networks_port_gives_the_plug() -> None:
    """An interface on a virtual network is made as its port says, by the same function."""
    domain, interface = read("network", "<source network='lab'/><bandwidth><inbound average='9'/></bandwidth>")
    end = nics.host_end(domain, interface, Plug(type="network", bridge="virbr0", macTableManager="libvirt"))
    tap, limit = end.steps
    assert vars(end)["opener"] is tap
    assert isinstance(tap, Tap) and (tap.bridge, tap.behind, tap.mac) == ("virbr0", MAC, f"fe{MAC[2:]}")
    assert [line.partition(" dev ")[0] for line in tap.commands()[-1:]] == [f"bridge fdb add {MAC}"]
    assert isinstance(limit, Limit) and limit.limits == {"sent": {"average": 9}}
    end = nics.host_end(domain, interface, Plug(type="direct", dev="eth0", mode="bridge"), queues=2)
    macvtap, limit = end.steps
    assert isinstance(macvtap, Macvtap) and (macvtap.lower, macvtap.mode, macvtap.queues) == ("eth0", "bridge", 2)
    assert isinstance(limit, Limit) and limit.limits == {"received": {"average": 9}}


def test_addresses_are_given_and_taken() -> None:
    routes = "<route address='203.0.113.0' netmask='255.255.255.128' gateway='198.51.100.9' family='ipv4' metric='3'/>"
    ips = "<ip address='198.51.100.1' peer='198.51.100.2' prefix='32'/><ip address='10.1.2.3'/>"
    domain, interface = read("ethernet", f"<source>{ips}{routes}</source>")
    setting = nics.host_end(domain, interface, nics.plug_of(interface)).steps[1]
    assert isinstance(setting, LinkSetting)
    assert setting.commands() == [
        "ip address add 198.51.100.1 peer 198.51.100.2/32 dev nic0",
        "ip address add 10.1.2.3/8 dev nic0",
        "ip route add 203.0.113.0/25 via 198.51.100.9 dev nic0 metric 3",
    ]
    assert setting.undo_commands()[0] == "ip route delete 203.0.113.0/25 via 198.51.100.9 dev nic0 metric 3"


FORWARDS = {
    "<portForward proto='tcp'/>": ["--tcp-ports", "all"],
    "<portForward proto='udp'><range start='53'/></portForward>": ["--udp-ports", "53"],
    "<portForward proto='tcp' address='192.0.2.1' dev='eth0'><range start='80' end='89' to='8080'/>"
    "<range start='85' exclude='yes'/></portForward>": ["--tcp-ports", "192.0.2.1%eth0/80-89:8080-8089,~85"],
}


@pytest.mark.parametrize("forward", FORWARDS)
def test_passt_is_told_of_ports(forward: str) -> None:
    _, interface = read("user", f"<source dev='eth0'/>{forward}<backend type='passt' logFile='/var/log/p'/>")
    assert passt_words(interface) == ["--log-file", "/var/log/p", "--interface", "eth0", *FORWARDS[forward]]


@pytest.mark.parametrize("forward", [
    "<portForward proto='tcp' address='192.0.2.1'/>",
    "<portForward proto='tcp' dev='eth0'><range start='80'/></portForward>",
])  # fmt: skip
def test_what_passt_has_no_words_for_is_refused(forward: str) -> None:
    _, interface = read("user", f"{forward}<backend type='passt'/>")
    with pytest.raises(errors.ConfigUnsupported, match="passt cannot forward ports by a <portForward>"):
        passt_words(interface)
