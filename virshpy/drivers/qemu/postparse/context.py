"""What defaults depend on besides the document and QEMU: the host's facts and a source of random numbers."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Context:
    """``nvram_dir`` where variable stores go, ``firmware`` the descriptors to choose from (None: read at need),
    ``random`` a source of random bytes, ``host_arch``, the addresses that displays listen on by default."""

    __slots__ = ("nvram_dir", "firmware", "random", "host_arch", "vnc_listen", "spice_listen")

    def __init__(
        self,
        *,
        nvram_dir: str = "/var/lib/virshpy/qemu/nvram",
        firmware: list[dict[str, Any]] | None = None,
        random: Callable[[int], bytes] = os.urandom,
        host_arch: str | None = None,
        vnc_listen: str = "127.0.0.1",
        spice_listen: str = "127.0.0.1",
    ) -> None:
        self.nvram_dir = nvram_dir
        self.firmware = firmware
        self.random = random
        self.host_arch = host_arch or os.uname().machine
        self.vnc_listen = vnc_listen
        self.spice_listen = spice_listen

    def new_uuid(self) -> str:
        """A random (version 4) UUID."""
        raw = bytearray(self.random(16))
        raw[6] = raw[6] & 0x0F | 0x40
        raw[8] = raw[8] & 0x3F | 0x80
        text = raw.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
