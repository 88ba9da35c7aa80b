"""Whom this host has spoken to on its links: the kernel's table of addresses."""

from __future__ import annotations

import json

from virshpy.host import processes


def table() -> dict[str, list[str]]:
    """IP addresses by MAC address, in lower case. Raises SystemCallError where there is no ``ip``."""
    found: dict[str, list[str]] = {}
    for entry in json.loads(processes.run(["ip", "-j", "neigh", "show"], timeout=10).stdout or "[]"):
        if "lladdr" in entry and "dst" in entry:
            found.setdefault(entry["lladdr"].lower(), []).append(entry["dst"])
    return found
