"""Links of this host for tests, which nobody else has: a bridge, a pair of ends, and frames counted on them."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TYPE = 0x88B5  # of frames for experiments
_HEADER = 10  # bytes that a tap with virtio's header puts before a frame
_FRAME = b"\xff" * 6 + b"\x52\x54\x00\x00\x00\x42" + _TYPE.to_bytes(2, "big") + bytes(1400)
_ALL = 3  # ETH_P_ALL


def name(head: str) -> str:
    return f"{head}{os.getpid() % 100000}"


def ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


def exists(link: str) -> bool:
    return Path(f"/sys/class/net/{link}").exists()


@contextmanager
def pair() -> Iterator[tuple[str, str]]:
    """Two links that are the ends of one line."""
    one, other = name("vpx"), name("vpy")
    ip("link", "add", one, "type", "veth", "peer", "name", other)
    try:
        for link in (one, other):
            ip("link", "set", link, "up")
        yield one, other
    finally:
        ip("link", "delete", one)


@contextmanager
def bridge(*, mtu: int = 1500) -> Iterator[str]:
    made = name("vpbr")
    ip("link", "add", made, "type", "bridge")
    try:
        ip("link", "set", made, "mtu", str(mtu), "up")
        yield made
    finally:
        ip("link", "delete", made)


@contextmanager
def listening(link: str, protocol: int = _ALL) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(protocol)) as heard:
        heard.bind((link, protocol))
        heard.setblocking(False)
        yield heard


def hears(link: str, mac: str, seconds: float = 60) -> bool:
    """Whether a frame from an address comes out of a link in time."""
    sender = bytes.fromhex(mac.replace(":", ""))
    until = time.monotonic() + seconds
    with listening(link) as heard:
        while time.monotonic() < until:
            if select.select([heard], [], [], 0.5)[0] and heard.recv(65536)[6:12] == sender:
                return True
    return False


def rate_into(tap: int, link: str) -> float:
    """Bytes a second that reach a link of what is written to a tap as fast as it goes."""
    with listening(link, _TYPE) as heard:
        return _rate(lambda: os.write(tap, bytes(_HEADER) + _FRAME), heard.fileno(), 0)


def rate_out_of(tap: int, link: str) -> float:
    """Bytes a second that a tap gets of what is sent from a link as fast as it goes."""
    with listening(link, _TYPE) as sending:
        return _rate(lambda: sending.send(_FRAME), tap, _HEADER)


def _rate(send, source: int, header: int) -> float:  # type: ignore[no-untyped-def]
    over = threading.Event()

    def flood() -> None:
        while not over.is_set():
            try:
                send()
            except (BlockingIOError, OSError):
                time.sleep(0.001)

    sender = threading.Thread(target=flood)
    sender.start()
    try:
        _counted(source, header, 1.0)  # what is there at once, by the burst that is allowed
        begun = time.monotonic()
        count = _counted(source, header, 3.0)
        return count / (time.monotonic() - begun)
    finally:
        over.set()
        sender.join(10)


def _counted(source: int, header: int, seconds: float) -> int:
    count, until = 0, time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if select.select([source], [], [], left)[0]:
            frame = os.read(source, 65536)[header:]
            count += len(frame) if frame[12:14] == _TYPE.to_bytes(2, "big") else 0
    return count
