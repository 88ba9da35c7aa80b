"""PCI functions of the host that are parts of another one: virtual functions of a network card (SR-IOV)."""

from __future__ import annotations

import os

_DEVICES = "/sys/bus/pci/devices"


def is_virtual_function(place: str) -> bool:
    """Whether the device at a place (``0000:03:00.1``) is a part of another one."""
    return os.path.exists(f"{_DEVICES}/{place}/physfn")


def virtual_functions(link: str) -> list[tuple[str, str | None]]:
    """(place, link) of each virtual function of the card that a link is of, in their order; a function that is bound to
    no network driver has no link."""
    device = f"/sys/class/net/{link}/device"
    names = [name for name in _entries(device) if name.startswith("virtfn") and name[6:].isdigit()]
    found = []
    for name in sorted(names, key=lambda name: int(name[6:])):
        links = _entries(f"{device}/{name}/net")
        place = os.path.basename(os.path.realpath(f"{device}/{name}"))
        found.append((place, links[0] if links else None))
    return found


def _entries(path: str) -> list[str]:
    try:
        return sorted(os.listdir(path))
    except OSError:
        return []
