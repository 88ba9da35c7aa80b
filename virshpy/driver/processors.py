"""Rows: processor models, those of the host and those that a hypervisor can give to guests."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation


class ProcessorOperations(Contract):
    """Processor models, those of the host and those that a hypervisor can give to guests."""

    @operation("virConnectGetCPUModelNames")
    def connect_get_cpu_model_names(self, arch: str) -> list[str]: ...

    @operation("virConnectCompareCPU", flags="CompareCPUFlags")
    def connect_compare_cpu(self, xml: str, *, flags: int = 0) -> int:
        """A CPUCompareResult."""

    @operation("virConnectCompareHypervisorCPU", writes=True, flags="CompareCPUFlags")
    def connect_compare_hypervisor_cpu(
        self,
        emulator: str | None,
        arch: str | None,
        machine: str | None,
        virt_type: str,
        xml_cpu: str,
        *,
        flags: int = 0,
    ) -> int:
        """A CPUCompareResult."""

    @operation("virConnectBaselineCPU", flags="BaselineCPUFlags")
    def connect_baseline_cpu(self, cpus: list[str], *, flags: int = 0) -> str: ...

    @operation("virConnectBaselineHypervisorCPU", writes=True, flags="BaselineCPUFlags")
    def connect_baseline_hypervisor_cpu(
        self,
        emulator: str | None,
        arch: str | None,
        machine: str | None,
        virttype: str | None,
        cpus: list[str],
        *,
        flags: int = 0,
    ) -> str: ...

    @operation("virConnectGetHypervisorCPUModelNames")
    def connect_get_hypervisor_cpu_model_names(
        self,
        emulator: str | None = None,
        arch: str | None = None,
        machine: str | None = None,
        virttype: str | None = None,
    ) -> list[str]:
        """Since libvirt 11.3."""
