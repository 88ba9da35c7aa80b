"""The document of `virsh capabilities`: the host, and the guests that it can run."""

from __future__ import annotations

from virshpy.drivers.qemu.capabilities import kvm
from virshpy.drivers.qemu.capabilities.choice import arch_of
from virshpy.drivers.qemu.node.identity import host_uuid, node_info
from virshpy.drivers.qemu.node.kernel import names
from virshpy.drivers.qemu.node.memory import cells, page_sizes, pages
from virshpy.drivers.qemu.node.processors import Topology, cache_banks, online_cpus
from virshpy.drivers.qemu.node.suspend import targets
from virshpy.enums import NodeSuspendTarget
from virshpy.xml.scalars import format_ranges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps

_WORDSIZE = {"x86_64": 64, "aarch64": 64, "ppc64le": 64, "s390x": 64, "riscv64": 64}
# Guests have an APIC and ACPI by these names on x86 only.
_X86 = ("i686", "x86_64")


def capabilities_xml(guests: list[QemuCaps], *, uuid: str | None = None, baselabel: str | None = None) -> str:
    """The whole document (virConnectGetCapabilities) for these QEMU binaries; ``baselabel`` is guests' uid:gid."""
    lines = ["<capabilities>", "", "  <host>", f"    <uuid>{uuid or host_uuid()}</uuid>"]
    host = [*_cpu(guests), *_power(), f"<iommu support='{'yes' if names('/sys/kernel/iommu_groups') else 'no'}'/>"]
    host += [*_MIGRATION, *_topology(), *_cache(), *_secmodels(baselabel)]
    lines += [*_indent(host, 4), "  </host>", ""]
    for caps in guests:
        lines += _indent(_guest(caps), 2) + [""]
    return "\n".join([*lines, "</capabilities>", ""])


def _indent(lines: list[str], width: int) -> list[str]:
    return [" " * width + line for line in lines]


def _cpu(guests: list[QemuCaps]) -> list[str]:
    from virshpy.drivers.qemu.capabilities.hostcpu import host_cpu

    cpu = host_cpu()
    models = next((caps.processors("tcg").models for caps in guests if arch_of(caps) == cpu.arch), {})
    model, features = cpu.described(models)
    lines = ["<cpu>", f"  <arch>{cpu.arch}</arch>"]
    if model:
        lines.append(f"  <model>{model}</model>")
    if cpu.vendor:
        lines.append(f"  <vendor>{cpu.vendor}</vendor>")
    if cpu.microcode:
        lines.append(f"  <microcode version='{cpu.microcode}'/>")
    if cpu.signature and any(cpu.signature):
        lines.append("  <signature family='{}' model='{}' stepping='{}'/>".format(*cpu.signature))
    counter = kvm.tsc() if "invtsc" in cpu.features else None
    if counter:
        lines.append(f"  <counter name='tsc' frequency='{counter[0]}' scaling='{'yes' if counter[1] else 'no'}'/>")
    node = node_info()
    dies = max((Topology(number).die for number in online_cpus()), default=0) + 1
    lines.append(
        f"  <topology sockets='{node.sockets}' dies='{dies}' cores='{node.cores // dies}' threads='{node.threads}'/>"
    )
    if cpu.physical_bits:
        lines.append(f"  <maxphysaddr mode='emulate' bits='{cpu.physical_bits}'/>")
    lines += [f"  <feature name='{name}'/>" for name in features]
    lines += [f"  <pages unit='KiB' size='{size}'/>" for size in page_sizes()]
    return [*lines, "</cpu>"]


_SLEEPS = {
    NodeSuspendTarget.MEM: "suspend_mem", NodeSuspendTarget.DISK: "suspend_disk",
    NodeSuspendTarget.HYBRID: "suspend_hybrid",
}  # fmt: skip
_MIGRATION = [
    "<migration_features>",
    "  <live/>",
    "  <uri_transports>",
    "    <uri_transport>tcp</uri_transport>",
    "    <uri_transport>rdma</uri_transport>",
    "  </uri_transports>",
    "</migration_features>",
]


def _power() -> list[str]:
    ways = [f"  <{_SLEEPS[target]}/>" for target in targets()]
    return ["<power_management>", *ways, "</power_management>"] if ways else ["<power_management/>"]


def _topology() -> list[str]:
    found = cells()
    lines = ["<topology>", f"  <cells num='{len(found)}'>"]
    small, *huge = page_sizes()
    for cell in found:
        lines += [f"    <cell id='{cell.number}'>", f"      <memory unit='KiB'>{cell.memory}</memory>"]
        pools = {size: pages(cell.number, size) for size in huge}
        taken = sum(size * count for size, count in pools.items())
        for size, count in {small: (cell.memory - taken) // small, **pools}.items():
            lines.append(f"      <pages unit='KiB' size='{size}'>{count}</pages>")
        if cell.distances:
            lines.append("      <distances>")
            for other, value in zip(found, cell.distances, strict=False):
                lines.append(f"        <sibling id='{other.number}' value='{value}'/>")
            lines.append("      </distances>")
        lines.append(f"      <cpus num='{len(cell.cpus)}'>")
        for place in map(Topology, cell.cpus):
            lines.append(
                f"        <cpu id='{place.cpu}' socket_id='{place.socket}' die_id='{place.die}'"
                f" core_id='{place.core}' siblings='{format_ranges(place.siblings)}'/>"
            )
        lines += ["      </cpus>", "    </cell>"]
    return [*lines, "  </cells>", "</topology>"]


def _cache() -> list[str]:
    lines = []
    for bank in cache_banks():
        size, unit = (bank.size >> 10, "MiB") if bank.size % 1024 == 0 else (bank.size, "KiB")
        lines.append(
            f"  <bank id='{bank.id}' level='{bank.level}' type='{bank.kind}' size='{size}' unit='{unit}'"
            f" cpus='{format_ranges(bank.cpus)}'/>"
        )
    return ["<cache>", *lines, "</cache>"] if lines else []


def _secmodels(baselabel: str | None) -> list[str]:
    lines = ["<secmodel>", "  <model>none</model>", "  <doi>0</doi>", "</secmodel>"]
    lines += ["<secmodel>", "  <model>dac</model>", "  <doi>0</doi>"]
    if baselabel:
        lines += [f"  <baselabel type='{kind}'>{baselabel}</baselabel>" for kind in ("kvm", "qemu")]
    return [*lines, "</secmodel>"]


def _guest(caps: QemuCaps) -> list[str]:
    arch = arch_of(caps)
    lines = [
        "<guest>",
        "  <os_type>hvm</os_type>",
        f"  <arch name='{arch}'>",
        f"    <wordsize>{_WORDSIZE.get(arch, 32)}</wordsize>",
        f"    <emulator>{caps.binary}</emulator>",
    ]
    # The machine that a document without one gets stands first, as readers of this list expect.
    default = caps.default_machine
    for machine in sorted(caps.machines, key=lambda machine: machine.name != default):
        deprecated = " deprecated='yes'" if machine.deprecated else ""
        lines.append(f"    <machine maxCpus='{machine.max_cpus}'{deprecated}>{machine.name}</machine>")
        if machine.alias:
            lines.append(
                f"    <machine canonical='{machine.name}' maxCpus='{machine.max_cpus}'{deprecated}>"
                f"{machine.alias}</machine>"
            )
    lines.append("    <domain type='qemu'/>")
    if caps.kvm_usable:
        lines.append("    <domain type='kvm'/>")
    lines += ["  </arch>", "  <features>"]
    if arch == "i686":
        lines += ["    <pae/>", "    <nonpae/>"]
    if arch in _X86:
        lines += ["    <acpi default='on' toggle='yes'/>", "    <apic default='on' toggle='no'/>"]
    lines += [
        "    <cpuselection/>", "    <deviceboot/>", "    <disksnapshot default='on' toggle='no'/>",
    ]  # fmt: skip
    return [*lines, "  </features>", "</guest>"]
