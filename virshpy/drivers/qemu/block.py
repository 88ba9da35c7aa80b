"""The disks of a guest: so far, how large they are."""

from __future__ import annotations

import os
import stat

from virshpy import errors
from virshpy.driver.domain.block import BlockInfo, BlockOperations
from virshpy.drivers.qemu import endings, reading
from virshpy.drivers.qemu.qmp import MonitorSession
from virshpy.drivers.qemu.records import Domains
from virshpy.drivers.storage import probe
from virshpy.host import untrusted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.domain import DomainRef
    from virshpy.drivers.qemu.records import Record
    from virshpy.host.site import Site
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.storage import Disk, StorageSource

_PATIENCE = 5
_BLOCK = 512  # of st_blocks


class BlockRows(BlockOperations):
    """virDomainBlock*."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.domains = Domains(site)

    def domain_get_block_info(self, domain: DomainRef, disk: str) -> BlockInfo:
        record = endings.current(self.domains, domain)
        found = disk_called(reading.parse(self.domains.text(record)), disk)
        source = found.source
        if source is None:
            name = found.target and found.target.dev
            raise errors.OperationInvalid(
                f"disk '{name}' does not currently have a source assigned", hint="there is no medium in that drive"
            )
        kind, real = found.type, source
        if kind == "volume":
            from virshpy.drivers.storage.guests import real_source

            kind, real = real_source(self.domains.site, source)
        capacity = self._capacity(record, source.index) if record.active else None
        path = real.file or real.dev
        if path is None:
            return self._of_network(record, source, capacity)
        return _of_path(path, (found.driver and found.driver.type) or "raw", capacity)

    def _of_network(self, record: Record, source: StorageSource, capacity: int | None) -> BlockInfo:
        """Of storage that only QEMU has open."""
        if capacity is None:
            raise errors.OperationInvalid(
                "the size of storage on a network is only known while the guest runs", hint="start the guest first"
            )
        return BlockInfo(capacity, capacity, capacity)

    def _capacity(self, record: Record, index: int | None) -> int | None:
        """What the guest sees, as its QEMU says."""
        assert record.id is not None
        with MonitorSession(self.domains.monitor(record.id), _PATIENCE, pids=record.pids) as session:
            for node in session.execute("query-named-block-nodes", flat=True):
                if node["node-name"] == f"libvirt-{index}-format":
                    return int(node["image"]["virtual-size"])
        return None


def disk_called(domain: Domain, name: str) -> Disk:
    """A disk by its target or its source. Raises InvalidArg."""
    for disk in domain.devices.disks:
        source = disk.source
        paths = (source.file, source.dev, source.dir) if source is not None else ()
        if name and (name in paths or (disk.target is not None and disk.target.dev == name)):
            return disk
    raise errors.InvalidArg(f"invalid path {name} not assigned to domain", hint="domblklist shows the disks")


def _of_path(path: str, format: str, capacity: int | None) -> BlockInfo:
    """Sizes of a file or a block device, in bytes; of an image also what it is for its guest."""
    try:
        with untrusted.read(path, links=True) as file:
            size = os.lseek(file.fd, 0, os.SEEK_END)
            allocation = size if stat.S_ISBLK(file.status.st_mode) else file.status.st_blocks * _BLOCK
            image = probe.as_format(lambda offset, length: os.pread(file.fd, length, offset), size, format)
    except OSError as error:
        raise errors.from_os_error(error, f"cannot stat file '{path}'") from None
    return BlockInfo(capacity or image.capacity or size, allocation, size)
