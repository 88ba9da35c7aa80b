"""Disks: block nodes, -drive, the short options, and the devices that show them to the guest."""

from __future__ import annotations

import re

from virshpy.drivers.qemu.from_native.reading import Reading, leaf, make, on_off
from virshpy.drivers.qemu.from_native.sources import read_path, read_protocol
from virshpy.drivers.qemu.from_native.words import Option, Params, as_number, as_size, as_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.node import Node

_CARDS = {
    "virtio-blk-pci": ("virtio", "disk"), "virtio-blk": ("virtio", "disk"), "ide-hd": ("ide", "disk"),
    "virtio-blk-pci-transitional": ("virtio", "disk"), "virtio-blk-pci-non-transitional": ("virtio", "disk"),
    "ide-cd": ("ide", "cdrom"), "ide-drive": ("ide", "disk"), "scsi-hd": ("scsi", "disk"), "scsi-cd": ("scsi", "cdrom"),
    "scsi-block": ("scsi", "lun"), "scsi-disk": ("scsi", "disk"), "usb-storage": ("usb", "disk"),
    "floppy": ("fdc", "floppy"),
}  # fmt: skip
_PREFIX = {"virtio": "vd", "ide": "hd", "sata": "sd", "scsi": "sd", "usb": "sd", "fdc": "fd", "sd": "sd"}
_CACHES = {(True, False): "none", (False, False): "writeback", (False, True): "unsafe"}
# The short options: bus, unit, kind.
_SHORT = {
    "hda": (0, "disk"), "hdb": (1, "disk"), "hdc": (2, "disk"), "hdd": (3, "disk"), "cdrom": (2, "cdrom"),
    "fda": (0, "floppy"), "fdb": (1, "floppy"),
}  # fmt: skip


class Media:
    """What a disk is made of, before it is known where it is plugged in."""

    def __init__(self) -> None:
        self.type = "file"
        self.source: Node | None = None
        self.backing: Node | None = None
        self.driver: dict[str, Any] = {"name": "qemu"}
        self.cache_size: str | None = None
        self.readonly = False
        self.serial: str | None = None
        self.rest: Params | None = None


class Targets:
    """Names for the guest's view (vda, sdb): free ones, the wanted one first."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def name(self, bus: str, wanted: int | None = None) -> str:
        prefix = _PREFIX[bus]
        numbers = [*([wanted] if wanted is not None else []), *range(1000)]
        found = next(n for n in numbers if prefix + _letters(n) not in self._taken)
        self._taken.add(prefix + _letters(found))
        return prefix + _letters(found)


def _letters(number: int) -> str:
    return (_letters(number // 26 - 1) if number >= 26 else "") + chr(ord("a") + number % 26)


def read_disks(reading: Reading) -> None:
    targets = Targets()
    for card in reading.unused(reading.cards):
        row = _CARDS.get(str(card.get("driver")))
        if row is not None:
            _card(reading, targets, card, *row)
    for option in reading.all(*_SHORT):
        _short(reading, targets, option)
    for drive in reading.unused(reading.drives):
        if drive.get("if") != "none" and "file" in drive:
            _drive(reading, targets, drive)


def _card(reading: Reading, targets: Targets, original: Params, bus: str, device: str) -> None:
    card = original.fork()
    name = card.text("drive")
    if bus == "scsi" and "bus" in card and not reading.knows(str(card["bus"])):
        return
    if bus == "usb" and name is None:
        device = "cdrom"  # of the drives that are there without a medium
    media = reading.attempt(_media, name) if name is not None else Media()
    if media is None:
        return
    driver = card.text("driver") or ""
    if driver == "scsi-disk" and media.rest is not None and media.rest.get("media") == "cdrom":
        device = "cdrom"
    attrs: dict[str, Any] = {"device": device}
    if driver.endswith("transitional"):
        attrs["model"] = driver.removeprefix("virtio-blk-pci").replace("-", "virtio-", 1)
    place: Node | None = None
    # Its number among the disks of its bus, where that is what it is called by.
    number = re.fullmatch(r"(?:virtio|usb)-disk([0-9]{1,9})", card.name)
    wanted = int(number[1]) if number else None
    if bus == "virtio":
        attrs["device"] = "lun" if card.switch("scsi") else device
        _virtio_card(reading, card, media)
        place = reading.place(card)
    elif bus == "usb":
        place = reading.place(card)
    else:
        bus, place, wanted = _drive_place(reading, card, bus)
    target = {"dev": targets.name(bus, wanted), "bus": bus, "rotation_rate": card.text("rotation_rate")}
    if bus in ("usb", "scsi"):
        removable = card.switch("removable")
        target["removable"] = "on" if removable else None if bus == "usb" else on_off(removable)
    _add(reading, attrs, media, target, [*_card_details(card, media), place], card)


def _virtio_card(reading: Reading, card: Params, media: Media) -> None:
    thread = as_text(card.get("iothread", ""))
    if re.fullmatch("iothread[0-9]+", thread):
        card.drop("iothread")
        media.driver["iothread"] = thread.removeprefix("iothread")
    media.driver |= {
        "ioeventfd": on_off(card.switch("ioeventfd")), "event_idx": on_off(card.switch("event_idx")),
        "queues": card.text("num-queues"), "queue_size": card.text("queue-size"), **reading.virtio(card),
    }  # fmt: skip


def _drive_place(reading: Reading, card: Params, bus: str) -> tuple[str, Node | None, int | None]:
    """(bus, address, number of the target name) of a disk on a drive bus."""
    where, unit = card.text("bus"), card.number("unit")
    if bus == "fdc":
        unit = unit or 0
        return bus, _drive_address(0, 0, 0, unit), unit
    if bus == "scsi":
        channel, target, lun = card.number("channel"), card.number("scsi-id"), card.number("lun")
        if card.get("device_id") in (card.get("serial"), f"drive-{card.name}"):
            card.drop("device_id")
        controller = reading.index_of(where, "scsi")
        if lun is None and channel is None:  # an old controller, which has only units
            target, lun = 0, target
        return bus, _drive_address(controller, channel or 0, target or 0, lun or 0), None
    name, _, number = (where or "ide.0").rpartition(".")
    port = as_number(number) if number.isdecimal() else 0
    if reading.q35 or reading.buses.get(name, ("ide", 0))[0] == "sata":
        return "sata", _drive_address(reading.index_of(name, "sata"), 0, 0, port), None
    return "ide", _drive_address(0, port, 0, unit or 0), port * 2 + (unit or 0)


def _drive_address(controller: int, bus: int, target: int, unit: int) -> Node:
    return make("address", {"type": "drive", "controller": controller, "bus": bus, "target": target, "unit": unit})


def _card_details(card: Params, media: Media) -> list[Node | None]:
    """What the device says of the disk."""
    sizes = {name: card.text(name) for name in ("logical_block_size", "physical_block_size")}
    found: list[Node | None] = []
    if any(sizes.values()):
        found.append(make("blockio", sizes))
    geometry = {name: card.text(name) for name in ("cyls", "heads", "secs")}
    if all(geometry.values()):
        found.append(make("geometry", {**geometry, "trans": card.text("bios-chs-trans")}))
    write, read = card.text("werror"), card.text("rerror")
    if write or read:
        media.driver["error_policy"] = "enospace" if write == "enospc" else write
        media.driver["rerror_policy"] = read if read != write else None
    if card.switch("write-cache") is False:
        media.driver["cache"] = "directsync" if media.driver.get("cache") == "none" else "writethrough"
    if card.switch("share-rw"):
        found.append(make("shareable"))
    serial = card.text("serial") or media.serial
    found.append(leaf("serial", serial.replace("\\ ", " ") if serial else None))
    wwn = card.number("wwn")
    found.append(leaf("wwn", f"{wwn:016x}" if wwn else None))
    found += [leaf("vendor", card.text("vendor")), leaf("product", card.text("product"))]
    order = card.number("bootindex")
    if order is not None:
        found.append(make("boot", {"order": order or 1}))
    return found


def _add(
    reading: Reading, attrs: dict[str, Any], media: Media, target: dict[str, Any], more: list[Node | None], card: Params
) -> None:
    readonly = make("readonly") if media.readonly or attrs["device"] == "cdrom" else None
    said = media.source is not None or len(media.driver) > 1
    driver = make("driver", media.driver, _cache_size(media.cache_size)) if said else None
    parts = [driver, media.source, media.backing, make("target", target), *more, readonly]
    if any(node is not None and node.tag == "boot" for node in more):
        reading.top["os"].children = [node for node in reading.top["os"].children if node.tag != "boot"]
    reading.add(make("disk", {"type": media.type, **attrs}, *parts), card)


def _media(reading: Reading, name: str) -> Media | None:
    """The -drive or the block node of that name; None for what no element says."""
    for drive in reading.unused(reading.drives):
        if drive.name == name:
            return _drive_media(reading, drive)
    if name not in reading.blockdevs:
        return None
    media = Media()
    copied = reading.blockdevs[name]
    if copied.get("driver") == "copy-on-read" and isinstance(copied.get("file"), str):
        copied.option.used = True
        media.driver["copy_on_read"] = "on"
        name = str(copied["file"])
    found = _layer(reading, name)
    if found is None:
        return None
    media.type, media.driver["type"], media.source, below, settings = found
    media.readonly, media.cache_size = settings.pop("readonly"), settings.pop("cache_size")
    media.driver |= settings
    media.backing = below
    return media


def _layer(reading: Reading, name: object) -> tuple[str, str, Node, Node | None, dict[str, Any]] | None:
    """(type, format, <source>, <backingStore>, settings) of a format node and all beneath it."""
    params = reading.blockdevs[name].fork() if isinstance(name, str) and name in reading.blockdevs else None
    if params is None:
        if not isinstance(name, dict):
            return None
        params = Params(Option("blockdev", None), name)
    format = params.text("driver") or "raw"
    below = params.pop("file", None)
    storage = params.fork()
    piece: Node | None = None
    middle = params
    if below is None:  # a protocol alone, which is read as it is
        params["node-name"], format = params.get("node-name"), "raw"
    else:
        found = reading.blockdevs[below].fork() if isinstance(below, str) and below in reading.blockdevs else None
        storage = found if found is not None else Params(params.option, below if isinstance(below, dict) else {})
        if found is not None and storage.get("driver") == "raw" and isinstance(storage.get("file"), str):
            piece = make("slice", {"type": "storage", "offset": storage.text("offset"), "size": storage.text("size")})
            middle, whole_file = storage, storage.pop("file")
            storage = reading.blockdevs.get(whole_file, Params(params.option, {})).fork()
        format = {"luks": "raw", "parallels": "ploop"}.get(format, format)
    if format == "raw" and "offset" in params:
        piece = make("slice", {"type": "storage", "offset": params.text("offset"), "size": params.text("size")})
    if below is None:
        storage["driver"] = reading.blockdevs[name].get("driver") if isinstance(name, str) else "file"
    source = read_protocol(reading, storage, params)
    if source is not None and piece is not None:
        source[1].children.append(make("slices", None, piece))
        middle.option.used = True
    whole = _whole(reading, params, storage, format, source) if source is not None else None
    if whole is None:
        return None
    storage.option.used = params.option.used = True
    return whole


# What every block node may say, and what says nothing to a document.
_GRAPH = ("node-name", "driver", "auto-read-only", "cache", "read-only", "discard", "detect-zeroes", "aio", "file")


def _whole(
    reading: Reading, params: Params, storage: Params, format: str, source: tuple[str, Node]
) -> tuple[str, str, Node, Node | None, dict[str, Any]] | None:
    """A layer of its two nodes; None where either says more than elements can."""
    cache = storage.get("cache") or params.get("cache") or {}
    direct, unsafe = (str(cache.get(key, "")).lower() in ("true", "on") for key in ("direct", "no-flush"))
    settings: dict[str, Any] = {
        "readonly": bool(params.switch("read-only")),
        "cache": _CACHES.get((direct, unsafe)) if cache else None,
        "io": storage.text("aio"),
        "discard": params.text("discard"),
        "detect_zeroes": params.text("detect-zeroes"),
        "cache_size": params.text("cache-size"),
    }
    backing: Node | None = None
    if "backing" in params:
        name = params.pop("backing")
        below = _layer(reading, name) if name else None
        if name and below is None:
            return None
        backing = make("backingStore")
        if below is not None:
            kind, inner_format, inner, rest, inner_settings = below
            shape = make("format", {"type": inner_format}, _cache_size(inner_settings["cache_size"]))
            backing = make("backingStore", {"type": kind}, shape, inner, rest)
    if source[0] == "dir":
        format = "fat"
    params.drop(*_GRAPH)
    if params is not storage:
        storage.drop(*_GRAPH)
    if params or storage and storage.option is not params.option:
        return None
    return source[0], format, source[1], backing, settings


def _cache_size(size: str | None) -> Node | None:
    """qcow2's cache of its own tables."""
    if size is None:
        return None
    return make("metadata_cache", None, make("max_size", {"unit": "bytes"}, text=as_size(size)))


# Where a -drive is plugged in, which is read apart; nothing else may be left of one.
_PLUG = {"id", "if", "index", "bus", "unit", "media"}


def _drive_media(reading: Reading, original: Params) -> Media | None:
    """What a -drive says of its image; None where it says more than elements can."""
    drive = original.fork()
    media = Media()
    path = drive.text("file")
    if path:
        media.type, media.source = read_path(path)
        given = drive.text("format") or reading.format_of(path)
        media.driver["type"] = "fat" if media.type == "dir" else given
    direct, unsafe = drive.switch("cache.direct"), drive.switch("cache.no-flush")
    cache = drive.pop("cache", None)
    if isinstance(cache, dict):
        direct, unsafe = (str(cache.get(key, "")) == "on" for key in ("direct", "no-flush"))
        media.driver["cache"] = _CACHES.get((bool(direct), bool(unsafe)))
    elif cache is not None:
        media.driver["cache"] = {"off": "none"}.get(str(cache), str(cache))
    write, read = drive.text("werror"), drive.text("rerror")
    media.driver |= {
        "io": drive.text("aio"),
        "discard": {"on": "unmap", "off": "ignore"}.get(drive.get("discard", ""), drive.get("discard")),
        "detect_zeroes": drive.text("detect-zeroes"),
        "copy_on_read": on_off(drive.switch("copy-on-read")),
        "error_policy": "enospace" if write == "enospc" else write,
        "rerror_policy": read,
    }
    media.readonly = bool(drive.switch("readonly", "read-only"))
    media.serial = drive.text("serial")
    drive.drop("discard", "boot", "cache")
    if drive.keys() - _PLUG:
        return None
    original.option.used = True
    media.rest = drive
    return media


def _short(reading: Reading, targets: Targets, option: Option) -> None:
    number, device = _SHORT[option.name]
    media = Media()
    media.type, media.source = read_path(option.value or "")
    media.driver["type"] = reading.format_of(option.value or "")
    _plug(reading, targets, media, device, "fdc" if device == "floppy" else "", number, Params(option, {}))


def _drive(reading: Reading, targets: Targets, original: Params) -> None:
    drive = original.fork()
    device = "cdrom" if drive.text("media") == "cdrom" else "disk"
    word = drive.text("if") or ""
    bus = {"ide": "", "floppy": "fdc"}.get(word, word)
    if bus in ("mtd", "pflash", "xen"):
        return
    index, channel, unit = drive.number("index"), drive.number("bus"), drive.number("unit")
    if index is None and (channel is not None or unit is not None):
        index = (channel or 0) * 2 + (unit or 0)
    media = _drive_media(reading, drive)
    if media is None:
        return
    _plug(reading, targets, media, "floppy" if bus == "fdc" else device, bus, index, Params(drive.option, {}))


def _plug(
    reading: Reading, targets: Targets, media: Media, device: str, bus: str, number: int | None, card: Params
) -> None:
    """A disk that the machine itself plugs in, at its place of that number."""
    bus = bus or ("sata" if reading.q35 else "ide")
    dev = targets.name(bus, number if number is not None else 2 if device == "cdrom" and bus == "ide" else None)
    number = sum((ord(letter) - 96) * 26**place for place, letter in enumerate(reversed(dev[2:]))) - 1
    place: Node | None = None
    if bus == "ide":
        place = _drive_address(0, number // 2, 0, number % 2)
    elif bus in ("sata", "fdc"):
        place = _drive_address(0, 0, 0, number)
    serial = leaf("serial", media.serial)
    _add(reading, {"device": device}, media, {"dev": dev, "bus": bus}, [serial, place], card)
    card.option.used = True
