"""Asking the processor itself: the instruction CPUID of x86, which Python has no word for."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Registers = tuple[int, int, int, int]
    Answers = dict[tuple[int, int], Registers]

# For root, and where the modules of these names are loaded, the kernel reads them.
DEVICE = "/dev/cpu/0/cpuid"
REGISTERS = "/dev/cpu/0/msr"

# void cpuid(uint32_t leaf, uint32_t subleaf, uint32_t registers[4]) by the calling convention of x86_64, where rbx is
# the caller's.
_CODE = bytes.fromhex(
    "53"  # push rbx
    "4989d0"  # mov r8, rdx
    "89f8"  # mov eax, edi
    "89f1"  # mov ecx, esi
    "0fa2"  # cpuid
    "418900"  # mov [r8], eax
    "41895804"  # mov [r8+4], ebx
    "41894808"  # mov [r8+8], ecx
    "4189500c"  # mov [r8+12], edx
    "5b"  # pop rbx
    "c3"  # ret
)
_PAGE = 4096
_READ_EXECUTE, _PRIVATE = 5, 2


def ask(questions: Iterable[tuple[int, int]]) -> Answers | None:
    """What eax, ebx, ecx and edx hold after CPUID, by leaf and subleaf; None where it cannot be executed: on another
    architecture, and where this process may not bring code of its own."""
    if os.uname().machine != "x86_64":
        return None
    asked = list(questions)
    return read_device(asked) or execute(asked)


def read_device(questions: Iterable[tuple[int, int]], device: str = DEVICE) -> Answers | None:
    """The answers of the kernel's device; None where it may not be read."""
    import struct

    try:
        with open(device, "rb", buffering=0) as file:
            return {
                (leaf, sub): struct.unpack("=4I", os.pread(file.fileno(), 16, sub << 32 | leaf))
                for leaf, sub in questions
            }
    except (OSError, struct.error):
        return None


def read_register(index: int, device: str = REGISTERS) -> int | None:
    """A model specific register of 64 bits; None where there is none, or it may not be read."""
    try:
        with open(device, "rb", buffering=0) as file:
            value = os.pread(file.fileno(), 8, index)
    except OSError:
        return None
    return int.from_bytes(value, "little") if len(value) == 8 else None


def execute(questions: Iterable[tuple[int, int]]) -> Answers | None:
    """The answers to this very process; None where it may not execute code of its own making."""
    import ctypes

    if ctypes.sizeof(ctypes.c_void_p) != 8:
        return None
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    # A page of a file, executable from the start: hardened hosts never execute memory that could be written.
    try:
        fd = os.memfd_create("cpuid")
    except OSError:
        return None
    try:
        os.write(fd, _CODE)
        page = libc.mmap(None, _PAGE, _READ_EXECUTE, _PRIVATE, fd, 0)
    finally:
        os.close(fd)
    if page is None or page == ctypes.c_void_p(-1).value:
        return None
    instruction = ctypes.CFUNCTYPE(None, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p)(page)
    registers = (ctypes.c_uint32 * 4)()
    found: Answers = {}
    for leaf, subleaf in questions:
        instruction(leaf, subleaf, registers)
        found[leaf, subleaf] = (registers[0], registers[1], registers[2], registers[3])
    libc.munmap(page, _PAGE)
    return found
