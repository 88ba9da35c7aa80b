"""A domain's methods about processors, memory and limits."""

from __future__ import annotations

from virshpy.api.handle import DomainHandle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.driver.structures import VcpuInfo


class TuningMethods(DomainHandle):
    """A domain's methods about processors, memory and limits."""

    def max_memory(self) -> int:
        """virDomainGetMaxMemory: kiB."""
        return self._driver.domain_get_max_memory(self.ref)

    def set_max_memory(self, memory: int) -> None:
        """virDomainSetMaxMemory: kiB."""
        self._driver.domain_set_max_memory(self.ref, memory)

    def set_memory(self, memory: int, flags: int = 0) -> None:
        """virDomainSetMemoryFlags: kiB."""
        self._driver.domain_set_memory_flags(self.ref, memory, flags=flags)

    def set_memory_stats_period(self, period: int, flags: int = 0) -> None:
        """virDomainSetMemoryStatsPeriod: seconds; 0 ends the polling."""
        self._driver.domain_set_memory_stats_period(self.ref, period, flags=flags)

    def memory_stats(self) -> dict[int, int]:
        """virDomainMemoryStats: by MemoryStatTags; KiB where it is an amount."""
        return self._driver.domain_memory_stats(self.ref)

    def memory_peek(self, start: int, size: int, flags: int = 0) -> bytes:
        """virDomainMemoryPeek"""
        return self._driver.domain_memory_peek(self.ref, start, size, flags=flags)

    def memory_parameters(self, flags: int = 0) -> dict[str, Any]:
        """virDomainGetMemoryParameters"""
        return self._driver.domain_get_memory_parameters(self.ref, flags=flags)

    def set_memory_parameters(self, params: dict[str, Any], flags: int = 0) -> None:
        """virDomainSetMemoryParameters"""
        self._driver.domain_set_memory_parameters(self.ref, params, flags=flags)

    def numa_parameters(self, flags: int = 0) -> dict[str, Any]:
        """virDomainGetNumaParameters"""
        return self._driver.domain_get_numa_parameters(self.ref, flags=flags)

    def set_numa_parameters(self, params: dict[str, Any], flags: int = 0) -> None:
        """virDomainSetNumaParameters"""
        self._driver.domain_set_numa_parameters(self.ref, params, flags=flags)

    def blkio_parameters(self, flags: int = 0) -> dict[str, Any]:
        """virDomainGetBlkioParameters"""
        return self._driver.domain_get_blkio_parameters(self.ref, flags=flags)

    def set_blkio_parameters(self, params: dict[str, Any], flags: int = 0) -> None:
        """virDomainSetBlkioParameters"""
        self._driver.domain_set_blkio_parameters(self.ref, params, flags=flags)

    def scheduler_type(self) -> tuple[str, int]:
        """virDomainGetSchedulerType: (name, number of parameters)."""
        return self._driver.domain_get_scheduler_type(self.ref)

    def scheduler_parameters(self, flags: int = 0) -> dict[str, Any]:
        """virDomainGetSchedulerParametersFlags"""
        return self._driver.domain_get_scheduler_parameters_flags(self.ref, flags=flags)

    def set_scheduler_parameters(self, params: dict[str, Any], flags: int = 0) -> None:
        """virDomainSetSchedulerParametersFlags"""
        self._driver.domain_set_scheduler_parameters_flags(self.ref, params, flags=flags)

    def max_vcpus(self) -> int:
        """virDomainGetMaxVcpus"""
        return self._driver.domain_get_max_vcpus(self.ref)

    def vcpus(self) -> list[VcpuInfo]:
        """virDomainGetVcpus"""
        return self._driver.domain_get_vcpus(self.ref)

    def vcpus_flags(self, flags: int = 0) -> int:
        """virDomainGetVcpusFlags"""
        return self._driver.domain_get_vcpus_flags(self.ref, flags=flags)

    def set_vcpus(self, nvcpus: int, flags: int = 0) -> None:
        """virDomainSetVcpusFlags"""
        self._driver.domain_set_vcpus_flags(self.ref, nvcpus, flags=flags)

    def set_vcpu(self, vcpumap: str, state: bool, flags: int = 0) -> None:
        """virDomainSetVcpu"""
        self._driver.domain_set_vcpu(self.ref, vcpumap, state, flags=flags)

    def vcpu_pin_info(self, flags: int = 0) -> list[list[int]]:
        """virDomainGetVcpuPinInfo: for each vCPU the host processors it may run on."""
        return self._driver.domain_get_vcpu_pin_info(self.ref, flags=flags)

    def pin_vcpu(self, vcpu: int, cpus: list[int], flags: int = 0) -> None:
        """virDomainPinVcpuFlags"""
        self._driver.domain_pin_vcpu_flags(self.ref, vcpu, cpus, flags=flags)

    def emulator_pin_info(self, flags: int = 0) -> list[int]:
        """virDomainGetEmulatorPinInfo"""
        return self._driver.domain_get_emulator_pin_info(self.ref, flags=flags)

    def pin_emulator(self, cpus: list[int], flags: int = 0) -> None:
        """virDomainPinEmulator"""
        self._driver.domain_pin_emulator(self.ref, cpus, flags=flags)

    def cpu_stats(self, start_cpu: int, ncpus: int) -> list[dict[str, Any]]:
        """virDomainGetCPUStats: nanoseconds by processor; ``start_cpu`` -1 asks for the total."""
        return self._driver.domain_get_cpu_stats(self.ref, start_cpu, ncpus)

    def perf_events(self, flags: int = 0) -> dict[str, bool]:
        """virDomainGetPerfEvents"""
        return self._driver.domain_get_perf_events(self.ref, flags=flags)

    def set_perf_events(self, params: dict[str, bool], flags: int = 0) -> None:
        """virDomainSetPerfEvents"""
        self._driver.domain_set_perf_events(self.ref, params, flags=flags)

    def set_lifecycle_action(self, type: int, action: int, flags: int = 0) -> None:
        """virDomainSetLifecycleAction: ``type`` is a Lifecycle, ``action`` a LifecycleAction."""
        self._driver.domain_set_lifecycle_action(self.ref, type, action, flags=flags)

    def launch_security_info(self) -> dict[str, Any]:
        """virDomainGetLaunchSecurityInfo"""
        return self._driver.domain_get_launch_security_info(self.ref)

    def set_launch_security_state(self, params: dict[str, Any]) -> None:
        """virDomainSetLaunchSecurityState"""
        self._driver.domain_set_launch_security_state(self.ref, params)

    def start_dirty_rate_calc(self, seconds: int, flags: int = 0) -> None:
        """virDomainStartDirtyRateCalc"""
        self._driver.domain_start_dirty_rate_calc(self.ref, seconds, flags=flags)

    def set_autostart_once(self, autostart: bool) -> None:
        """virDomainSetAutostartOnce: since libvirt 11.2: start at the next boot of the host only."""
        self._driver.domain_set_autostart_once(self.ref, autostart)

    def autostart_once(self) -> bool:
        """virDomainGetAutostartOnce: since libvirt 11.2."""
        return self._driver.domain_get_autostart_once(self.ref)
