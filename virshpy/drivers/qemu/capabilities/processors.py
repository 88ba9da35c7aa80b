"""Rows about processor models, those of the host and those that QEMU can give to guests."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.processors import ProcessorOperations
from virshpy.enums import BaselineCPUFlags, CompareCPUFlags, CPUCompareResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.cpu.compare import Processor
    from virshpy.drivers.cpu.document import CPUDocument
    from virshpy.drivers.cpu.models import Model
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.drivers.qemu.capabilities.choice import Choice
    from virshpy.host.site import Site


def choice_of(site: Site, emulator: str | None, arch: str | None, machine: str | None, virt_type: str | None) -> Choice:
    """What a question about an emulator is about. Raises InvalidArg, ConfigUnsupported."""
    from virshpy.drivers.qemu.capabilities.choice import choose
    from virshpy.drivers.qemu.capabilities.probe import default_emulator

    def find(emulator: str | None, arch: str | None) -> QemuCaps | None:
        from virshpy.drivers.qemu import reading

        if emulator is None and default_emulator(arch) is None:
            return None
        return reading.emulator_capabilities(site, emulator, arch)

    return choose(find, emulator, arch, machine, virt_type)


class ProcessorRows(ProcessorOperations):
    """virConnect*CPU*."""

    place: Site

    def _models(self) -> dict[str, Model]:
        """The models that this host's own QEMU knows; none without one."""
        from virshpy.drivers.qemu import reading
        from virshpy.drivers.qemu.capabilities.probe import default_emulator

        if default_emulator() is None:
            return {}
        return reading.emulator_capabilities(self.place, None, None).processors("tcg").models

    def connect_get_cpu_model_names(self, arch: str) -> list[str]:
        from virshpy.drivers.cpu.models import ARCHITECTURES, model_names

        if arch not in ARCHITECTURES:
            raise errors.InvalidArg(f"cannot find architecture {arch}")
        names = model_names(arch)
        if names is None:
            raise errors.NoSupport(f"'{arch}' architecture is not supported by CPU driver")
        return list(names)

    def connect_compare_cpu(self, xml: str, *, flags: int = 0) -> int:
        from virshpy.drivers.cpu.compare import Processor
        from virshpy.drivers.cpu.document import read_cpu
        from virshpy.drivers.qemu.capabilities.hostcpu import host_cpu

        cpu = read_cpu(xml, validate=bool(flags & CompareCPUFlags.VALIDATE_XML))
        host = host_cpu()
        return _compared(cpu, Processor(host.arch, host.vendor, host.features), self._models(), flags)

    def connect_compare_hypervisor_cpu(
        self,
        emulator: str | None,
        arch: str | None,
        machine: str | None,
        virt_type: str | None,
        xml_cpu: str,
        *,
        flags: int = 0,
    ) -> int:
        from virshpy.drivers.cpu.compare import Processor
        from virshpy.drivers.cpu.document import read_cpu

        choice = choice_of(self.place, emulator, arch, machine, virt_type)
        cpu = read_cpu(xml_cpu, validate=bool(flags & CompareCPUFlags.VALIDATE_XML))
        offer = choice.caps.processors(choice.accelerator)
        if not offer.models:
            raise errors.OperationUnsupported(
                f"comparing with the hypervisor CPU is not supported for arch {choice.arch}"
            )
        return _compared(cpu, Processor(choice.arch, offer.vendor, offer.features), offer.models, flags)

    def connect_baseline_cpu(self, cpus: list[str], *, flags: int = 0) -> str:
        from virshpy.drivers.cpu.baseline import baseline

        found = _read_all(cpus, host=True)
        return baseline(
            found,
            self._models(),
            expand=bool(flags & BaselineCPUFlags.EXPAND_FEATURES),
            migratable=bool(flags & BaselineCPUFlags.MIGRATABLE),
        )

    def connect_baseline_hypervisor_cpu(
        self,
        emulator: str | None,
        arch: str | None,
        machine: str | None,
        virttype: str | None,
        cpus: list[str],
        *,
        flags: int = 0,
    ) -> str:
        from virshpy.drivers.cpu.baseline import baseline

        found = _read_all(cpus, host=False)
        choice = choice_of(self.place, emulator, arch, machine, virttype)
        offer = choice.caps.processors(choice.accelerator)
        if not offer.models:
            raise errors.OperationUnsupported(
                f"computing baseline hypervisor CPU is not supported for arch {choice.arch}"
            )
        migratable = bool(flags & BaselineCPUFlags.MIGRATABLE)
        return baseline(
            found,
            offer.models,
            expand=bool(flags & BaselineCPUFlags.EXPAND_FEATURES),
            migratable=migratable,
            blocked=offer.blocked,
            switches=offer.switches(movable=migratable),
        )

    def connect_get_hypervisor_cpu_model_names(
        self,
        emulator: str | None = None,
        arch: str | None = None,
        machine: str | None = None,
        virttype: str | None = None,
    ) -> list[str]:
        choice = choice_of(self.place, emulator, arch, machine, virttype)
        return [name for name, _, _ in choice.caps.processors(choice.accelerator).offered]


def _read_all(cpus: list[str], *, host: bool) -> list[CPUDocument]:
    from virshpy.drivers.cpu.document import read_cpu

    found = [read_cpu(text, host=host) for text in cpus]
    for index, cpu in enumerate(found):
        if cpu.model is None:
            raise errors.InvalidArg(f"no CPU model specified at index {index}")
    return found


def _compared(cpu: CPUDocument, host: Processor, models: dict[str, Model], flags: int) -> int:
    from virshpy.drivers.cpu.compare import compare

    result, why = compare(cpu, host, models)
    if result == CPUCompareResult.INCOMPATIBLE and flags & CompareCPUFlags.FAIL_INCOMPATIBLE:
        raise errors.CPUIncompatible(why)
    return int(result)
