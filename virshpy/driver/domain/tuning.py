"""Rows: processors, memory and the limits on them."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation
from virshpy.driver.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.domain import DomainRef
    from virshpy.enums import VcpuState
    from virshpy.enums.parameters import Parameters


class VcpuInfo(Record):
    """virVcpuInfo with its affinity: state is a VcpuState, cpu_time in nanoseconds, ``cpus`` are those it may use."""

    __slots__ = ("number", "state", "cpu_time", "cpu", "cpus")
    number: int
    state: VcpuState | int
    cpu_time: int
    cpu: int
    cpus: list[int]


class TuningOperations(Contract):
    """Processors, memory and the limits on them."""

    @operation("virDomainGetMaxMemory")
    def domain_get_max_memory(self, domain: DomainRef) -> int:
        """KiB."""

    @operation("virDomainSetMaxMemory", writes=True)
    def domain_set_max_memory(self, domain: DomainRef, memory: int) -> None:
        """KiB."""

    @operation(
        "virDomainSetMemoryFlags", writes=True, flags="MemoryModFlags", plain="virDomainSetMemory", plainly="LIVE"
    )
    def domain_set_memory_flags(self, domain: DomainRef, memory: int, *, flags: int = 0) -> None:
        """KiB."""

    @operation("virDomainSetMemoryStatsPeriod", writes=True, flags="MemoryModFlags")
    def domain_set_memory_stats_period(self, domain: DomainRef, period: int, *, flags: int = 0) -> None:
        """Seconds; 0 ends the polling."""

    @operation("virDomainMemoryStats")
    def domain_memory_stats(self, domain: DomainRef) -> dict[int, int]:
        """By MemoryStatTags; KiB where it is an amount."""

    @operation("virDomainMemoryPeek", writes=True, flags="MemoryFlags")
    def domain_memory_peek(self, domain: DomainRef, start: int, size: int, *, flags: int = 0) -> bytes: ...

    @operation("virDomainGetMemoryParameters", flags="ModificationImpact", params="MemoryTune")
    def domain_get_memory_parameters(self, domain: DomainRef, *, flags: int = 0) -> Parameters: ...

    @operation("virDomainSetMemoryParameters", writes=True, flags="ModificationImpact", params="MemoryTune")
    def domain_set_memory_parameters(self, domain: DomainRef, params: Parameters, *, flags: int = 0) -> None: ...

    @operation("virDomainGetNumaParameters", flags="ModificationImpact", params="NumaTune")
    def domain_get_numa_parameters(self, domain: DomainRef, *, flags: int = 0) -> Parameters: ...

    @operation("virDomainSetNumaParameters", writes=True, flags="ModificationImpact", params="NumaTune")
    def domain_set_numa_parameters(self, domain: DomainRef, params: Parameters, *, flags: int = 0) -> None: ...

    @operation("virDomainGetBlkioParameters", flags="ModificationImpact", params="BlkioTune")
    def domain_get_blkio_parameters(self, domain: DomainRef, *, flags: int = 0) -> Parameters: ...

    @operation("virDomainSetBlkioParameters", writes=True, flags="ModificationImpact", params="BlkioTune")
    def domain_set_blkio_parameters(self, domain: DomainRef, params: Parameters, *, flags: int = 0) -> None: ...

    @operation("virDomainGetSchedulerType")
    def domain_get_scheduler_type(self, domain: DomainRef) -> tuple[str, int]:
        """(name, number of parameters)."""

    @operation(
        "virDomainGetSchedulerParametersFlags",
        flags="ModificationImpact",
        plain="virDomainGetSchedulerParameters",
        params="Scheduler",
    )
    def domain_get_scheduler_parameters_flags(self, domain: DomainRef, *, flags: int = 0) -> Parameters: ...

    @operation(
        "virDomainSetSchedulerParametersFlags",
        writes=True,
        flags="ModificationImpact",
        plain="virDomainSetSchedulerParameters",
        params="Scheduler",
    )
    def domain_set_scheduler_parameters_flags(
        self, domain: DomainRef, params: Parameters, *, flags: int = 0
    ) -> None: ...

    @operation("virDomainGetMaxVcpus")
    def domain_get_max_vcpus(self, domain: DomainRef) -> int: ...

    @operation("virDomainGetVcpus")
    def domain_get_vcpus(self, domain: DomainRef) -> list[VcpuInfo]: ...

    @operation("virDomainGetVcpusFlags", flags="VcpuFlags")
    def domain_get_vcpus_flags(self, domain: DomainRef, *, flags: int = 0) -> int: ...

    @operation("virDomainSetVcpusFlags", writes=True, flags="VcpuFlags", plain="virDomainSetVcpus", plainly="LIVE")
    def domain_set_vcpus_flags(self, domain: DomainRef, nvcpus: int, *, flags: int = 0) -> None: ...

    @operation("virDomainSetVcpu", writes=True, flags="ModificationImpact")
    def domain_set_vcpu(self, domain: DomainRef, vcpumap: str, state: bool, *, flags: int = 0) -> None: ...

    @operation("virDomainGetVcpuPinInfo", flags="ModificationImpact")
    def domain_get_vcpu_pin_info(self, domain: DomainRef, *, flags: int = 0) -> list[list[int]]:
        """For each vCPU the host processors it may run on."""

    @operation(
        "virDomainPinVcpuFlags", writes=True, flags="ModificationImpact", plain="virDomainPinVcpu", plainly="LIVE"
    )
    def domain_pin_vcpu_flags(self, domain: DomainRef, vcpu: int, cpus: list[int], *, flags: int = 0) -> None: ...

    @operation("virDomainGetEmulatorPinInfo", flags="ModificationImpact")
    def domain_get_emulator_pin_info(self, domain: DomainRef, *, flags: int = 0) -> list[int]: ...

    @operation("virDomainPinEmulator", writes=True, flags="ModificationImpact")
    def domain_pin_emulator(self, domain: DomainRef, cpus: list[int], *, flags: int = 0) -> None: ...

    @operation("virDomainGetCPUStats", params="CPUStats")
    def domain_get_cpu_stats(self, domain: DomainRef, start_cpu: int, ncpus: int) -> list[Parameters]:
        """Nanoseconds by processor; ``start_cpu`` -1 asks for the total."""

    @operation("virDomainGetPerfEvents", flags="ModificationImpact", params="PerfEvents")
    def domain_get_perf_events(self, domain: DomainRef, *, flags: int = 0) -> dict[str, bool]: ...

    @operation("virDomainSetPerfEvents", writes=True, flags="ModificationImpact", params="PerfEvents")
    def domain_set_perf_events(self, domain: DomainRef, params: dict[str, bool], *, flags: int = 0) -> None: ...

    @operation("virDomainSetLifecycleAction", writes=True, flags="ModificationImpact")
    def domain_set_lifecycle_action(self, domain: DomainRef, type: int, action: int, *, flags: int = 0) -> None:
        """``type`` is a Lifecycle, ``action`` a LifecycleAction."""

    @operation("virDomainGetLaunchSecurityInfo", writes=True, params="LaunchSecurity")
    def domain_get_launch_security_info(self, domain: DomainRef) -> Parameters: ...

    @operation("virDomainSetLaunchSecurityState", writes=True, params="LaunchSecurity")
    def domain_set_launch_security_state(self, domain: DomainRef, params: Parameters) -> None: ...

    @operation("virDomainStartDirtyRateCalc", writes=True, flags="DirtyRateCalcFlags")
    def domain_start_dirty_rate_calc(self, domain: DomainRef, seconds: int, *, flags: int = 0) -> None: ...

    @operation("virDomainSetAutostartOnce", writes=True)
    def domain_set_autostart_once(self, domain: DomainRef, autostart: bool) -> None:
        """Since libvirt 11.2: start at the next boot of the host only."""

    @operation("virDomainGetAutostartOnce")
    def domain_get_autostart_once(self, domain: DomainRef) -> bool:
        """Since libvirt 11.2."""
