"""The host's end of character devices: what each backend cannot do without."""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from virshpy.xml.domain import Domain

_WITH_PATH = frozenset({"dev", "file", "pipe", "unix"})
_WITH_CHANNEL = frozenset({"spiceport", "dbus"})


def check_sources(domain: Domain) -> None:
    """Raises InternalError, as libvirt does, for a backend that names no path, host, service or channel."""
    for device in _speakers(domain):
        _check(device, agent=device._tag == "channel" and device.target.type in ("virtio", "xen"))


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
