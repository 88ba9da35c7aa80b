"""Processes that do not answer: a QEMU that is stopped, one that is none, a command that holds a lock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from tests import needs
from tests.attacks.parties import PYTHON, qemu_of
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import define, nothing_left, wait_for
from virshpy.host import locks

pytestmark = needs.qemu

BOUND = 15
"""Seconds that destroy may take, whatever else is stuck."""


@pytest.fixture
def stopped(virshpy: Run, root: Path) -> int:
    """A guest whose QEMU is stopped."""
    define(virshpy, root, document("vm", memory=16))
    virshpy("start", "vm")
    pid, _, _ = qemu_of(root, "vm")
    os.kill(pid, signal.SIGSTOP)
    return pid


def command(uri: str, *words: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "virshpy", "-c", uri, *words]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def holds_lock(root: Path, verb: str) -> bool:
    uuids = [line.split()[1] for line in (root / "uuid").read_text().splitlines()]
    who = locks.holder(f"{root}/run/lock", uuids[0])
    return who is not None and who[0] == verb


def remember_uuid(virshpy: Run, root: Path) -> None:
    (root / "uuid").write_text("uuid " + virshpy("domuuid", "vm").stdout.strip())


def test_a_stopped_qemu_can_be_looked_at_and_destroyed(virshpy: Run, root: Path, stopped: int) -> None:
    for words in (["list"], ["dominfo", "vm"], ["dumpxml", "vm"], ["domstate", "vm"]):
        virshpy(*words, timeout=5)
    virshpy("destroy", "vm", timeout=BOUND)
    assert nothing_left(root) == []


def test_destroy_does_not_wait_for_who_waits_for_qemu(virshpy: Run, uri: str, root: Path, stopped: int) -> None:
    remember_uuid(virshpy, root)
    with command(uri, "suspend", "vm") as other:
        wait_for(lambda: holds_lock(root, "suspend"), "the lock of suspend", 10)
        virshpy("destroy", "vm", timeout=BOUND)
        _, complaint = other.communicate(timeout=BOUND)
    assert other.returncode == 1 and "domain is no longer running" in complaint
    assert virshpy("domstate", "vm", "--reason").stdout.strip() == "shut off (destroyed)"
    assert nothing_left(root) == []


def test_destroy_does_not_wait_for_a_command_that_is_stopped(virshpy: Run, uri: str, root: Path, stopped: int) -> None:
    remember_uuid(virshpy, root)
    with command(uri, "suspend", "vm") as other:
        wait_for(lambda: holds_lock(root, "suspend"), "the lock of suspend", 10)
        other.send_signal(signal.SIGSTOP)
        done = virshpy("--hints", "destroy", "vm", timeout=BOUND)
        assert "is destroyed" in done.stderr and f"process {other.pid}" in done.stderr
        assert not Path(f"/proc/{stopped}").exists()
        assert virshpy("domstate", "vm", timeout=5).stdout.strip() == "in shutdown"
        other.kill()
    assert virshpy("domstate", "vm", "--reason").stdout.strip() == "shut off (destroyed)"
    assert nothing_left(root) == []


def test_destroy_ends_a_start_that_hangs(virshpy: Run, uri: str, root: Path) -> None:
    emulator = fake(root, "silent")
    define(virshpy, root, document("vm", f"<emulator>{emulator}</emulator>", memory=16))
    remember_uuid(virshpy, root)
    with command(uri, "start", "vm") as other:
        wait_for(lambda: (root / "log/vm.log").exists() and holds_lock(root, "start"), "the start", 20)
        virshpy("destroy", "vm", timeout=BOUND, check=False)
        _, complaint = other.communicate(timeout=BOUND)
    assert other.returncode == 1 and "error: " in complaint
    assert nothing_left(root) == []


FAKE = """#!{python} -I
import json, os, socket, sys, time
if "stdio" in sys.argv:
    os.execv({real!r}, [{real!r}, *sys.argv[1:]])
words = next(word for word in sys.argv if word.startswith("socket,id=charmonitor"))
fd = int(words.partition("fd=")[2].partition(",")[0])
listener = socket.socket(fileno=fd)
listener.listen()
peer, _ = listener.accept()
send = peer.sendall
def greet():
    send(b'{{"QMP": {{"version": {{}}, "capabilities": []}}}}\\r\\n')
    peer.recv(4096)
    send(b'{{"return": {{}}}}\\r\\n')
def drip(byte, pause):
    while True:
        send(byte)
        time.sleep(pause)
def flood(data):
    while True:
        send(data)
def say(data):
    send(data)
    time.sleep(60)
def answer(data):
    greet()
    while True:
        peer.recv(4096)
        send(data)
{{
{kinds}
}}[{kind!r}]()
"""
# What a QEMU could say instead, by name: before its greeting, and in answer to the first command.
KINDS = {
    "silent": "lambda: time.sleep(60)",
    "gone": "lambda: None",
    "garbage": "lambda: say(b'garbage\\n')",
    "a list": "lambda: say(b'[]\\n')",
    "a number": "lambda: say(b'1\\n')",
    "not UTF-8": "lambda: say(b'\\xff\\xfe\\n')",
    "deep": "lambda: say(b'[' * 100000 + b'\\n')",
    "drip": "lambda: drip(b'{', 0.2)",
    "no end": "lambda: flood(b'x' * 65536)",
    "events without end": 'lambda: (greet(), flood(b\'{"event": "RESUME"}\\n\' * 1000))',
    "empty answer": "lambda: answer(b'{}\\n')",
    "empty error": "lambda: answer(b'{\"error\": {}}\\n')",
    "error is text": 'lambda: answer(b\'{"error": "no"}\\n\')',
    "error of numbers": 'lambda: answer(b\'{"error": {"class": 1, "desc": 2}}\\n\')',
    "half a surrogate": 'lambda: answer(b\'{"error": {"class": "x", "desc": "\\\\ud800"}}\\n\')',
    "return is text": 'lambda: answer(b\'{"return": "x"}\\n\')',
    "return is a number": "lambda: answer(b'{\"return\": 7}\\n')",
    "missing filename": 'lambda: answer(b\'{"return": [{"label": "charserial0"}]}\\n\')',
    "filename is a number": 'lambda: answer(b\'{"return": [{"label": "charserial0", "filename": 1}]}\\n\')',
    "blank lines": "lambda: answer(b'\\n' * 100 + b'[]\\n')",
}


def fake(root: Path, kind: str) -> Path:
    """An emulator that is asked what it can do as QEMU is, and then says something else."""
    path = root / "emulator"
    kinds = textwrap.indent("\n".join(f"{name!r}: {act}," for name, act in KINDS.items()), "    ")
    path.write_text(FAKE.format(python=PYTHON, real="/usr/bin/qemu-system-x86_64", kinds=kinds, kind=kind))
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_an_emulator_that_speaks_otherwise(virshpy: Run, root: Path, kind: str) -> None:
    (root / "etc").mkdir()
    (root / "etc/virshpy.toml").write_text("[qemu]\nmonitor_timeout = 2\nstop_patience = 1\n")
    devices = f"<emulator>{fake(root, kind)}</emulator><serial type='pty'/>"
    define(virshpy, root, document("vm", devices, memory=16))
    begin = time.monotonic()
    refused = virshpy("start", "vm", check=False, timeout=40)
    assert refused.returncode == 1 and refused.stderr.startswith("error: Failed to start domain 'vm'\n")
    assert not any(name in refused.stderr for name in ("KeyError", "TypeError", "ValueError", "Recursion", "Attribute"))
    assert time.monotonic() - begin < 30, "it ends when its time is over"
    assert nothing_left(root) == []
