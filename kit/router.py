"""Makes the small guest a router that translates addresses: Debian's own nft, and the kernel's modules for it.

As a program: ``python3 kit/router.py PATH`` writes its initrd.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kit import extras
from kit.guest import KERNELS, Apt, Guest, GuestError, build, in_order, modules_of

PROGRAM = "usr/sbin/nft"
MODULES = ("nft_chain_nat", "nft_masq", "nft_ct")
# Loads the modules, has packets passed on, and gives those that leave by eth0 its address.
ROUTE = b"""#!/bin/sh
for module in $(cat /modules/router); do insmod /modules/$module.ko; done
echo 1 >/proc/sys/net/ipv4/ip_forward
export LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu
/usr/sbin/nft 'table ip nat { chain out { type nat hook postrouting priority srcnat; oifname "eth0" masquerade; }; }'
"""


def initrd_of_router(guest: Guest, path: Path) -> Path:
    """Write the guest's initrd with ``/sbin/route-out`` behind it to a path, which is returned. Raises GuestError."""
    recipe = Path(__file__).read_bytes() + guest.version.encode()
    return extras.initrd_with(guest, path, extras.archive("router", recipe, lambda apt, work: _pack(apt, work, guest)))


def _pack(apt: Apt, work: Path, guest: Guest) -> bytes:
    packed = extras.with_program(apt, work / "root", "nftables", PROGRAM)
    for package in apt.kernel_packages(KERNELS):
        apt.unpack(package, work / "kernel")
    try:
        modules = modules_of(work / "kernel", guest.version, MODULES)
    except GuestError:
        raise GuestError(f"apt has another kernel than the guest's, {guest.version}: kit/guest.py --refresh") from None
    for name, data in modules.items():
        packed.file(f"modules/{name}.ko", data)
    packed.file("modules/router", "".join(f"{name}\n" for name in in_order(MODULES, modules)).encode())
    packed.file("sbin/route-out", ROUTE, 0o755)
    return packed.close()


def main() -> int:
    try:
        initrd_of_router(build(), Path(sys.argv[1]))
    except GuestError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
