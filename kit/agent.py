"""Builds what makes the small guest one with an agent: Debian's own qemu-ga and its libraries, as a second archive.

The kernel unpacks archives that stand one behind the other, so the guest with an agent is the plain initrd and this.
Nothing of it is installed on the host. The result stays beside the guest's own parts.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path

from kit.guest import Apt, Archive, Guest, GuestError, cache_dir

HERE = Path(__file__).resolve().parent
PROGRAM = "usr/sbin/qemu-ga"
# What the agent calls to end the guest, with shutdown(8)'s words for how.
SHUTDOWN = b"""#!/bin/sh
sync
case " $* " in *' -r '*) reboot -f ;; *) poweroff -f ;; esac
"""


def initrd_with_agent(guest: Guest, path: Path) -> Path:
    """Write the guest's initrd with the agent behind it to a path, which is returned. Raises GuestError."""
    plain = guest.initrd.read_bytes()
    path.write_bytes(plain + b"\0" * (-len(plain) % 4) + _archive().read_bytes())
    return path


def _archive() -> Path:
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    made = cache_dir() / f"agent.{recipe}"
    if not made.exists():
        with tempfile.TemporaryDirectory(dir=cache_dir(), prefix="build.") as name:
            work = Path(name)
            root = work / "root"
            apt = Apt(work)
            for package in _with_libraries(apt, "qemu-guest-agent"):
                apt.unpack(package, root)
            (work / "cpio").write_bytes(_pack(root))
            (work / "cpio").rename(made)
        for stale in cache_dir().glob("agent.*"):
            if stale != made:
                stale.unlink()
    return made


def _with_libraries(apt: Apt, package: str) -> list[str]:
    """A package and the libraries that it needs, and that those need."""
    found = [package]
    for name in found:
        found += [needed for needed in apt.depends(name) if re.match(r"lib|zlib", needed) and needed not in found]
    return found


def _pack(root: Path) -> bytes:
    """The program, the loader and the libraries: neither documentation nor what services need."""
    if not (root / PROGRAM).is_file():
        raise GuestError(f"qemu-guest-agent holds no {PROGRAM}")
    archive = Archive()
    for folder in ("usr", "usr/sbin", "usr/lib", "usr/lib/x86_64-linux-gnu", "lib64", "sbin", "run", "var", "var/run"):
        archive.folder(folder)
    archive.file("sbin/shutdown", SHUTDOWN, 0o755)
    archive.file(PROGRAM, (root / PROGRAM).read_bytes(), 0o755)
    libraries = {}
    for path in root.rglob("x86_64-linux-gnu/*.so*"):
        # A link's target may be named from a root that is not the host's.
        libraries[path.name] = (path.parent / path.readlink().name if path.is_symlink() else path).read_bytes()
    for name, data in libraries.items():
        archive.file(f"usr/lib/x86_64-linux-gnu/{name}", data, 0o755)
    archive.file("lib64/ld-linux-x86-64.so.2", libraries["ld-linux-x86-64.so.2"], 0o755)
    return archive.close()
