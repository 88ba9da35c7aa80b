"""What is seen and heard: VNC, SPICE and the other displays, video and sound cards, audio backends."""

from __future__ import annotations

import re

from virshpy.drivers.qemu.from_native.reading import Reading, make, yes_no
from virshpy.drivers.qemu.from_native.words import Params, as_number, split_commas

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.node import Node

_FIRST_VNC_PORT = 5900
_VIDEO = {
    "VGA": "vga", "cirrus-vga": "cirrus", "qxl-vga": "qxl", "qxl": "qxl", "vmware-svga": "vmvga", "ramfb": "ramfb",
    "bochs-display": "bochs", "virtio-vga": "virtio", "virtio-vga-gl": "virtio", "virtio-gpu": "virtio",
    "virtio-gpu-pci": "virtio", "virtio-gpu-gl-pci": "virtio",
}  # fmt: skip
_VGA = {"std": "vga", "cirrus": "cirrus", "qxl": "qxl", "vmware": "vmvga", "virtio": "virtio"}
_SOUND = {"intel-hda": "ich6", "ich9-intel-hda": "ich9", "AC97": "ac97", "ES1370": "es1370", "sb16": "sb16",
          "usb-audio": "usb"}  # fmt: skip
_OLD_SOUND = {"hda": "ich6", "ac97": "ac97", "es1370": "es1370", "sb16": "sb16", "pcspk": "pcspk"}
_AUDIO = {"pa": "pulseaudio", "wav": "file", "none": "none", "alsa": "alsa", "oss": "oss", "jack": "jack", "sdl": "sdl",
          "spice": "spice", "dbus": "dbus", "coreaudio": "coreaudio"}  # fmt: skip


def read_displays(reading: Reading) -> None:
    keymap = reading.last("k")
    shown = [*_vncs(reading, keymap), *_spices(reading, keymap), *_others(reading)]
    for node in shown:
        reading.add(node)
    nographic = reading.flag("nographic")
    if not shown and reading.defaults and not nographic and not reading.has("display"):
        # A window, which nobody would see: the screen of a guest that runs in the background is looked at over VNC.
        reading.add(make("graphics", {"type": "vnc", "port": -1, "autoport": "yes"}))
    reading.take("display")
    _read_video(reading)
    _read_audio(reading)
    _read_sound(reading)


def _vncs(reading: Reading, keymap: str | None) -> list[Node]:
    found = []
    for option in reading.all("vnc"):
        option.used = True
        if option.value == "none":
            found.append(make("graphics", {"type": "vnc"}, make("listen", {"type": "none"})))
            continue
        keys = Params.of(option, "vnc")
        where = keys.text("vnc") or ""
        node = make("graphics", {"type": "vnc"})
        if where.startswith("unix:"):
            node.children.append(make("listen", {"type": "socket", "socket": where.removeprefix("unix:")}))
        elif where == "none":
            node.children.append(make("listen", {"type": "none"}))
        else:
            host, _, number = where.rpartition(":")
            port = _FIRST_VNC_PORT + as_number(number) if number.isdecimal() else -1
            node.attrs |= {"port": str(port), "autoport": "no" if port > 0 else "yes"}
            # Without an address QEMU listens everywhere.
            node.children.append(make("listen", {"type": "address", "address": host.strip("[]") or "0.0.0.0"}))
        web = keys.text("websocket")
        node.attrs |= {"websocket": "-1" if web == "on" else web} if web else {}
        share, power = keys.text("share"), keys.switch("power-control")
        # Its password came from elsewhere; until it is put in, an empty one lets nobody in.
        node.attrs |= {"passwd": ""} if keys.switch("password") else {}
        node.attrs |= {"sharePolicy": share} if share else {}
        node.attrs |= {"powerControl": yes_no(power) or ""} if power is not None else {}
        node.attrs |= {"keymap": keymap} if keymap else {}
        _link_audio(reading, node, keys.text("audiodev"))
        if keys:
            option.used = False
        else:
            found.append(node)
    return found


def _link_audio(reading: Reading, node: Node, name: str | None) -> None:
    if name is not None and len(reading.audiodevs) > 1:
        node.children.append(make("audio", {"id": _audio_number(reading, name)}))


def _audio_number(reading: Reading, name: str) -> int:
    match = re.fullmatch(r"audio([1-9][0-9]*)", name)
    return int(match[1]) if match else [*reading.audiodevs].index(name) + 1 if name in reading.audiodevs else 1


_SPICE = {
    "image-compression": "image", "jpeg-wan-compression": "jpeg", "zlib-glz-wan-compression": "zlib",
    "playback-compression": "playback",
}  # fmt: skip


def _spices(reading: Reading, keymap: str | None) -> list[Node]:
    found = []
    for option in reading.all("spice"):
        option.used = True
        keys = Params.of(option)
        node = make("graphics", {"type": "spice"})
        password, free = keys.text("password"), keys.switch("disable-ticketing")
        node.attrs |= {"passwd": password or ""} if not free else {}
        address, port, secure = keys.text("addr"), keys.text("port"), keys.text("tls-port")
        if keys.switch("unix"):
            node.children.append(make("listen", {"type": "socket", "socket": address}))
        elif port in (None, "0") and secure is None:
            node.children.append(make("listen", {"type": "none"}))
        else:
            node.attrs |= {"port": port or "-1", "autoport": "no"}
            node.attrs |= {"tlsPort": secure} if secure else {}
            node.children.append(make("listen", {"type": "address", "address": address or "0.0.0.0"}))
        node.attrs |= {"keymap": keymap} if keymap else {}
        for part in split_commas(option.value or ""):
            key, _, name = part.partition("=")
            mode = {"tls-channel": "secure", "plaintext-channel": "insecure"}.get(key)
            if mode and name == "default":
                node.attrs["defaultMode"] = mode
            elif mode:
                node.children.append(make("channel", {"name": name, "mode": mode}))
        for key, tag in _SPICE.items():
            if key in keys:
                node.children.append(make(tag, {"compression": keys.text(key)}))
        if "streaming-video" in keys:
            node.children.append(make("streaming", {"mode": keys.text("streaming-video")}))
        if "agent-mouse" in keys:
            node.children.append(make("mouse", {"mode": "client" if keys.switch("agent-mouse") else "server"}))
        if keys.switch("disable-copy-paste"):
            node.children.append(make("clipboard", {"copypaste": "no"}))
        if keys.switch("disable-agent-file-xfer"):
            node.children.append(make("filetransfer", {"enable": "no"}))
        if keys.switch("gl"):
            node.children.append(make("gl", {"enable": "yes", "rendernode": keys.text("rendernode")}))
        keys.drop("seamless-migration", "tls-channel", "plaintext-channel", "x509-dir", "gl", "rendernode")
        if keys:
            option.used = False
        else:
            found.append(node)
    return found


def _others(reading: Reading) -> list[Node]:
    found = []
    for option in reading.all("display"):
        keys = Params.of(option, "type")
        kind = keys.text("type")
        gl, node = keys.switch("gl"), keys.text("rendernode")
        if kind == "vnc" or (kind or "").startswith("vnc="):
            option.value, option.name = (option.value or "").removeprefix("vnc="), "vnc"
            found += _vncs(reading, None)
        elif kind == "sdl":
            attrs = {"type": "sdl", "display": reading.command.env.pop("DISPLAY", None)}
            attrs["xauth"] = reading.command.env.pop("XAUTHORITY", None)
            found.append(make("graphics", attrs, make("gl", {"enable": yes_no(gl)}) if gl is not None else None))
        elif kind == "egl-headless":
            found.append(make("graphics", {"type": kind}, make("gl", {"rendernode": node}) if node else None))
        elif kind == "dbus":
            p2p = keys.switch("p2p")
            attrs = {"type": kind, "p2p": yes_no(p2p), "address": keys.text("addr")}
            part = make("gl", {"enable": yes_no(gl), "rendernode": node}) if gl is not None else None
            sound = keys.text("audiodev")
            audio = make("audio", {"id": _audio_number(reading, sound)}) if sound else None
            found.append(make("graphics", attrs, part, audio))
        elif kind in ("gtk", "spice-app", "curses", "cocoa"):
            found.append(make("graphics", {"type": "vnc", "port": -1, "autoport": "yes"}))
        option.used = True
    if reading.flag("sdl", "curses"):
        found.append(make("graphics", {"type": "vnc", "port": -1, "autoport": "yes"}))
    return found


def _read_video(reading: Reading) -> None:
    found = []
    for original in reading.unused(reading.cards):
        if str(original.get("driver")) in _VIDEO:
            card = original.fork()
            found.append(reading.add(_video_card(reading, card), card))
    vga = reading.last("vga")
    kind = _VGA.get(vga) if vga is not None else "vga" if reading.defaults and reading.x86 and not found else None
    if kind is not None:
        found.insert(0, reading.add(make("video", None, make("model", {"type": kind, "primary": "yes"}))))
    if not found:
        reading.add(make("video", None, make("model", {"type": "none"})))


def _video_card(reading: Reading, card: Params) -> Node:
    driver = card.text("driver") or ""
    kind = _VIDEO[driver]
    model: dict[str, Any] = {"type": kind, "heads": card.text("max_outputs")}
    card.drop("virgl", "vram64_size_mb" if card.get("vram64_size_mb") in (0, "0") else "")
    for key, word, factor in (
        ("ram", "ram_size", 1 / 1024), ("vram", "vram_size", 1 / 1024), ("vram64", "vram64_size_mb", 1024),
    ):  # fmt: skip
        if word in card:
            model[key] = int((card.number(word) or 0) * factor)
    if "vgamem_mb" in card:
        model["vgamem" if kind == "qxl" else "vram"] = (card.number("vgamem_mb") or 0) * 1024
    if kind == "bochs" and "vgamem" in card:
        model["vram"] = (card.number("vgamem") or 0) // 1024
    if driver in ("VGA", "qxl-vga", "virtio-vga", "virtio-vga-gl"):
        model["primary"] = "yes"
    children = [make("acceleration", {"accel3d": "yes"})] if "-gl" in driver else []
    if "xres" in card and "yres" in card:
        children.append(make("resolution", {"x": card.text("xres"), "y": card.text("yres")}))
    driver_attrs = reading.virtio(card)
    return make(
        "video", None, make("driver", driver_attrs) if driver_attrs else None, make("model", model, *children),
        reading.place(card),
    )  # fmt: skip


_END = {
    "mixing-engine": "mixingEngine", "fixed-settings": "fixedSettings", "voices": "voices",
    "buffer-length": "bufferLength", "dev": "dev", "try-poll": "tryPoll", "name": "name", "stream-name": "streamName",
    "latency": "latency", "buffer-count": "bufferCount", "server-name": "serverName", "client-name": "clientName",
    "connect-ports": "connectPorts", "exact-name": "exactName",
}  # fmt: skip
_SETTINGS = ("frequency", "channels", "format")


def _read_audio(reading: Reading) -> None:
    for name, original in reading.audiodevs.items():
        audio = original.fork()
        kind = _AUDIO.get(audio.text("driver") or "")
        if kind is None:
            continue
        audio.drop("id")
        attrs: dict[str, Any] = {"id": _audio_number(reading, name), "type": kind}
        attrs |= {"timerPeriod": audio.text("timer-period"), "path": audio.text("path")}
        if kind == "pulseaudio":
            attrs["serverName"] = audio.text("server")
        elif kind == "oss":
            attrs |= {"tryMMap": yes_no(audio.switch("try-mmap")), "exclusive": yes_no(audio.switch("exclusive"))}
            attrs["dspPolicy"] = audio.text("dsp-policy")
        ends = [_audio_end(tag, audio.pop(word)) for tag, word in (("input", "in"), ("output", "out")) if word in audio]
        if audio or None in ends:
            continue
        original.option.used = True
        reading.add(make("audio", attrs, *ends))


def _audio_end(tag: str, values: object) -> Node | None:
    if not isinstance(values, dict):
        return None
    node = make(tag)
    settings: dict[str, Any] = {}
    for key, value in values.items():
        text = value if not isinstance(value, bool) else "yes" if value else "no"
        if key in _SETTINGS:
            settings[key] = text
        elif key in _END:
            node.attrs[_END[key]] = str({"on": "yes", "off": "no"}.get(str(text), text))
        else:
            return None
    if settings:
        node.children.append(make("settings", settings))
    return node


def _read_sound(reading: Reading) -> None:
    found: dict[str, Node] = {}
    for original in reading.unused(reading.cards):
        model = _SOUND.get(str(original.get("driver")))
        if model is not None:
            card = original.fork()
            card.drop("driver")
            node = make("sound", {"model": model}, reading.place(card))
            _link_audio(reading, node, card.text("audiodev"))
            found[card.name] = reading.add(node, card)
    for original in reading.unused(reading.cards):
        driver = str(original.get("driver"))
        sound = found.get(str(original.get("bus", "")).rpartition(".")[0]) or next(iter(found.values()), None)
        if driver in ("hda-duplex", "hda-micro", "hda-output") and sound is not None:
            original.option.used = True
            sound.children.insert(0, make("codec", {"type": driver.removeprefix("hda-")}))
            if sound.find("audio") is None:
                _link_audio(reading, sound, original.text("audiodev"))
    for option in reading.all("soundhw"):
        models = [_OLD_SOUND.get(word) for word in (option.value or "").split(",")]
        if all(models):
            option.used = True
            for model in models:
                reading.add(make("sound", {"model": model}))
    for option in reading.all("global"):
        if (option.value or "").startswith("isa-pcspk.audiodev="):
            option.used = True
            reading.add(make("sound", {"model": "pcspk"}))
