"""Figures about imaginary domains: made from the time of day, so that they grow."""

from __future__ import annotations

import time

from virshpy import errors
from virshpy.driver.domain import DomainRef
from virshpy.driver.domain.block import BlockInfo, BlockOperations
from virshpy.driver.domain.devices import DeviceOperations, InterfaceAddresses, InterfaceStats, IPAddress
from virshpy.driver.domain.tuning import TuningOperations, VcpuInfo
from virshpy.drivers.test.host import Guests
from virshpy.drivers.test.objects import Network
from virshpy.enums import DiskErrorCode, IPAddrType, MemoryStatTags, VcpuState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.interface import Interface
    from virshpy.xml.domain.storage import Disk

T = MemoryStatTags
HOST_CPUS = 16
MAPPED_CPUS = 8  # as many as the map of processors has, which is how far callers look
# A picture of one white pixel: the screen of a guest that does nothing.
_PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63f80f0001010100b138f6140000000049454e44ae4260"
    "82"
)


def _time() -> tuple[int, int]:
    """Seconds, and microseconds, since 1970."""
    now = time.time_ns() // 1000
    return now // 1_000_000, now


class Figures(Guests, BlockOperations, DeviceOperations, TuningOperations):
    """Statistics of disks, interfaces, memory and processors."""

    def domain_block_stats_flags(self, domain: DomainRef, disk: str) -> dict[str, int]:
        if not disk:
            raise errors.OperationUnsupported("summary statistics are not supported yet")
        guest = self.active_guest(domain)
        if find_disk(guest.document, disk) is None:
            raise errors.InvalidArg(f"invalid path: {disk}")
        seconds, base = _time()
        return {
            "rd_operations": base // 10,
            "rd_bytes": base // 20,
            "wr_operations": base // 30,
            "wr_bytes": base // 40,
            "errs": seconds // 2,
        }

    def domain_get_block_info(self, domain: DomainRef, disk: str) -> BlockInfo:
        if find_disk(self.guest(domain).document, disk) is None:
            raise errors.InvalidArg(f"invalid path {disk} not assigned to domain")
        return BlockInfo(1099506450432, 1 << 40, 1 << 40)

    def domain_get_disk_errors(self, domain: DomainRef) -> dict[str, int]:
        disks = self.active_guest(domain).document.devices.disks
        codes = (DiskErrorCode.UNSPEC, DiskErrorCode.NO_SPACE)
        return {str(disk.target.dev): codes[n % 2] for n, disk in enumerate(disks) if disk.target}

    def domain_interface_stats(self, domain: DomainRef, device: str) -> InterfaceStats:
        guest = self.active_guest(domain)
        find_interface(guest.document, device)
        seconds, base = _time()
        return InterfaceStats(
            base // 10, base // 100, seconds, seconds // 2, base // 20, base // 110, seconds // 3, seconds // 4
        )

    def domain_interface_addresses(self, domain: DomainRef, source: int) -> list[InterfaceAddresses]:
        guest = self.active_guest(domain)
        found = []
        for number, interface in enumerate(guest.document.devices.interfaces):
            network = interface.source.network if interface.type == "network" and interface.source else None
            if network is not None:
                addresses = self._of_network(network, 20 * ((guest.id or 1) - 1) + 1 + number)
            else:
                addresses = [IPAddress(IPAddrType.IPV4, f"192.168.0.{number + 1}", 24)]
            name = interface.target.dev if interface.target else None
            found.append(InterfaceAddresses(name or "", interface.mac.address if interface.mac else None, addresses))
        return found

    def _of_network(self, name: str, number: int) -> list[IPAddress]:
        """The address of that number in a network's first range."""
        from ipaddress import ip_address, ip_network

        network = self.host.networks.by_name(name)
        if network is None:
            raise Network.kind.absent("name", name)
        for ip in network.document.ips:
            prefix = ip.prefix
            if prefix is None:
                prefix = ip_network(f"0.0.0.0/{ip.netmask or '255.255.255.0'}").prefixlen
            ranges = ip.dhcp.ranges if ip.dhcp else []
            start = ranges[0].start if ranges and ranges[0].start else ip.address
            kind = IPAddrType.IPV6 if ":" in str(start) else IPAddrType.IPV4
            return [IPAddress(kind, str(ip_address(str(start)) + number), prefix)]
        return []

    def domain_memory_stats(self, domain: DomainRef) -> dict[int, int]:
        document = self.active_guest(domain).document
        current = document.current_memory or 0
        return {
            T.ACTUAL_BALLOON: current, T.SWAP_IN: 0, T.SWAP_OUT: 0, T.MAJOR_FAULT: 0, T.MINOR_FAULT: 0,
            T.UNUSED: current // 2, T.AVAILABLE: current, T.USABLE: current // 2, T.LAST_UPDATE: 627319920,
            T.DISK_CACHES: current // 8, T.HUGETLB_PGALLOC: 0, T.HUGETLB_PGFAIL: 0, T.RSS: current // 2,
        }  # fmt: skip

    def domain_memory_peek(self, domain: DomainRef, start: int, size: int, *, flags: int = 0) -> bytes:
        self.active_guest(domain)
        if flags not in (1, 2):
            raise errors.InvalidArg("flags parameter must be VIR_MEMORY_VIRTUAL or VIR_MEMORY_PHYSICAL")
        return bytes((ord("a") + (start + n) % 26) for n in range(size))

    def domain_get_vcpus(self, domain: DomainRef) -> list[VcpuInfo]:
        guest = self.guest(domain)
        if not guest.active:
            raise errors.OperationInvalid("cannot list vcpus for an inactive domain")
        _, base = _time()
        pins = {pin.vcpu: pin.cpuset for pin in (guest.document.cputune.vcpupins if guest.document.cputune else [])}
        answer = []
        for number in range(guest.document.current_vcpus):
            cpus = list(pins.get(number) or range(HOST_CPUS))
            answer.append(VcpuInfo(number, VcpuState.RUNNING, base // 10, cpus[-1], cpus))
        return answer

    def domain_get_cpu_stats(self, domain: DomainRef, start_cpu: int, ncpus: int) -> list[dict[str, Any]]:
        guest = self.active_guest(domain)
        count = guest.document.max_vcpus
        if start_cpu == -1:
            total = sum(24386308517 + number for number in range(count))
            return [{"cpu_time": total, "user_time": 5540000000, "system_time": 6460000000}]
        if start_cpu > count - 1:
            raise errors.InvalidArg(f"start_cpu {start_cpu} larger than maximum of {count - 1}")
        last = min(count, start_cpu + ncpus) if ncpus else count
        return [
            {"cpu_time": 24386308517 + number, "vcpu_time": 23151740627 + number} for number in range(start_cpu, last)
        ]

    def domain_screenshot(self, domain: DomainRef, screen: int) -> tuple[str, bytes]:
        self.guest(domain)
        return "image/png", _PICTURE

    def domain_send_key(self, domain: DomainRef, codeset: int, holdtime: int, keycodes: list[int]) -> None:
        self.active_guest(domain)

    def domain_inject_nmi(self, domain: DomainRef) -> None:
        self.active_guest(domain)

    def domain_send_process_signal(self, domain: DomainRef, pid_value: int, signum: int) -> None:
        if pid_value != 1:
            raise errors.InvalidArg("only sending a signal to pid 1 is supported")
        if signum > 64:
            raise errors.InvalidArg(f"signum value {signum} is out of range")
        self.active_guest(domain)


def find_disk(document: Domain, name: str) -> Disk | None:
    """A disk by the name of its target or by its file."""
    for disk in document.devices.disks:
        source = disk.source
        if disk.target and disk.target.dev == name or source and name in (source.file, source.dev):
            return disk
    return None


def find_interface(document: Domain, name: str) -> Interface:
    """An interface by the name of its target or by its MAC address. Raises InvalidArg."""
    for interface in document.devices.interfaces:
        if interface.target and interface.target.dev == name or interface.mac and interface.mac.address == name.lower():
            return interface
    raise errors.InvalidArg(f"'{name}' is not a known interface")
