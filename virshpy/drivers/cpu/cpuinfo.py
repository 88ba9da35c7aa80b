"""What Linux tells of an x86 processor in /proc/cpuinfo.

Of its features this is the second best source, taken where CPUID cannot be executed: the kernel leaves out what it has
turned off, and what it has no word for.
"""

from __future__ import annotations

from virshpy.drivers.cpu.features import is_known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

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
# Virtual addresses of so many bits need five levels of page tables, `la57`.
_FIVE_LEVELS = 57


def rows(text: str) -> dict[str, str]:
    """What the file says of its first processor."""
    found = {}
    for line in text.split("\n\n", 1)[0].splitlines():
        key, _, value = line.partition(":")
        found[key.strip()] = value.strip()
    return found


def features(flags: Iterable[str], virtual_bits: int = 0) -> set[str]:
    """The features in the list of ``flags``, those that go with them, and what the size of addresses tells."""
    names = (_FROM_KERNEL.get(flag, flag) for flag in flags)
    found = {name for name in names if is_known(name) and name not in _NOT_THE_PROCESSORS}
    found.update(implied for name, implied in _IMPLIED.items() if name in found)
    if virtual_bits >= _FIVE_LEVELS:
        found.add("la57")  # a kernel that was built without them does not list it
    return found


def signature(said: dict[str, str]) -> tuple[int, int, int] | None:
    """Family, model number and stepping, where all are there: a stepping may be ``unknown``."""
    numbers = [said.get(key, "") for key in ("cpu family", "model", "stepping")]
    if not all(number.isdigit() for number in numbers):
        return None
    family, number, stepping = map(int, numbers)
    return family, number, stepping


def address_bits(said: dict[str, str]) -> tuple[int, int]:
    """Physical and virtual, of ``48 bits physical, 57 bits virtual``; zeros where the kernel does not say."""
    found = [int(word) for word in said.get("address sizes", "").split() if word.isdigit()]
    return (found[0], found[1]) if len(found) == 2 else (0, 0)
