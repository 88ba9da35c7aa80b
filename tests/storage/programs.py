"""Daemons that tests speak to, and how they are run: as children of the test, from where nothing is installed.

Installed, they would start with the host and listen on all of its addresses, and bring others that do: with Ceph's come
cron, smartd and sudo. So their packages are unpacked into the cache of kit/guest.py, as the parts of a lab are. A host
that has the programs runs its own.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from kit import guest
from kit.guest import Apt, GuestError

SEARCHED = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
# Whatever becomes of the tests' process, the kernel ends what it has started.
BOUND = ("setpriv", "--pdeathsig", "KILL")


class Programs(NamedTuple):
    """``root`` is where they were unpacked; None: they are the host's. ``environment`` is what they run in."""

    root: Path | None
    environment: Mapping[str, str]

    def folder(self, pattern: str) -> Path | None:
        """A folder below ``root``, where a program cannot find it by itself."""
        return next(iter(self.root.glob(pattern)), None) if self.root else None


def programs(names: Sequence[str], packages: Sequence[str]) -> Programs:
    """The named programs; the test is skipped where neither the host nor its archive has them.

    They must know ``--version``, by which they are tried out.
    """
    if all(shutil.which(name, path=SEARCHED) for name in names):
        return _programs(None)
    try:
        return _unpacked(names, packages)
    except GuestError as error:
        pytest.skip(f"needs {', '.join(names)} (packages {', '.join(packages)}): {error}")


def _programs(root: Path | None) -> Programs:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PATH": SEARCHED}
    if root:
        environment["PATH"] = os.pathsep.join((f"{root}/usr/bin", f"{root}/usr/sbin", SEARCHED))
        libraries = {str(path.parent) for path in root.rglob("lib*.so*")}
        environment["LD_LIBRARY_PATH"] = os.pathsep.join(sorted(libraries))
    return Programs(root, environment)


def _unpacked(names: Sequence[str], packages: Sequence[str]) -> Programs:
    cache = guest.made_cache_dir()
    recipe = b"".join(path.read_bytes() for path in (Path(__file__), Path(guest.__file__), Path("/etc/os-release")))
    folder = cache / f"programs.{hashlib.sha256(recipe + ' '.join(packages).encode()).hexdigest()[:12]}"
    with guest.locked(cache / "lock"):
        # The libraries that the host had then it may have no more.
        if not (folder.is_dir() and _start(names, _programs(folder))):
            shutil.rmtree(folder, ignore_errors=True)
            with tempfile.TemporaryDirectory(dir=cache, prefix="build.") as name:
                root = Path(name) / "root"
                apt = Apt(Path(name))
                for package in _with_libraries(apt, packages):
                    apt.unpack(package, root)
                root.rename(folder)
        os.utime(folder)  # kit/guest.py removes what nobody has asked for in days
    found = _programs(folder)
    if not _start(names, found):
        raise GuestError(f"they do not start from {folder}")
    return found


def _with_libraries(apt: Apt, packages: Sequence[str]) -> list[str]:
    """The packages, and of the libraries that these need those that the host lacks; not what they would only call."""
    missing = apt.missing(packages)
    found = list(packages)
    for name in found:
        found += [need for need in apt.depends(name) if need in missing and need not in found and _is_library(need)]
    return found


def _is_library(package: str) -> bool:
    return package.startswith("lib") and not package.endswith("-perl")


def _start(names: Collection[str], found: Programs) -> bool:
    tried = (
        subprocess.run([name, "--version"], env=found.environment, capture_output=True, stdin=subprocess.DEVNULL)
        for name in names
        if shutil.which(name, path=found.environment["PATH"])
    )
    return [done.returncode for done in tried] == [0] * len(names)


@contextmanager
def running(words: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon that stays in the foreground, killed at the end; what it says is in ``log``."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*BOUND, *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
