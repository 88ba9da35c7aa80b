"""Addresses of guests on virtual sockets (vsock), of which the kernel gives each to one guest."""

from __future__ import annotations

import fcntl
import os
import struct

from virshpy import errors

DEVICE = "/dev/vhost-vsock"
_SET_GUEST_CID = 0x4008AF60
_FIRST, _LAST = 3, 0xFFFFFFFE  # those before it mean the hypervisor and the host


def free_address() -> int:
    """The lowest address that is no guest's. It is not held: whoever takes it first has it.

    Raises ConfigUnsupported where the host has no vsock for guests.
    """
    fd = _open()
    try:
        for address in range(_FIRST, _LAST):
            if _claim(fd, address):
                return address
    finally:
        os.close(fd)  # and with it the claim
    raise errors.ConfigUnsupported("all addresses of guests on virtual sockets are in use")


def require_device() -> None:
    """Raises ConfigUnsupported where the host has no vsock for guests."""
    os.close(_open())


def _open() -> int:
    try:
        return os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise errors.ConfigUnsupported(
            "unable to open vhost-vsock device", hint=f"{DEVICE}: {error.strerror}; load it: modprobe vhost_vsock"
        ) from None


def _claim(fd: int, address: int) -> bool:
    try:
        fcntl.ioctl(fd, _SET_GUEST_CID, struct.pack("=Q", address))
    except OSError:
        return False
    return True
