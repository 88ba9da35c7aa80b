"""All other devices."""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.display import Graphics

_MOST_XHCI_PORTS = 15
_VNC_PASSWORD = 8


def check_devices(domain: Domain, caps: QemuCaps) -> None:
    _check_controllers(domain)
    _check_graphics(domain)
    _check_hostdevs(domain)
    devices = domain.devices
    for device in devices.inputs:
        if device.bus in ("xen", "parallels"):
            raise errors.InternalError(f"unsupported input bus {device.bus}", hint="QEMU has ps2, usb and virtio")
    for shmem in devices.shmems:
        if shmem.msi is not None and shmem.server is None:
            raise errors.XMLError("msi option is only supported with a server")
    for filesystem in devices.filesystems:
        if filesystem.driver is not None and filesystem.driver.type == "virtiofs" and filesystem.readonly:
            raise errors.ConfigUnsupported("virtiofs does not yet support read-only mode")
    panics = [panic.model for panic in devices.panics]
    if len(set(panics)) != len(panics):
        raise errors.ConfigUnsupported("Multiple panic devices with model 'isa'")


def _check_controllers(domain: Domain) -> None:
    for controller in domain.devices.controllers:
        xhci = controller.type == "usb" and controller.model in ("nec-xhci", "qemu-xhci")
        if xhci and (controller.ports or 0) > _MOST_XHCI_PORTS:
            raise errors.ConfigUnsupported(
                f"'{controller.model}' controller only supports up to '{_MOST_XHCI_PORTS}' ports"
            )


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
