"""fs and netfs: the files in a file system that is mounted while the pool is active."""

from __future__ import annotations

import os
import shlex

from virshpy import errors
from virshpy.drivers.storage.backend import program
from virshpy.drivers.storage.backends.directory import Directory
from virshpy.drivers.storage.signature import occupied, signature
from virshpy.enums import StoragePoolBuildFlags
from virshpy.host import mounts, processes
from virshpy.host.steps import Act
from virshpy.host.steps.mount import Mount
from virshpy.xml.storage import PoolSource, PoolSources, SourceDir, SourceHost
from virshpy.xml.volume import Format

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from virshpy.host.site import Site
    from virshpy.host.steps import Step
    from virshpy.xml.storage import Pool

_BUILD = StoragePoolBuildFlags
# A file system of a guest's making is not trusted: no devices, no programs.
_OPTIONS = ("nodev", "nosuid", "noexec")
# What some kinds of servers want beside them.
_MORE = {"cifs": "guest", "glusterfs": "direct-io-mode=1"}
_PATIENCE = 600  # seconds to make a file system on a large device
_SHOWING = 10  # seconds for a server to say what it exports
_FORCED = {"xfs": "-f", "ext2": "-F", "ext3": "-F", "ext4": "-F"}


def source_of(pool: Pool) -> str:
    """What is mounted, as mount(8) and the table of mounts name it."""
    source = pool.source
    assert source is not None
    if pool.type == "fs":
        return str(source.devices[0].path)
    host, folder = source.hosts[0], str(source.dir and source.dir.path)
    name = f"[{host.name}]" if ":" in str(host.name) else host.name
    return f"//{name}/{folder}" if _format(pool) == "cifs" else f"{name}:{folder}"


def _format(pool: Pool) -> str:
    return str(pool.source and pool.source.kind and pool.source.kind.type)


def mount_words(pool: Pool, mount: str = "mount") -> list[str]:
    """``mount …`` for a pool."""
    source, format = pool.source, _format(pool)
    assert source is not None and pool.target is not None
    options = [*_OPTIONS, *([_MORE[format]] if format in _MORE else [])]
    if source.protocol is not None and source.protocol.ver:
        options.append(f"nfsvers={source.protocol.ver}")
    if pool.mount_opts is not None:
        options += [str(option.name) for option in pool.mount_opts.options]
    # Of a server mount(8) finds out by itself, of a device it is told to.
    type = [] if pool.type == "netfs" and format == "auto" else ["-t", format]
    return [mount, "-o", ",".join(options), *type, source_of(pool), str(pool.target.path)]


class Mounted(Directory):
    """What both have in common."""

    def start_steps(self) -> Sequence[Step]:
        return [Mount(mount_words(self.pool, program("mount")), source_of(self.pool), self.target)]

    def require_ready(self) -> None:
        if self.is_reachable():
            super().require_ready()

    def is_mounted(self) -> bool:
        return mounts.mounted_on(self.target) is not None


class FileSystem(Mounted):
    """fs: on a block device."""

    traits = Directory.traits._replace(
        type="fs",
        tools=(("qemu-img", "qemu-utils"), ("mount", "mount"), ("mkfs", "util-linux"), ("blkid", "util-linux")),
    )

    @property
    def device(self) -> str:
        return source_of(self.pool)

    def build_steps(self, flags: int) -> Iterable[Step]:
        yield from self.make_target()
        if not flags & (_BUILD.OVERWRITE | _BUILD.NO_OVERWRITE):
            return
        self._require_device()
        if flags & _BUILD.NO_OVERWRITE:
            found = signature(self.device)
            if found is not None:
                overwriting = "--overwrite makes a new one, and all in it is lost"
                raise occupied(self.device, found, _format(self.pool), overwriting)
        words = mkfs_words(_format(self.pool), self.device, program("mkfs"))
        yield Act(lambda: self._make(words), shlex.join(words))

    def _require_device(self) -> None:
        if not os.path.exists(self.device):
            raise errors.OperationInvalid(
                f"Source device does not exist when formatting pool '{self.pool.name}'",
                hint=f"there is no {self.device}: see lsblk",
            )
        for mounted in mounts.table():
            if mounted.source == os.path.realpath(self.device) or mounted.source == self.device:
                raise errors.OperationInvalid(
                    f"device '{self.device}' is mounted on '{mounted.point}'", hint=f"umount {mounted.point}"
                )

    def _make(self, words: Sequence[str]) -> None:
        try:
            processes.run(words, timeout=_PATIENCE, together=True)
        except errors.InternalError as error:
            error.hint = (
                "name a file system that this host can make: ext4, xfs" if "mkfs." in str(error) else error.hint
            )
            raise


def mkfs_words(format: str, device: str, mkfs: str = "mkfs") -> list[str]:
    forced = [_FORCED[format]] if format in _FORCED else []
    return [mkfs, "-t", format, *forced, device]


class NetworkFileSystem(Mounted):
    """netfs: what a server exports."""

    traits = Directory.traits._replace(type="netfs", tools=(("qemu-img", "qemu-utils"), ("mount", "mount")))

    def is_reachable(self) -> bool:
        """A server that is away is asked by another process: who asks it may hang for as long as it is."""
        return not self.is_mounted() or mounts.answers(self.target)

    @classmethod
    def sources(cls, site: Site, spec: str | None) -> PoolSources:
        source = PoolSource.parse(spec, source="(storage_source_specification)") if spec is not None else None
        if source is None or not source.hosts or not source.hosts[0].name:
            raise errors.InvalidArg("hostname must be specified for netfs sources", hint="name the server: --host NAME")
        host = source.hosts[0].name
        words = [program("showmount"), "--no-headers", "--exports", host]
        done = processes.run(words, timeout=_SHOWING, check=False, together=True)
        found = exports(done.stdout)
        if not found:
            raise errors.OperationFailed(
                f"no storage pools were found on host '{host}'",
                hint=done.stderr.strip() or f"see what it exports: showmount -e {host}",
            )
        return PoolSources(
            sources=[
                PoolSource(hosts=[SourceHost(name=host)], dir=SourceDir(path=path), kind=Format(type="nfs"))
                for path in found
            ]
        )


def exports(text: str) -> list[str]:
    """The paths in what showmount says: each line is one, and who may have it."""
    return [line.rsplit(None, 1)[0] if " " in line else line for line in text.splitlines() if line.startswith("/")]
