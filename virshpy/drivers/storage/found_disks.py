"""What pools have in common whose volumes are disks that the kernel has found: nothing makes or removes one here."""

from __future__ import annotations

import os
from functools import cached_property

from virshpy.driver.storage import VolInfo
from virshpy.drivers.storage.backend import Found, Space
from virshpy.drivers.storage.on_paths import OnPaths, describe_file
from virshpy.host import disks
from virshpy.xml.volume import Volume, VolumeTarget

_UNSTABLE = ("/dev", "/dev/")


class FoundDisks(OnPaths):
    """A pool of such disks. ``Found.detail`` is the size of one in bytes."""

    has_formats = False

    def disk(self, name: str, size: int, *, path: str, key: str | None = None) -> Found | None:
        """The volume that a device is; None where it is not there (yet)."""
        found = self.found(name, path, key)
        return found._replace(detail=size) if found is not None else None

    @cached_property
    def _links(self) -> dict[str, str]:
        below = self.target.startswith("/dev/") and self.target not in _UNSTABLE
        return disks.links(self.target) if below else {}

    def stable_path(self, device: str) -> str:
        """The name that a device has in the target of the pool; its own where it has none. Raises SystemCallError."""
        return self._links.get(device, device)

    def space(self) -> Space:
        size = sum(found.detail for found in self.volumes())
        return Space(size, size, 0)

    def find_path(self, path: str) -> Found | None:
        """By the name in the target, or by any other that leads to the same device."""
        if not path.startswith("/dev/"):
            return None
        device = os.path.realpath(path)
        return next((found for found in self.volumes() if os.path.realpath(found.path) == device), None)

    def info(self, found: Found, *, format: str | None = None, physical: bool = False) -> VolInfo:
        return VolInfo(found.type, found.detail, found.detail)

    def describe(self, found: Found, *, format: str | None = None) -> Volume:
        target = VolumeTarget(path=found.path)
        describe_file(target, found.status)
        size = found.detail
        return Volume(
            type="block", name=found.name, key=found.key, capacity=size, allocation=size, physical=size, target=target
        )

    def require_within(self, found: Found) -> None:
        """Its name leads out of the pool: to the device that it is the name of."""
