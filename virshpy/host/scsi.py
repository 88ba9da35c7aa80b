"""SCSI devices of the host, as /sys names them."""

from __future__ import annotations

import os
import re

from virshpy import errors

_DEVICES = "/sys/bus/scsi/devices"


def generic_device(adapter: str, bus: int, target: int, unit: int) -> str:
    """/dev/sgN of a unit behind an adapter (``scsi_host0``). Raises InternalError, SystemCallError for none."""
    number = re.fullmatch(r"scsi_host([0-9]+)", adapter)
    if number is None:
        raise errors.InternalError(f"Cannot parse adapter '{adapter}'", hint="expected scsi_host and its number")
    folder = f"{_DEVICES}/{number[1]}:{bus}:{target}:{unit}/scsi_generic"
    try:
        found = sorted(os.listdir(folder))
    except OSError as error:
        raise errors.SystemCallError(
            f"cannot open directory '{folder}': {error.strerror}",
            hint="what the host has: lsscsi --generic; the driver for it: modprobe sg",
        ) from None
    if not found:
        raise errors.InternalError(f"no generic device in '{folder}'", hint="load its driver: modprobe sg")
    return f"/dev/{found[0]}"
