"""What one QEMU binary can do: the value that everything computed about a guest depends on."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from virshpy.drivers.cpu.hypervisor import HypervisorCPUs

    Loader = Callable[[str], dict[str, Any]]


class Machine:
    """One machine type: ``name`` (canonical), ``alias`` or None, ``max_cpus``, ``hotplug_cpus``, ``numa_mem``
    (-numa mem= is allowed), ``default_cpu`` (model name), ``ram_id`` (the default RAM's id), ``deprecated``."""

    __slots__ = ("name", "alias", "max_cpus", "hotplug_cpus", "numa_mem", "default_cpu", "ram_id", "deprecated")

    def __init__(self, row: list[Any]) -> None:
        (self.name, self.alias, self.max_cpus, self.hotplug_cpus, self.numa_mem, self.default_cpu, self.ram_id,
         self.deprecated) = row  # fmt: skip

    def __repr__(self) -> str:
        return f"<Machine {self.name}>"


class QemuCaps:
    """The capabilities of a QEMU binary.

    ``binary`` path, ``version`` (major, minor, micro), ``package`` the distribution's name for it, ``arch``,
    ``host_arch`` that of the host, ``kvm_built`` whether KVM is compiled in, ``kvm_usable`` whether a guest runs under
    it here, ``kvm_reason`` the sentence that says why (not), ``devices`` and ``objects`` the types that -device and
    -object accept.
    """

    def __init__(self, record: dict[str, Any], load_models: Loader) -> None:
        self.record = record
        self.binary: str = record["binary"]
        self.version: tuple[int, int, int] = tuple(record["version"])
        self.package: str = record["package"]
        self.arch: str = record["arch"]
        self.host_arch = self.arch
        self.kvm_built: bool = record["kvm"]
        self.kvm_present = False
        self.kvm_usable = False
        self.kvm_reason = ""
        self.devices = frozenset(record["devices"])
        self.objects = frozenset(record["objects"])
        self.machines = [Machine(row) for row in record["machines"]]
        self._by_name = {name: machine for machine in self.machines for name in (machine.alias, machine.name) if name}
        self._load_models = load_models
        self._processors: dict[str, HypervisorCPUs] = {}

    @property
    def version_number(self) -> int:
        """major * 1,000,000 + minor * 1,000 + micro, as virConnectGetVersion has it."""
        major, minor, micro = self.version
        return major * 1_000_000 + minor * 1_000 + micro

    @property
    def default_machine(self) -> str:
        """The canonical name of the machine a document gets that names none: libvirt's choice is ``pc``."""
        found = self.machine("pc") or self.machine("q35") or (self.machines[0] if self.machines else None)
        return str(found.name) if found else ""

    def machine(self, name: str) -> Machine | None:
        """The machine type with that name or alias."""
        return self._by_name.get(name)

    def has_device(self, name: str) -> bool:
        return name in self.devices

    def has_object(self, name: str) -> bool:
        return name in self.objects

    def processors(self, accelerator: str) -> HypervisorCPUs:
        """The processors that guests can have under ``tcg`` or ``kvm``. Raises InternalError where QEMU fails."""
        found = self._processors.get(accelerator)
        if found is None:
            from virshpy.drivers.cpu.hypervisor import HypervisorCPUs

            models = self._load_models("tcg")["models"]
            found = self._processors[accelerator] = HypervisorCPUs(self._load_models(accelerator), models)
        return found
