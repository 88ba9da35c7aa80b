"""What the kernel tells in /proc and /sys, read where ``ROOT`` says: tests put a made-up host there."""

from __future__ import annotations

import os

from virshpy.xml.scalars import parse_ranges

ROOT = ""
CPUS = "/sys/devices/system/cpu"
NODES = "/sys/devices/system/node"


def read(path: str) -> str | None:
    """A file, stripped; None where there is none."""
    try:
        with open(ROOT + path) as file:
            return file.read().strip()
    except OSError:
        return None


def names(path: str) -> list[str]:
    """What is in a folder, sorted; nothing where there is none."""
    try:
        return sorted(os.listdir(ROOT + path))
    except OSError:
        return []


def number(path: str) -> int | None:
    text = read(path)
    return int(text) if text and text.lstrip("-").isdigit() else None


def number_list(text: str | None) -> list[int]:
    """The kernel's ``0-3,8`` as numbers."""
    return list(parse_ranges(text or "") or ())


def meminfo(path: str) -> dict[str, int]:
    """The figures of a meminfo file in KiB; those of a NUMA cell begin with ``Node 0``, which is left out."""
    found = {}
    for line in (read(path) or "").splitlines():
        name, _, value = line.partition(":")
        if name and value.split():
            found[name.split()[-1]] = int(value.split()[0])
    return found
