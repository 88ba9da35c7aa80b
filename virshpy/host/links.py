"""The network links of the host: what they have counted, and whom the host has spoken to on them."""

from __future__ import annotations

import json

from virshpy.host import processes


def counters() -> dict[str, tuple[list[int], list[int]]]:
    """By the names of the host's links, what they have received and sent: bytes, packets, errors, dropped packets."""
    with open("/proc/net/dev") as file:
        lines = file.read().splitlines()[2:]
    found = {}
    for line in lines:
        name, _, numbers = line.partition(":")
        values = [int(number) for number in numbers.split()]
        found[name.strip()] = (values[:4], values[8:12])
    return found


def neighbours() -> dict[str, list[str]]:
    """Whom the host has spoken to: IP addresses by MAC address, in lower case.

    Raises SystemCallError where there is no ``ip``.
    """
    found: dict[str, list[str]] = {}
    for entry in json.loads(processes.run(["ip", "-j", "neigh", "show"], timeout=10).stdout or "[]"):
        if "lladdr" in entry and "dst" in entry:
            found.setdefault(entry["lladdr"].lower(), []).append(entry["dst"])
    return found
