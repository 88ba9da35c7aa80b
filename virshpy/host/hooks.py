"""Hook scripts: programs of the administrator's that are run when something happens to an object.

They lie in the folder ``hooks`` of the configuration directory, and in further folders that the setting ``hooks`` names
(libvirt's own, say): the program called like the kind of object (``qemu``), then those of ``qemu.d`` in the order of
their names. Each gets libvirt's arguments, the object's name, what happens, and when (``web prepare begin -``), and the
object's XML on its standard input.
"""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.host.site import Site


def scripts(site: Site, kind: str) -> list[str]:
    """The scripts for a kind of object, in their order. One that is no program is told of, and left out."""
    found = []
    for folder in (f"{site.directories.config}/hooks", *site.config.hooks):
        for path in (f"{folder}/{kind}", *_in_order(f"{folder}/{kind}.d")):
            if _is_file(path):
                if os.access(path, os.X_OK):
                    found.append(path)
                else:
                    site.warn(f"the hook script {path} is not executable, and is not run")
    return found


def _in_order(folder: str) -> Iterator[str]:
    try:
        names = sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        yield f"{folder}/{name}"


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False
