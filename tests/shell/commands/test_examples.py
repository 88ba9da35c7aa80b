"""Every example of every command is run, in a session that has what it speaks of; and every form of every command's
answer to programs is seen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import answers
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
# Lines that show forms of an answer that examples do not.
FORMS = {

    "desc": ["desc test", "desc test --title"],
    "metadata": ["metadata test u k <a/>; metadata test u"], "cpu-stats": ["cpu-stats test --start 0 --count 99"],
    "emulatorpin": ["emulatorpin test"], "guestvcpus": ["guestvcpus test"], "vcpupin": ["vcpupin test"],
    "blkdeviotune": ["blkdeviotune test vda"], "blkiotune": ["blkiotune test"], "memtune": ["memtune test"],
    "domiftune": ["domiftune test testnet0"], "numatune": ["numatune test"], "nodecpustats": ["nodecpustats"],
    "change-media": ["change-media test hdc --eject --print-xml"], "detach-disk": ["detach-disk test vda --print-xml"],
    "detach-interface": ["detach-interface test network --print-xml"],
    "attach-disk": ["attach-disk test x vdc --print-xml"],
    "domif-setlink": ["domif-setlink test testnet0 down --print-xml"],
    "update-memory-device": ["update-memory-device test --requested-size 1G --print-xml"],
    "attach-interface": ["attach-interface test network default --print-xml"],
    "migrate": ["migrate test able:///default"], "blockcopy": ["blockcopy test vda --dest x --print-xml"],
    "checkpoint-create-as": ["checkpoint-create-as test x --print-xml"],
    "checkpoint-list": ["checkpoint-list test --parent", "checkpoint-list test --name"],
    "net-list": ["net-list --name", "net-list --uuid"], "net-port-list": ["net-port-list default"],
    "net-desc": ["net-desc default", "net-desc default --title"],
    "net-metadata": ["net-metadata default u k <a/>; net-metadata default u"],
    "secret-get-value": [f"secret-get-value {able.UUID}"],
    "secret-set-value": [f"secret-set-value {able.UUID} --base64 eA=="],
    "undefine": ["destroy web; undefine web --remove-all-storage", "define kept.xml; undefine kept --storage vda"],
    "snapshot-create-as": ["snapshot-create-as test x --print-xml"],
    "snapshot-current": ["snapshot-current test", "snapshot-current test s1"],
    "snapshot-list": ["snapshot-list test --parent", "snapshot-list test --name"],
    "pool-create-as": ["pool-create-as x dir --print-xml"], "pool-define-as": ["pool-define-as x dir --print-xml"],
    "pool-list": ["pool-list --name", "pool-list --uuid", "pool-list --name --uuid"],
    "vol-clone": ["vol-clone golden.qcow2 x default-pool --print-xml"],
    "vol-pool": ["vol-pool /default-pool/web.img --uuid"],
    "vol-create-as": ["vol-create-as default-pool x 1M --print-xml"], "complete": ["complete -- list --"],
}  # fmt: skip
# Why an example fails on both hosts: there is no second host, terminal or medium.
REASONS = {
    "console": "without a controlling TTY", "create": "without a controlling TTY", "start": "without a controlling TTY",
    "migrate": "no connection driver available", "lxc-enter-namespace": "virDomainLxcEnterNamespace",
    "connect": "connection driver",
}  # fmt: skip


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


@pytest.mark.parametrize("name", registry.names())
def test_example(name: str, tmp_path: Path) -> None:
    """On libvirt's imaginary host, or on one that can what that cannot."""
    examples = registry.find_known(name).examples
    assert examples
    for line, meaning in examples:
        assert meaning
        for uri in hosts(name):
            code, said = run(uri, name, line, tmp_path)
            if not code:
                break
        assert not code or re.search(REASONS.get(name, "(?!)"), said), (line, said)


@pytest.mark.parametrize("name", registry.names())
def test_every_form_of_its_answer(name: str, tmp_path: Path) -> None:
    """What a command declares to give to programs it gives: each form is seen, and nothing else (tests/answers.py)."""
    command = registry.find_known(name)
    declared = len(command.returns.split("|")) if command.returns else 0
    lines = [*(line for line, _ in command.examples), *FORMS.get(name, ())]
    for uri in hosts(name):
        for line in lines:
            run(uri, name, line, tmp_path, "-o", "json")
    seen = answers.forms.get(name, set())
    assert seen == set(range(declared)), [form for n, form in enumerate(command.returns.split("|")) if n not in seen]
