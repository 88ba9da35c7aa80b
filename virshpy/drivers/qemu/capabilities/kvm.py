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


def _cpu_flags(cpuinfo: str) -> set[str] | None:
    try:
        with open(cpuinfo) as file:
            for line in file:
                if line.startswith("flags"):
                    return set(line.partition(":")[2].split())
    except OSError:
        return None
    return set()
