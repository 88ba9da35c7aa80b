"""A program in the guest that speaks as its agent, and lies."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kit.guest import Archive, Guest
from tests import needs
from tests.conftest import Run
from tests.guests.documents import document, serial_to
from tests.guests.living import define, nothing_left, wait_for, wait_ready
from virshpy import errors
from virshpy.drivers.qemu import agent

CHANNEL = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"


def drip(peer: socket.socket) -> None:
    """A byte a tenth of a second, for ever."""
    while True:
        peer.sendall(b"{")
        time.sleep(0.1)


def wrong_ids(peer: socket.socket) -> None:
    while True:
        peer.sendall(b'{"return": 1}\n')
        time.sleep(0.05)


def no_end(peer: socket.socket) -> None:
    while True:
        peer.sendall(b"x" * 65536)


def saying(words: bytes) -> Callable[[socket.socket], None]:
    def say(peer: socket.socket) -> None:
        peer.sendall(words)
        time.sleep(30)

    return say


def silent(peer: socket.socket) -> None:
    time.sleep(30)


def gone(peer: socket.socket) -> None:
    pass


def right_and_then(words: bytes) -> Callable[[socket.socket], None]:
    """In step first, as an agent is; then something else."""

    def say(peer: socket.socket) -> None:
        asked = json.loads(peer.recv(4096).lstrip(b"\xff"))
        peer.sendall(json.dumps({"return": asked["arguments"]["id"]}).encode() + b"\n")
        peer.recv(4096)
        peer.sendall(words)
        time.sleep(30)

    return say


LIARS: dict[str, Callable[[socket.socket], None]] = {
    "drip": drip, "wrong ids": wrong_ids, "no end": no_end, "silent": silent, "gone": gone,
    "no JSON": saying(b"hello\n"), "a list": saying(b"[]\n"), "a number": saying(b"5\n"), "nothing": saying(b"{}\n"),
    "deep": saying(b"[" * 60_000 + b"\n"), "not UTF-8": saying(b"\xff\xfe\x80\n"),
    "half a surrogate": saying(b'{"return": "\\ud800"}\n'), "no return": right_and_then(b"{}\n"),
    "wrong error": right_and_then(b'{"error": {}}\n'), "text for an error": right_and_then(b'{"error": "no"}\n'),
}  # fmt: skip


@contextmanager
def lying(path: Path, liar: Callable[[socket.socket], None]) -> Iterator[None]:
    def serve() -> None:
        peer, _ = listener.accept()
        try:
            with peer:
                liar(peer)
        except OSError:
            pass

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        threading.Thread(target=serve, daemon=True).start()
        yield


@pytest.mark.parametrize("name", LIARS)
def test_a_lie_is_no_answer(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "_PATIENCE", 1)
    path = tmp_path / "agent.sock"
    begin = time.monotonic()
    with lying(path, LIARS[name]), pytest.raises(errors.AgentUnresponsive) as told:
        agent.ask(str(path), "guest-info", {}, pids=())
    assert told.value.hint
    assert time.monotonic() - begin < 20, "it ends when its time is over"


def test_an_agents_refusal_is_told_in_its_words(tmp_path: Path) -> None:
    words = b'{"error": {"class": "GenericError", "desc": "not today"}}\n'
    with lying(tmp_path / "s", right_and_then(words)), pytest.raises(errors.InternalError, match="not today"):
        agent.ask(str(tmp_path / "s"), "guest-info", {}, pids=())


_LIAR = b"""#!/bin/sh
# In place of the agent: wrong ids, for ever.
for port in /sys/class/virtio-ports/*; do
  (while true; do echo '{"return":1}'; sleep 0.2; done > /dev/${port##*/}) &
done
"""


@needs.qemu
def test_a_guest_with_a_lying_agent_ends_all_the_same(virshpy: Run, root: Path, guest: Guest) -> None:
    archive = Archive()
    for folder in ("usr", "usr/sbin"):
        archive.folder(folder)
    archive.file("usr/sbin/qemu-ga", _LIAR, 0o755)
    plain = guest.initrd.read_bytes()
    initrd = root / "initrd"
    initrd.write_bytes(plain + b"\0" * (-len(plain) % 4) + archive.close())
    log = root / "serial.log"
    liar = guest._replace(initrd=initrd)
    define(virshpy, root, document("vm", serial_to(log) + CHANNEL, guest=liar, words=("guest=idle",)))
    virshpy("start", "vm")
    wait_ready(log)
    refused = virshpy("shutdown", "vm", "--mode", "agent", check=False)
    assert "Guest agent is not responding" in refused.stderr
    virshpy("shutdown", "vm")  # without a mode the power button comes next
    wait_for(lambda: virshpy("domstate", "vm").stdout.strip() == "shut off", "its end")
    virshpy("start", "vm")
    virshpy("destroy", "vm")
    assert nothing_left(root) == []
