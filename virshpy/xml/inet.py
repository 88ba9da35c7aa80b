"""IP addresses in documents: of which version they are, and which lie together."""

from __future__ import annotations


def ip_version(text: str) -> int | None:
    """4 or 6; None for what is no address."""
    from _socket import AF_INET, AF_INET6, inet_pton  # `socket` itself makes enums of them

    for family, version in ((AF_INET, 4), (AF_INET6, 6)):
        try:
            inet_pton(family, text)
        except (OSError, ValueError):
            continue
        return version
    return None


def canonical(address: str) -> str:
    """An address as the C library writes it, ``10.1`` and octal numbers included; any other text as it is."""
    from _socket import AF_INET6, inet_aton, inet_ntoa, inet_ntop, inet_pton

    if ip_version(address) == 6:
        return inet_ntop(AF_INET6, inet_pton(AF_INET6, address))
    try:
        return address if set(address) - set("0123456789abcdefABCDEFxX.") else inet_ntoa(inet_aton(address))
    except OSError:
        return address


def as_number(address: str) -> int:
    from _socket import AF_INET, AF_INET6, inet_pton  # `socket` itself makes enums of them

    return int.from_bytes(inet_pton(AF_INET6 if ":" in address else AF_INET, address))


def leading_ones(mask: int, bits: int) -> int | None:
    """The prefix length that a mask stands for; None where it has a hole."""
    length = mask.bit_count()
    return length if mask == (1 << bits) - (1 << bits - length) else None


def network_of(address: str, prefix: int) -> tuple[int, int]:
    """The first and the last address of the network that an address is in, as numbers."""
    bits = 128 if ":" in address else 32
    size = 1 << bits - prefix
    first = as_number(address) // size * size
    return first, first + size - 1
