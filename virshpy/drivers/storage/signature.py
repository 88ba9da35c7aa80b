"""What stands on a device already, and that a build does not write over it unasked."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.storage.backend import program
from virshpy.host import processes


def signature(device: str) -> str | None:
    """What a device holds, by blkid's word: a file system, or a table of partitions; None where nothing is known.

    Raises InternalError where it cannot be read.
    """
    done = processes.run([program("blkid"), "-p", "-o", "export", device], timeout=30, check=False)
    if done.returncode == 2:
        return None
    told = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    kind = told.get("TYPE") or told.get("PTTYPE")
    if done.returncode and kind is None:
        raise errors.InternalError(
            f"Not capable of probing for filesystem of type on device '{device}': {done.stderr.strip()}",
            hint=f"look at it yourself: blkid -p {device}",
        )
    return kind


def occupied(device: str, found: str, wanted: str, overwriting: str) -> errors.Error:
    """The refusal to build on a device that holds something; overwriting says how, and at what price."""
    if found == wanted:
        detail = f"Device '{device}' already formatted using '{found}'"
    else:
        detail = (
            f"Format of device '{device}' does not match the expected format '{wanted}', forced overwrite is necessary"
        )
    return errors.StoragePoolBuilt(detail, hint=f"it holds {found}; {overwriting}")
