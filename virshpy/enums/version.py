"""The version of libvirt whose API, documents and virsh are followed."""

from __future__ import annotations

# As virConnectGetLibVersion has it: clients ask for it to know what they may use.
LIBVIRT = 9_000_000


def dotted(number: int) -> str:
    """``9.0.0`` of 9000000: major * 1,000,000 + minor * 1,000 + release."""
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"
