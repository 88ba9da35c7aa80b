"""Networks on a distribution's kernel: what this host's kernel has none of (VLANs, bridges that tell them apart, Open
vSwitch), and a firewall that another release of nft has put there.

The tests are those of tests/networks. One run of pytest, in one machine, serves all of these.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.files import CHECKOUT
from tests.lab.machine import NEEDS, Lab

# All of them are in the time of the first: two minutes, and on a busy host four.
pytestmark = [pytest.mark.timeout(600), *NEEDS]

MODULES = "tun veth bridge macvtap 8021q openvswitch nf_tables nft_ct nft_masq nft_nat nft_reject_inet"
PACKAGES = ("openvswitch-switch", "openvswitch-common")
TESTS = (
    "test_vlans.py::test_a_bridge_on_a_link_of_a_vlan",
    "test_vlans.py::test_macvtaps_on_a_link_of_a_vlan",
    "test_mac_tables.py::test_a_bridge_whose_table_is_kept_by_hand",
    "test_openvswitch.py::test_guests_on_the_vlans_of_their_portgroups",
    "test_packets.py::test_a_private_port_becomes_one_above_1023",
)


@pytest.fixture(scope="module")
def said() -> Iterator[str]:
    """What pytest says of the tests in a lab."""
    names = " ".join(f"'tests/networks/{test}'" for test in TESTS)
    # Plugins that pytest would find by itself take it half a minute to load there.
    run = f"PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 {sys.executable} -m pytest -v -p pytest_timeout -p no:cacheprovider"
    with tempfile.TemporaryDirectory(prefix="vp.lab.") as root, Lab(Path(root), packages=PACKAGES) as lab:
        yield lab.run(f"modprobe -a {MODULES} && cd {CHECKOUT} && {run} {names}", timeout=500, check=False).stdout


@pytest.mark.parametrize("test", TESTS)
def test_on_a_distributions_kernel(said: str, test: str) -> None:
    assert f"{test} PASSED" in said, said
