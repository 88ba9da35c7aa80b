"""What a lab is made of beside the host's own files: a kernel with all its modules, an initrd that joins the file
systems, and the packages that a login needs and the host does not have.

They are Debian's or Ubuntu's packages, downloaded and unpacked into the cache of kit/guest.py. Nothing is installed: an
ssh server that listens, or another PID 1, is no business of a test suite. A lab may want more packages than others; its
parts are then a folder of their own, in which what is the same are links to the same files.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from kit import guest
from kit.guest import Apt, Archive, GuestError

HERE = Path(__file__).resolve().parent

# A Debian system with logins. The host has most of it, a container little.
PACKAGES = ("systemd", "dbus", "dbus-user-session", "libpam-systemd", "openssh-server", "kmod")
# Loaded before there is a root: the file system of it, the channel to the tests, and random numbers for keys.
MODULES = ("virtio_pci", "virtio_console", "virtio_rng", "virtiofs", "overlay")
# On a merged system these are links, which a folder of the same name in a layer above would hide.
MERGED = ("bin", "sbin", "lib", "lib64")


class Parts(NamedTuple):
    """A folder of the cache. ``root`` in it is laid over the host's root."""

    kernel: Path
    initrd: Path
    root: Path


def parts(extra: Sequence[str] = ()) -> Parts:
    """The parts, with further packages; from the cache where this recipe was built before. Raises GuestError."""
    cache = guest.made_cache_dir()
    with guest.locked(cache / "lock"):
        folder = _kept(cache, ())
        if extra:
            folder = _kept(cache, extra, folder)
    return Parts(folder / "vmlinuz", folder / "initrd", folder / "root")


def _kept(cache: Path, extra: Sequence[str], base: Path | None = None) -> Path:
    folder = cache / f"lab.{_recipe((*PACKAGES, *extra))}"
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(dir=cache, prefix="build.") as name:
            out = Path(name) / "out"
            if base is None:
                _make(Path(name), out)
            else:
                _add(Path(name), out, base, extra)
            out.rename(folder)
    os.utime(folder)  # kit/guest.py removes what nobody has asked for in days
    return folder


def _recipe(packages: Collection[str]) -> str:
    """What the parts depend on: how they are made, the distribution, and which packages its host has already."""
    here = [path for path in Path("/var/lib/dpkg/info").glob("*.list") if _package(path) in packages]
    words = " ".join((*packages, *sorted(path.name for path in here)))
    files = (Path(guest.__file__), Path(__file__), HERE / "init", Path("/etc/os-release"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files) + words.encode()).hexdigest()[:12]


def _package(listing: Path) -> str:
    return listing.stem.partition(":")[0]


def _make(work: Path, out: Path) -> None:
    root = out / "root"
    root.mkdir(parents=True)
    apt = Apt(work)
    for package in (*apt.kernel_packages(guest.KERNELS), *apt.missing(PACKAGES)):
        apt.unpack(package, root)
    _merge(root)
    kernel = next(iter(sorted(root.glob("boot/vmlinuz-*"))), None)
    if kernel is None:
        raise GuestError("the kernel package holds no boot/vmlinuz-*")
    version = kernel.name.removeprefix("vmlinuz-")
    modules = guest.modules_of(root, version, MODULES)
    (out / "initrd").write_bytes(_initrd(guest.static_busybox(apt, work), modules))
    _index_modules(root, version)
    kernel.rename(out / "vmlinuz")
    shutil.rmtree(root / "boot")


def _add(work: Path, out: Path, base: Path, extra: Sequence[str]) -> None:
    """The same parts, and of more packages what the host lacks. Of files that are there already links are made."""
    root = out / "root"
    root.mkdir(parents=True)
    apt = Apt(work)
    there = apt.missing(PACKAGES)
    for package in apt.missing((*PACKAGES, *extra)):
        if package not in there:
            apt.unpack(package, root)
    _merge(root)
    shutil.copytree(base, out, symlinks=True, copy_function=os.link, dirs_exist_ok=True)


def _merge(root: Path) -> None:
    """Move what packages still put beside /usr to where a merged system has it."""
    for name in MERGED:
        if (root / name).is_dir():
            shutil.copytree(root / name, root / "usr" / name, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(root / name)


def _index_modules(root: Path, version: str) -> None:
    """Let modprobe find the modules. depmod is one of the names of kmod, which is the host's or was just unpacked."""
    program = next(path for path in (root / "usr/bin/kmod", Path("/usr/bin/kmod"), Path("/bin/kmod")) if path.exists())
    libraries = ":".join(map(str, root.glob("usr/lib/*-linux-gnu")))
    words = ["depmod", "--basedir", str(root / "usr"), version]
    subprocess.run(words, executable=program, env={**os.environ, "LD_LIBRARY_PATH": libraries}, check=True)


def _initrd(busybox: Path, modules: dict[str, bytes]) -> bytes:
    archive = Archive()
    for folder in ("bin", "dev", "proc", "sys", "modules", "host", "parts", "own", "rw", "new"):
        archive.folder(folder)
    archive.device("dev/console", 5, 1)
    archive.file("init", (HERE / "init").read_bytes(), 0o755)
    archive.file("bin/busybox", busybox.read_bytes(), 0o755)
    for applet in ("sh", "insmod", "rm", "mount", "mkdir", "switch_root"):
        archive.link(f"bin/{applet}", "busybox")
    order = guest.in_order(MODULES, modules)
    for name in order:
        archive.file(f"modules/{name}.ko", modules[name])
    archive.file("modules/boot", "".join(f"{name}\n" for name in order).encode())
    return archive.close()
