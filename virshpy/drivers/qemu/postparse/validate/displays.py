"""What a guest shows, plays and is told: graphics, video, sound, audio, input."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.pci.needs import not_on_pci

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.address import VirtioDriver
    from virshpy.xml.domain.display import Audio, Graphics, Input, Video

_VNC_PASSWORD = 8


def check_displays(domain: Domain, caps: QemuCaps) -> None:
    """Raises what libvirt raises (ConfigUnsupported, XMLError, InternalError)."""
    for number, video in enumerate(domain.devices.videos):
        _check_video(video, number, len(domain.devices.videos), caps)
    for device in domain.devices.inputs:
        _check_input(device)
    _check_graphics(domain)
    _check_sounds(domain)
    for audio in domain.devices.audios:
        _check_audio(audio)
    _check_outlets(domain)


_SECONDARY = ("qxl", "virtio", "gop", "none")
_SEVERAL_HEADS = ("qxl", "virtio", "none")
_SIZED = ("vga", "qxl", "virtio", "bochs")
_CARDS = {
    "vga": "VGA", "cirrus": "cirrus-vga", "vmvga": "vmware-svga", "qxl": "qxl", "virtio": "virtio-gpu-pci",
    "bochs": "bochs-display", "ramfb": "ramfb",
}  # fmt: skip


def _check_video(video: Video, number: int, count: int, caps: QemuCaps) -> None:
    model = video.model
    if model is None:
        return
    kind = model.type or ""
    _check_options(video.driver, virtio=kind == "virtio")
    if kind == "none":
        if count > 1:
            raise errors.ConfigUnsupported("a 'none' video type must be the only video device defined for the domain")
        return
    card = _CARDS.get(kind)
    if card is None or not caps.has_device(card):
        raise errors.ConfigUnsupported(
            f"domain configuration does not support video model '{kind}'",
            hint=f"this QEMU has {', '.join(word for word, name in _CARDS.items() if caps.has_device(name))}",
        )
    if video.driver is not None and video.driver.name == "vhostuser" and kind != "virtio":
        raise errors.ConfigUnsupported("'vhostuser' driver is only supported with 'virtio' device")
    if kind == "ramfb" and video.address is not None:
        raise errors.ConfigUnsupported(f"address not supported for video type {kind}")
    if number and kind not in _SECONDARY:
        raise errors.ConfigUnsupported(f"video type '{kind}' is only valid as primary video device")
    if kind not in _SEVERAL_HEADS and (model.heads or 1) > 1:
        raise errors.ConfigUnsupported(f"video type '{kind}' doesn't support multiple 'heads'")
    if model.resolution is not None and kind not in _SIZED:
        raise errors.XMLError("model resolution is not supported", hint=f"{', '.join(_SIZED)} can be told one")
    if model.acceleration is not None:
        if model.acceleration.accel2d is not None:
            raise errors.ConfigUnsupported("qemu does not support the accel2d setting")
        if model.acceleration.accel3d and kind != "virtio":
            raise errors.ConfigUnsupported("3d acceleration is supported only with 'virtio' video device")


def _check_options(driver: VirtioDriver | None, *, virtio: bool) -> None:
    """The options of virtio devices' drivers are theirs alone."""
    for word in ("iommu", "ats", "packed", "page_per_vq") if driver is not None and not virtio else ():
        if getattr(driver, word) is not None:
            raise errors.ConfigUnsupported(f"{word} driver option is only supported for virtio devices")


def _check_input(device: Input) -> None:
    if device.bus == "xen":
        raise errors.InternalError("unsupported input bus xen", hint="QEMU has ps2, usb and virtio")
    if device.bus == "ps2" and device.type not in ("mouse", "keyboard", "evdev"):
        raise errors.InternalError(f"ps2 bus does not support {device.type} input device", hint="use bus='usb'")
    if device.type == "passthrough":
        if device.bus != "virtio":
            raise errors.ConfigUnsupported("only bus 'virtio' is supported for 'passthrough' input devices")
    elif device.model is not None:
        if device.bus != "virtio":
            raise errors.ConfigUnsupported(f"only bus 'virtio' is supported for input model '{device.model}'")
        if device.model != "virtio":
            raise errors.ConfigUnsupported(
                f"virtio (non-)transitional models are not supported for input type={device.type}"
            )


def _check_graphics(domain: Domain) -> None:
    kinds = [graphics.type for graphics in domain.devices.graphics]
    for graphics in domain.devices.graphics:
        _check_one(graphics)
    if "egl-headless" in kinds and len(kinds) > 1 and not {"vnc", "spice"} & set(kinds):
        raise errors.ConfigUnsupported(
            "graphics type 'egl-headless' is only supported with one of: 'vnc', 'spice' graphics types"
        )
    if "egl-headless" in kinds and any(graphics.gl and graphics.gl.enable for graphics in domain.devices.graphics):
        raise errors.ConfigUnsupported("multiple OpenGL displays are not supported by QEMU", hint="keep one of them")


def _check_one(graphics: Graphics) -> None:
    if graphics.type in ("rdp", "desktop"):
        raise errors.ConfigUnsupported(
            f"{graphics.type} graphics are not supported with this QEMU", hint="vnc and spice are"
        )
    if graphics.type == "dbus" and graphics.p2p and graphics.address:
        raise errors.XMLError("D-Bus p2p with an address is not supported")
    if graphics.type == "vnc":
        if graphics.passwd is not None and len(graphics.passwd) > _VNC_PASSWORD:
            raise errors.ConfigUnsupported(
                f"VNC password is {len(graphics.passwd)} characters long, only {_VNC_PASSWORD} permitted"
            )
        if graphics.connected not in (None, "keep"):
            raise errors.ConfigUnsupported("VNC supports connected='keep' only")
    if graphics.type != "spice":
        return
    if graphics.tlsPort is not None and graphics.tlsPort > 0:
        raise errors.ConfigUnsupported(
            "spice TLS port set in XML configuration, but TLS is disabled in qemu.conf",
            hint="virshpy serves SPICE without TLS: take tlsPort= out",
        )
    secure = graphics.defaultMode == "secure" or any(channel.mode == "secure" for channel in graphics.channels)
    if secure and graphics.tlsPort is None and not graphics.autoport:
        raise errors.ConfigUnsupported(
            "spice secure channels set in XML configuration, but TLS is disabled in qemu.conf"
        )


def _check_sounds(domain: Domain) -> None:
    devices = domain.devices
    known = {audio.id for audio in devices.audios}
    vnc = (graphics.audio for graphics in devices.graphics if graphics.type == "vnc")
    for audio in [*(sound.audio for sound in devices.sounds), *vnc]:
        if audio is not None and audio.id not in known:
            raise errors.XMLError(f"no audio device with ID {audio.id}", hint="add <audio id=… type=…/>")
    if any(sound.model == "ich7" for sound in devices.sounds):
        raise not_on_pci("say model='ich9'")


def _check_audio(audio: Audio) -> None:
    """The format of samples is the backend's own to choose unless it is fixed; and then QEMU must convert."""
    for end in (audio.input, audio.output):
        if end is None:
            continue
        if end.fixedSettings and not end.mixingEngine:
            raise errors.ConfigUnsupported("fixed audio settings requires mixing engine")
        if end.settings is not None and end.settings._state() and not end.fixedSettings:
            raise errors.ConfigUnsupported(
                "audio settings specified without fixed settings flag", hint="add fixedSettings='yes'"
            )


def _check_outlets(domain: Domain) -> None:
    """Sound that goes the way of a display needs that display."""
    spice = any(graphics.type == "spice" for graphics in domain.devices.graphics)
    if not spice and any(audio.type == "spice" for audio in domain.devices.audios):
        raise errors.ConfigUnsupported(
            "Spice audio is not supported without spice graphics", hint="add <graphics type='spice'/>"
        )
