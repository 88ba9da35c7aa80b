"""Every example of every command is run on the imaginary host, in a session that has what it speaks of. It does what it
promises, or the host cannot, or the reason stands here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.transcripts.transcripts import URI, run_virshpy
from virshpy.shell import registry

DOMAIN = (
    "<domain type='test'><name>web</name><memory>1024</memory><vcpu>1</vcpu><os><type>hvm</type></os>"
    "<devices><disk type='file'><source file='/x'/><target dev='vda'/></disk></devices></domain>"
)
DOCUMENTS = {
    "web.xml": DOMAIN,
    "live.xml": DOMAIN.replace("web", "live"),
    "moved.xml": DOMAIN.replace("web", "test"),
    "lab.xml": "<network><name>lab</name><bridge name='virbr7'/></network>",
    "images.xml": "<pool type='dir'><name>images</name><target><path>/images</path></target></pool>",
    "disk.xml": "<volume><name>new</name><capacity>1024</capacity></volume>",
    "br0.xml": "<interface type='ethernet' name='br0'><start mode='none'/></interface>",
    "cpu.xml": "<cpu><model>Penryn</model></cpu>",
    "both-hosts.xml": "<cpu><model>Penryn</model></cpu><cpu><model>Nehalem</model></cpu>",
    "id_ed25519.pub": "ssh-ed25519 AAAA someone\n",
    "debian.img": "x",
}
# Other files that examples name; what is in them does not matter to a host that cannot use them.
ANY = ("nic.xml", "mdev.xml", "binding.xml", "no-spoofing.xml", "port.xml", "ceph.xml", "key", "header", "secret")
MARK = "-+-+-"
# What every session begins with.
BEFORE = (
    "define web.xml", "start web", "vol-create-as default-pool golden.qcow2 1M",
    "vol-create-as default-pool web.img 1M", "iothreadadd test 1", "iothreadadd test 2",
)  # fmt: skip
# And what is needed beside that.
NEEDED = {
    "start": ["destroy web"],
    "domrename": ["destroy web"],
    "net-start": ["net-destroy default"],
    "net-undefine": ["net-destroy default"],
    "pool-start": ["pool-destroy default-pool"],
    "pool-build": ["pool-destroy default-pool"],
    "pool-delete": ["pool-destroy default-pool"],
    "pool-undefine": ["pool-destroy default-pool"],
    "iface-start": ["iface-destroy eth1"],
    "iface-commit": ["iface-begin"],
    "iface-rollback": ["iface-begin"],
    "define": ["destroy web", "undefine web"],
    "iothreaddel": ["iothreadadd test 2 --config"],
    "restore": ["save test /var/tmp/test.sav"],
    **{name: ["save test /var/tmp/test.sav"] for name in registry.names() if name.startswith("save-image")},
    "resume": ["suspend test", "suspend web"],
    **{name: ["vol-create-as default-pool web.qcow2 1M"] for name in registry.names() if name.startswith("vol-")},
}
NEEDED |= {
    name: ["checkpoint-create-as test sunday", "checkpoint-create-as test monday"]
    for name in registry.names()
    if name.startswith("checkpoint-")
}
NEEDED |= {
    name: ["snapshot-create-as test s1", "snapshot-create-as test before-upgrade"]
    for name in registry.names()
    if name.startswith("snapshot-")
}
NEEDED |= {"checkpoint-create-as": [], "snapshot-create-as": []}
NEEDED |= {"vol-create-as": [], "vol-clone": [], "vol-create": []}
NEEDED["vol-create-from"] = ["pool-create-as templates dir --target /t", "vol-create-as templates golden 1M"]
CANNOT = re.compile("not supported by the connection driver|unsupported flags|Operation not supported|Filtering is not")
# Commands whose examples speak of what the imaginary host has not, and why they fail there.
REASONS = {
    "change-media": "No disk found", "detach-disk": "No disk found", "domthrottlegroupinfo": "was not found",
    "iface-unbridge": "Interface not found", "migrate": "no connection driver available",
    "net-port-delete": "failed to get network port", "net-port-dumpxml": "failed to get network port",
    "nodedev-create": "expecting root element", "nodedev-detach": "Node device not found",
    "nodedev-dettach": "Node device not found", "nodedev-update": "Node device not found",
    "schedinfo": "invalid scheduler option", "start": "without a controlling TTY",
    "update-memory-device": "no memory device found",
    "vol-create-from": "no storage vol with matching name 'golden'",  # the imaginary host looks in the new one's pool
}  # fmt: skip
# Commands that libvirt's imaginary host cannot carry out either.
CANNOT_HERE = {
    "allocpages", "attach-device", "attach-disk", "attach-interface", "backup-begin", "backup-dumpxml",
    "blockcommit", "blockcopy", "blockjob", "blockpull", "blockresize", "cpu-baseline", "cpu-compare", "create",
    "detach-device", "detach-device-alias", "detach-interface", "dom-fd-associate", "domblkthreshold",
    "domcapabilities", "domdelthrottlegroup", "domdirtyrate-calc", "domdisplay-reload", "domif-setlink",
    "domjobabort", "domjobinfo", "domlaunchsecinfo", "dompmsuspend", "dompmwakeup", "domsetlaunchsecstate",
    "domsetthrottlegroup", "dump", "get-user-sshkeys", "guest-agent-timeout", "guestinfo", "guestvcpus",
    "hypervisor-cpu-baseline", "hypervisor-cpu-compare", "hypervisor-cpu-models", "iface-bridge", "iface-edit",
    "lxc-enter-namespace", "managedsave-define", "managedsave-dumpxml", "managedsave-edit", "migrate-compcache",
    "migrate-getmaxdowntime", "migrate-getspeed", "migrate-postcopy", "migrate-setmaxdowntime",
    "migrate-setspeed", "net-desc", "net-dhcp-leases", "net-metadata", "net-port-create", "net-port-list",
    "node-memory-tune", "nodedev-autostart", "nodedev-define", "nodedev-list", "nodedev-reattach",
    "nodedev-reset", "nodedev-start", "nodedev-undefine", "nodememstats", "nodesevinfo", "nodesuspend",
    "nwfilter-binding-create", "nwfilter-binding-delete", "nwfilter-binding-dumpxml", "nwfilter-binding-list",
    "nwfilter-define", "nwfilter-dumpxml", "nwfilter-edit", "nwfilter-list", "nwfilter-undefine",
    "pool-capabilities", "pool-create", "pool-create-as", "qemu-agent-command", "qemu-attach",
    "qemu-monitor-command", "qemu-monitor-event", "secret-define", "secret-dumpxml", "secret-get-value",
    "secret-list", "secret-set-value", "secret-undefine", "set-user-sshkeys", "setvcpu", "shutdown",
    "snapshot-create-as", "update-device", "vol-download", "vol-resize", "vol-upload", "vol-wipe",
}  # fmt: skip
# Not run: they wait for what does not happen here, or change what the test itself stands on.
NOT_RUN = {"event", "net-event", "pool-event", "nodedev-event", "secret-event", "connect", "quit", "exit", "cd"}


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in DOCUMENTS.items():
        (tmp_path / name).write_text(text)
    for name in ANY:
        (tmp_path / name).write_text("<x/>")
    monkeypatch.setenv("VISUAL", "true")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", sorted(set(registry.names()) - NOT_RUN))
def test_example(name: str, tmp_path: Path) -> None:
    command = registry.find_known(name)
    unable = False
    for example, meaning in command.examples:
        assert meaning
        before = [line.replace("/var/tmp", str(tmp_path)) for line in (*BEFORE, *NEEDED.get(name, ()))]
        line = example.replace("/var/tmp", str(tmp_path))
        outcome = run_virshpy(["-c", URI, "-q", "; ".join([*before, f"echo --err {MARK}", line])])
        failed, mark, said = outcome.stderr.partition(f"error: {MARK}\n")
        assert mark and not failed, (before, outcome.stderr)
        if outcome.code and name in CANNOT_HERE and CANNOT.search(said):
            unable = True
        elif outcome.code:
            assert re.search(REASONS.get(name, "(?!)"), said), (line, said)
    assert unable == (name in CANNOT_HERE)


def test_commands_added_here_have_examples() -> None:
    """Every command but the few that need no more than their name says how it is used."""
    without = [name for name in registry.names() if not registry.find_known(name).examples]
    assert len(without) <= 35, without
