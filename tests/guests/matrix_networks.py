"""What the crash matrix sees of networks: their records, and what they are on the host; and where its verbs begin."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

from virshpy import open as connect
from virshpy.api.connection import Connection
from virshpy.api.network import Network
from virshpy.enums import NetworkXMLFlags

NETWORK = "3f1c4a5e-0004-4000-8000-00000000c0de"
PORT = "3f1c4a5e-0005-4000-8000-00000000c0de"
# Names of links that no other process gives.
BRIDGE = f"vpb{os.getpid() % 100000}"
OTHER_BRIDGE = f"vpo{os.getpid() % 100000}"
_FOURTH = os.getpid() % 250  # networks of tests that run beside this one are others
_FILES = ("dnsmasq.conf", "hosts", "names")
RANGE = f"<range start='10.251.{_FOURTH}.210' end='10.251.{_FOURTH}.219'/>"


def xml(more: str = "") -> str:
    """Isolated: it changes no setting of the host that would stay."""
    dhcp = f"<dhcp><range start='10.251.{_FOURTH}.100' end='10.251.{_FOURTH}.199'/></dhcp>"
    return (
        f"<network><name>crash-net</name><uuid>{NETWORK}</uuid>{more}<bridge name='{BRIDGE}' stp='off'/>"
        f"<mac address='52:54:00:c0:de:0a'/><ip address='10.251.{_FOURTH}.1' prefix='24'>{dhcp}</ip></network>"
    )


def port_xml() -> str:
    owner = f"<owner><name>nobody</name><uuid>{NETWORK}</uuid></owner>"
    return f"<networkport><uuid>{PORT}</uuid>{owner}<mac address='52:54:00:c0:de:0b'/></networkport>"


def interfaces() -> str:
    """Two of a guest: one on the network, one on a bridge of the host's."""
    on_network = "<interface type='network'><mac address='52:54:00:c0:de:0c'/><source network='crash-net'/></interface>"
    source = f"<source bridge='{OTHER_BRIDGE}'/>"
    return f"{on_network}<interface type='bridge'><mac address='52:54:00:c0:de:0d'/>{source}</interface>"


def define(uri: str) -> None:
    with connect(uri) as connection:
        connection.network_define_xml(xml())


def start(uri: str) -> None:
    with connect(uri) as connection:
        connection.network_define_xml(xml()).create()


def clear(connection: Connection) -> None:
    for network in connection.list_networks():
        if network.is_active():
            network.destroy()
    for network in connection.list_networks():
        network.undefine()
    if Path(f"/sys/class/net/{OTHER_BRIDGE}").exists():
        subprocess.run(["ip", "link", "delete", OTHER_BRIDGE], check=True)


def make_bridge() -> None:
    subprocess.run(["ip", "link", "add", OTHER_BRIDGE, "type", "bridge"], check=True)


def seen(network: Network) -> dict[str, Any]:
    found: dict[str, Any] = {"active": network.is_active(), "persistent": network.is_persistent()}
    if network.is_persistent():
        found["autostart"] = network.autostart()
        found["definition"] = network.xml_desc(flags=NetworkXMLFlags.INACTIVE)
    if network.is_active():
        found["live"] = network.xml_desc()
        found["ports"] = len(network.list_ports())
    return found


def on_the_host(root: Path) -> dict[str, Any]:
    """Links and who is plugged in where, the table's rules, and what dnsmasq is told."""
    ours = (BRIDGE, OTHER_BRIDGE)
    links = {name: _plugged(name) for name in ours if Path(f"/sys/class/net/{name}").exists()}
    if BRIDGE not in links and not list((root / "run").glob("networks/*")):
        return {"links": links}  # one program less to run: of most rows no network is there
    done = subprocess.run(["nft", "list", "table", "inet", f"virshpy-{BRIDGE}"], capture_output=True, text=True)
    files = [path for name in _FILES for path in (root / "run/networks").glob(f"*/{name}")]
    told = {path.name: path.read_text().replace(str(root), "") for path in files}
    addresses = subprocess.run(["ip", "-br", "address", "show", BRIDGE], capture_output=True, text=True).stdout
    return {
        "links": links,
        "rules": re.sub(r"# handle \d+", "", done.stdout),
        "addresses": addresses.split()[2:],
        "told": told,
    }


def _plugged(bridge: str) -> int:
    return len(list(Path(f"/sys/class/net/{bridge}/brif").glob("*")))
