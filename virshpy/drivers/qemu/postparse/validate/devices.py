"""All other devices."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.pci.chipset import is_q35
from virshpy.drivers.qemu.postparse.validate.controllers import check_controllers
from virshpy.drivers.qemu.postparse.validate.filesystems import check_filesystem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.display import Graphics

_VNC_PASSWORD = 8


def check_devices(domain: Domain) -> None:
    check_controllers(domain)
    _check_shmems(domain)
    _check_chardevs(domain)
    _check_graphics(domain)
    _check_iommu(domain)
    _check_hostdevs(domain)
    devices = domain.devices
    for device in devices.inputs:
        if device.bus in ("xen", "parallels"):
            raise errors.InternalError(f"unsupported input bus {device.bus}", hint="QEMU has ps2, usb and virtio")
        if device.bus == "ps2" and device.type not in ("mouse", "keyboard"):
            raise errors.InternalError(f"ps2 bus does not support {device.type} input device", hint="use bus='usb'")
    if len([tpm for tpm in devices.tpms if tpm.model != "spapr-tpm-proxy"]) > 1:
        raise errors.ConfigUnsupported("only a single TPM non-proxy device is supported")
    for filesystem in devices.filesystems:
        check_filesystem(filesystem)
    panics = [panic.model for panic in devices.panics]
    if len(set(panics)) != len(panics):
        raise errors.XMLError("Multiple panic devices with model 'isa'")
    if len(devices.smartcards) > 1:
        raise errors.ConfigUnsupported("this QEMU binary lacks multiple smartcard support")


def _check_shmems(domain: Domain) -> None:
    for shmem in domain.devices.shmems:
        if shmem.msi is not None and shmem.server is None:
            raise errors.XMLError("msi option is only supported with a server")
        if shmem.model is not None and shmem.model.type == "ivshmem":
            raise errors.ConfigUnsupported(
                "ivshmem device is not supported with this QEMU binary",
                hint="use <model type='ivshmem-plain'/> or <model type='ivshmem-doorbell'/>",
            )


def _check_chardevs(domain: Domain) -> None:
    devices = domain.devices
    if any(graphics.type == "spice" for graphics in devices.graphics):
        return
    group: list[Any] = [*devices.serials, *devices.parallels, *devices.channels, *devices.consoles, *devices.redirdevs,
                        *devices.smartcards]  # fmt: skip
    for device in group:
        if device.type in ("spicevmc", "spiceport"):
            raise errors.ConfigUnsupported(
                f"chardev '{device.type}' not supported without spice graphics", hint="add <graphics type='spice'/>"
            )


_SECONDARY = ("qxl", "virtio", "gop", "none")
_SEVERAL_HEADS = ("qxl", "virtio", "none")


def check_videos(domain: Domain) -> None:
    videos = domain.devices.videos
    for number, video in enumerate(videos):
        kind = video.model.type if video.model else None
        if kind == "none" and len(videos) > 1:
            raise errors.ConfigUnsupported("a 'none' video type must be the only video device defined for the domain")
        if number and kind not in _SECONDARY:
            raise errors.ConfigUnsupported(f"video type '{kind}' is only valid as primary video device")
        if kind not in _SEVERAL_HEADS and video.model is not None and (video.model.heads or 1) > 1:
            raise errors.ConfigUnsupported(f"video type '{kind}' doesn't support multiple 'heads'")


def _check_iommu(domain: Domain) -> None:
    iommu = domain.devices.iommu
    if iommu is None:
        return
    if iommu.model == "intel" and not is_q35(domain):
        raise errors.ConfigUnsupported("IOMMU device: 'intel' is only supported with Q35 machines")
    if iommu.model == "virtio":
        if iommu.address is not None and iommu.address.type != "pci":
            raise errors.ConfigUnsupported("IOMMU device: 'virtio' needs a PCI address")
        if domain.features is None or not domain.features.acpi:
            raise errors.ConfigUnsupported("IOMMU device: 'virtio' requires ACPI", hint="add <acpi/> to <features>")


def _check_graphics(domain: Domain) -> None:
    kinds = [graphics.type for graphics in domain.devices.graphics]
    for graphics in domain.devices.graphics:
        _check_one(graphics)
    if "egl-headless" in kinds and len(kinds) > 1 and not {"vnc", "spice"} & set(kinds):
        raise errors.ConfigUnsupported(
            "graphics type 'egl-headless' is only supported with one of: 'vnc', 'spice' graphics types"
        )
    for kind in ("vnc", "spice", "sdl"):
        if kinds.count(kind) > 1 and kind != "vnc":
            raise errors.ConfigUnsupported(
                "only 1 graphics device of each type (sdl, vnc, spice, headless, dbus) is supported"
            )


def _check_one(graphics: Graphics) -> None:
    if graphics.type == "vnc" and graphics.passwd is not None and len(graphics.passwd) > _VNC_PASSWORD:
        raise errors.ConfigUnsupported(
            f"VNC password is {len(graphics.passwd)} characters long, only {_VNC_PASSWORD} permitted"
        )
    if graphics.type != "spice":
        return
    if graphics.tlsPort is not None and graphics.tlsPort > 0:
        raise errors.ConfigUnsupported("spice TLS port set in XML configuration, but TLS is disabled in qemu.conf")
    secure = graphics.defaultMode == "secure" or any(channel.mode == "secure" for channel in graphics.channels)
    if secure and graphics.tlsPort is None and not graphics.autoport:
        raise errors.ConfigUnsupported(
            "spice secure channels set in XML configuration, but TLS is disabled in qemu.conf"
        )


def _check_hostdevs(domain: Domain) -> None:
    seen: list[object] = []
    for hostdev in domain.devices.hostdevs:
        if hostdev.type == "mdev":
            if hostdev.address is not None and hostdev.address.type not in ("pci", "unassigned"):
                raise errors.XMLError(
                    f"Unsupported address type '{hostdev.address.type}' with mediated device model '{hostdev.model}'"
                )
            if hostdev.display and not domain.devices.graphics:
                raise errors.ConfigUnsupported(
                    "graphics device is needed for attribute value 'display=on' in <hostdev>"
                )
        key = (hostdev.mode, hostdev.type, hostdev.source)
        if hostdev.source is not None and key in seen:
            raise errors.XMLError("Hostdev already exists in the domain configuration")
        seen.append(key)
