"""What the commands' examples speak of, so that they can be run as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shell import able
from tests.transcripts.transcripts import URI, run_virshpy
from virshpy.shell import progress
from virshpy.shell.lang import registry

DOMAIN = (
    "<domain type='test'><name>web</name><memory>1024</memory><vcpu>1</vcpu><os><type>hvm</type></os>"
    "<devices><disk type='file'><source file='/x'/><target dev='vda'/></disk></devices></domain>"
)
DOCUMENTS = {
    "web.xml": DOMAIN,
    "kept.xml": DOMAIN.replace("web", "kept").replace("/x", "/default-pool/web.img"),
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
ANY = ("nic.xml", "mdev.xml", "binding.xml", "no-spoofing.xml", "web.args", "port.xml", "ceph.xml", "key",
       "header", "secret")  # fmt: skip
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
NEEDED["iface-unbridge"] = ["iface-bridge eth1 br0"]
NEEDED["vol-create-from"] = ["pool-create-as templates dir --target /t", "vol-create-as templates golden 1M"]


def settle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with all files that examples name, and nothing of the user's."""
    for name, text in DOCUMENTS.items():
        (tmp_path / name).write_text(text)
    for name in ANY:
        (tmp_path / name).write_text("<x/>")
    monkeypatch.setattr(progress, "INTERVAL", 0.01)
    monkeypatch.setenv("VISUAL", "true")
    for place in ("DATA_HOME", "STATE_HOME", "CACHE_HOME", "CONFIG_HOME", "RUNTIME_DIR"):
        monkeypatch.setenv(f"XDG_{place}", str(tmp_path / place))  # `connect qemu:///session` keeps its files there
    monkeypatch.chdir(tmp_path)


def hosts(name: str) -> tuple[str, ...]:
    """Where an example is tried. What waits for something to happen waits where it does."""
    return (able.URI,) if name.endswith("event") else (URI, able.URI)


def run(uri: str, name: str, line: str, folder: Path, *options: str) -> tuple[int, str]:
    """The exit code of a line and what it said, in a session that has what it speaks of."""
    lines = [text.replace("/var/tmp", str(folder)) for text in (*BEFORE, *NEEDED.get(name, ()), line)]
    if "--loop" in line:
        lines[-1] += " --timeout 1"  # nobody presses Ctrl-C
    lines.insert(-1, f"echo --err {MARK}")
    with able.reachable():
        if name == "cd":  # only where lines are typed
            outcome = run_virshpy(["-c", uri, "-q", *options], "\n".join(lines).replace("/var/lib/images", str(folder)))
        else:
            outcome = run_virshpy(["-c", uri, "-q", *options, "; ".join(lines)])
    before, mark, said = outcome.stderr.partition(f"error: {MARK}\n")
    assert options or (mark and not before) or uri == URI, (lines, outcome.stderr)
    return outcome.code, said
