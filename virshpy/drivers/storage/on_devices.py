"""What pools have in common whose volumes are block devices of this host, made by the pool's own tools.

A new device is filled in place. One that its tools have made is theirs to take away again, with whatever is in it by
then.
"""

from __future__ import annotations

import os
from typing import TypedDict

from virshpy import errors
from virshpy.drivers.storage import images
from virshpy.drivers.storage.backend import program
from virshpy.drivers.storage.contents import FileContents
from virshpy.drivers.storage.on_paths import OnPaths, passphrase
from virshpy.drivers.storage.qemu_img import QemuImg
from virshpy.enums import StorageVolCreateFlags, StorageVolDeleteFlags, StorageVolWipeAlgorithm
from virshpy.host import copying, untrusted
from virshpy.host.steps import Act
from virshpy.xml.volume import Permissions, Volume, VolumeTarget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from virshpy.drivers.storage.backend import Found
    from virshpy.drivers.storage.contents import Contents
    from virshpy.host.steps import Step

_LUKS_HEADER = 2 << 20  # bytes of a LUKS device that a guest has nothing of


class Shaped(TypedDict):
    """As whose a new device is made."""

    mode: int | None
    owner: int | None
    group: int | None


class OnDevices(OnPaths):
    """A pool of block devices."""

    has_formats = False

    def require_within(self, found: Found) -> None:
        """Names of devices are links to nodes elsewhere, and none but root has made them."""

    def require_unused(self, found: Found) -> None:
        """Raise InUse where a guest has a volume open."""
        FileContents(found.name, found.path, "raw").require_unused()

    def contents(self, found: Found, volume: Volume) -> Contents:
        return FileContents(found.name, found.path, "raw", passphrase(self, volume))

    # making
    def require_capacity(self, volume: Volume) -> None:
        if not volume.capacity:
            raise errors.NoSupport(
                "volume capacity required for this storage pool", hint="say how large it shall be, as in 8G"
            )

    @staticmethod
    def shaped(volume: Volume, mode: int | None) -> Shaped:
        """What a document says of the owner; ``mode`` where it says none."""
        said = (volume.target and volume.target.permissions) or Permissions()
        return {"mode": mode if said.mode is None else said.mode, "owner": said.owner, "group": said.group}

    @staticmethod
    def room(volume: Volume) -> int:
        """The bytes that a device must have for its volume."""
        return (volume.capacity or 0) + (_LUKS_HEADER if _is_encrypted(volume) else 0)

    def formatted(self, volume: Volume, path: str) -> Iterable[Step]:
        """What encrypts a new device, if that is what its document says."""
        if _is_encrypted(volume):
            words = images.create_words(_image(volume), path, 0, program=program("qemu-img"))
            yield QemuImg(words, secrets=self.secrets(volume))

    def copy_steps(self, volume: Volume, original: Contents, flags: int) -> Iterable[Step]:
        if flags & StorageVolCreateFlags.REFLINK:
            raise errors.SystemCallError(
                f"failed to clone files from '{original.words()[-1]}': Operation not supported",
                hint="a device shares no blocks: leave out --reflink",
            )
        assert volume.target is not None and volume.target.path is not None
        path, encrypted = volume.target.path, _is_encrypted(volume)
        # A copy is whole: it has room for every byte, and stands on nothing else.
        volume.allocation, volume.backing = volume.capacity, None
        yield from self.device_steps(volume)
        if original.is_plain and not encrypted:
            yield Act(
                lambda: self._copy(original, path), f"dd if={original.words()[-1]} of={path} bs=1M conv=notrunc,fsync"
            )
            return
        words = images.convert_words(
            _image(volume), path, 0, program=program("qemu-img"), original=original.words(),
            original_format=original.format,
        )  # fmt: skip
        total = original.capacity or original.size
        yield QemuImg(words, secrets=self.secrets(volume, original), work=self.site.work, total=total)

    def device_steps(self, volume: Volume) -> Iterable[Step]:
        """What makes the device of a new volume, with nothing in it."""
        raise NotImplementedError

    def create_steps(self, volume: Volume, flags: int) -> Iterable[Step]:
        assert volume.target is not None
        yield from self.device_steps(volume)
        yield from self.formatted(volume, str(volume.target.path))

    def _copy(self, original: Contents, path: str) -> None:
        with original.open() as source, untrusted.read(path, writable=True, links=True) as target:
            try:
                copying.copy(source.fd, target.fd, self.site.work.tell)
                os.fsync(target.fd)
            except OSError as error:
                raise errors.from_os_error(
                    error, f"failed to copy data from '{source.path}'", hint="see what the kernel says: dmesg"
                ) from None

    # removing
    def zeroed(self, found: Found, flags: int) -> Iterable[Step]:
        """What overwrites a volume that is about to go, if that is what the flags say."""
        if flags & StorageVolDeleteFlags.ZEROED:
            contents = FileContents(found.name, found.path, "raw")
            yield from contents.wipe_steps(StorageVolWipeAlgorithm.ZERO, self.site)


def _is_encrypted(volume: Volume) -> bool:
    """Raises InternalError, InvalidArg for an encryption that no device can have."""
    if volume.target is None or volume.target.encryption is None:
        return False
    images.check(_image(volume))
    return True


def _image(volume: Volume) -> Volume:
    """A volume as qemu-img sees it: its format is that of its partition, not of what is in it."""
    assert volume.target is not None
    return Volume(
        name=volume.name,
        capacity=volume.capacity,
        allocation=volume.allocation,
        target=VolumeTarget(path=volume.target.path, encryption=volume.target.encryption),
    )
