"""What is seen and heard: VNC, SPICE and the other displays, video cards, audio backends, sound cards."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.argv.guest import Guest, virtio_options
from virshpy.drivers.qemu.argv.words import as_json, comma, on_off, pairs
from virshpy.drivers.qemu.postparse.aliases import alias_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.argv.words import Properties
    from virshpy.xml.domain.display import AudioEnd, Graphics, Video

FIRST_VNC_PORT = 5900


def add_none(guest: Guest) -> None:
    if not guest.domain.devices.graphics:
        guest.add("-display", "none")


def _check_one_of_each(guest: Guest) -> None:
    kinds = [graphics.type for graphics in guest.domain.devices.graphics]
    if len(set(kinds)) < len(kinds):
        raise errors.ConfigUnsupported(
            "only 1 graphics device of each type (sdl, vnc, spice, headless, dbus) is supported"
        )
    if sum(1 for graphics in guest.domain.devices.graphics if _draws(graphics)) > 1:
        raise errors.ConfigUnsupported("multiple OpenGL displays are not supported by QEMU")
    for graphics in guest.domain.devices.graphics:
        if len(graphics.listens) > 1:
            raise errors.ConfigUnsupported("QEMU does not support multiple listens for one graphics device.")
        if graphics.type == "vnc" and graphics.listens and graphics.listens[0].type in ("address", "network"):
            _check_vnc_port(graphics)


def _draws(graphics: Graphics) -> bool:
    """Whether a display needs the host's graphics card."""
    return graphics.type == "egl-headless" or bool(graphics.gl is not None and graphics.gl.enable)


def _check_vnc_port(graphics: Graphics) -> None:
    port = graphics.port
    if not graphics.autoport and (port is None or port < FIRST_VNC_PORT):
        raise errors.ConfigUnsupported(
            f"vnc port must be in range [{FIRST_VNC_PORT},65535]",
            hint="leave port= and autoport= out: a free one is found",
        )


def add_graphics(guest: Guest) -> None:
    _check_one_of_each(guest)
    for graphics in guest.domain.devices.graphics:
        kind = graphics.type
        if kind == "vnc":
            guest.add("-vnc", _vnc(guest, graphics))
            if graphics.keymap:
                guest.add("-k", graphics.keymap)
        elif kind == "spice":
            guest.add("-spice", _spice(guest, graphics))
            if graphics.keymap:
                guest.add("-k", graphics.keymap)
        elif kind == "sdl":
            gl = graphics.gl.enable if graphics.gl else None
            if graphics.fullscreen:
                guest.add("-full-screen")
            guest.add("-display", "sdl" + (f",gl={on_off(gl)}" if gl is not None else ""))
            if graphics.display:
                guest.out.env["DISPLAY"] = graphics.display
            if graphics.xauth:
                guest.out.env["XAUTHORITY"] = graphics.xauth
        elif kind == "egl-headless":
            node = graphics.gl.rendernode if graphics.gl else None
            guest.add("-display", "egl-headless" + (f",rendernode={comma(node)}" if node else ""))
        elif kind == "dbus":
            guest.add("-display", _dbus(guest, graphics))


def _dbus(guest: Guest, graphics: Graphics) -> str:
    if not graphics.p2p and not graphics.address and not guest.runtime.native:
        raise errors.ConfigUnsupported(
            "a D-Bus display on a bus of its own is not supported yet",
            hint="name a bus (address='unix:path=…'), or say p2p='yes'",
        )
    gl = graphics.gl if graphics.gl and graphics.gl.enable is not None else None
    words: Properties = {
        "p2p": graphics.p2p or None,
        "addr": graphics.address or None if not graphics.p2p else None,
        "gl": gl.enable if gl else None,
        "rendernode": gl.rendernode or None if gl else None,
        "audiodev": f"audio{graphics.audio.id}" if graphics.audio else None,
    }
    return ",".join(["dbus", *pairs(words)])


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _vnc(guest: Guest, graphics: Graphics) -> str:
    listen = graphics.listens[0] if graphics.listens else None
    if listen is not None and listen.type == "socket":
        path = listen.socket or f"{guest.runtime.home_dir}/vnc.sock"
        words = [f"vnc=unix:{comma(path)}"]
        guest.out.file(path, "rw", "socket")
    elif listen is not None and listen.type == "none":
        words = ["none"]
    else:
        address = (listen.address if listen else None) or "127.0.0.1"
        port = graphics.port if graphics.port is not None and graphics.port >= 0 else FIRST_VNC_PORT
        words = [f"{_bracketed(address)}:{port - FIRST_VNC_PORT}"]
        if graphics.websocket:
            given = graphics.websocket > 0 or guest.runtime.native
            words.append(f"websocket={graphics.websocket if given else 'on'}")
    number = graphics.audio.id if graphics.audio else _default_audio(guest)
    more: Properties = {
        "share": graphics.sharePolicy,
        # Without one QEMU would let everybody in; the password itself comes over QMP.
        "password": graphics.passwd is not None or None,
        "power-control": graphics.powerControl,
        "audiodev": f"audio{number}" if number is not None else None,
    }
    return ",".join([*words, *pairs(more)])


def _default_audio(guest: Guest) -> int | None:
    audios = guest.domain.devices.audios
    return audios[0].id if audios else None


def _spice(guest: Guest, graphics: Graphics) -> str:
    listen = graphics.listens[0] if graphics.listens else None
    words = []
    if listen is not None and listen.type == "socket":
        path = listen.socket or f"{guest.runtime.home_dir}/spice.sock"
        words += ["unix", f"addr={comma(path)}"]
        guest.out.file(path, "rw", "socket")
    elif listen is not None and listen.type == "none":
        words.append("port=0")
    else:
        port = graphics.port
        if port is None or port < 0:
            port = 5901 if guest.runtime.native else 0
        words.append(f"port={port}")
        if graphics.tlsPort is not None and graphics.tlsPort > 0:
            words += [f"tls-port={graphics.tlsPort}", f"x509-dir={guest.runtime.tls_dir or '/etc/pki/libvirt-spice'}"]
        words.append(f"addr={(listen.address if listen else None) or '127.0.0.1'}")
    words += pairs(
        {
            "disable-ticketing": graphics.passwd is None or None,
            "agent-mouse": graphics.mouse.mode != "server" if graphics.mouse else None,
        }
    )
    gl = graphics.gl if graphics.gl and graphics.gl.enable else None
    clipboard, filetransfer = graphics.clipboard, graphics.filetransfer
    more: Properties = {
        "image-compression": graphics.image.compression if graphics.image else None,
        "jpeg-wan-compression": graphics.jpeg.compression if graphics.jpeg else None,
        "zlib-glz-wan-compression": graphics.zlib.compression if graphics.zlib else None,
        "playback-compression": graphics.playback.compression if graphics.playback else None,
        "streaming-video": graphics.streaming.mode if graphics.streaming else None,
        "disable-copy-paste": True if clipboard and clipboard.copypaste is False else None,
        "disable-agent-file-xfer": True if filetransfer and filetransfer.enable is False else None,
        "gl": True if gl else None,
        "rendernode": gl.rendernode or None if gl else None,
        "seamless-migration": True,
    }
    return ",".join([*words, *_spice_channels(graphics), *pairs(more)])


def _spice_channels(graphics: Graphics) -> list[str]:
    modes = [("default", graphics.defaultMode), *((channel.name, channel.mode) for channel in graphics.channels)]
    words = {"secure": "tls-channel", "insecure": "plaintext-channel"}
    return [f"{words[mode]}={name}" for name, mode in modes if mode in words]


_PRIMARY = {"vga": "VGA", "cirrus": "cirrus-vga", "vmvga": "vmware-svga", "qxl": "qxl-vga", "bochs": "bochs-display",
            "ramfb": "ramfb", "virtio": "virtio-vga"}  # fmt: skip


def add_video(guest: Guest) -> None:
    for number, video in enumerate(guest.domain.devices.videos):
        if video.model is not None and video.model.type != "none":
            guest.device(video_properties(guest, video, number == 0))


def video_properties(guest: Guest, video: Video, primary: bool) -> Properties:
    model = video.model
    assert model is not None
    kind = model.type or "vga"
    name = _PRIMARY.get(kind, kind)
    accelerated = model.acceleration is not None and model.acceleration.accel3d
    if kind == "virtio":
        name = "virtio-vga" if primary else "virtio-gpu"
        if accelerated and guest.caps.has_device("virtio-vga-gl"):
            name += "-gl"
        if not primary:
            name += "-pci"
    elif kind == "qxl" and not primary:
        name = "qxl"
    properties: Properties = {"driver": name, **virtio_options(video), "id": alias_of(video)}
    if kind == "virtio":
        properties["virgl"] = None
        properties["max_outputs"] = model.heads
    elif kind == "qxl":
        properties |= {
            "max_outputs": model.heads,
            "ram_size": model.ram * 1024 if model.ram else None,
            "vram_size": model.vram * 1024 if model.vram else None,
            "vram64_size_mb": (model.vram64 or 0) // 1024,
            "vgamem_mb": model.vgamem // 1024 if model.vgamem else None,
        }
    elif kind in ("vga", "vmvga"):
        properties["vgamem_mb"] = model.vram // 1024 if model.vram else None
    elif kind == "bochs":
        properties["vgamem"] = model.vram * 1024 if model.vram else None
    if model.resolution is not None:
        properties |= {"xres": model.resolution.x, "yres": model.resolution.y}
    return properties | guest.place(video)


_DRIVERS = {"pulseaudio": "pa", "file": "wav"}


def add_audio(guest: Guest) -> None:
    for audio in guest.domain.devices.audios:
        properties: Properties = {
            "id": f"audio{audio.id}",
            "driver": _DRIVERS.get(audio.type or "none", audio.type),
            "timer-period": audio.timerPeriod,
            "in": _audio_end(audio.input),
            "out": _audio_end(audio.output),
        }
        if audio.type == "file":
            properties["path"] = audio.path
        elif audio.type == "pulseaudio":
            properties["server"] = audio.serverName
        elif audio.type == "sdl" and audio.driver:
            guest.out.env["SDL_AUDIODRIVER"] = audio.driver
        elif audio.type == "oss":
            properties |= {"try-mmap": audio.tryMMap, "exclusive": audio.exclusive, "dsp-policy": audio.dspPolicy}
        guest.add("-audiodev", as_json(properties))


def _audio_end(end: AudioEnd | None) -> Properties | None:
    if end is None:
        return None
    settings = end.settings
    found: Properties = {
        "mixing-engine": end.mixingEngine,
        "fixed-settings": end.fixedSettings,
        "voices": end.voices,
        "buffer-length": end.bufferLength,
        "frequency": settings.frequency if settings else None,
        "channels": settings.channels if settings else None,
        "format": settings.format_name if settings else None,
        "dev": end.dev,
        "try-poll": end.tryPoll,
        "name": end.name,
        "stream-name": end.streamName,
        "latency": end.latency,
        "buffer-count": end.bufferCount,
        "server-name": end.serverName,
        "client-name": end.clientName,
        "connect-ports": end.connectPorts,
        "exact-name": end.exactName,
    }
    return {key: value for key, value in found.items() if value is not None} or None


_SOUND = {"es1370": "ES1370", "ac97": "AC97", "sb16": "sb16", "ich6": "intel-hda", "ich9": "ich9-intel-hda",
          "usb": "usb-audio", "ich7": "intel-hda"}  # fmt: skip


def add_sound(guest: Guest) -> None:
    for sound in guest.domain.devices.sounds:
        audio = sound.audio.id if sound.audio else _default_audio(guest)
        backend = f"audio{audio}" if audio is not None else None
        if sound.model == "pcspk":
            guest.add("-soundhw", "pcspk") if guest.caps.version < (7, 1) or guest.runtime.native else guest.add(
                "-global", f"isa-pcspk.audiodev={backend}"
            )
            continue
        high_definition = sound.model in ("ich6", "ich9", "ich7")
        properties: Properties = {"driver": _SOUND[sound.model or ""], "id": alias_of(sound)}
        if not high_definition:
            properties["audiodev"] = backend
        guest.device(properties | guest.place(sound))
        if high_definition:
            kinds = [codec.type for codec in sound.codecs] or ["duplex"]
            for number, kind in enumerate(kinds):
                guest.device(
                    {
                        "driver": f"hda-{kind}",
                        "id": f"{alias_of(sound)}-codec{number}",
                        "bus": f"{alias_of(sound)}.0",
                        "cad": number,
                        "audiodev": backend,
                    }
                )
