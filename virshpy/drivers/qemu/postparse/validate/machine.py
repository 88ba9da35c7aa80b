"""Machine type, processors, boot order."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.pci.chipset import is_q35
from virshpy.drivers.qemu.postparse.places import is_x86, machine_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain


def check_machine(domain: Domain, caps: QemuCaps) -> None:
    bios = domain.os.bios if domain.os else None
    if bios is not None and bios.useserial and not domain.devices.serials:
        raise errors.XMLError(
            "need at least one serial port to use BIOS serial output", hint="add <serial type='pty'/>"
        )
    name = machine_of(domain)
    machine = caps.machine(name)
    if machine is None:
        raise errors.ConfigUnsupported(
            f"Emulator '{caps.binary}' does not support machine type '{name}'",
            hint="the capabilities list the machine types",
            action=("connect_get_capabilities",),
        )
    _check_vcpus(domain, machine.max_cpus)
    _check_cpu(domain)
    _check_aliases(domain)


def _check_vcpus(domain: Domain, most: int) -> None:
    vcpu = domain.vcpu
    assert vcpu is not None
    count = vcpu.value or 0
    cells = domain.cells
    named = [number for cell in cells for number in cell.cpus or ()]
    if len(named) > count > 0:
        raise errors.InternalError("Number of CPUs in <numa> exceeds the <vcpu> count")
    if count == 0 or (named and max(named) >= count):
        raise errors.InternalError("CPU IDs in <numa> exceed the <vcpu> count", hint="<vcpu> must be 1 or more")
    if count > most:
        raise errors.ConfigUnsupported(
            f"Maximum CPUs greater than specified machine type limit {most}",
            hint=f"<vcpu> can be up to {most} on {machine_of(domain)}",
        )
    _check_many_vcpus(domain, count)
    topology = domain.cpu.topology if domain.cpu else None
    if topology is not None:
        product = (topology.sockets or 1) * (topology.dies or 1) * (topology.cores or 1) * (topology.threads or 1)
        if product != count:
            raise errors.ConfigUnsupported(
                "CPU topology doesn't match maximum vcpu count",
                hint=f"sockets x dies x cores x threads is {product}, <vcpu> is {count}",
            )


_WITHOUT_EIM = 255


def _check_many_vcpus(domain: Domain, count: int) -> None:
    """x86 addresses so many processors; more take an IOMMU that remaps interrupts."""
    if count <= _WITHOUT_EIM or not is_x86(domain):
        return
    if not is_q35(domain):
        raise errors.ConfigUnsupported(
            f"more than {_WITHOUT_EIM} vCPUs are only supported on q35-based machine types", hint="say machine='q35'"
        )
    iommu = domain.devices.iommu
    if iommu is None or iommu.driver is None or not iommu.driver.eim:
        raise errors.ConfigUnsupported(
            f"more than {_WITHOUT_EIM} vCPUs require extended interrupt mode enabled on the iommu device",
            hint="add <iommu model='intel'><driver intremap='on' eim='on'/></iommu> and <ioapic driver='qemu'/>",
        )


def _check_cpu(domain: Domain) -> None:
    cpu = domain.cpu
    if cpu is None:
        return
    host = cpu.mode in ("host-passthrough", "maximum")
    cache = cpu.cache
    if cache is not None:
        if cache.mode == "passthrough":
            if not host:
                raise errors.ConfigUnsupported(
                    "CPU cache mode 'passthrough' can only be used with 'host-passthrough' / 'maximum' CPUs"
                )
            if cache.level is not None:
                raise errors.ConfigUnsupported("unsupported CPU cache level for mode 'passthrough'")
        elif cache.mode == "emulate" and cache.level != 3:
            raise errors.ConfigUnsupported("unsupported CPU cache level for mode 'emulate'")
        elif cache.mode == "disable" and cache.level is not None:
            raise errors.ConfigUnsupported("unsupported CPU cache level for mode 'disable'")
    address = cpu.maxphysaddr
    if address is not None:
        if address.mode == "emulate" and address.bits is None:
            raise errors.ConfigUnsupported(
                "if using CPU maximum physical address mode='emulate', bits= must be specified too"
            )
        if address.mode == "passthrough" and not host:
            raise errors.ConfigUnsupported(
                "CPU maximum physical address mode='passthrough' can only be used with 'host-passthrough' CPUs"
            )
        if address.mode == "passthrough" and address.bits is not None:
            raise errors.ConfigUnsupported(
                "CPU maximum physical address bits number specification cannot be used with mode='passthrough'"
            )


def _check_aliases(domain: Domain) -> None:
    seen: set[str] = set()
    for name in _aliases(domain):
        if name in seen:
            raise errors.ConfigUnsupported(f"non unique alias detected: {name}")
        seen.add(name)


def _aliases(domain: Domain) -> Iterator[str]:
    from virshpy.drivers.qemu.postparse.pci.chipset import devices_with_address

    for device in devices_with_address(domain):
        if device.alias is not None and (device.alias.name or "").startswith("ua-"):
            yield device.alias.name
