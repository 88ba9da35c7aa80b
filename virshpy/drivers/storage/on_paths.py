"""What all pools have in common whose volumes have paths on this host: files, directories, block devices."""

from __future__ import annotations

import os
import stat

from virshpy import errors
from virshpy.driver.storage import VolInfo
from virshpy.drivers.storage import images, probe
from virshpy.drivers.storage.backend import Backend, Found
from virshpy.drivers.storage.contents import FileContents
from virshpy.enums import StorageVolType
from virshpy.host import untrusted
from virshpy.xml.credentials import Encryption, EncryptionSecret
from virshpy.xml.volume import (
    VOLUME_FORMATS,
    BackingStore,
    Format,
    Permissions,
    Timestamps,
    Volume,
    VolumeFeatures,
    VolumeTarget,
)
from virshpy.xml.write import is_writable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.storage.contents import Contents
    from virshpy.drivers.storage.probe import Image

_BLOCK = 512  # of st_blocks
_KNOWN = frozenset(VOLUME_FORMATS["dir"].split())
# What libvirt says of compat: the older one is left out.
_OLD = "0.10"


class OnPaths(Backend):
    """A pool below a target path."""

    has_formats = True  # whether its volumes may be images of several formats, told by their headers

    @property
    def target(self) -> str:
        assert self.pool.target is not None and self.pool.target.path is not None
        return self.pool.target.path

    def found(self, name: str, path: str, key: str | None = None) -> Found | None:
        """The volume at a path; None where there is nothing, or nothing that could be one (a FIFO, a socket)."""
        try:
            status = os.stat(path)
        except OSError:
            return None
        kind = _TYPES.get(stat.S_IFMT(status.st_mode))
        return None if kind is None else Found(name, path, key or path, kind, status)

    # facts
    def info(self, found: Found, *, format: str | None = None, physical: bool = False) -> VolInfo:
        if found.type is StorageVolType.DIR:
            return VolInfo(found.type, 0, 0)
        capacity = self.image(found, format).capacity
        allocation, size = _sizes(found)
        return VolInfo(found.type, capacity or size, size if physical else allocation)

    def describe(self, found: Found, *, format: str | None = None) -> Volume:
        volume = Volume(type=found.type.name.lower(), name=found.name, key=found.key)
        target = volume.target = VolumeTarget(path=found.path)
        describe_file(target, found.status)
        if found.type is StorageVolType.DIR:
            volume.capacity = volume.allocation = 0
            target.kind = Format(type="dir") if self.has_formats else None
            return volume
        image = self.image(found, format)
        volume.allocation, size = _sizes(found)
        volume.physical = size or None
        volume.capacity = image.capacity or size  # an image of no size is shown as large as its file
        if self.has_formats:
            _describe_image(volume, image)
            self._describe_backing(volume, image)
            self._name_secret(target)
        return volume

    def image(self, found: Found, format: str | None = None) -> Image:
        """What a volume's header says; of a format that is known, only that one's. Raises SystemCallError."""
        if not self.has_formats:
            format = "raw"
        if format == "raw":
            return probe.as_format(_nothing, 0, "raw")
        try:
            with untrusted.read(found.path, links=True) as file:
                size = os.lseek(file.fd, 0, os.SEEK_END)

                def read(offset: int, length: int) -> bytes:
                    return os.pread(file.fd, length, offset)

                return probe.probe(read, size) if format is None else probe.as_format(read, size, format)
        except OSError as error:
            raise errors.from_os_error(error, f"cannot open volume '{found.path}'") from None

    def _describe_backing(self, volume: Volume, image: Image) -> None:
        if not image.backing or not is_writable(image.backing):
            return  # a name that no document can hold is nobody's
        path, there = image.backing, None
        if ":" not in path.split("/", 1)[0]:
            path = os.path.normpath(os.path.join(os.path.dirname(os.path.realpath(str(volume.key))), path))
            there = self.found(path, path)
        format = image.backing_format if image.backing_format in _KNOWN else None
        if format is None and there is not None:
            format = self.image(there).format if there.type is not StorageVolType.DIR else "dir"
        backing = volume.backing = BackingStore(path=path, kind=Format(type=format or "raw"))
        if there is not None:
            describe_file(backing, there.status)

    def _name_secret(self, target: VolumeTarget) -> None:
        """A LUKS image is opened by the secret whose usage is its path, where there is one."""
        if target.encryption is None or target.encryption.secrets:
            return
        from virshpy.drivers.secret.records import Secrets
        from virshpy.enums import SecretUsageType

        secret = Secrets(self.site).by_usage(SecretUsageType.VOLUME, target.path)
        if secret is not None:
            target.encryption.secrets = [EncryptionSecret(type="passphrase", uuid=secret.uuid)]

    # data
    def contents(self, found: Found, volume: Volume) -> Contents:
        format = (volume.target and volume.target.kind and volume.target.kind.type) or "raw"
        return FileContents(found.name, found.path, format, passphrase(self, volume))

    def secrets(self, volume: Volume, original: Contents | None = None) -> dict[str, bytes]:
        """The passphrases qemu-img is told, each by the name its words give it. Raises NoSecret, InvalidArg."""
        secrets = {}
        if (secret := passphrase(self, volume)) is not None:
            secrets[images.SECRET] = secret
        if original is not None and original.secret is not None:
            secrets[images.ORIGINAL_SECRET] = original.secret
        return secrets

    def require_within(self, found: Found) -> None:
        """Raise OperationInvalid for a link that leaves the pool: nothing outside of it is written to."""
        real = os.path.realpath(found.path)
        outside = os.path.commonpath((real, os.path.realpath(self.target))) != os.path.realpath(self.target)
        if outside and os.path.islink(found.path):
            raise errors.OperationInvalid(
                f"volume '{found.name}' is a symbolic link to '{real}', outside of pool '{self.pool.name}'",
                hint="what is meant to be in the pool belongs below its path: copy it there",
            )


_TYPES = {
    stat.S_IFREG: StorageVolType.FILE, stat.S_IFDIR: StorageVolType.DIR, stat.S_IFBLK: StorageVolType.BLOCK,
}  # fmt: skip


def _nothing(offset: int, length: int) -> bytes:
    return b""


def _sizes(found: Found) -> tuple[int, int]:
    """(allocation, physical size) of a file; of a block device both are its size."""
    assert found.status is not None
    if found.type is StorageVolType.BLOCK:
        size = device_size(found.path)
        return size, size
    return found.status.st_blocks * _BLOCK, found.status.st_size


def device_size(path: str) -> int:
    """Bytes of a block device. Raises SystemCallError."""
    try:
        with untrusted.read(path, links=True) as device:
            return os.lseek(device.fd, 0, os.SEEK_END)
    except OSError as error:
        raise errors.from_os_error(error, f"cannot open volume '{path}'") from None


def describe_file(part: VolumeTarget | BackingStore, status: os.stat_result | None) -> None:
    if status is None:
        return
    part.permissions = Permissions(mode=status.st_mode & 0o777, owner=status.st_uid, group=status.st_gid)
    part.timestamps = Timestamps(
        atime=_stamp(status.st_atime_ns), mtime=_stamp(status.st_mtime_ns), ctime=_stamp(status.st_ctime_ns), btime="0"
    )


def _stamp(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return f"{seconds}.{rest:09d}" if rest else str(seconds)


def _describe_image(volume: Volume, image: Image) -> None:
    target = volume.target
    assert target is not None
    # A LUKS image is raw to libvirt, and encrypted.
    target.kind = Format(type="raw" if image.format == "luks" else image.format)
    if image.encryption is not None:
        target.encryption = Encryption(format_name=image.encryption)
    if image.compat is not None and image.compat != _OLD:
        target.compat = image.compat
        target.features = VolumeFeatures(lazy_refcounts=image.lazy_refcounts, extended_l2=image.extended_l2)
    target.cluster_size = image.cluster_size if image.format == "qcow2" else None


def passphrase(backend: Backend, volume: Volume) -> bytes | None:
    """What opens an encrypted volume. Raises NoSecret, InvalidArg."""
    encryption = volume.target and volume.target.encryption
    if not encryption or not encryption.secrets:
        return None
    from virshpy.drivers.secret.records import Secrets
    from virshpy.enums import SecretUsageType

    secret = encryption.secrets[0]
    return Secrets(backend.site).wanted(SecretUsageType.VOLUME, secret.uuid, secret.usage)
