"""Disks of type volume, while a guest is being started: QEMU is told of files and devices, the document of volumes."""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.records import Domains
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.storage import Disk, StorageSource

_MAY_BE_EMPTY = ("cdrom", "floppy")


class Volumes:
    """What the document of a guest says of disks that are something else to QEMU."""

    def __init__(self) -> None:
        self._said: list[tuple[Disk, StorageSource]] = []

    def translate(self, domains: Domains, domain: Domain) -> None:
        """Put what they are in place of what is said of them. Raises what real_source does."""
        kept = []
        for disk in domain.devices.disks:
            if disk.type != "volume" or self._translated(domains, disk):
                kept.append(disk)
        domain.devices.disks = kept

    def _translated(self, domains: Domains, disk: Disk) -> bool:
        """False where the guest does without it."""
        from virshpy.drivers.storage.guests import real_source

        said, driver = disk.source, disk.driver
        assert said is not None and driver is not None
        try:
            disk.type, disk.source = real_source(domains.site, said)
        except errors.NoStorageVol:
            if said.startupPolicy != "optional":
                raise
            disk.type, disk.source, driver.type = "file", None, None
            return disk.device in _MAY_BE_EMPTY
        driver.type = driver.type or "raw"
        self._said.append((disk, said))
        return True

    def text(self, domain: Domain) -> str:
        """The live document: it says what the user has said, with the numbers that the start has given."""
        real = [(disk, disk.type, disk.source) for disk, _ in self._said]
        for disk, said in self._said:
            said.index = disk.source.index if disk.source is not None else None
            disk.type, disk.source = "volume", said
        text = domain.format(secure=True)
        for disk, kind, source in real:
            disk.type, disk.source = kind, source
        return text
