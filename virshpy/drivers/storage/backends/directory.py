"""dir: the files in a directory."""

from __future__ import annotations

import os
import re
from typing import TypedDict

from virshpy import errors
from virshpy.drivers.storage import images
from virshpy.drivers.storage.backend import Space, Traits, program
from virshpy.drivers.storage.contents import FileContents
from virshpy.drivers.storage.on_paths import OnPaths
from virshpy.drivers.storage.qemu_img import QemuImg
from virshpy.enums import StoragePoolBuildFlags, StorageVolCreateFlags, StorageVolResizeFlags, StorageVolType
from virshpy.host import copying
from virshpy.host.steps import Act
from virshpy.host.steps.filesystem import RemoveFile
from virshpy.host.steps.volume import (
    NameImage,
    NewDirectory,
    NewImage,
    RemoveDirectory,
    ResizeFile,
    is_passing,
    passing_name,
)
from virshpy.xml.volume import Permissions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from virshpy.drivers.storage.backend import Found
    from virshpy.drivers.storage.contents import Contents
    from virshpy.host.steps import Step
    from virshpy.xml.storage import Pool
    from virshpy.xml.volume import Volume

_POOL_MODE = 0o711
_VOLUME_MODE = 0o600
_LONGEST = 255  # bytes of a file's name
# What no document can hold, and so no volume can be called: bytes that are no text, and control characters.
_NO_NAME = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_OVERWRITING = StoragePoolBuildFlags.OVERWRITE | StoragePoolBuildFlags.NO_OVERWRITE


class Directory(OnPaths):
    traits = Traits(
        "dir", StorageVolType.FILE, builds=True, deletes=True, creates=True, copies=True, resizes=True,
        tools=(("qemu-img", "qemu-utils"),),
    )  # fmt: skip

    # the pool
    def require_ready(self) -> None:
        try:
            os.scandir(self.target).close()
        except OSError as error:
            hint = f"make it, or have it made: pool-build {self.pool.name}" if not os.path.exists(self.target) else None
            raise errors.from_os_error(error, f"cannot open directory '{self.target}'", hint=hint) from None

    def build_steps(self, flags: int) -> Iterable[Step]:
        if flags & _OVERWRITING:
            raise errors.OperationInvalid(
                f"No source device specified when formatting pool '{self.pool.name}'",
                hint="a directory is not formatted: leave the option out",
            )
        yield from self.make_target()

    def make_target(self) -> Iterable[Step]:
        """Have the target's directory. One that is there is left as it is, but for what the document says of it."""
        missing = []
        path = self.target
        while path and not os.path.lexists(path):
            missing.append(path)
            path = os.path.dirname(path)
        said = (self.pool.target and self.pool.target.permissions) or Permissions()
        mode = _POOL_MODE if said.mode is None else said.mode
        for path in reversed(missing[1:]):
            yield NewDirectory(path, mode=0o755)
        if missing:
            yield NewDirectory(self.target, mode=mode, owner=said.owner, group=said.group)
        elif not os.path.isdir(self.target):
            raise errors.OperationInvalid(
                f"cannot create directory '{self.target}': something else has that name", hint="choose another path"
            )

    def delete_steps(self) -> Iterable[Step]:
        yield RemoveDirectory(self.target, "failed to remove pool")

    def space(self) -> Space:
        try:
            has = os.statvfs(self.target)
        except OSError as error:
            raise errors.from_os_error(error, f"cannot statvfs path '{self.target}'") from None
        capacity = has.f_frsize * has.f_blocks
        available = has.f_frsize * has.f_bfree
        return Space(capacity, capacity - available, available)

    def complete(self, pool: Pool) -> None:
        status = os.stat(self.target)
        assert pool.target is not None
        pool.target.permissions = Permissions(mode=status.st_mode & 0o777, owner=status.st_uid, group=status.st_gid)

    # what there is
    def volumes(self) -> Iterator[Found]:
        try:
            entries = os.scandir(self.target)
        except OSError as error:
            raise errors.from_os_error(error, f"cannot open path '{self.target}'") from None
        with entries:
            for entry in entries:
                if _is_name(entry.name) and (found := self.found(entry.name, f"{self._base}{entry.name}")):
                    yield found

    @property
    def _base(self) -> str:
        return self.target if self.target.endswith("/") else f"{self.target}/"

    def find(self, name: str) -> Found | None:
        there = name not in ("", ".", "..") and "/" not in name and _is_name(name)
        return self.found(name, f"{self._base}{name}") if there else None

    def find_path(self, path: str) -> Found | None:
        folder, _, name = path.rpartition("/")
        return self.find(name) if f"{folder}/" == self._base else None

    def find_key(self, key: str) -> Found | None:
        return self.find_path(key)

    # making
    def place(self, name: str) -> str:
        if "/" in name:
            raise errors.OperationInvalid(
                f"volume name '{name}' cannot contain '/'", hint="a volume lies in the pool's directory itself"
            )
        path = f"{self._base}{name}"
        if name in (".", "..") or os.path.lexists(path):
            raise errors.OperationInvalid(
                f"volume target path '{path}' already exists", hint="choose another name, or remove what is there"
            )
        if not _is_name(name) or len(os.fsencode(name)) > _LONGEST:
            raise errors.OperationInvalid(f"volume name '{name}' cannot be a file's", hint="choose another name")
        return path

    def create_steps(self, volume: Volume, flags: int) -> Iterable[Step]:
        assert volume.target is not None and volume.target.path is not None
        format = images.format_of(volume.target)
        if format == "dir":
            yield self._directory(volume, flags)
            return
        if format == "ploop":
            raise errors.InternalError(
                "unable to find ploop, please install ploop tools", hint="such volumes are Virtuozzo's: choose qcow2"
            )
        plain = not images.wants_qemu_img(volume)
        images.check(volume, flags, plain=plain)
        passing = passing_name(volume.target.path)
        if plain:
            size = max(volume.capacity or 0, volume.allocation or 0)
            yield self._empty(volume, passing, size=size, allocation=volume.allocation or 0)
        else:
            yield self._empty(volume, passing)
            yield from self._created(volume, passing, flags)
        yield NameImage(passing, volume.target.path)

    @staticmethod
    def _directory(volume: Volume, flags: int) -> NewDirectory:
        if flags:
            raise errors.Misuse(f"unsupported flags ({flags:#x}) in function createFileDir")
        if volume.backing is not None:
            raise errors.NoSupport(
                "backing storage not supported for directories volumes",
                hint="say <format type='qcow2'/> for an overlay",
            )
        return NewDirectory(str(volume.target and volume.target.path), **_owned(volume))

    def _empty(self, volume: Volume, passing: str, *, size: int = 0, allocation: int = 0) -> NewImage:
        assert volume.target is not None
        return NewImage(
            passing, str(volume.target.path), **_owned(volume), size=size, allocation=allocation,
            nocow=volume.target.nocow,
        )  # fmt: skip

    def _created(self, volume: Volume, passing: str, flags: int) -> Iterable[Step]:
        assert volume.target is not None
        final = str(volume.target.path)
        if volume.backing is not None:
            self._require_backing(str(volume.backing.path))
        words = images.create_words(volume, passing, flags, program=program("qemu-img"))
        yield QemuImg(words, secrets=self.secrets(volume), instead=(passing, final))

    def _require_backing(self, path: str) -> None:
        real = os.path.join(self.target, path)
        if ":" not in path.split("/", 1)[0] and not os.access(real, os.R_OK):
            reason = "Permission denied" if os.path.exists(real) else "No such file or directory"
            raise errors.SystemCallError(
                f"inaccessible backing store volume {path}: {reason}", hint="name an image that is there, by its path"
            )

    def copy_steps(self, volume: Volume, original: Contents, flags: int) -> Iterable[Step]:
        assert volume.target is not None and volume.target.path is not None
        format = images.format_of(volume.target)
        if format == "dir":
            yield self._directory(volume, flags)
            return
        plain = original.is_plain and not images.wants_qemu_img(volume)
        images.check(volume, flags, plain=plain)
        if volume.backing is not None:
            self._require_backing(str(volume.backing.path))
        passing = passing_name(volume.target.path)
        yield self._empty(volume, passing)
        if plain:
            shared = bool(flags & StorageVolCreateFlags.REFLINK)
            size, room = volume.capacity or 0, volume.allocation or 0
            yield Act(
                lambda: self._copy(original, passing, size, room, share=shared),
                f"cp --sparse=auto --reflink={'always' if shared else 'auto'} {' '.join(original.words())} {passing}",
            )
        else:
            if flags & StorageVolCreateFlags.REFLINK:
                raise errors.Misuse("unsupported flags (0x2) in function storageBackendCreateQemuImg")
            words = images.convert_words(
                volume, passing, flags, program=program("qemu-img"), original=original.words(),
                original_format=original.format,
            )  # fmt: skip
            yield QemuImg(
                words, secrets=self.secrets(volume, original), instead=(passing, volume.target.path),
                work=self.site.work, total=original.size,
            )  # fmt: skip
            longer = (volume.capacity or 0) > original.capacity and format in images.RESIZABLE
            if longer and not self._is_encrypted(volume):
                grow = images.resize_words(
                    passing, format, volume.capacity or 0, shrink=False, allocate=False, program=program("qemu-img")
                )
                yield QemuImg(grow, instead=(passing, volume.target.path))
        yield NameImage(passing, volume.target.path)

    @staticmethod
    def _is_encrypted(volume: Volume) -> bool:
        return volume.target is not None and volume.target.encryption is not None

    def _copy(self, original: Contents, passing: str, size: int, room: int, *, share: bool) -> None:
        """Fill a new file with the data of another; it may be longer."""
        from virshpy.host import files, untrusted

        with original.open() as source, untrusted.read(passing, writable=True) as target:
            try:
                if not copying.share(source.fd, target.fd):
                    if share:
                        raise OSError(95, os.strerror(95))
                    if room >= original.size:
                        files.allocate(target.fd, 0, room)
                    copying.copy(source.fd, target.fd, self.site.work.tell)
                if size > os.fstat(target.fd).st_size:
                    files.set_length(target.fd, size)
            except OSError as error:
                what = f"failed to {'clone files' if share else 'copy data'} from '{source.path}'"
                hint = "its file system shares no blocks: leave out --reflink" if share else None
                raise errors.from_os_error(error, what, hint=hint) from None

    # changing
    def delete_volume_steps(self, found: Found, flags: int) -> Iterable[Step]:
        if found.type is StorageVolType.DIR and not os.path.islink(found.path):
            yield RemoveDirectory(found.path, "cannot remove directory")
            return
        if found.type is not StorageVolType.DIR:
            self._require_unused(found)
        yield RemoveFile(found.path, aside=passing_name(found.path))

    def _require_unused(self, found: Found) -> None:
        try:
            FileContents(found.name, found.path, "raw").require_unused()
        except errors.SystemCallError:
            pass  # what cannot be opened can be removed

    def resize_steps(self, found: Found, volume: Volume, capacity: int, flags: int) -> Iterable[Step]:
        assert volume.target is not None
        self.require_within(found)
        if found.type is StorageVolType.DIR:
            raise errors.OperationUnsupported(f"volume '{found.name}' is a directory, which has no size of its own")
        self._require_unused(found)
        format = images.format_of(volume.target)
        allocate = bool(flags & StorageVolResizeFlags.ALLOCATE)
        if allocate and (format not in ("raw", "qcow2") or self._is_encrypted(volume)):
            raise errors.OperationUnsupported(
                "preallocate is only supported for raw type volume", hint="leave out --allocate"
            )
        if format == "raw" and found.type is StorageVolType.FILE:
            yield ResizeFile(found.path, capacity, allocate=allocate)
            return
        words = images.resize_words(
            found.path, format, capacity, shrink=capacity < (volume.capacity or 0), allocate=allocate,
            program=program("qemu-img"),
        )  # fmt: skip
        yield QemuImg(words)


def _is_name(name: str) -> bool:
    return not is_passing(name) and _NO_NAME.search(name) is None


class Owned(TypedDict):
    """As whose a new file or directory is made."""

    mode: int
    owner: int | None
    group: int | None


def _owned(volume: Volume) -> Owned:
    assert volume.target is not None
    said = volume.target.permissions or Permissions()
    return {"mode": _VOLUME_MODE if said.mode is None else said.mode, "owner": said.owner, "group": said.group}
