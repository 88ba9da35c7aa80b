"""The host's processor as /proc/cpuinfo tells it, and the named model that comes closest to it."""

from __future__ import annotations

from virshpy.drivers.qemu.node.info import read

_VENDORS = {"GenuineIntel": "Intel", "AuthenticAMD": "AMD", "HygonGenuine": "Hygon", "CentaurHauls": "VIA"}
# The kernel's names for flags that libvirt and QEMU call otherwise.
_NAMES = {
    "abm": "abm", "avx512_bf16": "avx512-bf16", "avx512_bitalg": "avx512bitalg", "avx512_fp16": "avx512-fp16",
    "avx512_vbmi2": "avx512vbmi2", "avx512_vnni": "avx512vnni", "avx512_vpopcntdq": "avx512-vpopcntdq",
    "avx_vnni": "avx-vnni", "amx_bf16": "amx-bf16", "amx_tile": "amx-tile", "amx_int8": "amx-int8",
    "arch_capabilities": "arch-capabilities", "cr8_legacy": "cr8legacy", "lahf_lm": "lahf_lm", "nopl": "",
    "pclmulqdq": "pclmuldq", "pdpe1gb": "pdpe1gb", "sha_ni": "sha-ni", "sse4_1": "sse4.1", "sse4_2": "sse4.2",
    "tsc_deadline_timer": "tsc-deadline", "tsxldtrk": "tsx-ldtrk", "xsavec": "xsavec", "xgetbv1": "xgetbv1",
    "nonstop_tsc": "invtsc",
}  # fmt: skip
# Words in the list of flags that name what the kernel does, not what the processor has.
_KERNEL = frozenset(
    word
    for words in (
        "constant_tsc arch_perfmon rep_good xtopology cpuid tsc_known_freq cpuid_fault pti ssbd ibrs ibpb stibp",
        "ibrs_enhanced aperfmperf pts dtherm ida acpi cqm_llc extd_apicid amd_dcm retpoline up tsc_reliable pebs bts",
        "eagerfpu tpr_shadow flexpriority ept vpid vnmi nopl pcid_ cpb hw_pstate sme sev",
    )
    for word in words.split()
)

# What each generation added to the one before it, oldest first. A host is of the last one of which it has everything.
_BASE = (
    "apic clflush cmov cx8 de fpu fxsr lm mca mce mmx msr mtrr nx pae pat pge pni pse pse36 sep sse sse2 syscall tsc"
)
_GENERATIONS = {
    "Intel": (
        ("Conroe", f"{_BASE} cx16 lahf_lm ssse3"),
        ("Penryn", "sse4.1"),
        ("Nehalem", "popcnt sse4.2"),
        ("Westmere", "aes"),
        ("SandyBridge", "avx pclmuldq rdtscp tsc-deadline x2apic xsave"),
        ("Haswell-noTSX", "avx2 bmi1 bmi2 erms fma fsgsbase invpcid movbe pcid smep"),
        ("Broadwell-noTSX", "3dnowprefetch adx rdseed smap"),
        ("Broadwell", "hle rtm"),
        ("Skylake-Client", "abm arat clflushopt f16c mpx rdrand vme xgetbv1 xsavec xsaveopt"),
    ),
    "AMD": (
        ("Opteron_G1", _BASE),
        ("Opteron_G2", "cx16 lahf_lm rdtscp svm"),
        ("Opteron_G3", "abm misalignsse monitor popcnt sse4a"),
        ("EPYC", "3dnowprefetch adx aes arat avx avx2 bmi1 bmi2 clflushopt cr8legacy f16c fma fsgsbase fxsr_opt mmxext"
                 " movbe osvw pclmuldq pdpe1gb rdrand rdseed sha-ni smap smep sse4.1 sse4.2 ssse3 topoext vme xgetbv1"
                 " xsave xsavec xsaveopt"),
    ),
}  # fmt: skip


class HostCPU:
    """``model`` (QEMU's name) or None, ``vendor``, ``microcode``, ``signature`` (family, model, stepping),
    ``physical_bits``, ``features`` beyond
    the model's (libvirt's names)."""

    __slots__ = ("model", "vendor", "microcode", "signature", "physical_bits", "features")

    def __init__(self) -> None:
        self.model: str | None = None
        self.vendor: str | None = None
        self.microcode: int | None = None
        self.signature: tuple[int, int, int] | None = None
        self.physical_bits = 0
        self.features: list[str] = []


def host_cpu(cpuinfo: str = "/proc/cpuinfo") -> HostCPU:
    """The first processor of the host."""
    cpu = HostCPU()
    rows: dict[str, str] = {}
    for line in (read(cpuinfo) or "").split("\n\n")[0].splitlines():
        key, _, value = line.partition(":")
        rows[key.strip()] = value.strip()
    cpu.vendor = _VENDORS.get(rows.get("vendor_id", ""))
    if "microcode" in rows:
        cpu.microcode = int(rows["microcode"], 0)
    if {"cpu family", "model", "stepping"} <= rows.keys() and rows["stepping"].isdigit():
        cpu.signature = (int(rows["cpu family"]), int(rows["model"]), int(rows["stepping"]))
    bits = rows.get("address sizes", "").split()
    if bits and bits[0].isdigit():
        cpu.physical_bits = int(bits[0])
    names = [_NAMES.get(flag, flag) for flag in rows.get("flags", "").split() if flag not in _KERNEL]
    cpu.model, implied = _closest(cpu.vendor, set(names))
    cpu.features = [name for name in names if name and name not in implied]
    return cpu


def _closest(vendor: str | None, features: set[str]) -> tuple[str | None, set[str]]:
    """The newest generation that the processor wholly is, and the features that its name implies."""
    model, implied = None, set[str]()
    for name, added in _GENERATIONS.get(vendor or "", ()):
        wanted = implied | set(added.split())
        if not wanted <= features:
            break
        model, implied = name, wanted
    return model, implied
