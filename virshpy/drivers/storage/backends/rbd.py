"""rbd: the images in a pool of a Ceph cluster.

A new image has a passing name until it is complete. All that is done to one is done by the program rbd; its data moves
by qemu-img, which has a driver for it.
"""

from __future__ import annotations

import os
from functools import cached_property, partial

from virshpy import errors
from virshpy.driver.storage import VolInfo
from virshpy.drivers.storage import images
from virshpy.drivers.storage.backend import Backend, Found, Space, Traits, program
from virshpy.drivers.storage.cluster import Away, Cluster, RbdChange
from virshpy.drivers.storage.contents import InUse
from virshpy.drivers.storage.qemu_img import QemuImg
from virshpy.drivers.storage.remote import RemoteContents
from virshpy.drivers.storage.remote_streams import whole_sectors
from virshpy.enums import StorageVolDeleteFlags, StorageVolResizeFlags, StorageVolType
from virshpy.host.steps import Act
from virshpy.host.steps.volume import is_passing
from virshpy.xml.volume import Format, Volume, VolumeTarget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from virshpy.drivers.storage.contents import Contents
    from virshpy.host.steps import Step

_OPEN = "a guest or another host has it open; one that has crashed holds it for half a minute"


class RBD(Backend):
    traits = Traits(
        "rbd", StorageVolType.NETWORK, creates=True, copies=True, resizes=True,
        tools=(("rbd", "ceph-common"), ("rados", "ceph-common"), ("qemu-img", "qemu-utils")),
    )  # fmt: skip

    @cached_property
    def cluster(self) -> Cluster:
        return Cluster(self.pool, self.site)

    # the pool
    def start_steps(self) -> Sequence[Step]:
        self.cluster.require_known_options()
        return ()

    def require_ready(self) -> None:
        self.cluster.names()

    def is_reachable(self) -> bool:
        try:
            self.cluster.names()
        except Away:
            return False
        except errors.Error:
            pass  # it answers, and will say the same to whoever asks more
        return True

    def refresh(self) -> None:
        self.cluster.forget()

    def space(self) -> Space:
        return Space(*self.cluster.space())

    # what there is
    def volumes(self) -> Iterator[Found]:
        return (self._found(name) for name in self.cluster.names() if not is_passing(name))

    def find(self, name: str) -> Found | None:
        return self._found(name) if name in self.cluster.names() and not is_passing(name) else None

    def find_path(self, path: str) -> Found | None:
        pool, slash, name = path.partition("/")
        return self.find(name) if slash and pool == self.cluster.pool else None

    def find_key(self, key: str) -> Found | None:
        return self.find_path(key)

    def _found(self, name: str) -> Found:
        path = f"{self.cluster.pool}/{name}"
        return Found(name, path, path, self.traits.volume_type)

    def info(self, found: Found, *, format: str | None = None, physical: bool = False) -> VolInfo:
        image = self.cluster.image(found.name, count=self._counts)
        return VolInfo(found.type, image.size, 0 if physical else image.used)

    @property
    def _counts(self) -> bool:
        """Whether it is asked what images use: a document may do without, where that takes long."""
        refresh = self.pool.refresh
        return refresh is None or refresh.volume is None or refresh.volume.allocation != "capacity"

    def describe(self, found: Found, *, format: str | None = None) -> Volume:
        image = self.cluster.image(found.name, count=self._counts)
        return Volume(
            type="network",
            name=found.name,
            key=found.key,
            capacity=image.size,
            allocation=image.used,
            target=VolumeTarget(path=found.path, kind=Format(type="raw")),
        )

    # making
    def place(self, name: str) -> str:
        if "/" in name or "@" in name or is_passing(name):
            raise errors.OperationInvalid(
                f"volume name '{name}' cannot be an image's", hint="rbd takes what is around / and @ for other names"
            )
        return f"{self.cluster.pool}/{name}"

    def create_steps(self, volume: Volume, flags: int) -> Iterable[Step]:
        _check(volume)
        passing = _passing_name()
        yield self._made(volume, passing)
        yield self._named(passing, str(volume.name))

    def _made(self, volume: Volume, passing: str) -> Step:
        size = ["--size", f"{whole_sectors(volume.capacity or 0)}B", "--image-format", "2"]
        words = self.cluster.words("create", passing, *size)
        return self._change(f"failed to create volume '{self._path(volume)}'", words, self._removal(passing))

    def _named(self, passing: str, name: str) -> Step:
        words = self.cluster.words("rename", passing, "--dest-pool", self.cluster.pool, "--dest", name)
        back = self.cluster.words("rename", name, "--dest-pool", self.cluster.pool, "--dest", passing)
        return self._change(f"failed to create volume '{self.cluster.pool}/{name}'", words, back)

    def _removal(self, name: str) -> list[str]:
        return self.cluster.words("rm", name, "--no-progress")

    def _change(self, what: str, words: list[str], back: list[str]) -> Step:
        return RbdChange(self.cluster, what, words, back)

    def _path(self, volume: Volume) -> str:
        return f"{self.cluster.pool}/{volume.name}"

    def copy_steps(self, volume: Volume, original: Contents, flags: int) -> Iterable[Step]:
        _check(volume)
        passing = _passing_name()
        if isinstance(original, ImageContents) and original.cluster.place == self.cluster.place:
            yield from self._cloned(volume, original, passing)
        else:
            yield self._made(volume, passing)
            yield self._filled(original, passing)
        yield self._named(passing, str(volume.name))

    def _cloned(self, volume: Volume, original: ImageContents, passing: str) -> Iterable[Step]:
        """A copy shares what it has not written itself with a snapshot of the original, which therefore must stay."""
        cluster, parent = self.cluster, original.name
        snapshot = ["--snap", f"virshpy-{os.urandom(8).hex()}"]
        what = f"failed to snapshot volume '{original.path}'"
        taken = cluster.words("snap create", parent, *snapshot, "--no-progress")
        yield self._change(what, taken, cluster.words("snap rm", parent, *snapshot, "--no-progress"))
        protected = cluster.words("snap protect", parent, *snapshot)
        yield self._change(what, protected, cluster.words("snap unprotect", parent, *snapshot))
        cloned = cluster.words("clone", parent, *snapshot, "--dest-pool", cluster.pool, "--dest", passing)
        yield self._change(f"failed to clone volume '{original.path}'", cloned, self._removal(passing))
        if (volume.capacity or 0) > original.size:
            yield self._resized(passing, original.size, whole_sectors(volume.capacity or 0))

    def _filled(self, original: Contents, passing: str) -> Step:
        new = self._image(passing, 0)
        source = original.words()
        words = [program("qemu-img"), "convert", "-p", "-n", *source[:-1]]
        words += [] if "--image-opts" in source else ["-f", images.qemu_name(original.format)]
        words += ["--target-image-opts", source[-1], new.options("new")]
        secrets = new.secrets("new")
        if original.secret is not None:
            secrets[images.ORIGINAL_SECRET] = original.secret
        return QemuImg(words, secrets=secrets, work=self.site.work, total=original.size)

    # changing
    def delete_volume_steps(self, found: Found, flags: int) -> Iterable[Step]:
        if flags & StorageVolDeleteFlags.WITH_SNAPSHOTS:
            self._image(found.name, 0).require_unused()
            for name, protected in self.cluster.snapshots(found.name):
                yield from self._snapshot_removal(found, name, protected)
        words = self._removal(found.name)
        yield Act(lambda: self._remove(found, words), self.cluster.said(words))

    def _snapshot_removal(self, found: Found, name: str, protected: bool) -> Iterable[Step]:
        path = f"{found.path}@{name}"
        if protected:
            words = self.cluster.words("snap unprotect", found.name, "--snap", name)
            hint = "another volume was cloned from it: delete that one first"
            what = f"failed to unprotect snapshot '{path}'"
            yield Act(partial(self._do, what, words, hint), self.cluster.said(words))
        words = self.cluster.words("snap rm", found.name, "--snap", name, "--no-progress")
        yield Act(partial(self._do, f"failed to remove snapshot '{path}'", words, _OPEN), self.cluster.said(words))

    def _remove(self, found: Found, words: list[str]) -> None:
        try:
            self._do(f"failed to remove volume '{found.path}'", words, _OPEN)
        except errors.SystemCallError as error:
            if error.hint == _OPEN and self.cluster.snapshots(found.name):
                error.hint = "it has snapshots: --delete-snapshots removes them, too"
            raise

    def _do(self, what: str, words: list[str], hint: str) -> None:
        try:
            self.cluster.do(what, words)
        except Away:
            raise
        except errors.SystemCallError as error:
            error.hint = hint
            raise

    def resize_steps(self, found: Found, volume: Volume, capacity: int, flags: int) -> Iterable[Step]:
        if flags & StorageVolResizeFlags.ALLOCATE:
            raise errors.Misuse(
                "unsupported flags (0x1) in function virStorageBackendRBDResizeVol",
                hint="Ceph sets no space aside: leave out --allocate",
            )
        yield self._resized(found.name, volume.capacity or 0, whole_sectors(capacity))

    def _resized(self, name: str, now: int, wanted: int) -> Step:
        shrink, before = ["--allow-shrink", "--no-progress"], ["--size", f"{now}B"]
        words = self.cluster.words("resize", name, "--size", f"{wanted}B", "--no-progress")
        what = f"failed to resize volume '{self.cluster.pool}/{name}'"
        if wanted >= now:
            return self._change(what, words, self.cluster.words("resize", name, *before, *shrink))
        words.insert(-1, "--allow-shrink")
        return Act(lambda: self.cluster.do(what, words), self.cluster.said(words))

    # data
    def contents(self, found: Found, volume: Volume) -> Contents:
        return self._image(found.name, volume.capacity or 0)

    def _image(self, name: str, size: int) -> ImageContents:
        return ImageContents(self.cluster, name, size)


class ImageContents(RemoteContents):
    """Of an image: QEMU gets the same configuration that rbd gets."""

    trims = True

    def __init__(self, cluster: Cluster, name: str, size: int) -> None:
        super().__init__(name, f"{cluster.pool}/{name}", size, cluster.configuration())
        self.cluster = cluster

    def node(self, descriptor: str) -> dict[str, str]:
        node = {"driver": "rbd", "pool": self.cluster.pool, "image": self.name, "conf": f"/dev/fd/{{fd:{descriptor}}}"}
        return node | ({"user": self.cluster.user} if self.cluster.user else {})

    def changed(self) -> None:
        self.cluster.forget()

    def require_unused(self, *, writing: bool = False) -> None:
        if self.cluster.is_watched(self.name):
            raise InUse(self.path)


def _check(volume: Volume) -> None:
    """Refuse what no image can be. Raises NoSupport, ConfigUnsupported."""
    if not volume.capacity:
        raise errors.NoSupport("volume capacity required for this storage pool", hint="say how large it shall be")
    if volume.target is not None and volume.target.encryption is not None:
        raise errors.ConfigUnsupported(
            "storage pool does not support encrypted volumes", hint="encrypt the disk, in the guest's document"
        )
    if volume.target is not None and images.format_of(volume.target) != "raw":
        raise errors.ConfigUnsupported(
            "only RAW volumes are supported by this storage pool", hint="leave out the format, or say raw"
        )


def _passing_name() -> str:
    return f".virshpy-{os.urandom(8).hex()}"
