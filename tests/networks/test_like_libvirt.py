"""Definitions of networks beside libvirtd: what becomes of each document, what is refused and in which words, and what
the verbs of networks that are not started say. Nothing of a host's network is touched by either.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests import needs

pytestmark = [needs.root, needs.program("virsh", "libvirt-clients")]

IP = "<ip address='10.254.7.1' netmask='255.255.255.0'/>"
GROUP = "<portgroup name='a'><bandwidth><inbound average='10'/></bandwidth></portgroup>"
TAG = "<vlan><tag id='4'/></vlan>"
SWITCH = "<virtualport type='openvswitch'/>"
FORWARDS = (
    "",
    "<forward mode='nat'/>",
    "<forward mode='open'/>",
    "<forward mode='bridge'/><bridge name='br0'/>",
    "<forward mode='bridge' dev='eth0'/>",
    "<forward mode='bridge'/>",
    "<forward mode='private' dev='eth0'/>",
    "<forward mode='passthrough'><interface dev='eth0'/></forward>",
    "<forward mode='passthrough' managed='yes'><pf dev='eth0'/></forward>",
    "<forward mode='hostdev' managed='yes'><pf dev='eth0'/></forward>",
    "<forward mode='hostdev'><interface dev='eth0'/></forward>",
    "<forward mode='bridge' dev='eth0'/><bridge name='br0'/>",
    "<forward mode='vepa' dev='eth0'/><bridge macTableManager='libvirt'/>",
    "<forward mode='bridge'/><bridge name='br0' macTableManager='libvirt'/>",
    "<forward mode='bridge'><address type='pci' domain='0' bus='1' slot='0' function='0'/></forward>",
    "<forward mode='passthrough'><pf dev='eth0'/><interface dev='eth1'/></forward>",
)
PARTS = (
    "", IP, GROUP, GROUP.replace("average='10'", "average='10' floor='2'"), TAG, SWITCH + TAG,
    "<bandwidth><inbound average='10' peak='20' burst='30'/><outbound average='5'/></bandwidth>",
    "<domain name='x'/>",
    "<mac address='52:54:00:00:00:01'/>", "<dns><txt name='a' value='b'/></dns>", "<dns enable='no'/>",
    "<dns><forwarder addr='192.0.2.1'/></dns>", "<mtu size='1400'/>", "<mtu size='0'/>", "<port isolated='yes'/>",
    f"{IP}<route address='10.5.0.0' prefix='16' gateway='10.254.7.9'/>",
    f"<portgroup name='a' default='yes'>{SWITCH}{TAG}</portgroup>", f"<portgroup name='a'>{TAG}</portgroup>",
    "<portgroup name='a' default='yes'/><portgroup name='b' default='yes'/>",
    "<portgroup name='a'/><portgroup name='a'/>",
)  # fmt: skip
MORE = (
    "<ip address='010.1.1.1' prefix='24'/>",
    "<ip address='10.1' prefix='24'/>",
    "<ip family='ipv6' address='FD00::0:1' prefix='64'/>",
    "<ip address='10.1.1.1' prefix='0'/>",
    "<bridge name='br%d'/>",
    "<bridge name=''/>",
    "<bridge name='v' zone='public' delay='3' stp='off'/>",
    "<ip address='10.254.7.1' prefix='24'><dhcp><range start='10.254.7.0' end='10.254.7.5'/></dhcp></ip>",
    "<ip address='10.254.7.1' prefix='24'><dhcp><range start='10.254.7.9' end='10.254.7.5'/></dhcp></ip>",
    "<ip address='10.254.7.1' prefix='24'><dhcp><range start='10.254.8.2' end='10.254.8.5'/></dhcp></ip>",
    "<ip address='10.254.7.1' prefix='24'><dhcp><range start='10.254.7.2' end='10.254.7.5'><lease expiry='60' "
    "unit='seconds'/></range></dhcp></ip>",
    "<ip address='10.254.7.1' prefix='24'><dhcp><range start='10.254.7.2' end='10.254.7.5'><lease expiry='60'/></range>"
    "</dhcp></ip>",
    "<ip address='10.254.7.1' prefix='24'><dhcp><host mac='52:54:00:00:00:01' ip='10.254.7.5'/>"
    "<host mac='52:54:00:00:00:01' ip='10.254.7.6'/></dhcp></ip>",
    f"{IP}<ip address='10.254.7.2' netmask='255.255.255.0'/>",
)
DOCUMENTS = [f"{forward}{part}" for forward in FORWARDS for part in PARTS] + list(MORE)
VERBS = """
    net-define {}/n.xml
    net-define {}/other.xml
    net-define {}/renamed.xml
    net-define {}/long.xml
    net-list --all --name
    net-info vpverbs
    net-autostart vpverbs
    net-info vpverbs
    net-list --inactive --autostart --name
    net-autostart vpverbs --disable
    net-name 3f1c4a5e-0007-4000-8000-00000000c0de
    net-uuid vpverbs
    net-destroy vpverbs
    net-dhcp-leases vpverbs
    net-port-list vpverbs
    net-port-dumpxml vpverbs 3f1c4a5e-0007-4000-8000-00000000c0de
    net-update vpverbs add ip-dhcp-host "<host mac='52:54:00:00:00:01' ip='10.254.7.5'/>" --config
    net-update vpverbs add ip-dhcp-host "<host mac='52:54:00:00:00:01' ip='10.254.7.5'/>" --config
    net-update vpverbs add-first ip-dhcp-range "<range start='10.254.7.20' end='10.254.7.29'/>" --current
    net-update vpverbs delete ip-dhcp-range "<range start='10.254.7.21' end='10.254.7.29'/>"
    net-update vpverbs add dns-host "<host ip='FD00::0:5'><hostname>five</hostname></host>" --config
    net-update vpverbs add dns-host "<host ip='fd00::6'><hostname>five</hostname></host>" --config
    net-update vpverbs modify portgroup "<portgroup name='none'/>" --config
    net-update vpverbs add bridge "<bridge name='x'/>" --config
    net-update vpverbs add ip-dhcp-host "<host mac='52:54:00:00:00:01' ip='10.254.7.5'/>" --live
    net-update vpverbs add ip-dhcp-host "<host mac='52:54:00:00:00:02' ip='10.254.7.6'/>" --parent-index 4 --config
    net-dumpxml vpverbs
    net-undefine vpverbs
    net-undefine vpverbs
"""


def each(argv: list[str], lines: list[str]) -> list[str]:
    """What each line says, both streams together and in their order."""
    said = []
    for line in lines:
        done = subprocess.run(
            [*argv, "-q", line], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
            env={**os.environ, "LC_ALL": "C", "VIRSHPY_AS": "virsh"},
        )  # fmt: skip
        said.append(masked(done.stdout))
    return said


def masked(text: str) -> str:
    text = re.sub(r"52:54:00:(?!00:00:0)[0-9a-f:]{8}", "MAC", text)  # those that are made up
    text = re.sub(r"(?<=<uuid>)(?!3f1c)[0-9a-f-]{36}", "UUID", text)
    return re.sub(r"(virbr|br)\d+", r"\1N", text)  # which are free is the host's


def test_what_becomes_of_documents(reference: tuple[str, ...], uri: str, root: Path) -> None:
    path, differing = root / "n.xml", []
    lines = [f"net-define {path}", "net-dumpxml vplike", "net-undefine vplike"]
    for body in DOCUMENTS:
        path.write_text(f"<network><name>vplike</name>{body}</network>")
        theirs = each([*reference], ["; ".join(lines)])
        ours = each([sys.executable, "-m", "virshpy", "-c", uri], ["; ".join(lines)])
        if theirs != ours:
            differing.append(f"{body}\n- {theirs[0]}\n+ {ours[0]}")
    assert not differing, "\n\n".join(differing)


def test_what_verbs_say(reference: tuple[str, ...], uri: str, root: Path) -> None:
    dhcp = "<dhcp><range start='10.254.7.100' end='10.254.7.120'/></dhcp>"
    first = "<uuid>3f1c4a5e-0007-4000-8000-00000000c0de</uuid>"
    body = f"<bridge name='vpverbsb'/><ip address='10.254.7.1' prefix='24'>{dhcp}</ip>"
    for name, text in {
        "n": f"<name>vpverbs</name>{first}{body}",
        "other": f"<name>vpverbs</name>{first.replace('0007', '0008')}{body}",
        "renamed": f"<name>vpverbs2</name>{first}{body}",
        "long": f"<name>{'x' * 300}</name>{body}",
    }.items():
        (root / f"{name}.xml").write_text(f"<network>{text}</network>")
    lines = [line.strip().format(root) for line in VERBS.strip().splitlines()]
    theirs = each([*reference], lines)
    ours = each([sys.executable, "-m", "virshpy", "-c", uri], lines)
    differing = [
        f"$ {line}\n- {their}\n+ {our}"
        for line, their, our in zip(lines, theirs, ours, strict=True)
        if their != our and "net-list" not in line  # the host has others
    ]
    assert not differing, "\n\n".join(differing)
