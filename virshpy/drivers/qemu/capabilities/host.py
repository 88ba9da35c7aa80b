"""The document of `virsh capabilities`: the host, and the guests that it can run."""

from __future__ import annotations

import os

from virshpy.drivers.qemu.node import info

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps

_WORDSIZE = {"x86_64": 64, "aarch64": 64, "ppc64le": 64, "s390x": 64, "riscv64": 64}
# Guests have an APIC and ACPI by these names on x86 only.
_X86 = ("i686", "x86_64")


def capabilities_xml(
    guests: list[QemuCaps], *, uuid: str | None = None, secmodel: str = "dac", baselabel: str | None = None
) -> str:
    """The whole document (virConnectGetCapabilities) for these QEMU binaries; ``baselabel`` is guests' uid:gid."""
    lines = ["<capabilities>", "", "  <host>", f"    <uuid>{uuid or info.host_uuid()}</uuid>"]
    lines += _indent(_cpu(), 4)
    lines += [
        "    <power_management/>",
        f"    <iommu support='{'yes' if os.path.isdir('/sys/kernel/iommu_groups/0') else 'no'}'/>",
        "    <topology>",
    ]
    lines += _indent(_topology(), 6)
    lines += ["    </topology>"]
    lines += _indent(_secmodels(secmodel, baselabel), 4)
    lines += ["  </host>", ""]
    for caps in guests:
        lines += _indent(_guest(caps), 2) + [""]
    return "\n".join([*lines, "</capabilities>", ""])


def _indent(lines: list[str], width: int) -> list[str]:
    return [" " * width + line for line in lines]


def _cpu() -> list[str]:
    from virshpy.drivers.qemu.capabilities.hostcpu import host_cpu

    cpu = host_cpu()
    lines = ["<cpu>", f"  <arch>{os.uname().machine}</arch>"]
    if cpu.model:
        lines.append(f"  <model>{cpu.model}</model>")
    if cpu.vendor:
        lines.append(f"  <vendor>{cpu.vendor}</vendor>")
    if cpu.microcode is not None:
        lines.append(f"  <microcode version='{cpu.microcode}'/>")
    if cpu.signature:
        lines.append("  <signature family='{}' model='{}' stepping='{}'/>".format(*cpu.signature))
    node = info.node_info()
    dies = max((info.Topology(cpu).die for cpu in info.online_cpus()), default=0) + 1
    lines.append(
        f"  <topology sockets='{node.sockets}' dies='{dies}' cores='{node.cores // dies}' threads='{node.threads}'/>"
    )
    if cpu.physical_bits:
        lines.append(f"  <maxphysaddr mode='emulate' bits='{cpu.physical_bits}'/>")
    lines += [f"  <feature name='{name}'/>" for name in cpu.features]
    lines += [f"  <pages unit='KiB' size='{size}'/>" for size in _page_sizes()]
    return [*lines, "</cpu>"]


def _page_sizes() -> list[int]:
    sizes = [os.sysconf("SC_PAGE_SIZE") // 1024]
    try:
        names = os.listdir("/sys/kernel/mm/hugepages")
    except OSError:
        names = []
    return sizes + sorted(int(name.removeprefix("hugepages-").removesuffix("kB")) for name in names)


def _topology() -> list[str]:
    cells = info.cells()
    lines = [f"<cells num='{len(cells)}'>"]
    for cell, cpus, memory in cells:
        lines += [f"  <cell id='{cell}'>", f"    <memory unit='KiB'>{memory}</memory>"]
        huge = 0
        rows = []
        for size in _page_sizes()[1:]:
            count = int(info.read(f"{info.NODES}/node{cell}/hugepages/hugepages-{size}kB/nr_hugepages") or 0)
            huge += count * size
            rows.append(f"    <pages unit='KiB' size='{size}'>{count}</pages>")
        small = _page_sizes()[0]
        lines += [f"    <pages unit='KiB' size='{small}'>{(memory - huge) // small}</pages>", *rows]
        distances = (info.read(f"{info.NODES}/node{cell}/distance") or "").split()
        if distances:
            lines.append("    <distances>")
            lines += [
                f"      <sibling id='{other}' value='{value}'/>"
                for (other, _, _), value in zip(cells, distances, strict=False)
            ]
            lines.append("    </distances>")
        lines.append(f"    <cpus num='{len(cpus)}'>")
        for cpu in cpus:
            place = info.Topology(cpu)
            siblings = _ranges(place.siblings)
            lines.append(
                f"      <cpu id='{cpu}' socket_id='{place.socket}' die_id='{place.die}' core_id='{place.core}'"
                f" siblings='{siblings}'/>"
            )
        lines += ["    </cpus>", "  </cell>"]
    return [*lines, "</cells>"]


def _ranges(numbers: list[int]) -> str:
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def _secmodels(model: str, baselabel: str | None) -> list[str]:
    lines = ["<secmodel>", "  <model>none</model>", "  <doi>0</doi>", "</secmodel>"]
    if model == "dac":
        lines += ["<secmodel>", "  <model>dac</model>", "  <doi>0</doi>"]
        if baselabel:
            lines += [f"  <baselabel type='{kind}'>{baselabel}</baselabel>" for kind in ("kvm", "qemu")]
        lines.append("</secmodel>")
    return lines


def _guest(caps: QemuCaps) -> list[str]:
    arch = "i686" if caps.arch == "i386" else caps.arch
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
