"""Networks whose table of addresses is kept by hand (``macTableManager='libvirt'``): no guest's port learns."""

from __future__ import annotations

import pytest

from tests import needs
from tests.guests.documents import document
from tests.networks.frames import OURS, RARP, announce, heard, send
from tests.networks.space import Host

pytestmark = [needs.root, needs.qemu]

MAC, OTHER, NOBODY = "52:54:00:00:00:01", "52:54:00:00:00:02", "52:54:00:00:00:77"
NIC = (
    f"<interface type='network'><mac address='{MAC}'/><source network='lab'/><target dev='end0'/>"
    "<model type='virtio'/></interface>"
)
BODY = "<bridge name='vn0' macTableManager='libvirt' stp='off'/><ip address='10.20.30.1' prefix='24'/>"


def known(host: Host) -> dict[str, tuple[str, str]]:
    """The addresses that the bridge knows behind its ports, with the port and what it says of each."""
    rows = host.json("bridge -j fdb show br vn0")
    return {row["mac"]: (row["ifname"], row["state"]) for row in rows if row["state"] != "permanent"}


def test_a_bridge_whose_table_is_kept_by_hand(host: Host) -> None:
    if not host.bridges_know_vlans():
        pytest.skip("needs a kernel with CONFIG_BRIDGE_VLAN_FILTERING")
    before = host.state()
    host.start(BODY)
    settings = host.json("ip -j -d link show vn0")[0]["linkinfo"]["info_data"]
    assert settings["vlan_filtering"] == 1
    host.virshpy(f"create --paused {host.file(document('vm', NIC, memory=32), 'vm.xml')}")
    port = host.json("ip -j -d link show end0")[0]
    assert port["master"] == "vn0"
    data = port["linkinfo"]["info_slave_data"]
    assert (data["learning"], data["flood"]) == (False, False)
    assert known(host) == {MAC: ("end0", "static")}

    # A neighbour that is plugged in by others learns and is flooded, as the kernel has it.
    neighbour = host.guest("vn0", mac=OTHER)
    with heard(host, "end0") as inside, heard(neighbour, "eth0") as beside:
        announce(host, "vm")
        beside.until(RARP, MAC)
        for mark, to in enumerate((NOBODY, MAC), 1):
            send(neighbour, OTHER, (mark, None), to=to)
        inside.until(OURS, OTHER, 2)
        assert not inside.tags(OURS, OTHER, 1)
    assert known(host)[MAC] == ("end0", "static")

    host.virshpy("destroy vm")
    assert MAC not in known(host)
    for link in host.json("ip -j link show master vn0"):
        host.ip(f"link delete {link['ifname']}")
    host.virshpy("net-destroy lab")
    assert host.state() == before
