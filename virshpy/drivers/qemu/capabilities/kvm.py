"""Whether a guest would really run under KVM here: more than whether its device opens."""

from __future__ import annotations

import os

DEVICE = "/dev/kvm"


def kvm_present(device: str = DEVICE) -> tuple[bool, str]:
    """Whether the device opens for reading and writing, and the sentence that says why not."""
    try:
        os.close(os.open(device, os.O_RDWR | os.O_CLOEXEC))
    except FileNotFoundError:
        return False, f"{device} does not exist: the kvm module is not loaded or virtualisation is off in the firmware"
    except OSError as error:
        return False, f"{device} cannot be opened: {error.strerror}"
    return True, ""


def kvm_usable(device: str = DEVICE, cpuinfo: str = "/proc/cpuinfo") -> tuple[bool, str]:
    """Whether a guest would run under KVM, and a sentence saying why or why not.

    On x86 a device that opens is not enough: on a processor without vmx and svm (a virtual machine that was not given
    them, with an emulating KVM behind the device) a guest hangs in its firmware.
    """
    present, reason = kvm_present(device)
    if not present:
        return False, reason
    if os.uname().machine in ("x86_64", "i686", "i386"):
        flags = _cpu_flags(cpuinfo)
        if flags is not None and not flags & {"vmx", "svm"}:
            return False, f"{device} opens, but the host's processor has neither vmx nor svm: a guest would hang"
    return True, f"{device} opens and the host's processor supports it"


_flags: dict[str, set[str] | None] = {}  # by file: a host's processors stay the same while a process lives


def _cpu_flags(cpuinfo: str) -> set[str] | None:
    if cpuinfo not in _flags:
        _flags[cpuinfo] = _read_flags(cpuinfo)
    return _flags[cpuinfo]


def _read_flags(cpuinfo: str) -> set[str] | None:
    try:
        with open(cpuinfo) as file:
            for line in file:
                if line.startswith("flags"):
                    return set(line.partition(":")[2].split())
    except OSError:
        return None
    return set()


# Requests of the kernel's interface, from its <linux/kvm.h>.
_CREATE_VM, _CHECK_EXTENSION, _CREATE_VCPU, _GET_TSC_KHZ, _GET_MSRS = 0xAE01, 0xAE03, 0xAE41, 0xAEA3, 0xC008AE88
_SCALES_TSC = 60


def feature_register(index: int, device: str = DEVICE) -> int | None:
    """A model specific register that enumerates features, as guests may see it; None where KVM does not tell."""
    import struct
    from fcntl import ioctl

    wanted = bytearray(struct.pack("=IIIIQ", 1, 0, index, 0, 0))
    try:
        fd = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if ioctl(fd, _GET_MSRS, wanted) != 1:
            return None
    except OSError:
        return None
    finally:
        os.close(fd)
    value: int = struct.unpack("=IIIIQ", wanted)[4]
    return value


def tsc(device: str = DEVICE) -> tuple[int, bool] | None:
    """The frequency in Hz of the time stamp counter, and whether guests may be given another; None where KVM does not
    tell. A machine without memory is made for the question, and goes with it."""
    from fcntl import ioctl

    opened: list[int] = []
    try:
        opened.append(os.open(device, os.O_RDWR | os.O_CLOEXEC))
        opened.append(ioctl(opened[0], _CREATE_VM, 0))
        opened.append(ioctl(opened[1], _CREATE_VCPU, 0))
        kilohertz = ioctl(opened[2], _GET_TSC_KHZ, 0)
        return kilohertz * 1000, bool(ioctl(opened[0], _CHECK_EXTENSION, _SCALES_TSC))
    except OSError:
        return None
    finally:
        for fd in reversed(opened):
            os.close(fd)
