"""Labels of single images and character devices."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.aliases import layers
from virshpy.xml.domain.storage import StorageSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.address import DeviceSeclabel


def check_labels(domain: Domain) -> None:
    """Raises ConfigUnsupported for a label of a device where the domain's of that model is not to be changed."""
    fixed = {label.model for label in domain.seclabels if label.type == "none" or label.relabel is False}
    for label in _of_devices(domain) if fixed else ():
        if label.model is not None and label.model in fixed:
            raise errors.ConfigUnsupported(
                "label overrides require relabeling to be enabled at the domain level",
                hint=f"say relabel='yes' in the domain's <seclabel model='{label.model}'>, or take the device's out",
            )


def _of_devices(domain: Domain) -> Iterator[DeviceSeclabel]:
    devices = domain.devices
    for disk in devices.disks:
        for layer in layers(disk):
            source = layer if isinstance(layer, StorageSource) else layer.source
            yield from source.seclabels if source is not None else ()
    for group in (devices.serials, devices.parallels, devices.consoles, devices.channels):
        for device in group:
            for source in device.sources:
                yield from source.seclabels
