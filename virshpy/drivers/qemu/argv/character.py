"""Everything that speaks through a chardev: the host's end (-chardev), then the guest's device."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.argv.guest import Guest
from virshpy.drivers.qemu.argv.words import as_json, comma, pairs
from virshpy.drivers.qemu.postparse.aliases import alias_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.drivers.qemu.argv.words import Properties
    from virshpy.xml.domain.chardev import CharSource, Serial


def add_chardev(guest: Guest, device: Any, alias: str) -> str:
    """Add the host's end of a device; returns its id."""
    name = f"char{alias}"
    words = _backend_words(guest, device, name)
    log = getattr(device, "log", None)
    if log is not None and log.file:
        words += pairs({"logfile": log.file, "logappend": log.append})
        guest.out.file(log.file, "rw", "file")
    guest.add("-chardev", ",".join(words))
    return name


def _backend_words(guest: Guest, device: Any, name: str) -> list[str]:
    kind = device.type
    source = device.sources[0] if device.sources else None
    if kind in ("null", "vc", "pty", "stdio"):
        return [kind, f"id={name}"]
    if kind in ("dev", "file", "pipe"):
        return _path_words(guest, device, name, source)
    if kind == "udp":
        return _udp_words(device, name)
    if kind == "tcp":
        return _tcp_words(guest, device, name, source)
    if kind == "unix":
        return _unix_words(guest, device, name, source)
    if kind == "spicevmc":
        # What the channel carries is said by the kind of device that is at the guest's end.
        by_tag = {"smartcard": "smartcard", "redirdev": "usbredir"}
        return ["spicevmc", f"id={name}", f"name={by_tag.get(device._tag, 'vdagent')}"]
    if kind == "spiceport":
        return ["spiceport", f"id={name}", f"name={comma(source.channel or '')}" if source else "name="]
    if kind == "qemu-vdagent":
        clipboard = source.clipboard.copypaste if source and source.clipboard else None
        mouse = source.mouse.mode == "client" if source and source.mouse else None
        return [kind, *pairs({"id": name, "name": "vdagent", "clipboard": clipboard, "mouse": mouse})]
    if kind == "dbus":
        return ["dbus", f"id={name}", f"name={comma((source.channel if source else None) or '')}"]
    raise errors.ConfigUnsupported(f"unsupported chardev '{kind}'")


def _path_words(guest: Guest, device: Any, name: str, source: CharSource | None) -> list[str]:
    path = (source.path if source else None) or ""
    kind = device.type
    guest.out.file(path, "rw", "character device" if kind == "dev" else kind)
    word = ("parallel" if device._tag == "parallel" else "serial") if kind == "dev" else kind
    append = source.append if source and kind == "file" else None
    return [word, *pairs({"id": name, "path": path, "append": append})]


def _udp_words(device: Any, name: str) -> list[str]:
    connect = next((s for s in device.sources if s.mode != "bind"), None)
    bind = next((s for s in device.sources if s.mode == "bind"), None)
    host = (connect.host if connect else None) or ""
    local = (bind.host if bind else None) or ""
    port = (bind.service if bind else None) or "0"
    service = (connect.service if connect else None) or ""
    return ["udp", f"id={name}", f"host={host}", f"port={service}", f"localaddr={local}", f"localport={port}"]


def _tcp_words(guest: Guest, device: Any, name: str, source: CharSource | None) -> list[str]:
    assert source is not None
    words = ["socket", f"id={name}", f"host={source.host or ''}", f"port={source.service or ''}"]
    if device.protocol is not None and device.protocol.type in ("telnet", "telnets"):
        words.append("telnet=on")
    if source.mode == "bind":
        words += ["server=on", "wait=off"]
    words += _reconnect(source)
    if source.tls:
        secure = f"obj{name}_tls0"
        guest.object(
            "tls-creds-x509", secure, dir=guest.runtime.tls_dir or "/etc/pki/qemu",
            endpoint="server" if source.mode == "bind" else "client", **{"verify-peer": True},
        )  # fmt: skip
        words.append(f"tls-creds={secure}")
    return words


def _unix_words(guest: Guest, device: Any, name: str, source: CharSource | None) -> list[str]:
    path, bind = channel_path(guest, device, source)
    words = ["socket", f"id={name}"]
    if bind and not guest.runtime.native:
        guest.out.descriptor(name, {"kind": "listen", "path": path})
        return [*words, f"{{listen:{name}}}", "server=on", "wait=off"]
    words.append(f"path={comma(path)}")
    if bind:
        return [*words, "server=on", "wait=off"]
    guest.out.peer(path, source.reconnect if source else None)
    return words + (_reconnect(source) if source else [])


def channel_path(guest: Guest, device: Any, source: CharSource | None) -> tuple[str, bool]:
    """The path of a device's socket and whether QEMU listens there: an agent's channel without a path listens in the
    guest's own directory."""
    if source is not None and source.path:
        return source.path, source.mode == "bind"
    target = getattr(device, "target", None)
    return f"{guest.runtime.channel_dir}/{getattr(target, 'name', None) or alias_of(device)}", True


def _reconnect(source: CharSource) -> list[str]:
    if source.mode == "bind" or source.reconnect is None:
        return []
    if source.reconnect.enabled is False:
        return ["reconnect=0"]
    return [f"reconnect={source.reconnect.timeout}"] if source.reconnect.timeout is not None else []


_SERIAL = {
    "isa-serial": "isa-serial", "usb-serial": "usb-serial", "pci-serial": "pci-serial", "isa-debug": "isa-debugcon",
}  # fmt: skip


def add_serials(guest: Guest) -> None:
    for serial in guest.domain.devices.serials:
        add_chardev(guest, serial, alias_of(serial))
        guest.device(serial_properties(guest, serial))


def serial_properties(guest: Guest, serial: Serial) -> Properties:
    target = serial.target
    assert target is not None
    alias = alias_of(serial)
    model = target.model.name if target.model else None
    properties: Properties = {
        "driver": model or _SERIAL.get(target.type or "", "isa-serial"),
        "chardev": f"char{alias}",
        "id": alias,
    }
    if target.type == "isa-serial":
        properties["index"] = target.port
    return properties | guest.place(serial)


def add_parallels(guest: Guest) -> None:
    for parallel in guest.domain.devices.parallels:
        alias = alias_of(parallel)
        add_chardev(guest, parallel, alias)
        guest.device({"driver": "isa-parallel", "chardev": f"char{alias}", "id": alias})


def _port_place(guest: Guest, device: Any) -> Properties:
    """Where on which virtio-serial controller a port is. Port 0 is the bus's own choice."""
    address = device.address
    if address is None or address.type != "virtio-serial":
        return {}
    name = guest.controller_name("virtio-serial", address.controller or 0)
    return {"bus": f"{name}.{address.bus or 0}", "nr": address.port}


def add_channels(guest: Guest) -> None:
    for channel in guest.domain.devices.channels:
        alias, target = alias_of(channel), channel.target
        assert target is not None
        add_chardev(guest, channel, alias)
        if target.type == "guestfwd":
            forward = f"tcp:{target.address}:{target.port}-chardev:char{alias}"
            guest.add("-netdev", as_json({"type": "user", "guestfwd": [{"str": forward}], "id": alias}))
            continue
        name = target.name
        if name is None and channel.type == "spicevmc":
            name = "com.redhat.spice.0"
        guest.device(
            {
                "driver": "virtserialport",
                **_port_place(guest, channel),
                "chardev": f"char{alias}",
                "id": alias,
                "name": name,
            }
        )


def add_consoles(guest: Guest) -> None:
    for console in guest.domain.devices.consoles:
        if console.target is None or console.target.type != "virtio":
            continue
        alias = alias_of(console)
        add_chardev(guest, console, alias)
        guest.device({"driver": "virtconsole", **_port_place(guest, console), "chardev": f"char{alias}", "id": alias})


def add_smartcards(guest: Guest) -> None:
    for card in guest.domain.devices.smartcards:
        alias = alias_of(card)
        properties: Properties
        if card.mode == "passthrough":
            add_chardev(guest, card, alias)
            properties = {"driver": "ccid-card-passthru", "chardev": f"char{alias}"}
        elif card.mode == "host":
            properties = {"driver": "ccid-card-emulated", "backend": "nss-emulated"}
        else:
            properties = {"driver": "ccid-card-emulated", "backend": "certificates"}
            properties |= {f"cert{number}": name for number, name in enumerate(card.certificates, 1)}
            properties["db"] = card.database or "/etc/pki/nssdb"
        guest.device({**properties, "id": alias, **guest.place(card)})


def add_redirdevs(guest: Guest) -> None:
    from virshpy.drivers.qemu.argv.disks import boot_indexes

    indexes = boot_indexes(guest)
    rules = guest.domain.devices.redirfilter
    for redirdev in guest.domain.devices.redirdevs:
        alias = alias_of(redirdev)
        add_chardev(guest, redirdev, alias)
        words = []
        for rule in rules.usbdevs if rules else []:
            parts = (rule.class_, rule.vendor, rule.product, _version(rule.version))
            words.append(":".join(part or "-1" for part in parts) + f":{1 if rule.allow else 0}")
        guest.device(
            {
                "driver": "usb-redir",
                "chardev": f"char{alias}",
                "id": alias,
                "filter": "|".join(words) or None,
                "bootindex": indexes.get(id(redirdev)),
                **guest.place(redirdev),
            }
        )


def _version(text: str | None) -> str | None:
    """A USB version as the number that its digits are in the descriptor: 1.10 is 0x0110."""
    if text is None or text == "-1":
        return text
    major, _, minor = text.partition(".")
    return f"0x{int(major):02d}{minor:0<2}"
