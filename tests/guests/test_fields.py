"""The columns of ``list --fields``, and the addresses that the host knows of a guest."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import define

pytestmark = needs.qemu
MAC = "52:54:00:ab:cd:01"


@pytest.fixture
def link() -> Iterator[str]:
    """A bridge of the host's, on which it has spoken to a machine of that address."""
    name = f"vp{os.getpid() % 100000}"
    subprocess.run(["ip", "link", "add", name, "type", "bridge"], check=True)
    try:
        subprocess.run(["ip", "link", "set", name, "up"], check=True)
        for address in ("192.0.2.7", "2001:db8::7"):
            words = ["ip", "neigh", "add", address, "lladdr", MAC, "dev", name, "nud", "permanent"]
            subprocess.run(words, check=True)
        yield name
    finally:
        subprocess.run(["ip", "link", "delete", name], check=True)


@needs.root
@needs.program("ip", "iproute2")
def test_addresses_that_the_host_has_spoken_to(virshpy: Run, root: Path, link: str) -> None:
    nic = f"<interface type='user'><mac address='{MAC.upper()}'/><model type='virtio'/></interface>"
    define(virshpy, root, document("vm", nic, memory=64))
    define(virshpy, root, document("off"))
    virshpy("start", "vm")
    told = json.loads(virshpy("-o", "json", "domifaddr", "vm", "--source", "arp").stdout)["result"]["interfaces"]
    (one,) = told
    assert one["mac"] == MAC and {"protocol": "ipv4", "address": "192.0.2.7", "prefix": 0} in one["addresses"]
    assert "192.0.2.7/0" in virshpy("domifaddr", "vm", "--source", "arp").stdout
    assert json.loads(virshpy("-o", "json", "domifaddr", "vm").stdout)["result"]["interfaces"] == []
    listed = virshpy("-o", "json", "list", "--all", "--fields", "name,state,ip,memory,persistent").stdout
    assert json.loads(listed)["result"]["domains"] == [
        {"name": "vm", "state": "running", "ip": ["192.0.2.7", "2001:db8::7"], "memory_kib": 65536, "persistent": True},
        {"name": "off", "state": "shut off", "ip": [], "memory_kib": 131072, "persistent": True},
    ]
    assert virshpy("list", "--fields", "memory,ip,autostart").stdout.splitlines()[2].split("   ") == [
        " 64 MiB", "192.0.2.7, 2001:db8::7", "no",
    ]  # fmt: skip
    virshpy("destroy", "vm")


def test_mistakes(virshpy: Run) -> None:
    told = virshpy("--hints", "list", "--fields", "name,adress", check=False)
    assert told.returncode == 1 and told.stderr.startswith(
        "error: there is no field 'adress'\nhint: there are: name, id"
    )
    told = virshpy("list", "--fields", "name", "--uuid", check=False)
    assert told.stderr == "error: Options --fields and --uuid are mutually exclusive\n"
