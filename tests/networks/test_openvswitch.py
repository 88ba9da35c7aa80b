"""Networks on a bridge of Open vSwitch: a guest's port has the VLAN of its portgroup, and the names that controllers
look for.

The switch is the test's own: its database and its daemon are in a host's namespaces.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.guests.documents import document
from tests.networks.frames import OURS, RARP, announce, heard, send
from tests.networks.space import Host, Space

RUN = Path("/run/openvswitch")
# Where Debian has it; a link to it is made when it is installed.
SWITCH = Path("/usr/lib/openvswitch-switch/ovs-vswitchd")
pytestmark = [
    needs.root,
    needs.qemu,
    needs.program("ovs-vsctl", "openvswitch-common"),
    needs.file(str(SWITCH), "openvswitch-switch"),
    pytest.mark.skipif(not Path("/sys/module/openvswitch").exists(), reason="needs modprobe openvswitch"),
]

BODY = """
<forward mode='bridge'/>
<bridge name='ovsbr'/>
<virtualport type='openvswitch'/>
<portgroup name='v5' default='yes'><vlan><tag id='5'/></vlan></portgroup>
<portgroup name='trunk'><vlan trunk='yes'><tag id='5'/><tag id='6'/></vlan></portgroup>
"""
MACS = ("52:54:00:00:00:01", "52:54:00:00:00:02")


@pytest.fixture
def switch(host: Host) -> Iterator[Host]:
    """A host with a bridge of Open vSwitch, ``ovsbr``."""
    RUN.mkdir(exist_ok=True)
    host.run("mount", "-t", "tmpfs", "switch", str(RUN))
    host.run("ovsdb-tool", "create", f"{RUN}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
    detached = ("--detach", "--pidfile", "--no-chdir", f"--log-file={RUN}/log")
    host.run("ovsdb-server", f"{RUN}/conf.db", f"--remote=punix:{RUN}/db.sock", *detached)
    host.run("ovs-vsctl", "--no-wait", "init")
    host.run(str(SWITCH), f"unix:{RUN}/db.sock", *detached)
    host.run("ovs-vsctl", "add-br", "ovsbr")
    yield host
    host.virshpy("net-destroy lab")
    host.run("ovs-vsctl", "del-br", "ovsbr")


def nic(number: int, group: str = "") -> str:
    return (
        f"<interface type='network'><mac address='{MACS[number]}'/><source network='lab'{group}/>"
        f"<target dev='end{number}'/><model type='virtio'/></interface>"
    )


def row(host: Host, table: str, name: str, *columns: str) -> list[object]:
    """Some columns of a row of the switch's database."""
    words = ("--format=json", f"--columns={','.join(columns)}", "list", table, name)
    return list(json.loads(host.run("ovs-vsctl", *words).stdout)["data"][0])


def neighbour(host: Host, name: str, words: str) -> Space:
    """A namespace at a port of the switch."""
    made = host.outside(link=name)
    host.run("ovs-vsctl", "add-port", "ovsbr", name, *words.split())
    return made


def test_guests_on_the_vlans_of_their_portgroups(switch: Host) -> None:
    host = switch
    host.start(BODY)
    interfaces = nic(0) + nic(1, " portgroup='trunk'")
    host.virshpy(f"create --paused {host.file(document('vm', interfaces, memory=32), 'vm.xml')}")
    xml = host.virshpy("dumpxml vm").stdout
    [uuid] = re.findall("<uuid>(.*)</uuid>", xml)

    # What the switch is told of them.
    assert row(host, "Port", "end0", "tag", "trunks") == [5, ["set", []]]
    assert row(host, "Port", "end1", "tag", "trunks") == [["set", []], ["set", [5, 6]]]
    for number, name in enumerate(re.findall("interfaceid='([^']+)'", xml)):
        [ids] = row(host, "Interface", f"end{number}", "external_ids")
        assert isinstance(ids, list)
        assert dict(ids[1]) == {
            "attached-mac": MACS[number], "iface-id": name, "iface-status": "active", "vm-id": uuid,
        }  # fmt: skip

    # What passes.
    five, six, both = neighbour(host, "n5", "tag=5"), neighbour(host, "n6", "tag=6"), neighbour(host, "n56", "")
    with heard(five, "eth0") as at5, heard(six, "eth0") as at6, heard(both, "eth0") as at56:
        announce(host, "vm")
        assert at5.until(RARP, MACS[0]) == {None}
        assert at56.until(RARP, MACS[0]) == {5}
        with heard(host, "end0") as access, heard(host, "end1") as trunk:
            theirs = "52:54:00:00:00:77"
            send(both, theirs, (1, 7), (2, None), (3, 6), (4, 5))
            assert access.until(OURS, theirs, 4) == {None}
            assert trunk.until(OURS, theirs, 4) == {5}
            # The switch asks its daemon about each VLAN's first frame: they need not come in their order.
            assert (trunk.tags(OURS, theirs, 3) or trunk.until(OURS, theirs, 3)) == {6}
            assert trunk.tags(OURS, theirs) == {5, 6}
            assert access.tags(OURS, theirs, 3) == access.tags(OURS, theirs, 1) == set()
        assert at6.until(OURS, theirs, 3) == {None}
        assert not at6.tags(RARP, MACS[0])

    # Another VLAN while the guest runs.
    [element] = [part for part in re.findall("<interface.*?</interface>", xml, re.DOTALL) if MACS[0] in part]
    assert "<tag id='5'/>" in element
    other = element.replace("<tag id='5'/>", "<tag id='6'/>")
    host.virshpy(f"update-device vm {host.file(other, 'nic.xml')}")
    assert row(host, "Port", "end0", "tag", "trunks") == [6, ["set", []]]
    assert host.virshpy("dumpxml vm").stdout == xml.replace(element, other)

    host.virshpy("destroy vm")
    assert sorted(host.run("ovs-vsctl", "list-ports", "ovsbr").stdout.split()) == ["n5", "n56", "n6"]
    assert not {"end0", "end1"} & {name for name, _ in host.state()["links"]}
