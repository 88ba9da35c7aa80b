"""Frames as they pass a link: heard with their VLAN's tag, and sent with one or none."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tests.networks.space import Host, Space

RARP = "8035"
"""What QEMU sends for a guest whose address it announces."""
OURS = "88b5"
"""What ``send`` sends: frames for experiments within a site."""
_BROADCAST = "ff:ff:ff:ff:ff:ff"

# The kernel takes the tag off before a packet socket sees the frame, and tells it beside.
_EAR = """
import socket, struct, sys
ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
ear.setsockopt(263, 8, 1)
ear.bind((sys.argv[1], 3))
ear.settimeout(20)
print("ready", flush=True)
while True:
    frame, beside, _, _ = ear.recvmsg(2000, 100)
    tag = "-"
    for _, _, data in beside:
        status, *_, tci, _ = struct.unpack("IIIHHHH", data)
        if status & 16:
            tag = str(tci & 4095)
    if frame[12:14] == bytes.fromhex("8100"):
        tag = str(int.from_bytes(frame[14:16]) & 4095)
        frame = frame[:12] + frame[16:]
    print(tag, frame[12:14].hex(), frame[6:12].hex(":"), frame[14:15].hex(), flush=True)
"""
_MOUTH = """
import socket, sys
mouth = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
mouth.bind((sys.argv[1], 0))
for frame in sys.argv[2:]:
    mouth.send(bytes.fromhex(frame))
"""


class Frame(NamedTuple):
    """``tag`` is None where there was none; ``mark`` is the first byte of what it carries."""

    tag: int | None
    kind: str
    source: str
    mark: int


class Ear:
    """What has been heard on one link."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._frames: list[Frame] = []

    def until(self, kind: str, source: str, mark: int | None = None) -> set[int | None]:
        """Wait for a frame; the tags with which such were heard so far."""
        found: set[int | None] = set()
        while not found:
            assert self._process.stdout is not None
            line = self._process.stdout.readline()
            assert line, f"no such frame came: {self._frames}"
            tag, kind, sender, number = line.split()
            self._frames.append(Frame(None if tag == "-" else int(tag), kind, sender, int(number, 16)))
            found = self.tags(kind, source, mark)
        return found

    def tags(self, kind: str, source: str, mark: int | None = None) -> set[int | None]:
        return {
            frame.tag for frame in self._frames
            if (frame.kind, frame.source) == (kind, source) and mark in (None, frame.mark)
        }  # fmt: skip


@contextmanager
def heard(space: Space, link: str) -> Iterator[Ear]:
    """Listen on a link of a namespace."""
    words = [*space.prefix, sys.executable, "-S", "-c", _EAR, link]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
            yield Ear(process)
        finally:
            process.kill()


def send(space: Space, source: str, *marks: tuple[int, int | None], to: str = _BROADCAST, link: str = "eth0") -> None:
    """Send a frame for each (mark, tag)."""
    frames = []
    for mark, tag in marks:
        head = (to + source).replace(":", "")
        frames.append(f"{head}{'' if tag is None else f'8100{tag:04x}'}{OURS}{mark:02x}".ljust(128, "0"))
    space.run(sys.executable, "-S", "-c", _MOUTH, link, *frames)


def announce(host: Host, name: str, nic: str = "net0") -> None:
    """Have a paused guest's QEMU send frames from one of its cards: untagged, of its address, to everybody.

    It runs for that moment only: what its processor does meanwhile is of no interest, and takes time.
    """
    times = '"initial": 50, "max": 50, "rounds": 1, "step": 50'
    command = f'{{"execute": "announce-self", "arguments": {{{times}, "interfaces": ["{nic}"]}}}}'
    host.virshpy(shlex.quote(f"resume {name}; qemu-monitor-command {name} '{command}'; suspend {name}"))
