"""Processors, memory and threads of imaginary domains, as they can be changed."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.domain import DomainRef
from virshpy.driver.domain.devices import DeviceOperations, IOThreadInfo
from virshpy.driver.domain.tuning import TuningOperations
from virshpy.drivers.test.figures import MAPPED_CPUS
from virshpy.drivers.test.host import Guests
from virshpy.drivers.test.postparse import iothreads_of
from virshpy.enums import LifecycleAction, MemoryModFlags, ModificationImpact, VcpuFlags
from virshpy.xml.domain import Domain
from virshpy.xml.domain.tuning import (
    VCPU,
    Cputune,
    EmulatorPin,
    IOThread,
    IOThreadIDs,
    IOThreadPin,
    VCPUPin,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_UNLIMITED = (1 << 53) - 1  # KiB
_MOST_VCPUS = 32
V, M = VcpuFlags, MemoryModFlags
_EVENTS = ("on_poweroff", "on_reboot", "on_crash")
_ACTIONS = ("destroy", "restart", "rename-restart", "preserve", "coredump-destroy", "coredump-restart")
_POLLING = {"poll_max_ns": "poll-max-ns", "poll_grow": "poll-grow", "poll_shrink": "poll-shrink"}


class Tuning(Guests, DeviceOperations, TuningOperations):
    """virDomain* of memory, processors, pinning, I/O threads and what follows an event."""

    # memory
    def domain_get_max_memory(self, domain: DomainRef) -> int:
        memory = self.guest(domain).document.memory
        return (memory.value if memory else None) or 0

    def domain_set_max_memory(self, domain: DomainRef, memory: int) -> None:
        self.domain_set_memory_flags(domain, memory, flags=M.MAXIMUM)

    @accepts(M.LIVE | M.CONFIG | M.MAXIMUM)
    def domain_set_memory_flags(self, domain: DomainRef, memory: int, *, flags: int = 0) -> None:
        guest = self.guest(domain)
        if not memory:
            raise errors.Misuse("memory in virDomainSetMemoryFlags must not be zero")
        if memory >= _UNLIMITED:
            raise errors.Overflow(f"input too large: {memory}")
        impact = flags & (M.LIVE | M.CONFIG)
        guest.looked_at(impact)  # one of them, and not both
        documents = guest.affected(impact)
        if flags & M.MAXIMUM:
            if guest.active and (not impact or impact & M.LIVE):
                raise errors.OperationInvalid("cannot resize the maximum memory on an active domain")
            for document in documents:
                if document.memory is not None:
                    document.memory.value = memory
                document.current_memory = min(document.current_memory or memory, memory)
            return
        for document in documents:
            if memory > ((document.memory.value if document.memory else None) or 0):
                raise errors.InvalidArg("cannot set memory higher than max memory")
        for document in documents:
            document.current_memory = memory

    @accepts(M.LIVE | M.CONFIG)
    def domain_set_memory_stats_period(self, domain: DomainRef, period: int, *, flags: int = 0) -> None:
        from virshpy.xml.domain.devices import Stats

        for document in self.guest(domain).affected(flags):
            balloon = document.devices.memballoon
            if balloon is None or balloon.model in (None, "none"):
                raise errors.OperationInvalid("No memory balloon device configured, can not set the collection period")
            balloon.stats = Stats(period=period) if period > 0 else None

    # processors
    def domain_get_max_vcpus(self, domain: DomainRef) -> int:
        return self.domain_get_vcpus_flags(domain, flags=V.LIVE | V.MAXIMUM)

    @accepts(V.LIVE | V.CONFIG | V.MAXIMUM)
    def domain_get_vcpus_flags(self, domain: DomainRef, *, flags: int = 0) -> int:
        document = self.guest(domain).looked_at(flags)
        return document.max_vcpus if flags & V.MAXIMUM else document.current_vcpus

    @accepts(V.LIVE | V.CONFIG | V.MAXIMUM)
    def domain_set_vcpus_flags(self, domain: DomainRef, nvcpus: int, *, flags: int = 0) -> None:
        if not nvcpus:
            raise errors.InvalidArg(f"argument out of range: {nvcpus}")
        if nvcpus > _MOST_VCPUS:
            detail = f"requested cpu amount exceeds maximum supported amount ({nvcpus} > {_MOST_VCPUS})"
            raise errors.InvalidArg(detail)
        guest = self.guest(domain)
        if flags & V.MAXIMUM and flags & V.LIVE:
            raise errors.InvalidArg("cannot adjust maximum vcpus on running domain")
        for document in guest.affected(flags & (V.LIVE | V.CONFIG)):
            most = document.max_vcpus
            vcpu = document.vcpu = document.vcpu or VCPU(placement="static", value=1)
            if flags & V.MAXIMUM:
                current = min(document.current_vcpus, nvcpus)
                vcpu.value, vcpu.current = nvcpus, current if current != nvcpus else None
                continue
            if nvcpus > most:
                raise errors.InvalidArg(f"requested cpu amount exceeds maximum ({nvcpus} > {most})")
            vcpu.current = nvcpus if nvcpus != most else None

    # pinning
    @accepts(ModificationImpact.LIVE | ModificationImpact.CONFIG)
    def domain_get_vcpu_pin_info(self, domain: DomainRef, *, flags: int = 0) -> list[list[int]]:
        document = self.guest(domain).looked_at(flags)
        pins = {pin.vcpu: pin.cpuset for pin in (document.cputune.vcpupins if document.cputune else [])}
        default = _default_cpus(document)
        return [list(pins.get(number) or default) for number in range(document.max_vcpus)]

    @accepts(0)
    def domain_pin_vcpu_flags(self, domain: DomainRef, vcpu: int, cpus: list[int], *, flags: int = 0) -> None:
        document = self.active_guest(domain).document
        if vcpu >= document.current_vcpus:
            raise errors.InvalidArg(f"requested vcpu '{vcpu}' is not present in the domain")
        tune = document.cputune = document.cputune or Cputune()
        rows = [row for row in tune.vcpupins if row.vcpu != vcpu] + [VCPUPin(vcpu=vcpu, cpuset=tuple(cpus))]
        tune.vcpupins = sorted(rows, key=lambda row: row.vcpu or 0)

    @accepts(ModificationImpact.LIVE | ModificationImpact.CONFIG)
    def domain_get_emulator_pin_info(self, domain: DomainRef, *, flags: int = 0) -> list[int]:
        document = self.guest(domain).looked_at(flags)
        pin = document.cputune.emulatorpin if document.cputune else None
        return list(pin.cpuset or ()) if pin else _default_cpus(document)

    @accepts(ModificationImpact.LIVE | ModificationImpact.CONFIG)
    def domain_pin_emulator(self, domain: DomainRef, cpus: list[int], *, flags: int = 0) -> None:
        if not cpus:
            raise errors.InvalidArg("Empty cpu list for pinning")
        for document in self.guest(domain).affected(flags):
            tune = document.cputune = document.cputune or Cputune()
            tune.emulatorpin = EmulatorPin(cpuset=tuple(cpus))

    # I/O threads
    @accepts(ModificationImpact.LIVE | ModificationImpact.CONFIG)
    def domain_get_iothread_info(self, domain: DomainRef, *, flags: int = 0) -> list[IOThreadInfo]:
        document = self.guest(domain).looked_at(flags)
        pins = {pin.iothread: pin.cpuset for pin in (document.cputune.iothreadpins if document.cputune else [])}
        default = list((document.vcpu.cpuset if document.vcpu else None) or range(document.current_vcpus))
        return [IOThreadInfo(thread.id, list(pins.get(thread.id) or default)) for thread in iothreads_of(document)]

    @accepts(ModificationImpact.LIVE | ModificationImpact.CONFIG)
    def domain_add_iothread(self, domain: DomainRef, iothread_id: int, *, flags: int = 0) -> None:
        guest = self.guest(domain)
        if iothread_id == 0:
            raise errors.InvalidArg("invalid value of 0 for iothread_id")
        document = guest.looked_at(flags)
        threads = iothreads_of(document)
        if any(thread.id == iothread_id for thread in threads):
            raise errors.InvalidArg(f"an IOThread is already using iothread_id '{iothread_id}'")
        document.iothreadids = IOThreadIDs(iothreads=[*threads, IOThread(id=iothread_id)])
        document.iothreads = len(threads) + 1
        guest.poll(iothread_id)

    @accepts(ModificationImpact.LIVE | ModificationImpact.CONFIG)
    def domain_del_iothread(self, domain: DomainRef, iothread_id: int, *, flags: int = 0) -> None:
        guest = self.guest(domain)
        document = guest.looked_at(flags)
        threads = iothreads_of(document)
        if not any(thread.id == iothread_id for thread in threads):
            raise errors.InvalidArg(f"cannot find IOThread '{iothread_id}' in iothreadids list")
        for number, disk in enumerate(document.devices.disks, 1):
            if disk.driver and disk.driver.iothread == iothread_id:
                raise errors.InvalidArg(
                    f"cannot remove IOThread {iothread_id} since it is being used by disk "
                    f"'{disk.target.dev if disk.target else number}'"
                )
        left = [thread for thread in threads if thread.id != iothread_id]
        document.iothreadids = IOThreadIDs(iothreads=left) if left else None
        document.iothreads = len(left) or None
        if document.cputune is not None:
            pins = document.cputune.iothreadpins
            document.cputune.iothreadpins = [pin for pin in pins if pin.iothread != iothread_id]
        guest.polling.pop(iothread_id, None)

    @accepts(ModificationImpact.LIVE)
    def domain_set_iothread_params(
        self, domain: DomainRef, iothread_id: int, params: dict[str, Any], *, flags: int = 0
    ) -> None:
        guest = self.guest(domain)
        if not any(thread.id == iothread_id for thread in iothreads_of(guest.looked_at(flags))):
            raise errors.InvalidArg(f"cannot find IOThread '{iothread_id}' in iothreadids")
        for name, value in params.items():
            if name not in _POLLING:
                raise errors.ArgumentUnsupported(f"parameter '{name}' not supported")
            if name != "poll_max_ns" and value > 2**31 - 1:
                raise errors.InvalidArg(f"value of '{name}' is greater than {2**31 - 1}")
            guest.polling.setdefault(iothread_id, {})[_POLLING[name]] = value

    @accepts(ModificationImpact.LIVE | ModificationImpact.CONFIG)
    def domain_pin_iothread(self, domain: DomainRef, iothread_id: int, cpus: list[int], *, flags: int = 0) -> None:
        if not cpus:
            raise errors.InvalidArg("Empty iothread cpumap list for pinning")
        document = self.guest(domain).looked_at(flags)
        if not any(thread.id == iothread_id for thread in iothreads_of(document)):
            raise errors.InvalidArg(f"iothreadid {iothread_id} not found")
        tune = document.cputune = document.cputune or Cputune()
        rows = [row for row in tune.iothreadpins if row.iothread != iothread_id]
        tune.iothreadpins = [*rows, IOThreadPin(iothread=iothread_id, cpuset=tuple(cpus))]

    # events
    @accepts(ModificationImpact.LIVE | ModificationImpact.CONFIG)
    def domain_set_lifecycle_action(self, domain: DomainRef, type: int, action: int, *, flags: int = 0) -> None:
        guest = self.guest(domain)
        if not 0 <= type < len(_EVENTS):
            raise errors.InvalidArg(f"type '{type}' in virDomainSetLifecycleAction must be less than {len(_EVENTS)}")
        if action >= LifecycleAction.COREDUMP_DESTROY and _EVENTS[type] != "on_crash":
            raise errors.ConfigUnsupported(
                f"Lifecycle event '{_EVENTS[type][3:]}' doesn't support '{_ACTIONS[action]}' action"
            )
        for document in guest.affected(flags):
            setattr(document, _EVENTS[type], _ACTIONS[action])


def _default_cpus(document: Domain) -> list[int]:
    return list((document.vcpu.cpuset if document.vcpu else None) or range(MAPPED_CPUS))
