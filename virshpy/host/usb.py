"""USB devices of the host, as /sys names them."""

from __future__ import annotations

import os

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

DEVICES = "/sys/bus/usb/devices"


def find(
    vendor: int | None, product: int | None, bus: int | None, device: int | None, folder: str = DEVICES
) -> tuple[int, int]:
    """(bus, device) of the one device with these numbers; None is any. Raises InternalError, OperationFailed for none
    and for several, SystemCallError where the host has no USB."""
    try:
        found = [
            place
            for numbers, place in _devices(folder)
            if vendor in (None, numbers[0]) and product in (None, numbers[1])
            if bus in (None, place[0]) and device in (None, place[1])
        ]
    except OSError as error:
        raise errors.from_os_error(error, f"cannot open directory '{folder}'", hint="this host has no USB") from None
    if not found:
        words = [] if vendor is None else [f"{vendor:04x}:{product or 0:04x}"]
        words += [] if bus is None else [f"bus:{bus} device:{device or 0}"]
        raise errors.InternalError(
            f"Did not find USB device {' '.join(words)}",
            hint="is it plugged in? lsusb shows what is; with <source startupPolicy='optional'> the guest does without",
        )
    if len(found) > 1:
        places = ", ".join(f"<address bus='{bus}' device='{device}'/>" for bus, device in sorted(found))
        raise errors.OperationFailed(
            f"Multiple USB devices for {vendor or 0:x}:{product or 0:x}, use <address> to specify one", hint=places
        )
    return found[0]


def _devices(folder: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """((vendor, product), (bus, device)) of each. Raises OSError where there is no such folder."""
    for name in os.listdir(folder):
        try:
            with open(f"{folder}/{name}/idVendor") as vendor, open(f"{folder}/{name}/idProduct") as product:
                numbers = int(vendor.read(), 16), int(product.read(), 16)
            with open(f"{folder}/{name}/busnum") as bus, open(f"{folder}/{name}/devnum") as device:
                yield numbers, (int(bus.read()), int(device.read()))
        except (OSError, ValueError):
            continue  # an interface of a device, or one that was just unplugged
