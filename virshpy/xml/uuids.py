"""UUIDs as users and documents write them; and new ones, and new MAC addresses."""

from __future__ import annotations


def read_uuid(text: str) -> str | None:
    """libvirt's reading of a UUID (dashes optional, white space around it allowed); None when it is none."""
    text = text.strip()
    digits = text.replace("-", "").lower()
    if len(digits) != 32 or set(digits) - set("0123456789abcdef") or text[0] == "-":
        return None
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def new_uuid() -> str:
    from uuid import uuid4

    return str(uuid4())


def new_mac() -> str:
    """An address in the range that is QEMU's."""
    from os import urandom

    return "52:54:00:" + urandom(3).hex(":")
