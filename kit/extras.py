"""What the small guest may have besides: programs of the distribution's packages, as a further archive.

The kernel unpacks archives that stand one behind the other, so such a guest is the plain initrd and this. Nothing of it
is installed on the host. What was made stays beside the guest's own parts.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from kit.guest import Apt, Archive, Guest, GuestError, cache_dir

_FOLDERS = ("usr", "usr/sbin", "usr/lib", "usr/lib/x86_64-linux-gnu", "lib64", "sbin", "run", "var", "var/run")


def initrd_with(guest: Guest, path: Path, archive: Path) -> Path:
    """Write the guest's initrd with an archive behind it to a path, which is returned."""
    plain = guest.initrd.read_bytes()
    path.write_bytes(plain + b"\0" * (-len(plain) % 4) + archive.read_bytes())
    return path


def archive(name: str, recipe: bytes, make: Callable[[Apt, Path], bytes]) -> Path:
    """An archive from the cache, where ``make`` has made it by this recipe before. Raises GuestError."""
    made = cache_dir() / f"{name}.{hashlib.sha256(Path(__file__).read_bytes() + recipe).hexdigest()[:12]}"
    if not made.exists():
        with tempfile.TemporaryDirectory(dir=cache_dir(), prefix="build.") as folder:
            work = Path(folder)
            (work / "cpio").write_bytes(make(Apt(work), work))
            (work / "cpio").rename(made)
        for stale in cache_dir().glob(f"{name}.*"):
            if stale != made:
                stale.unlink()
    return made


def with_program(apt: Apt, root: Path, package: str, program: str) -> Archive:
    """An archive with one program of a package, the loader and the libraries: no documentation, nothing of services."""
    for needed in _with_libraries(apt, package):
        apt.unpack(needed, root)
    if not (root / program).is_file():
        raise GuestError(f"{package} holds no {program}")
    packed = Archive()
    for folder in _FOLDERS:
        packed.folder(folder)
    packed.file(program, (root / program).read_bytes(), 0o755)
    libraries = {}
    for path in root.rglob("x86_64-linux-gnu/*.so*"):
        # A link's target may be named from a root that is not the host's.
        libraries[path.name] = (path.parent / path.readlink().name if path.is_symlink() else path).read_bytes()
    for name, data in libraries.items():
        packed.file(f"usr/lib/x86_64-linux-gnu/{name}", data, 0o755)
    packed.file("lib64/ld-linux-x86-64.so.2", libraries["ld-linux-x86-64.so.2"], 0o755)
    return packed


def _with_libraries(apt: Apt, package: str) -> list[str]:
    """A package and the libraries that it needs, and that those need."""
    found = [package]
    for name in found:
        found += [needed for needed in apt.depends(name) if re.match(r"lib|zlib", needed) and needed not in found]
    return found
