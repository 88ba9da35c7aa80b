#!/usr/bin/env python3
"""Builds the small guest that the demo, the tests and the benchmark boot.

The kernel is the distribution's own cloud kernel, taken with ``apt-get download`` and unpacked, not installed; the rest
is a static busybox and ``guest.init``. Nothing here needs root. The result stays in
``${XDG_CACHE_HOME:-~/.cache}/virshpy-guests`` (for root: ``/var/cache/virshpy-guests``, as a guest's own uid may not
enter root's home) and is found again there without asking the network.

As a program: ``python3 kit/guest.py [--refresh]`` prints the paths of kernel and initrd, one a line.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
READY = "VIRSHPY-GUEST-READY"

# Loaded by the init on every boot; what they depend on is added. Names as in the file names, with _ for -.
BOOT_MODULES = (
    "virtio_pci", "virtio_console", "virtio_rng", "virtio_balloon", "virtio_blk", "virtio_net",
    "button", "evdev", "pvpanic_mmio", "pvpanic_pci",
)  # fmt: skip
# In the image, loaded where the command line says load=NAME.
SPARE_MODULES = (
    "virtio_scsi", "sd_mod", "ata_piix", "virtio_input", "virtiofs", "overlay", "virtio_mem", "virtio_mmio",
    "9pnet_virtio", "9p",
)  # fmt: skip

# Debian's first, then Ubuntu's. The general ones are larger, and have what no guest of a cloud is given (9p).
GENERAL_KERNELS = ("linux-image-amd64", "linux-image-generic")
KERNELS = ("linux-image-cloud-amd64", "linux-image-virtual", "linux-image-kvm", *GENERAL_KERNELS)
_UNUSED = 7 * 24 * 3600  # seconds after which a guest that no checkout has asked for goes


class GuestError(Exception):
    """The guest cannot be built here; the message says what is missing."""


class Guest(NamedTuple):
    kernel: Path
    initrd: Path
    version: str

    def cmdline(self, *words: str) -> str:
        """A kernel command line that keeps the boot short and its console on the first serial port."""
        return " ".join(("console=ttyS0", "quiet", "panic=0", "no_timer_check", *words))


def cache_dir() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or ("/var/cache" if os.geteuid() == 0 else Path.home() / ".cache")
    return Path(base) / "virshpy-guests"


def made_cache_dir() -> Path:
    """The cache, which a guest's own uid may pass through whatever the umask was when it was made."""
    cache = cache_dir()
    if not cache.is_dir():
        cache.mkdir(parents=True)
        cache.chmod(0o755)
    return cache


def build(*, refresh: bool = False, general: bool = False) -> Guest:
    """The guest, from the cache where this recipe was built before; ``refresh`` asks apt for a newer kernel.

    ``general``: the one with the distribution's general kernel.
    """
    cache = made_cache_dir()
    kernels = GENERAL_KERNELS if general else KERNELS
    parts = (
        Path(__file__).read_bytes(),
        (HERE / "guest.init").read_bytes(),
        (HERE / "guest.dhcp").read_bytes(),
        " ".join(kernels).encode(),
    )
    recipe = hashlib.sha256(b"".join(parts)).hexdigest()[:12]
    with locked(cache / "lock"):
        found = None if refresh else _newest(cache, recipe)
        return found or _make(cache, recipe, kernels)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Several test workers ask at once; one builds and the others find its result."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _newest(cache: Path, recipe: str) -> Guest | None:
    made = sorted(cache.glob(f"*.{recipe}"), key=lambda path: path.stat().st_mtime)
    if not made:
        return None
    os.utime(made[-1])
    return _guest(made[-1])


def _guest(folder: Path) -> Guest:
    return Guest(folder / "vmlinuz", folder / "initrd", folder.name.rpartition(".")[0])


def _make(cache: Path, recipe: str, kernels: Sequence[str]) -> Guest:
    with tempfile.TemporaryDirectory(dir=cache, prefix="build.") as name:
        work = Path(name)
        root = work / "root"
        apt = Apt(work)
        for package in apt.kernel_packages(kernels):
            apt.unpack(package, root)
        kernel = next(iter(sorted(root.glob("boot/vmlinuz-*"))), None)
        if kernel is None:
            raise GuestError("the kernel package holds no boot/vmlinuz-*")
        version = kernel.name.removeprefix("vmlinuz-")
        out = work / "out"
        out.mkdir()
        shutil.copyfile(kernel, out / "vmlinuz")
        modules = modules_of(root, version, (*BOOT_MODULES, *SPARE_MODULES))
        (out / "initrd").write_bytes(_initrd(static_busybox(apt, work), modules))
        # Whatever the umask: QEMU reads these under a uid of its own.
        out.chmod(0o755)
        for path in out.iterdir():
            path.chmod(0o644)
        final = cache / f"{version}.{recipe}"
        shutil.rmtree(final, ignore_errors=True)
        out.rename(final)
    for stale in cache.iterdir():
        # Other recipes and kernels may be those of other checkouts.
        if stale.is_dir() and time.time() - stale.stat().st_mtime > _UNUSED:
            shutil.rmtree(stale, ignore_errors=True)
    return _guest(final)


class Apt:
    """apt-get and dpkg-deb as an ordinary user may call them."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.options: list[str] = []
        for tool in ("apt-get", "apt-cache", "dpkg-deb"):
            if shutil.which(tool) is None:
                raise GuestError(f"{tool} not found: the guest is built from Debian's or Ubuntu's kernel package")

    def kernel_packages(self, kernels: Sequence[str]) -> list[str]:
        """The real packages behind the first of some metapackages that this distribution has."""
        found = self._kernel_packages(kernels)
        if not found:
            self._private_lists()
            found = self._kernel_packages(kernels)
        if not found:
            raise GuestError(f"apt knows none of {', '.join(kernels)}: run `apt-get update` as root")
        return found

    def _kernel_packages(self, kernels: Sequence[str]) -> list[str]:
        for meta in kernels:
            images = [name for name in self.depends(meta) if re.match(r"linux-image-(unsigned-)?\d", name)]
            if images:
                extra = [name for name in self.depends(images[0]) if re.match(r"linux-modules-\d", name)]
                return [images[0], *extra]
        return []

    def depends(self, package: str) -> list[str]:
        done = _run(["apt-cache", *self.options, "depends", "--important", package], check=False)
        return re.findall(r"^ *\|?Depends: ([^<\s]+)", done, re.MULTILINE)

    def missing(self, packages: Sequence[str]) -> list[str]:
        """Of the packages, and of all that they depend on, those that an installation would bring to this host."""
        found = self._missing(packages)
        if found is None:
            self._private_lists()
            found = self._missing(packages)
        if found is None:
            raise GuestError(f"apt cannot install {', '.join(packages)} here: run `apt-get update` as root")
        return found

    def _missing(self, packages: Sequence[str]) -> list[str] | None:
        words = ["apt-get", *self.options, "--simulate", "--no-install-recommends", "--no-upgrade", "install"]
        done = _run([*words, *packages], check=False)
        # An installation that apt cannot carry out ends before its list; one of nothing says so.
        return re.findall(r"^Inst (\S+)", done, re.MULTILINE) if "newly installed" in done else None

    def unpack(self, package: str, target: Path) -> None:
        target.mkdir(exist_ok=True)
        folder = self.work / "debs"
        folder.mkdir(exist_ok=True)
        try:
            self._download(package, folder)
        except GuestError:
            # The lists may name a version that the archive has replaced since.
            self._private_lists()
            self._download(package, folder)
        for deb in folder.glob(f"{package}_*.deb"):
            _run(["dpkg-deb", "-x", str(deb), str(target)])
            deb.unlink()

    def _download(self, package: str, folder: Path) -> None:
        # As root, apt would drop to its own user, who may not write here, and warn about it.
        _run(["apt-get", *self.options, "-o", "APT::Sandbox::User=root", "-qq", "download", package], cwd=folder)

    def _private_lists(self) -> None:
        """Fetches package lists into the build folder: works without root, and leaves the host's own lists alone."""
        if self.options:
            return
        state = self.work / "apt"
        for folder in ("lists/partial", "cache/archives/partial"):
            (state / folder).mkdir(parents=True, exist_ok=True)
        self.options = [
            "-o", f"Dir::State={state}",
            "-o", f"Dir::State::lists={state}/lists",
            "-o", "Dir::State::status=/var/lib/dpkg/status",
            "-o", f"Dir::Cache={state}/cache",
            "-o", "APT::Sandbox::User=root",
            "-o", "APT::Update::Post-Invoke-Success=",
            "-o", "APT::Update::Post-Invoke=",
        ]  # fmt: skip
        _run(["apt-get", *self.options, "-qq", "update"])


def _run(argv: list[str], *, cwd: Path | None = None, check: bool = True) -> str:
    done = subprocess.run(argv, cwd=cwd, text=True, capture_output=True, env={**os.environ, "LC_ALL": "C"})
    if check and done.returncode:
        raise GuestError(f"{' '.join(argv)}: {done.stderr.strip() or f'exit status {done.returncode}'}")
    return done.stdout


def static_busybox(apt: Apt, work: Path) -> Path:
    """A static busybox: the host's, or the package's unpacked beside the kernel."""
    here = shutil.which("busybox")
    if here and b"/ld-linux" not in Path(here).read_bytes()[:4096]:
        return Path(here)
    root = work / "busybox"
    apt.unpack("busybox-static", root)
    for name in ("usr/bin/busybox", "bin/busybox"):
        if (root / name).is_file():
            return root / name
    raise GuestError("busybox-static holds no busybox")


def modules_of(root: Path, version: str, names: Iterable[str]) -> dict[str, bytes]:
    """The named modules of an unpacked kernel, and what those depend on. Built-in ones are simply not there."""
    folder = next((root / top for top in ("lib/modules", "usr/lib/modules") if (root / top / version).is_dir()), None)
    if folder is None:
        raise GuestError(f"no modules for kernel {version}")
    files = {
        re.sub(r"\.ko(\.\w+)?$", "", path.name).replace("-", "_"): path for path in (folder / version).rglob("*.ko*")
    }
    loaded: dict[str, bytes] = {}
    pending = [name for name in names if name in files]
    while pending:
        name = pending.pop()
        if name not in loaded and name in files:
            loaded[name] = _module(files[name])
            pending += _needs(loaded[name])
    return loaded


def _module(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".ko":
        return data
    tool = {".zst": "zstd", ".xz": "xz", ".gz": "gzip"}.get(path.suffix, "")
    if shutil.which(tool) is None:
        raise GuestError(f"{path.name} is compressed and {tool or 'its tool'} is not installed")
    return subprocess.run([tool, "-dc"], input=data, capture_output=True, check=True).stdout


def _needs(module: bytes) -> list[str]:
    found = re.search(rb"\0depends=([^\0]*)\0", module)
    return [name.replace("-", "_") for name in found[1].decode().split(",") if name] if found else []


def in_order(names: Iterable[str], modules: dict[str, bytes]) -> list[str]:
    """The names with their dependencies before them."""
    done: list[str] = []

    def add(name: str) -> None:
        if name in modules and name not in done:
            for need in _needs(modules[name]):
                add(need)
            done.append(name)

    for name in names:
        add(name)
    return done


def _initrd(busybox: Path, modules: dict[str, bytes]) -> bytes:
    """Not compressed: under emulation the guest would pay more for unpacking it than the host for loading it."""
    archive = Archive()
    for folder in ("bin", "dev", "proc", "sys", "modules", "tmp", "mnt"):
        archive.folder(folder)
    archive.device("dev/console", 5, 1)
    archive.device("dev/null", 1, 3)
    archive.file("init", (HERE / "guest.init").read_bytes(), 0o755)
    archive.file("bin/busybox", busybox.read_bytes(), 0o755)
    for applet in _run([str(busybox), "--list"]).split():
        if applet != "busybox":
            archive.link(f"bin/{applet}", "busybox")
    for folder in ("etc", "etc/udhcpc"):
        archive.folder(folder)
    archive.file("etc/udhcpc/default.script", (HERE / "guest.dhcp").read_bytes(), 0o755)
    for name, data in modules.items():
        archive.file(f"modules/{name}.ko", data)
    boot = in_order(BOOT_MODULES, modules)
    archive.file("modules/boot", "\n".join(boot).encode())
    for name in SPARE_MODULES:
        rest = [need for need in in_order([name], modules) if need not in boot]
        archive.file(f"modules/need.{name}", "\n".join(rest).encode())
    return archive.close()


class Archive:
    """A cpio archive in the `newc` form, which is what the kernel unpacks. Written here because an ordinary user cannot
    make device nodes for cpio(1) to read."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._count = 0

    def folder(self, name: str) -> None:
        self._entry(name, 0o040755)

    def file(self, name: str, data: bytes, mode: int = 0o644) -> None:
        self._entry(name, 0o100000 | mode, data)

    def link(self, name: str, target: str) -> None:
        self._entry(name, 0o120777, target.encode())

    def device(self, name: str, major: int, minor: int) -> None:
        self._entry(name, 0o020600, device=(major, minor))

    def close(self) -> bytes:
        self._entry("TRAILER!!!", 0)
        return b"".join(self._parts)

    def _entry(self, name: str, mode: int, data: bytes = b"", device: tuple[int, int] = (0, 0)) -> None:
        self._count += 1
        raw = name.encode() + b"\0"
        fields = (self._count, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(raw), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + raw
        self._parts += [head, b"\0" * (-len(head) % 4), data, b"\0" * (-len(data) % 4)]


def main() -> int:
    try:
        guest = build(refresh="--refresh" in sys.argv[1:])
    except GuestError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write(f"{guest.kernel}\n{guest.initrd}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
