"""Documents of volumes, and what the files that come of them are."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

MIB = 1 << 20


def volume(name: str, capacity: int = 4 * MIB, *, target: str = "", more: str = "") -> str:
    return f"<volume><name>{name}</name><capacity>{capacity}</capacity>{more}<target>{target}</target></volume>"


def image(name: str, format: str, capacity: int = 4 * MIB, *, target: str = "", more: str = "") -> str:
    return volume(name, capacity, target=f"<format type='{format}'/>{target}", more=more)


def info(path: Path) -> dict[str, Any]:
    """What qemu-img says of an image that a guest may have open."""
    words = ["qemu-img", "info", "-U", "--output=json", str(path)]
    told: dict[str, Any] = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    return told


def sum_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names(folder: Path) -> list[str]:
    """All that is in a directory, under names that no listing shows as well."""
    return sorted(path.name for path in folder.iterdir())
