"""Graphics, video, sound and input: what a guest shows and hears without being told how."""

from __future__ import annotations

from virshpy.drivers.qemu.postparse.runs import is_of_a_run, is_of_a_run_of_libvirt
from virshpy.xml.domain.display import Audio, Input, Listen, Video, VideoModel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.display import Graphics

# Video memory in KiB: (ram, vram, vgamem)
_MEMORY = {
    "qxl": (65536, 65536, 16384),
    "vga": (None, 16384, None),
    "cirrus": (None, 16384, None),
    "vmvga": (None, 16384, None),
    "bochs": (None, 16384, None),
}


def complete_displays(domain: Domain, caps: QemuCaps) -> None:
    devices = domain.devices
    for graphics in devices.graphics:
        complete_graphics(graphics)
    if devices.graphics and not devices.videos:
        devices.videos.append(Video(model=VideoModel(type="default")))
    for video in devices.videos:
        complete_video(video, caps)
    _primary_first(devices.videos)
    for sound in devices.sounds:
        if sound.model not in ("ich6", "ich9"):
            sound.codecs = []
    for device in devices.inputs:
        complete_input(device, domain)
    _implicit_inputs(domain)
    _default_audio(domain)


def complete_graphics(graphics: Graphics) -> None:
    """Ports and listening addresses, of which only what the user chose is kept."""
    if graphics.passwd is None:
        graphics.connected = graphics.passwdValidTo = None
    if graphics.type not in ("vnc", "spice"):
        return
    if graphics.websocketGenerated:
        graphics.websocket, graphics.websocketGenerated = -1, None
    _settle_ports(graphics)
    _settle_listens(graphics)
    first = graphics.listens[0]
    graphics.listen = (first.address or None) if first.type == "address" else None
    graphics.socket = first.socket if first.type == "socket" and graphics.type == "vnc" else None
    if first.type in ("socket", "none"):
        graphics.port = graphics.tlsPort = graphics.autoport = graphics.websocket = None


def _settle_ports(graphics: Graphics) -> None:
    """With ``autoport`` a number in the document is that of a run; without, 0 is none."""
    if graphics.type == "vnc":
        if graphics.autoport is None:
            graphics.autoport = graphics.port in (None, -1)
        graphics.port = -1 if graphics.autoport else None if graphics.port == -1 else graphics.port
        graphics.websocket = graphics.websocket or None
    else:
        graphics.autoport = graphics.autoport or graphics.port == graphics.tlsPort == -1
        if graphics.autoport:
            graphics.port = graphics.tlsPort = None
        graphics.tlsPort = graphics.tlsPort or None
    graphics.port = graphics.port or None


def _settle_listens(graphics: Graphics) -> None:
    """At least one, the first of which is that of the older attributes ``socket`` and ``listen``."""
    listens = graphics.listens
    if not listens:
        listens.append(Listen(type="address", address=graphics.listen))
    first = listens[0]
    if graphics.type == "vnc" and graphics.socket and first.type != "none":
        first = listens[0] = Listen(type="socket", socket=graphics.socket)
    for listen in listens:
        if listen.socket and is_of_a_run(listen.socket):
            listen.socket = None
        elif listen.socket and graphics.type == "vnc" and is_of_a_run_of_libvirt(listen.socket):
            # libvirt made it because its configuration says so for all guests, which is no wish of this one.
            listen.type, listen.socket = "address", None
        if listen.type == "network":
            listen.address = None
    if first.type == "address":
        first.address = first.address or graphics.listen
        if graphics.type == "spice" and not (graphics.autoport or graphics.port or graphics.tlsPort):
            listens[0] = Listen(type="none")


def complete_video(video: Video, caps: QemuCaps) -> None:
    model = video.model
    if model is not None and model.type == "none":
        video.address = None
    if video.driver is not None and video.driver.vgaconf == "io":
        video.driver.vgaconf = None
    if model is None:
        model = video.model = VideoModel()
    if model.type in (None, "default"):
        model.type = "cirrus" if caps.has_device("cirrus-vga") else "vga"
    if model.type == "none":
        video.model = VideoModel(type="none")
        return
    if model.heads is None:
        model.heads = 1
    ram, vram, vgamem = _MEMORY.get(model.type or "", (None, None, None))
    model.ram = _power_of_two(model.ram or ram)
    model.vram = _power_of_two(model.vram or vram)
    model.vgamem = _power_of_two(model.vgamem or vgamem)


def _power_of_two(size: int | None) -> int | None:
    return None if size is None else 1 << (size - 1).bit_length()


def _primary_first(videos: list[Video]) -> None:
    """One card is the primary one: the one that says so, else the first."""
    if not videos or any(video.model and video.model.type == "none" for video in videos):
        return
    chosen = next((video for video in videos if video.model and video.model.primary), videos[0])
    videos.remove(chosen)
    videos.insert(0, chosen)
    for video in videos:
        if video.model:
            video.model.primary = True if video is chosen else None


def complete_input(device: Input, domain: Domain) -> None:
    if device.bus in (None, "none"):
        device.bus = None
        x86 = domain.os is not None and domain.os.type is not None and domain.os.type.arch in ("x86_64", "i686")
        if device.type == "evdev":
            return
        if device.type in ("mouse", "keyboard") and x86:
            device.bus = "ps2"
        elif device.type == "passthrough":
            device.bus = "virtio"
        else:
            device.bus = "usb"


def _implicit_inputs(domain: Domain) -> None:
    """A PC has a PS/2 mouse and keyboard, whether or not the document names them."""
    assert domain.os is not None and domain.os.type is not None
    if domain.os.type.arch not in ("x86_64", "i686"):
        return
    inputs = domain.devices.inputs
    for kind in ("mouse", "keyboard"):
        if not any(device.type == kind and device.bus == "ps2" for device in inputs):
            inputs.append(Input(type=kind, bus="ps2"))


def _default_audio(domain: Domain) -> None:
    """Sound goes where the picture goes; nowhere without a display that carries it."""
    devices = domain.devices
    if devices.audios:
        return
    kind = None if devices.graphics else "none"
    for graphics in devices.graphics:
        kind = {"spice": "spice", "vnc": "none"}.get(graphics.type or "", kind)
    if kind is not None and not any(graphics.type == "sdl" for graphics in devices.graphics):
        devices.audios.append(Audio(id=1, type=kind))
