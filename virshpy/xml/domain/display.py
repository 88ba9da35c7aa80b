"""What the guest shows and plays, and what is typed into it: graphics, video, sound, audio, input."""

from __future__ import annotations

import re

from virshpy import errors
from virshpy.xml.domain.address import Device, VirtioDriver
from virshpy.xml.domain.chardev import Clipboard, MouseMode
from virshpy.xml.element import Element, attr, many, one
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import INT, ONOFF, PATH, UINT, YESNO, Blank, Enum, Int, Lenient, Noted, internal, xml


def _is_moment(text: str) -> bool:
    return re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}", text) is not None


class Listen(Element, tag="listen"):
    """Where a display listens: ``type`` address, network, socket or none."""

    type: str | None = attr(Enum("none address network socket"), required=True)
    address: str | None = attr()
    network: str | None = attr()
    socket: str | None = attr(PATH)

    def _check(self, node: Node) -> None:
        if self.type == "network" and not self.network:
            raise Refusal(errors.XMLError, "'network' attribute is required for listen type 'network'", node)
        for word in ("network", "socket"):
            if getattr(self, word) and self.type != word:
                raise Refusal(errors.XMLError, f"'{word}' attribute is valid only for listen type '{word}'", node)


class SpiceChannel(Element, tag="channel"):
    name: str | None = attr(Enum("main display inputs cursor playback record smartcard usbredir"))
    mode: str | None = attr(Enum("any secure insecure"))


class ImageCompression(Element, tag="image"):
    compression: str | None = attr(Enum("auto_glz auto_lz quic glz lz off"), required=True)


class JpegCompression(Element, tag="jpeg"):
    compression: str | None = attr(Enum("auto never always"), required=True)


class ZlibCompression(Element, tag="zlib"):
    compression: str | None = attr(Enum("auto never always"), required=True)


class PlaybackCompression(Element, tag="playback"):
    compression: bool | None = attr(ONOFF, required=True)


class Streaming(Element, tag="streaming"):
    mode: str | None = attr(Enum("filter all off"), required=True)


class FileTransfer(Element, tag="filetransfer"):
    enable: bool | None = attr(YESNO, required=True)


class GL(Element, tag="gl", drop_empty=True):
    enable: bool | None = attr(YESNO)
    rendernode: str | None = attr(PATH)


class AudioRef(Element, tag="audio"):
    id: int | None = attr(Int(nonzero=True), required=True)


_PORT = Int(-(2**31), 2**31 - 1)
_VNC_PORT = Int(-(2**31), 2**31 - 1, sentence=internal("cannot parse vnc port %s"))


class DisplayPort(Int):
    """A port, about which the parser of VNC has words of its own."""

    def read(self, text: str, node: Node, name: str | None) -> int:
        return (_VNC_PORT if node.attrs.get("type") == "vnc" else _PORT).read(text, node, name)


_CONNECTED = Enum("fail disconnect keep", "unknown connected value %s")
_SERVED = "listen passwd passwdValidTo connected keymap autoport port socket"


class Graphics(Element, tag="graphics"):
    """``port`` and ``tlsPort``: -1 or None with ``autoport`` means that one is chosen at start. ``websocketGenerated``
    says of a running guest that this was so for ``websocket``."""

    _kinds = {
        "vnc": f"type {_SERVED} websocket websocketGenerated sharePolicy powerControl audio",
        "spice": f"type {_SERVED} tlsPort defaultMode channel image jpeg zlib playback streaming mouse clipboard"
        " filetransfer gl",
        "sdl": "type display xauth fullscreen gl",
        "desktop": "type display fullscreen",
        "rdp": "type port autoport replaceUser multiUser listen",
        "egl-headless": "type gl",
        "dbus": "type p2p address gl audio",
    }

    type: str | None = attr(Enum("sdl vnc rdp desktop spice egl-headless dbus"), required=True)
    socket: str | None = attr(PATH)
    port: int | None = attr(DisplayPort())
    tlsPort: int | None = attr(_PORT)
    autoport: bool | None = attr(Lenient(YESNO))
    websocket: int | None = attr(INT)
    websocketGenerated: bool | None = attr(Noted(YESNO))
    replaceUser: bool | None = attr(Noted(YESNO))
    multiUser: bool | None = attr(Noted(YESNO))
    display: str | None = attr()
    xauth: str | None = attr()
    fullscreen: bool | None = attr(Noted(YESNO))
    p2p: bool | None = attr(Noted(YESNO))
    address: str | None = attr()
    listen: str | None = attr()
    keymap: str | None = attr()
    defaultMode: str | None = attr(Enum("any secure insecure"))
    sharePolicy: str | None = attr(Enum("allow-exclusive force-shared ignore"))
    powerControl: bool | None = attr(YESNO)
    passwd: str | None = attr(secure=True)
    passwdValidTo: str | None = attr()
    connected: str | None = attr()
    listens: list[Listen] = many(Listen)
    channels: list[SpiceChannel] = many(SpiceChannel)
    image: ImageCompression | None = one(ImageCompression)
    jpeg: JpegCompression | None = one(JpegCompression)
    zlib: ZlibCompression | None = one(ZlibCompression)
    playback: PlaybackCompression | None = one(PlaybackCompression)
    streaming: Streaming | None = one(Streaming)
    mouse: MouseMode | None = one(MouseMode)
    clipboard: Clipboard | None = one(Clipboard)
    filetransfer: FileTransfer | None = one(FileTransfer)
    gl: GL | None = one(GL)
    audio: AudioRef | None = one(AudioRef)

    def _check(self, node: Node) -> None:
        first = self.listens[0] if self.listens else None
        if self.listen and first is not None and first.type == "address" and first.address != self.listen:
            detail = (
                f"graphics 'listen' attribute '{self.listen}' must match 'address' attribute of first listen element "
                f"(found '{first.address or 'none'}')"
            )
            raise Refusal(errors.ConfigUnsupported, detail, node)
        if self.passwd is not None and self.passwdValidTo is not None and not _is_moment(self.passwdValidTo):
            detail = f"cannot parse password validity time '{self.passwdValidTo}', expect YYYY-MM-DDTHH:MM:SS"
            raise Refusal(errors.InternalError, detail, node)
        if self.passwd is not None and self.connected is not None:
            _CONNECTED.read(self.connected, node, "connected")
        self.channels = [channel for channel in self.channels if channel.mode not in (None, "any")]
        if first is not None and first.type == "socket" and self.socket and first.socket not in (None, self.socket):
            detail = (
                f"graphics 'socket' attribute '{self.socket}' must match 'socket' attribute of first listen element "
                f"(found '{first.socket}')"
            )
            raise Refusal(errors.ConfigUnsupported, detail, node)
        if self.gl is not None and self.type == "egl-headless":
            self.gl.enable = None
        elif self.gl is not None and self.gl.enable is None:
            raise Refusal(errors.XMLError, "Missing required attribute 'enable' in element 'gl'", node)
        elif self.gl is not None and self.type == "sdl":
            self.gl.rendernode = None

    def _write(
        self, tag: str, out: list[str], indent: str, how: tuple[bool, bool, bool], declarations: str = ""
    ) -> None:
        """A port that was chosen at start is not part of the definition."""
        if not (how[0] and (self.autoport or self.websocketGenerated)):
            return super()._write(tag, out, indent, how, declarations)
        bare = self.copy()
        values = bare.__dict__
        if values.pop("websocketGenerated", None):
            values["websocket"] = -1
        if not self.autoport:
            pass
        elif self.type == "vnc":
            if self.socket is None and not any(listen.type == "socket" for listen in self.listens):
                values["port"] = -1
        elif self.type == "spice":
            values.pop("port", None)
            values.pop("tlsPort", None)
        return super(Graphics, bare)._write(tag, out, indent, how, declarations)


class VideoDriver(VirtioDriver):
    iommu: bool | None = attr(ONOFF)
    ats: bool | None = attr(ONOFF)
    packed: bool | None = attr(ONOFF)
    page_per_vq: bool | None = attr(ONOFF)
    vgaconf: str | None = attr(Enum("io on off", "unknown vgaconf value '%s'"))
    name: str | None = attr(Enum("qemu vhostuser"))


class Acceleration(Element, tag="acceleration", drop_empty=True):
    accel3d: bool | None = attr(YESNO)
    accel2d: bool | None = attr(YESNO)
    rendernode: str | None = attr(PATH)


class Resolution(Element, tag="resolution"):
    x: int | None = attr(UINT, required=True)
    y: int | None = attr(UINT, required=True)


_LEAST_VGAMEM = 1024  # KiB


class VideoModel(Element, tag="model"):
    """Memory sizes in KiB."""

    _needed = ("type",)

    type: str | None = attr(
        Blank(
            Enum(
                "default vga cirrus vmvga xen vbox qxl parallels virtio gop none bochs ramfb",
                "unknown video model '%s'",
            )
        )
    )
    ram: int | None = attr(Blank(Int(sentence=xml("cannot parse video ram '%s'"))))
    vram: int | None = attr(Blank(Int(sentence=xml("cannot parse video vram '%s'"))))
    vram64: int | None = attr(Blank(Int(sentence=xml("cannot parse video vram64 '%s'"))))
    vgamem: int | None = attr(Blank(Int(sentence=xml("cannot parse video vgamem '%s'"))))
    heads: int | None = attr(Blank(Int(sentence=internal("cannot parse video heads '%s'"))))
    primary: bool | None = attr(Lenient(YESNO))
    acceleration: Acceleration | None = one(Acceleration)
    resolution: Resolution | None = one(Resolution)

    def _check(self, node: Node) -> None:
        for name in ("ram", "vram64", "vgamem"):
            if getattr(self, name) is not None and self.type != "qxl":
                raise Refusal(errors.ConfigUnsupported, f"{name} attribute only supported for video type qxl", node)
        if self.vgamem is not None and self.vgamem < _LEAST_VGAMEM:
            detail = f"value for 'vgamem' must be at least 1 MiB ({_LEAST_VGAMEM} KiB)"
            raise Refusal(errors.ConfigUnsupported, detail, node)
        if self.vgamem is not None and self.vgamem & (self.vgamem - 1):
            raise Refusal(errors.ConfigUnsupported, "value for 'vgamem' must be power of two", node)


class Video(Device, tag="video"):
    driver: VideoDriver | None = one(VideoDriver)
    model: VideoModel | None = one(VideoModel)


class Codec(Element, tag="codec"):
    type: str | None = attr(Enum("duplex micro output", "unknown codec type '%s'"))


class Sound(Device, tag="sound"):
    model: str | None = attr(Enum("sb16 es1370 pcspk ac97 ich6 ich9 usb ich7"), required=True)
    codecs: list[Codec] = many(Codec)
    audio: AudioRef | None = one(AudioRef)

    def _check(self, node: Node) -> None:
        if self.model not in ("ich6", "ich9"):
            self.codecs = []


class AudioSettings(Element, tag="settings"):
    frequency: int | None = attr(Int(nonzero=True))
    channels: int | None = attr(Int(nonzero=True))
    format_name: str | None = attr(Enum("s8 u8 s16 u16 s32 u32 f32"), "format")


class AudioEnd(Element, drop_empty=True):
    """One direction of a host audio backend. Times in microseconds."""

    mixingEngine: bool | None = attr(YESNO)
    fixedSettings: bool | None = attr(YESNO)
    voices: int | None = attr(Int(nonzero=True))
    bufferLength: int | None = attr(Int(nonzero=True))
    dev: str | None = attr()
    name: str | None = attr()
    streamName: str | None = attr()
    latency: int | None = attr(UINT)
    bufferCount: int | None = attr(UINT)
    tryPoll: bool | None = attr(YESNO)
    serverName: str | None = attr()
    clientName: str | None = attr()
    connectPorts: str | None = attr()
    exactName: bool | None = attr(YESNO)
    settings: AudioSettings | None = one(AudioSettings)


_SDL_DRIVER = Enum("esd alsa arts pulseaudio")


class Audio(Element, tag="audio"):
    _needed = ("id",)

    id: int | None = attr(Int(nonzero=True))
    type: str | None = attr(Enum("none alsa coreaudio jack oss pulseaudio sdl spice file dbus"), required=True)
    timerPeriod: int | None = attr(Int(nonzero=True))
    driver: str | None = attr()
    path: str | None = attr()
    tryMMap: bool | None = attr(YESNO)
    exclusive: bool | None = attr(YESNO)
    dspPolicy: int | None = attr(INT)
    serverName: str | None = attr()
    input: AudioEnd | None = one(AudioEnd, "input")
    output: AudioEnd | None = one(AudioEnd, "output")

    def _check(self, node: Node) -> None:
        if self.id is None:
            raise Refusal(errors.XMLError, "Missing required attribute 'id' in element 'audio'", node)
        if self.type == "sdl" and self.driver is not None:
            _SDL_DRIVER.read(self.driver, node, "driver")


class InputSource(Element, tag="source"):
    dev: str | None = attr(PATH)
    grab: str | None = attr(Enum("all"))
    grabToggle: str | None = attr(Enum("ctrl-ctrl alt-alt shift-shift meta-meta scrolllock ctrl-scrolllock"))
    repeat: bool | None = attr(ONOFF)
    evdev: str | None = attr(PATH)


class Input(Device, tag="input"):
    type: str | None = attr(
        Enum("mouse tablet keyboard passthrough evdev", "unknown input device type '%s'"),
        required=internal("missing input device type"),
    )
    bus: str | None = attr(Enum("ps2 usb xen parallels virtio none", "unknown input bus type '%s'"))
    model: str | None = attr(Enum("virtio virtio-transitional virtio-non-transitional", "unknown input model '%s'"))
    driver: VirtioDriver | None = one(VirtioDriver)
    source: InputSource | None = one(InputSource)

    def _check(self, node: Node) -> None:
        if self.type == "evdev" and self.bus is not None:
            detail = "input evdev doesn't support bus element"
            raise Refusal(errors.ConfigUnsupported, detail, node, "expected no bus")


class Hub(Device, tag="hub"):
    type: str | None = attr(Enum("usb", "unknown hub device type '%s'"), required=internal("missing hub device type"))
