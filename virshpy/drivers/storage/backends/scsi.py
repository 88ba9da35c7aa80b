"""scsi: the disks behind an adapter of this host: a real one, or a virtual one of Fibre Channel that the pool has."""

from __future__ import annotations

import os
import re

from virshpy import errors
from virshpy.drivers.storage.backend import Traits
from virshpy.drivers.storage.found_disks import FoundDisks
from virshpy.enums import StorageVolType
from virshpy.host import disks, fibre
from virshpy.host.steps import Act
from virshpy.host.steps.vport import VirtualPort

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from virshpy.drivers.storage.backend import Found
    from virshpy.host.disks import Disk
    from virshpy.host.steps import Step
    from virshpy.xml.storage import Adapter


class BehindAdapter(FoundDisks):
    """A pool whose volumes are behind one adapter: named by their places there."""

    def host(self) -> int:
        """The number of the adapter. Raises an error where there is none."""
        raise NotImplementedError

    def require_ready(self) -> None:
        self.host()
        self.stable_path("")

    def volumes(self) -> Iterator[Found]:
        return (found for disk in disks.behind(self.host()) if (found := self._found(disk)) is not None)

    def find(self, name: str) -> Found | None:
        place = re.fullmatch(r"unit:(\d+):(\d+):(\d+)", name)
        disk = disks.at(self.host(), *map(int, place.groups())) if place is not None else None
        return self._found(disk) if disk is not None and name == _name(disk) else None

    def find_path(self, path: str) -> Found | None:
        device = os.path.realpath(path)
        disk = next((disk for disk in disks.behind(self.host()) if f"/dev/{disk.name}" == device), None)
        return self._found(disk) if disk is not None else None

    def _found(self, disk: Disk) -> Found | None:
        path = self.stable_path(f"/dev/{disk.name}")
        return self.disk(_name(disk), disk.size, path=path, key=disks.serial(disk.name))


def _name(disk: Disk) -> str:
    return f"unit:{disk.bus}:{disk.target}:{disk.unit}"


class Scsi(BehindAdapter):
    traits = Traits("scsi", StorageVolType.BLOCK)

    @property
    def adapter(self) -> Adapter:
        assert self.pool.source is not None and self.pool.source.adapter is not None
        return self.pool.source.adapter

    def host(self) -> int:
        adapter = self.adapter
        if adapter.type == "fc_host":
            return number_of_virtual(adapter)
        if adapter.parentaddr is not None:
            return number_at(adapter)
        return number_in(str(adapter.name))

    def start_steps(self) -> Sequence[Step]:
        steps: list[Step] = []
        adapter = self.adapter
        if adapter.type == "fc_host":
            if fibre.by_names(str(adapter.wwnn), str(adapter.wwpn)) is None:
                steps.append(VirtualPort(parent_of(adapter), str(adapter.wwnn), str(adapter.wwpn)))
            number = "*"
        else:
            number = str(self.host())
        return [*steps, Act(self.refresh, f"echo '- - -' >{disks.SYS}/class/scsi_host/host{number}/scan")]

    def refresh(self) -> None:
        host = self.host()
        disks.scan(host)
        disks.wait_for_blocks(host)


def number_in(name: str) -> int:
    """Of an adapter by its name: scsi_host7, or host7 as it was called before. Raises InternalError."""
    found = re.fullmatch(r"(?:scsi_)?host(\d+)", name)
    if found is None:
        raise errors.InternalError(
            f"Invalid adapter name '{name}' for SCSI pool", hint=f"the host has: {disks.adapters()}"
        )
    return int(found[1])


def number_at(adapter: Adapter) -> int:
    """Of an adapter by its place on the PCI bus. Raises XMLError."""
    assert adapter.parentaddr is not None
    address, unique = str(adapter.parentaddr.address), int(adapter.parentaddr.unique_id or 0)
    found = disks.adapter_at(address, unique)
    if found is None:
        raise errors.XMLError(
            f"Failed to find scsi_host using PCI '{address}' and unique_id='{unique}'",
            hint=f"the host has: {disks.adapters()}; their numbers: cat /sys/class/scsi_host/*/unique_id",
        )
    return found


def number_of_virtual(adapter: Adapter) -> int:
    """Of a virtual adapter by its two names. Raises InternalError."""
    found = fibre.by_names(str(adapter.wwnn), str(adapter.wwpn))
    if found is None:
        raise errors.InternalError(
            f"Failed to find SCSI host with wwnn='{adapter.wwnn}', wwpn='{adapter.wwpn}'",
            hint="somebody has removed it: stop the pool and start it again",
        )
    return found.number


def parent_of(adapter: Adapter) -> int:
    """The real adapter beside which a virtual one is made. Raises XMLError where there is none that can."""
    there = fibre.adapters()
    if adapter.parent:
        fitting = [one for one in there if f"scsi_host{one.number}" == adapter.parent]
        missing = f"parent '{adapter.parent}' specified for vHBA does not exist"
    elif adapter.parent_wwnn and adapter.parent_wwpn:
        wanted = fibre.digits(adapter.parent_wwnn), fibre.digits(adapter.parent_wwpn)
        fitting = [one for one in there if (one.node, one.port) == wanted]
        missing = "cannot find parent using provided wwnn/wwpn"
    elif adapter.parent_fabric_wwn:
        wanted_fabric = fibre.digits(adapter.parent_fabric_wwn)
        fitting = [one for one in there if one.fabric == wanted_fabric and one.free]
        missing = "cannot find parent using provided fabric_wwn"
    else:
        fitting = [one for one in there if one.free]
        missing = "'parent' for vHBA not specified, and cannot find one on this host"
    if not fitting:
        what = ", ".join(f"scsi_host{one.number}" for one in there) or "no adapter of Fibre Channel"
        raise errors.XMLError(missing, hint=f"the host has: {what}")
    if not fitting[0].free:
        raise errors.XMLError(
            f"parent 'scsi_host{fitting[0].number}' specified for vHBA is not vport capable",
            hint="it is offline, or has as many as it can have",
        )
    return fitting[0].number
