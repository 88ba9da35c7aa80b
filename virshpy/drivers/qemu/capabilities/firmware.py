"""The firmware images that the host has, as their packages describe them."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Descriptor = dict[str, Any]

FOLDERS = ("/usr/share/qemu/firmware", "/etc/qemu/firmware")


def load_descriptors(folders: tuple[str, ...] = FOLDERS) -> list[Descriptor]:
    """The host's firmware descriptors in order of preference: by file name, a later folder's file replacing an earlier
    one's of that name, an empty file hiding it."""
    import json

    own = os.path.join(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"), "qemu/firmware")
    files: dict[str, str] = {}
    for folder in (*folders, own):
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        files |= {name: os.path.join(folder, name) for name in names if name.endswith(".json")}
    found = []
    for _, path in sorted(files.items()):
        try:
            with open(path, "rb") as file:
                text = file.read()
            if text.strip():
                found.append(json.loads(text))
        except (OSError, ValueError):
            continue  # one broken descriptor does not take the others away
    return found
