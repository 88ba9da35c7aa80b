"""Character devices: what each backend cannot do without, and which the guest's end can have."""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.chardev import Console, Serial

_WITH_PATH = frozenset({"dev", "file", "pipe", "unix"})
_WITH_CHANNEL = frozenset({"spiceport", "dbus"})


def check_chardevs(domain: Domain) -> None:
    """Raises InternalError, as libvirt does, for a backend that names no path, host, service or channel, and
    ConfigUnsupported for one that the device cannot have."""
    spice = any(graphics.type == "spice" for graphics in domain.devices.graphics)
    for device in _speakers(domain):
        if device.type == "spicevmc" and device._tag in ("serial", "parallel", "console"):
            raise errors.ConfigUnsupported("spicevmc device type only supports virtio", hint="it is for a <channel>")
        _check(device, agent=device._tag == "channel" and device.target.type in ("virtio", "xen"))
        if device.type in ("spicevmc", "spiceport") and not spice:
            raise errors.ConfigUnsupported(
                f"chardev '{device.type}' not supported without spice graphics", hint="add <graphics type='spice'/>"
            )
    for serial in domain.devices.serials:
        _check_serial(serial)
    for console in domain.devices.consoles:
        _check_console(console)


# What a model of serial port goes with.
_TARGETS = {"isa-serial": "isa-serial", "usb-serial": "usb-serial", "pci-serial": "pci-serial",
            "isa-debugcon": "isa-debug", "spapr-vty": "spapr-vio-serial", "pl011": "system-serial",
            "16550a": "system-serial", "sclpconsole": "sclp-serial", "sclplmconsole": "sclp-serial"}  # fmt: skip


_MODELS = {"spapr-vio-serial": "spapr-vty", "sclp-serial": "sclpconsole"}
_PLACES = {"isa-serial": "isa", "usb-serial": "usb", "pci-serial": "pci"}


def _check_serial(serial: Serial) -> None:
    target = serial.target
    model = target.model.name if target and target.model else None
    if target is not None and model is not None and target.type != _TARGETS[model]:
        raise errors.ConfigUnsupported(f"Target model '{model}' requires target type '{_TARGETS[model]}'")
    if target is not None and target.type in ("spapr-vio-serial", "sclp-serial"):
        raise errors.ConfigUnsupported(
            f"Serial device with target type '{target.type}' and target model '{model or _MODELS[target.type]}' not "
            "compatible with guest architecture or machine type"
        )
    kind, place = target.type if target else None, serial.address.type if serial.address else None
    wanted = _PLACES.get(kind or "")
    if wanted and place not in (None, wanted):
        raise errors.ConfigUnsupported(f"Target type '{kind}' requires address type '{wanted}'")


_SCLP = {"sclp": "sclpconsole", "sclplm": "sclplmconsole"}


def _check_console(console: Console) -> None:
    kind = console.target.type if console.target else None
    if kind in _SCLP:
        raise errors.ConfigUnsupported(f"{_SCLP[kind]} is not supported in this QEMU binary")
    if kind not in (None, "serial", "virtio"):
        raise errors.ConfigUnsupported(
            f"unsupported console target type {kind}", hint="a PC has type='serial' and type='virtio'"
        )


def _speakers(domain: Domain) -> Iterator[Any]:
    devices = domain.devices
    yield from devices.serials
    yield from devices.parallels
    yield from devices.consoles
    yield from devices.channels
    yield from (card for card in devices.smartcards if card.mode == "passthrough")
    yield from devices.redirdevs
    yield from (rng.backend for rng in devices.rngs if rng.backend is not None and rng.backend.model == "egd")


def _check(device: Any, agent: bool) -> None:
    kind = device.type
    first = device.sources[0] if device.sources else None
    if kind in _WITH_PATH and not (first and first.path) and not (kind == "unix" and agent):
        _missing("path", device)
    elif kind == "tcp":
        for word in ("host", "service"):
            if first is None or not getattr(first, word):
                _missing(word, device)
    elif kind == "udp":
        if not any(source.service for source in device.sources if source.mode != "bind"):
            _missing("service", device)
    elif kind == "nmdm":
        if not (first and first.master and first.slave):
            raise errors.InternalError("Should define both master and slave path attributes for nmdm device")
    elif kind in _WITH_CHANNEL and not (first and first.channel):
        raise errors.ConfigUnsupported(
            "Missing source channel attribute for char device", hint=f"add <source channel='…'/> to the {device._tag}"
        )


def _missing(word: str, device: Any) -> None:
    raise errors.InternalError(
        f"Missing source {word} attribute for char device", hint=f"add <source {word}='…'/> to the {device._tag}"
    )
