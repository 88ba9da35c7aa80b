"""Features of x86 processors: libvirt's names in libvirt's order, where CPUID has them, and what QEMU calls them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

EAX, EBX, ECX, EDX = range(4)

# Register by register of CPUID: leaf, subleaf, register, and names from the lowest bit up. A number is that of the next
# name's bit, where the bits before it have no name. libvirt prints features in this order. A name that is not here is
# none of a processor's: `kvmclock`, `check`.
REGISTERS = (
    (0x1, 0, EDX, "fpu vme de pse tsc msr pae mce cx8 apic 11 sep mtrr pge mca cmov pat pse36 pn clflush 21 ds acpi"
     " mmx fxsr sse sse2 ss ht tm ia64 pbe"),
    (0x1, 0, ECX, "pni pclmuldq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid 12 fma cx16 xtpr pdcm 17 pcid dca"
     " sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline aes xsave osxsave avx f16c rdrand hypervisor"),
    (0x6, 0, EAX, "2 arat"),
    (0x7, 0, EBX, "fsgsbase tsc_adjust sgx bmi1 hle avx2 7 smep bmi2 erms invpcid rtm cmt 14 mpx 16 avx512f avx512dq"
     " rdseed adx smap avx512ifma pcommit clflushopt clwb intel-pt avx512pf avx512er avx512cd sha-ni avx512bw"
     " avx512vl"),
    (0x7, 0, ECX, "1 avx512vbmi umip pku ospke waitpkg avx512vbmi2 8 gfni vaes vpclmulqdq avx512vnni avx512bitalg 14"
     " avx512-vpopcntdq 16 la57 22 rdpid 24 bus-lock-detect cldemote 27 movdiri movdir64b 30 sgxlc pks"),
    (0x7, 0, EDX, "2 avx512-4vnniw avx512-4fmaps fsrm 8 avx512-vp2intersect 10 md-clear 14 serialize 16 tsx-ldtrk"
     " 18 pconfig arch-lbr 22 amx-bf16 avx512-fp16 amx-tile amx-int8 spec-ctrl stibp 29 arch-capabilities"
     " core-capability ssbd"),
    (0x7, 1, EAX, "4 avx-vnni avx512-bf16"),
    (0xD, 1, EAX, "xsaveopt xsavec xgetbv1 xsaves xfd"),
    (0xF, 1, EDX, "1 mbm_total mbm_local"),
    (0x12, 0, EAX, "sgx1 sgx2"),
    (0x12, 0, EBX, "sgx-exinfo"),
    (0x12, 1, EAX, "1 sgx-debug sgx-mode64 4 sgx-provisionkey sgx-tokenkey 7 sgx-kss"),
    (0x14, 0, ECX, "31 intel-pt-lip"),
    (0x80000001, 0, EDX, "11 syscall 20 nx 22 mmxext 25 fxsr_opt pdpe1gb rdtscp 29 lm 3dnowext 3dnow"),
    (0x80000001, 0, ECX, "lahf_lm cmp_legacy svm extapic cr8legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop"
     " skinit wdt 15 lwp fma4 tce cvt16 nodeid_msr 21 tbm topoext perfctr_core perfctr_nb"),
    (0x80000007, 0, EDX, "8 invtsc"),
    (0x80000008, 0, EBX, "clzero 2 xsaveerptr 9 wbnoinvd 12 ibpb 14 ibrs amd-stibp 24 amd-ssbd virt-ssbd amd-no-ssb"),
    (0x8000000A, 0, EDX, "npt lbrv svm-lock nrip-save tsc-scale vmcb-clean flushbyasid decodeassists 10 pause-filter"
     " 12 pfthreshold avic 15 v-vmsave-vmload vgif 28 svme-addr-chk"),
)  # fmt: skip
# The same of the model specific registers of capabilities: of the architecture (0x10a), whose bits are read where
# `arch-capabilities` says that it is there, and of the core (0xcf), which a host is not asked for.
CAPABILITIES = "rdctl-no ibrs-all rsba skip-l1dfl-vmentry ssb-no mds-no pschange-mc-no tsx-ctrl taa-no"
_CORE = "5 split-lock-detect"


def _names() -> list[str]:
    words = " ".join([*(row[3] for row in REGISTERS), CAPABILITIES, _CORE]).split()
    return [word for word in words if not word.isdigit()]


_ORDER = {name: place for place, name in enumerate(_names())}

# What QEMU spells otherwise.
_TO_QEMU = {
    "cmp_legacy": "cmp-legacy", "ds_cpl": "ds-cpl", "fxsr_opt": "fxsr-opt", "kvm_pv_eoi": "kvm-pv-eoi",
    "kvm_pv_unhalt": "kvm-pv-unhalt", "lahf_lm": "lahf-lm", "nodeid_msr": "nodeid-msr", "pclmuldq": "pclmulqdq",
    "perfctr_core": "perfctr-core", "perfctr_nb": "perfctr-nb", "tsc_adjust": "tsc-adjust", "sse4_1": "sse4.1",
    "sse4_2": "sse4.2", "tsc_scale": "tsc-scale", "vmcb_clean": "vmcb-clean",
}  # fmt: skip
_FROM_QEMU = {qemu: name for name, qemu in _TO_QEMU.items() if name in _ORDER}


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
