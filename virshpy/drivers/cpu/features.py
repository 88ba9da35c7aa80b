"""Features of x86 processors: libvirt's names in libvirt's order, and what QEMU and the kernel call them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# Register by register of CPUID, from the lowest bit up; then the model specific registers that enumerate features.
# libvirt prints features in this order. A name that is not here is none of a processor's: `kvmclock`, `check`.
_REGISTERS = (
    # 1: edx, ecx
    "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 pn clflush ds acpi mmx fxsr sse sse2 ss"
    " ht tm ia64 pbe",
    "pni pclmuldq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid fma cx16 xtpr pdcm pcid dca sse4.1 sse4.2 x2apic"
    " movbe popcnt tsc-deadline aes xsave osxsave avx f16c rdrand hypervisor",
    # 6: eax
    "arat",
    # 7, 0: ebx, ecx, edx
    "fsgsbase tsc_adjust sgx bmi1 hle avx2 smep bmi2 erms invpcid rtm cmt mpx avx512f avx512dq rdseed adx smap"
    " avx512ifma pcommit clflushopt clwb intel-pt avx512pf avx512er avx512cd sha-ni avx512bw avx512vl",
    "avx512vbmi umip pku ospke waitpkg avx512vbmi2 gfni vaes vpclmulqdq avx512vnni avx512bitalg avx512-vpopcntdq la57"
    " rdpid bus-lock-detect cldemote movdiri movdir64b sgxlc pks",
    "avx512-4vnniw avx512-4fmaps fsrm avx512-vp2intersect md-clear serialize tsx-ldtrk pconfig arch-lbr amx-bf16"
    " avx512-fp16 amx-tile amx-int8 spec-ctrl stibp arch-capabilities core-capability ssbd",
    # 7, 1: eax
    "avx-vnni avx512-bf16",
    # d, 1: eax
    "xsaveopt xsavec xgetbv1 xsaves xfd",
    # f, 1: edx; 12; 14, 0: ecx
    "mbm_total mbm_local",
    "sgx1 sgx2 sgx-debug sgx-mode64 sgx-provisionkey sgx-tokenkey sgx-kss",
    "intel-pt-lip",
    # 80000001: edx, ecx
    "syscall nx mmxext fxsr_opt pdpe1gb rdtscp lm 3dnowext 3dnow",
    "lahf_lm cmp_legacy svm extapic cr8legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt lwp fma4"
    " tce nodeid_msr tbm topoext perfctr_core perfctr_nb",
    # 80000007: edx; 80000008: ebx
    "invtsc",
    "clzero xsaveerptr wbnoinvd ibpb ibrs amd-stibp amd-ssbd virt-ssbd amd-no-ssb",
    # 8000000a: edx
    "npt lbrv svm-lock nrip-save tsc-scale vmcb-clean flushbyasid decodeassists pause-filter pfthreshold avic"
    " v-vmsave-vmload vgif svme-addr-chk",
    # model specific registers: 10a, cf
    "rdctl-no ibrs-all rsba skip-l1dfl-vmentry ssb-no mds-no pschange-mc-no tsx-ctrl taa-no",
    "split-lock-detect",
)
_ORDER = {name: place for place, name in enumerate(" ".join(_REGISTERS).split())}

# Bits of the register of architectural capabilities (0x10a).
CAPABILITY_BITS = {
    0: "rdctl-no", 1: "ibrs-all", 2: "rsba", 3: "skip-l1dfl-vmentry", 4: "ssb-no", 5: "mds-no", 6: "pschange-mc-no",
    7: "tsx-ctrl", 8: "taa-no",
}  # fmt: skip

# What QEMU spells otherwise.
_TO_QEMU = {
    "cmp_legacy": "cmp-legacy", "ds_cpl": "ds-cpl", "fxsr_opt": "fxsr-opt", "kvm_pv_eoi": "kvm-pv-eoi",
    "kvm_pv_unhalt": "kvm-pv-unhalt", "lahf_lm": "lahf-lm", "nodeid_msr": "nodeid-msr", "pclmuldq": "pclmulqdq",
    "perfctr_core": "perfctr-core", "perfctr_nb": "perfctr-nb", "tsc_adjust": "tsc-adjust", "sse4_1": "sse4.1",
    "sse4_2": "sse4.2", "tsc_scale": "tsc-scale", "vmcb_clean": "vmcb-clean",
}  # fmt: skip
_FROM_QEMU = {qemu: name for name, qemu in _TO_QEMU.items() if name in _ORDER}

# What the kernel's list of flags calls otherwise. Its other words are either the same, or not of the processor.
_FROM_KERNEL = {
    "avx512_bf16": "avx512-bf16", "avx512_bitalg": "avx512bitalg", "avx512_fp16": "avx512-fp16",
    "avx512_vbmi2": "avx512vbmi2", "avx512_vnni": "avx512vnni", "avx512_vpopcntdq": "avx512-vpopcntdq",
    "avx512_vp2intersect": "avx512-vp2intersect", "avx512_4vnniw": "avx512-4vnniw", "avx512_4fmaps": "avx512-4fmaps",
    "avx_vnni": "avx-vnni", "amx_bf16": "amx-bf16", "amx_tile": "amx-tile", "amx_int8": "amx-int8",
    "arch_capabilities": "arch-capabilities", "core_capabilities": "core-capability", "cr8_legacy": "cr8legacy",
    "pclmulqdq": "pclmuldq", "sha_ni": "sha-ni", "sse4_1": "sse4.1", "sse4_2": "sse4.2", "cqm": "cmt",
    "cqm_mbm_total": "mbm_total", "cqm_mbm_local": "mbm_local", "intel_pt": "intel-pt", "md_clear": "md-clear",
    "bus_lock_detect": "bus-lock-detect", "split_lock_detect": "split-lock-detect", "arch_lbr": "arch-lbr",
    "tsc_deadline_timer": "tsc-deadline", "tsxldtrk": "tsx-ldtrk", "nonstop_tsc": "invtsc", "lbrv": "lbrv",
    "nrip_save": "nrip-save", "tsc_scale": "tsc-scale", "vmcb_clean": "vmcb-clean", "svm_lock": "svm-lock",
    "v_vmsave_vmload": "v-vmsave-vmload", "virt_ssbd": "virt-ssbd", "amd_ssbd": "amd-ssbd", "nodeid_msr": "nodeid_msr",
}  # fmt: skip
# The kernel's own inventions, under names that a feature has.
_NOT_THE_PROCESSORS = frozenset(("ibrs", "ibpb", "stibp", "ssbd"))
# What the kernel does not list, by the flag without which it would not be there.
_IMPLIED = {"xsave": "osxsave", "amx-tile": "xfd", "pku": "ospke"}


def in_order(names: Iterable[str]) -> list[str]:
    """Features in libvirt's order; those that it does not know come last, by name."""
    return sorted(names, key=lambda name: (_ORDER.get(name, len(_ORDER)), name))


def is_known(name: str) -> bool:
    return name in _ORDER


def qemu_name(name: str) -> str:
    """What -cpu calls a feature."""
    return _TO_QEMU.get(name, name)


def from_qemu_name(name: str) -> str:
    """libvirt's name of one of QEMU's properties."""
    return _FROM_QEMU.get(name, name)


def from_qemu(properties: Iterable[str]) -> frozenset[str]:
    """The features among a processor's properties that are on."""
    names = map(from_qemu_name, properties)
    return frozenset(name for name in names if name in _ORDER)


def from_kernel(flags: Iterable[str]) -> set[str]:
    """The processor's features in the ``flags`` of /proc/cpuinfo, and those that go with them."""
    names = (_FROM_KERNEL.get(flag, flag) for flag in flags)
    found = {name for name in names if name in _ORDER and name not in _NOT_THE_PROCESSORS}
    return found | {implied for name, implied in _IMPLIED.items() if name in found}
