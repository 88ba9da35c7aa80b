"""Serial and parallel ports, consoles, channels, and the host's end of each: -chardev or a word of the old form."""

from __future__ import annotations

from virshpy.drivers.qemu.from_native.reading import Reading, make, on_off
from virshpy.drivers.qemu.from_native.words import Option, Params, split_commas

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.node import Node

# -device -> element, and the type and model of its target.
_CARDS = {
    "isa-serial": ("serial", "isa-serial"), "usb-serial": ("serial", "usb-serial"),
    "pci-serial": ("serial", "pci-serial"), "isa-debugcon": ("serial", "isa-debug"), "isa-parallel": ("parallel", None),
    "virtserialport": ("channel", "virtio"), "virtconsole": ("console", "virtio"),
    "ccid-card-passthru": ("smartcard", None), "usb-redir": ("redirdev", None),
}  # fmt: skip


def read_characters(reading: Reading) -> None:
    for card in reading.unused(reading.cards):
        row = _CARDS.get(str(card.get("driver")))
        if row is not None and "chardev" in card:
            _card(reading, card, *row)
    _read_words(reading, "serial", "isa-serial")
    _read_words(reading, "parallel", None)
    named = reading.has("serial") or any(node.tag == "serial" for node in reading.devices)
    if reading.defaults and reading.x86 and not named:
        # The first serial port, which QEMU shows in a window or on the terminal; here a terminal that `console` opens.
        _add_port(reading, "serial", "isa-serial", {"type": "pty"}, [])


def _card(reading: Reading, original: Params, tag: str, kind: str | None) -> None:
    card = original.fork()
    chardev = reading.chardevs.get(card.text("chardev") or "")
    end = backend(chardev) if chardev is not None else None
    if chardev is None or end is None:
        return
    chardev.option.used = True
    attrs, children = end
    driver = card.text("driver")
    port = card.text("nr", "index")
    bus = card.text("bus") if tag in ("channel", "console", "smartcard") else None
    if tag == "smartcard":
        attrs, children = {"mode": "passthrough", **attrs}, children
    elif tag == "redirdev":
        attrs, children = {"bus": "usb", **attrs}, children
        order = card.text("bootindex")
        children = [*children, make("boot", {"order": order})] if order else children
    else:
        name = card.text("name") if tag == "channel" else None
        target = make("target", {"type": kind, "name": name, "port": port if tag == "serial" else None})
        if driver == "isa-serial" or driver in ("usb-serial", "pci-serial", "isa-debugcon"):
            target.children.append(make("model", {"name": driver}))
        children = [*children, target]
    place = reading.place(card)
    if bus is not None and tag != "smartcard":
        controller = reading.index_of(bus, "virtio-serial")
        place = make("address", {"type": "virtio-serial", "controller": controller, "bus": 0, "port": port})
    elif tag == "serial" and ("iobase" in card or "irq" in card):
        numbers = {name: card.number(name) for name in ("iobase", "irq")}
        where = {name: None if number is None else hex(number) for name, number in numbers.items()}
        place = make("address", {"type": "isa", **where})
    reading.add(make(tag, attrs, *children, place), card)


def _read_words(reading: Reading, tag: str, kind: str | None) -> None:
    for option in reading.all(tag):
        text = (option.value or "").removeprefix("mon:")
        option.used = True
        if text == "none":
            continue
        if text.startswith("chardev:"):
            chardev = reading.chardevs.get(text.removeprefix("chardev:"))
            end = backend(chardev) if chardev is not None else None
            if chardev is not None and end is not None:
                chardev.option.used = True
        else:
            end = backend(_old(option, text))
        if end is None:
            option.used = False
            continue
        _add_port(reading, tag, kind, *end)


def _add_port(reading: Reading, tag: str, kind: str | None, attrs: dict[str, Any], children: list[Node]) -> None:
    reading.add(make(tag, attrs, *children, make("target", {"type": kind}) if kind else None))


def _old(option: Option, text: str) -> Params:
    """A word of the old form as -chardev would say it."""
    scheme, _, rest = text.partition(":")
    first, *flags = split_commas(rest)
    values: dict[str, Any] = {"backend": scheme}
    for flag in flags:
        key, _, value = flag.partition("=")
        values |= {"wait": "off"} if key == "nowait" else {key: value or "on"}
    if scheme in ("tcp", "telnet"):
        host, _, port = first.rpartition(":")
        values |= {"backend": "socket", "host": host.strip("[]"), "port": port}
        values |= {"telnet": "on"} if scheme == "telnet" else {}
    elif scheme == "unix":
        values |= {"backend": "socket", "path": first}
    elif scheme == "udp":
        remote, _, local = first.partition("@")
        host, _, port = remote.rpartition(":")
        near, _, number = local.rpartition(":")
        values |= {"host": host, "port": port, "localaddr": near, "localport": number or "0"}
    elif scheme in ("file", "pipe"):
        values["path"] = first
    elif text.startswith("/dev/"):
        values = {"backend": "serial", "path": text}
    elif scheme == "vc":
        values = {"backend": "pty"}
    return Params(option, values)


def backend(original: Params) -> tuple[dict[str, Any], list[Node]] | None:
    """(attributes, children) of the host's end; None for what no element says. A terminal of QEMU's own becomes a
    pseudo-terminal: nobody sits before a guest that runs in the background."""
    chardev = original.fork()
    kind = chardev.text("backend") or ""
    chardev.drop("id", "mux", "signal", "width", "height", "cols", "rows")
    log = chardev.text("logfile")
    more = [make("log", {"file": log, "append": on_off(chardev.switch("logappend"))})] if log else []
    found = _ends(kind, chardev)
    if found is None or chardev:
        return None
    attrs, children = found
    return attrs, [*children, *more]


def _ends(kind: str, chardev: Params) -> tuple[dict[str, Any], list[Node]] | None:
    if kind in ("null", "pty"):
        return {"type": kind}, []
    if kind in ("stdio", "vc"):
        return {"type": "pty"}, []
    if kind in ("serial", "parallel", "tty"):
        return {"type": "dev"}, [make("source", {"path": chardev.text("path")})]
    if kind in ("file", "pipe"):
        append = on_off(chardev.switch("append"))
        return {"type": kind}, [make("source", {"path": chardev.text("path"), "append": append})]
    if kind == "socket":
        return _socket(chardev)
    if kind == "udp":
        near, port = chardev.text("localaddr"), chardev.text("localport")
        far = make("source", {"mode": "connect", "host": chardev.text("host"), "service": chardev.text("port")})
        bind = make("source", {"mode": "bind", "host": near or None, "service": port})
        return {"type": "udp"}, [far] if port in (None, "0") else [bind, far]
    if kind == "spicevmc":
        chardev.drop("name")
        return {"type": "spicevmc"}, []
    if kind in ("spiceport", "dbus"):
        return {"type": kind}, [make("source", {"channel": chardev.text("name")})]
    if kind == "qemu-vdagent":
        chardev.drop("name")
        clipboard, mouse = chardev.switch("clipboard"), chardev.switch("mouse")
        parts = [make("clipboard", {"copypaste": "yes"})] if clipboard else []
        parts += [make("mouse", {"mode": "client"})] if mouse else []
        return {"type": kind}, [make("source", None, *parts)] if parts else []
    return None


def _socket(chardev: Params) -> tuple[dict[str, Any], list[Node]] | None:
    mode = "bind" if chardev.switch("server") else "connect"
    chardev.drop("wait", "nodelay", "ipv4", "ipv6", "delay")
    again = chardev.text("reconnect")
    source = make("source", {"mode": mode})
    if again is not None:
        attrs = {"enabled": "no"} if again == "0" else {"enabled": "yes", "timeout": again}
        source.children.append(make("reconnect", attrs))
    if "path" in chardev:
        source.attrs["path"] = chardev.text("path") or ""
        return {"type": "unix"}, [source]
    if "host" not in chardev and "port" not in chardev:
        return None
    source.attrs |= {"host": chardev.text("host") or "127.0.0.1", "service": chardev.text("port") or ""}
    telnet = chardev.switch("telnet")
    return {"type": "tcp"}, [source, make("protocol", {"type": "telnet" if telnet else "raw"})]
