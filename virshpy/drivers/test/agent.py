"""What an imaginary guest's agent would say."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.domain import DomainRef
from virshpy.driver.domain.agent import AgentOperations, FSInfo
from virshpy.drivers.test.guest import Guest
from virshpy.drivers.test.host import Guests
from virshpy.enums import DomainState

_MOUNTS = {"/": "vda1", "/boot": "vda2"}


class Agent(Guests, AgentOperations):
    """Two file systems on vda, a name, a clock that stands still."""

    def domain_fs_freeze(self, domain: DomainRef, mountpoints: list[str]) -> int:
        guest = self.active_guest(domain)
        wanted = _mounts(mountpoints) - guest.frozen
        guest.frozen |= wanted
        return len(wanted)

    def domain_fs_thaw(self, domain: DomainRef, mountpoints: list[str]) -> int:
        guest = self.active_guest(domain)
        wanted = _mounts(mountpoints) & guest.frozen
        guest.frozen -= wanted
        return len(wanted)

    def domain_fs_trim(self, domain: DomainRef, mount_point: str | None, minimum: int) -> None:
        _mounts([mount_point] if mount_point else [])
        self.active_guest(domain)

    def domain_get_fs_info(self, domain: DomainRef) -> list[FSInfo]:
        guest = self.active_guest(domain)
        if not _has_vda(guest):
            return []
        return [FSInfo(mount, device, "ext4", ["vda"]) for mount, device in _MOUNTS.items()]

    @accepts(0)
    def domain_get_hostname(self, domain: DomainRef, *, flags: int = 0) -> str:
        return f"{self.active_guest(domain).name}host"

    def domain_get_time(self, domain: DomainRef) -> tuple[int, int]:
        return self._awake(domain).clock, 0

    def domain_set_time(self, domain: DomainRef, seconds: int, nseconds: int, *, flags: int = 0) -> None:
        self._awake(domain).clock = seconds

    def _awake(self, domain: DomainRef) -> Guest:
        guest = self.guest(domain)
        if guest.state[0] != DomainState.RUNNING:
            raise errors.OperationInvalid("domain is not running")
        return guest

    def domain_set_user_password(self, domain: DomainRef, user: str, password: str, *, flags: int = 0) -> None:
        self.active_guest(domain)


def _has_vda(guest: Guest) -> bool:
    return any(disk.target and disk.target.dev == "vda" for disk in guest.document.devices.disks)


def _mounts(named: list[str]) -> set[str]:
    for mount in named:
        if mount not in _MOUNTS:
            raise errors.OperationInvalid(f"mount point not found: {mount}")
    return set(named or _MOUNTS)
