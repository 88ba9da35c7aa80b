"""Host directories in the guest: what 9p and virtiofs can be told."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.pci.needs import not_on_pci

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain.filesystem import Filesystem


def check_filesystem(filesystem: Filesystem) -> None:
    """Raises ConfigUnsupported with libvirt's words."""
    driver = filesystem.driver
    if driver is not None and driver.type in ("loop", "nbd", "ploop"):
        raise not_on_pci("drivers: path, virtiofs")
    if filesystem.type != "mount":
        raise errors.ConfigUnsupported("only supports mount filesystem type", hint="QEMU shares directories")
    if (filesystem.fmode is not None or filesystem.dmode is not None) and filesystem.accessmode != "mapped":
        raise errors.ConfigUnsupported(
            "fmode and dmode must be used with accessmode=mapped", hint="say accessmode='mapped'"
        )
    if driver is not None and driver.type == "handle" and filesystem.accessmode != "passthrough":
        raise errors.ConfigUnsupported("only supports passthrough accessmode")
    if driver is not None and driver.type == "virtiofs":
        _check_virtiofs(filesystem)
    elif filesystem.boot is not None:
        raise errors.ConfigUnsupported("boot order is only supported for virtiofs")


def _check_virtiofs(filesystem: Filesystem) -> None:
    if filesystem.readonly:
        raise errors.ConfigUnsupported("virtiofs does not yet support read-only mode")
    if filesystem.accessmode not in (None, "passthrough"):
        raise errors.ConfigUnsupported("virtiofs only supports passthrough accessmode")
    wrpolicy = filesystem.driver.wrpolicy if filesystem.driver else None
    for word, value in (("wrpolicy", wrpolicy), ("model", filesystem.model), ("multidevs", filesystem.multidevs)):
        if value is not None:
            raise errors.ConfigUnsupported(f"virtiofs does not support {word}")
