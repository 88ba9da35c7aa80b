"""The documents that the tests of this area share."""

from __future__ import annotations

from pathlib import Path

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.xml"))
"""Guests of our own invention, each rich in one area, in the form in which libvirt 9.0 prints them."""

FRAGMENTS = sorted((Path(__file__).parent / "fragments").glob("*.xml"))
"""Elements that no guest of libvirt can have, which other documents share with guests."""


def guest(
    body: str = "", devices: str = "", *, name: str = "g", attributes: str = "type='qemu'", memory: str = "64"
) -> str:
    """The smallest guest, with more in it."""
    return (
        f"<domain {attributes}>\n<name>{name}</name>\n<memory unit='MiB'>{memory}</memory>\n"
        f"<os><type arch='x86_64'>hvm</type></os>\n{body}\n<devices>{devices}</devices>\n</domain>\n"
    )
