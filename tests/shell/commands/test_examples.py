"""Every example of every command is run, in a session that has what it speaks of; and every form of every command's
answer to programs is seen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import answers
from tests.shell import able
from tests.shell.commands import operations
from tests.shell.commands.examples import hosts, run, settle
from virshpy.shell.lang import registry

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
    settle(tmp_path, monkeypatch)


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


def test_what_commands_need_is_current(tmp_path: Path) -> None:
    found = operations.text(operations.table(tmp_path))
    assert operations.TABLE.read_text() == found, "run: python -m tests.shell.commands.operations"
