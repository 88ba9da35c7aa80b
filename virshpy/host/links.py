"""The network links of the host: what they have counted, whom it has spoken to on them, what it reaches by them."""

from __future__ import annotations

import os

from virshpy.host import processes
from virshpy.host.programs import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from virshpy.host.processes import Completed

_PROC = "/proc/net"


def counters(proc: str = _PROC) -> dict[str, tuple[list[int], list[int]]]:
    """By the names of the host's links, what they have received and sent: bytes, packets, errors, dropped packets.

    ``proc`` is the folder in which the kernel tells of them.
    """
    with open(f"{proc}/dev") as file:
        lines = file.read().splitlines()[2:]
    found = {}
    for line in lines:
        name, _, numbers = line.partition(":")
        values = [int(number) for number in numbers.split()]
        found[name.strip()] = (values[:4], values[8:12])
    return found


def neighbours(run: Callable[..., Completed] = processes.run) -> dict[str, list[str]]:
    """Whom the host has spoken to: IP addresses by MAC address, in lower case. ``run`` runs a command there.

    Raises SystemCallError where there is no ``ip``.
    """
    import json

    found: dict[str, list[str]] = {}
    for entry in json.loads(run([program("ip"), "-j", "neigh", "show"], timeout=10).stdout or "[]"):
        if "lladdr" in entry and "dst" in entry:
            found.setdefault(entry["lladdr"].lower(), []).append(entry["dst"])
    return found


class Way:
    """A network that the host reaches, and by which link; ``direct``: it is on that link itself."""

    __slots__ = ("first", "length", "version", "link", "direct")

    def __init__(self, first: int, length: int, version: int, link: str, direct: bool) -> None:
        self.first = first
        self.length = length
        self.version = version
        self.link = link
        self.direct = direct

    @property
    def last(self) -> int:
        return self.first + (1 << (32 if self.version == 4 else 128) - self.length) - 1


def told(device: str, run: Callable[..., Completed]) -> dict[str, Any]:
    """What ``ip``, run by ``run``, says of a link: ``address``, ``mtu``, …; nothing where there is none."""
    import json

    done = run([program("ip"), "-j", "-d", "link", "show", "dev", device], check=False, timeout=10)
    found = json.loads(done.stdout or "[]") if not done.returncode else []
    return found[0] if found else {}


def ways(proc: str = _PROC) -> Iterator[Way]:
    """The networks of the host's main routing tables, but for what goes everywhere, and for what a link has itself."""
    for fields in _lines(f"{proc}/route", skip=1):
        mask = _swapped(fields[7])
        if mask:
            yield Way(_swapped(fields[1]), mask.bit_count(), 4, fields[0], _swapped(fields[2]) == 0)
    for fields in _lines(f"{proc}/ipv6_route"):
        first, length, link = int(fields[0], 16), int(fields[1], 16), fields[9]
        # Addresses of this host, of groups and of a single link are in the same list.
        if 0 < length < 128 and link != "lo" and first >> 118 != 0x3FA and first >> 120 != 0xFF:
            yield Way(first, length, 6, link, int(fields[4], 16) == 0)


def _lines(path: str, skip: int = 0) -> Iterator[list[str]]:
    try:
        with open(path) as file:
            for line in file.read().splitlines()[skip:]:
                yield line.split()
    except FileNotFoundError:
        return  # a kernel without that version of IP


def _swapped(text: str) -> int:
    """A number as the kernel prints it there: in the order of the processor."""
    import sys

    return int.from_bytes(int(text, 16).to_bytes(4, sys.byteorder))


def exists(device: str) -> bool:
    return os.path.exists(f"/sys/class/net/{device}")


def _told(device: str, what: str) -> str | None:
    try:
        with open(f"/sys/class/net/{device}/{what}") as file:
            return file.read().strip()
    except OSError:
        return None


def mtu_of(device: str) -> int | None:
    """The MTU of a network device, or None where there is none."""
    mtu = _told(device, "mtu")
    return None if mtu is None else int(mtu)


def mac_of(device: str) -> str | None:
    """The address that a network device has."""
    return _told(device, "address")


def index(device: str) -> int:
    """The kernel's number of a network device; 0 where there is none."""
    return int(_told(device, "ifindex") or 0)


def master_of(device: str) -> str | None:
    """The bridge that a network device is a port of."""
    try:
        return os.path.basename(os.readlink(f"/sys/class/net/{device}/master"))
    except OSError:
        return None


def tap_number(device: str) -> int | None:
    """The device number behind which the queues of a macvtap are; None for what is no macvtap."""
    pair = _told(device, f"tap{index(device)}/dev")
    if pair is None:
        return None
    major, _, minor = pair.partition(":")
    return os.makedev(int(major), int(minor))
