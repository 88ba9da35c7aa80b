"""Devices of one kind each: input, memory balloon, random numbers, watchdog, TPM, shared directories and memory, …"""

from __future__ import annotations

import re

from virshpy.drivers.qemu.from_native.characters import backend
from virshpy.drivers.qemu.from_native.reading import Reading, make, on_off
from virshpy.drivers.qemu.from_native.words import Params, as_number, as_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.node import Node

_VIRTIO = re.compile(r"(virtio-[a-z0-9]+)-pci(?:-((?:non-)?transitional))?\Z").match


def read_peripherals(reading: Reading) -> None:
    for original in reading.unused(reading.cards):
        card = original.fork()
        driver = str(card.get("driver"))
        kind, model = driver, "virtio"
        if match := _VIRTIO(driver):
            kind, model = match[1], f"virtio-{match[2]}" if match[2] else "virtio"
        builder = _KINDS.get(kind)
        node = reading.attempt(builder, card, model) if builder is not None else None
        if node is not None:
            card.drop("driver")
            reading.add(node, card)
        elif driver == "vmcoreinfo":
            card.option.used = True
            reading.top["features"].children.append(make("vmcoreinfo", {"state": "on"}))
        elif driver == "isa-fdc" and any(node.attrs.get("device") == "floppy" for node in reading.devices):
            card.option.used = True  # what q35 needs for a floppy drive, and gets with one
    _read_old(reading)
    if not any(node.tag == "memballoon" for node in reading.devices):
        reading.add(make("memballoon", {"model": "none"}))
    action = reading.last("watchdog-action")
    if action is not None:
        for node in reading.devices:
            if node.tag == "watchdog":
                node.attrs["action"] = action


def _read_old(reading: Reading) -> None:
    """-usbdevice, -watchdog, -balloon, -virtfs, and objects that are devices for themselves."""
    for option in reading.all("usbdevice"):
        kind = {"tablet": "tablet", "mouse": "mouse", "keyboard": "keyboard"}.get(option.value or "")
        if kind is not None:
            option.used = True
            reading.add(make("input", {"type": kind, "bus": "usb"}))
            for node in reading.devices:
                if node.attrs.get("type") == "usb" and node.attrs.get("model") == "none":
                    del node.attrs["model"]
    watchdog = reading.last("watchdog")
    if watchdog is not None:
        reading.add(make("watchdog", {"model": watchdog}))
    if (reading.last("balloon") or "none").startswith("virtio"):
        reading.add(make("memballoon", {"model": "virtio"}))
    for option in reading.all("virtfs"):
        share = Params.of(option, "fsdriver")
        tag = share.text("mount_tag")
        found = _share(share)
        if found is not None:
            option.used = True
            reading.add(make("filesystem", {"type": "mount", **found[0]}, *found[1], make("target", {"dir": tag})))
    for params in reading.unused(reading.objects.values()):
        if params.get("qom-type") == "input-linux":
            params.option.used = True
            source = {"dev": params.text("evdev"), "grab": "all" if params.switch("grab_all") else None}
            source |= {"repeat": on_off(params.switch("repeat")), "grabToggle": params.text("grab-toggle")}
            reading.add(make("input", {"type": "evdev"}, make("source", source)))


def _driver(reading: Reading, card: Params) -> Node | None:
    attrs = reading.virtio(card)
    return make("driver", attrs) if attrs else None


def _input(kind: str, bus: str) -> Any:
    def build(reading: Reading, card: Params, model: str) -> Node:
        attrs = {"type": kind, "bus": bus, "model": model if model != "virtio" else None}
        device = card.text("evdev")
        source = make("source", {"evdev": device}) if device else None
        return make("input", attrs, _driver(reading, card), source, reading.place(card))

    return build


def _hub(reading: Reading, card: Params, model: str) -> Node:
    return make("hub", {"type": "usb"}, reading.place(card))


def _balloon(reading: Reading, card: Params, model: str) -> Node:
    attrs = {"model": model, "autodeflate": on_off(card.switch("deflate-on-oom"))}
    attrs["freePageReporting"] = on_off(card.switch("free-page-reporting"))
    return make("memballoon", attrs, _driver(reading, card), reading.place(card))


def _rng(reading: Reading, card: Params, model: str) -> Node | None:
    source = reading.objects.claim(card.text("rng"))
    if source is None:
        return None
    kind = {"rng-random": "random", "rng-egd": "egd", "rng-builtin": "builtin"}.get(str(source.get("qom-type")))
    if kind == "egd":
        chardev = reading.chardevs.claim(source.get("chardev"))
        end = backend(chardev) if chardev is not None else None
        if end is None:
            return None
        below = make("backend", {"model": kind, **end[0]}, *end[1])
    else:
        below = make("backend", {"model": kind}, text=source.get("filename") if kind == "random" else None)
    most, period = card.text("max-bytes"), card.text("period")
    rate = make("rate", {"bytes": most, "period": period}) if most else None
    return make("rng", {"model": model}, rate, below, _driver(reading, card), reading.place(card))


def _watchdog(reading: Reading, card: Params, model: str) -> Node:
    return make("watchdog", {"model": card.get("driver")}, reading.place(card))


def _panic(reading: Reading, card: Params, model: str) -> Node:
    port = card.text("ioport")
    place = make("address", {"type": "isa", "iobase": hex(as_number(port))}) if port else None
    return make("panic", {"model": "isa"}, place)


def _tpm(reading: Reading, card: Params, model: str) -> Node | None:
    back = reading.tpmdevs.claim(card.text("tpmdev"))
    if back is None:
        return None
    if back.get("type") == "passthrough":
        below = make("backend", {"type": "passthrough"}, make("device", {"path": back.text("path") or "/dev/tpm0"}))
    else:
        reading.chardevs.claim(back.get("chardev"))
        # Whose emulator listened there is unknown: the guest gets one of its own.
        below = make("backend", {"type": "emulator", "version": "2.0"})
    return make("tpm", {"model": card.get("driver")}, below)


def _vsock(reading: Reading, card: Params, model: str) -> Node:
    number = card.text("guest-cid")
    card.drop("vhostfd")
    chosen = number in (None, "0")
    attrs = {"auto": "yes"} if chosen else {"auto": "no", "address": number}
    return make("vsock", {"model": model}, make("cid", attrs), _driver(reading, card), reading.place(card))


def _iommu(reading: Reading, card: Params, model: str) -> Node:
    words = {"intremap": "intremap", "caching_mode": "caching-mode", "eim": "eim", "iotlb": "device-iotlb"}
    attrs: dict[str, Any] = {name: on_off(card.switch(word)) for name, word in words.items() if word in card}
    attrs["aw_bits"] = card.text("aw-bits")
    driver = make("driver", attrs) if any(attrs.values()) else None
    kind = "virtio" if str(card.get("driver")).startswith("virtio") else "intel"
    return make("iommu", {"model": kind}, driver, reading.place(card) if kind == "virtio" else None)


def _share(share: Params) -> tuple[dict[str, Any], list[Node]] | None:
    """(attributes, children) of the directory that a -fsdev or -virtfs gives."""
    share = share.fork()
    if share.text("fsdriver") != "local":
        return None
    share.drop("id")
    model = share.text("security_model") or "none"
    mode = {"mapped": "mapped", "mapped-xattr": "mapped", "none": "squash", "passthrough": "passthrough"}.get(model)
    attrs = {"accessmode": mode, "multidevs": share.text("multidevs")}
    attrs |= {"fmode": share.text("fmode"), "dmode": share.text("dmode")}
    children = [make("driver", {"type": "path", "wrpolicy": share.text("writeout")})] if "writeout" in share else []
    children.append(make("source", {"dir": share.text("path")}))
    if share.switch("readonly"):
        children.append(make("readonly"))
    return (attrs, children) if mode is not None and not share else None


def _ninep(reading: Reading, card: Params, model: str) -> Node | None:
    share = reading.fsdevs.claim(card.text("fsdev"))
    found = _share(share) if share is not None else None
    if found is None:
        return None
    attrs = {"type": "mount", "model": model if model != "virtio" else None, **found[0]}
    options = reading.virtio(card)
    if options:
        driver = next((node for node in found[1] if node.tag == "driver"), None)
        if driver is None:
            driver = make("driver", {"type": "path"})
            found[1].insert(0, driver)
        driver.attrs |= {key: value for key, value in options.items() if value is not None}
    target = make("target", {"dir": card.text("mount_tag")})
    return make("filesystem", attrs, *found[1], target, reading.place(card))


def _virtiofs(reading: Reading, card: Params, model: str) -> Node | None:
    """Its server was started by somebody else, and listens there still."""
    chardev = reading.chardevs.claim(card.text("chardev"))
    if chardev is None or "path" not in chardev:
        return None
    order = card.text("bootindex")
    driver = {"type": "virtiofs", "queue": card.text("queue-size"), **reading.virtio(card)}
    return make(
        "filesystem", {"type": "mount"}, make("driver", driver), make("source", {"socket": chardev.text("path")}),
        make("target", {"dir": card.text("tag")}), make("boot", {"order": order}) if order else None,
        reading.place(card),
    )  # fmt: skip


def _memory(reading: Reading, card: Params, model: str) -> Node | None:
    back = reading.objects.claim(card.text("memdev"))
    if back is None:
        return None
    kind = {"pc-dimm": "dimm"}.get(str(card.get("driver")), str(card.get("driver")).removesuffix("-pci"))
    share = back.switch("share")
    target = make("target", None, make("size", {"unit": "KiB"}, text=as_size(back.text("size") or "0") >> 10))
    node, label = card.text("node"), card.number("label-size")
    for tag, size in (("block", card.number("block-size")), ("requested", card.number("requested-size"))):
        if size is not None:
            target.children.append(make(tag, {"unit": "KiB"}, text=size >> 10))
    if node is not None:
        target.children.append(make("node", text=node))
    if label:
        target.children.append(make("label", None, make("size", {"unit": "KiB"}, text=label >> 10)))
    if kind == "virtio-mem" and any(row.get("prealloc") for row in reading.objects.values()):
        card.switch("prealloc")  # goes with <allocation mode='immediate'/>, as for the guest's other memory
    if card.switch("unarmed"):
        target.children.append(make("readonly"))
    source = make("source")
    if "align" in back:
        source.children.append(make("alignsize", {"unit": "KiB"}, text=as_size(back.text("align") or "0") >> 10))
    if kind in ("nvdimm", "virtio-pmem"):
        source.children.append(make("path", text=back.text("mem-path")))
        if back.switch("pmem"):
            source.children.append(make("pmem"))
    slot, base = card.text("slot"), card.text("addr") if kind in ("dimm", "nvdimm") else None
    place = make("address", {"type": "dimm", "slot": slot, "base": base and hex(as_number(base))}) if slot else None
    attrs = {"model": kind, "access": None if share is None else "shared" if share else "private"}
    uuid = card.text("uuid")
    return make(
        "memory", attrs, make("uuid", text=uuid) if uuid else None, source if source.children else None, target,
        place or reading.place(card),
    )  # fmt: skip


def _pci(reading: Reading, card: Params, model: str) -> Node | None:
    match = re.fullmatch(r"(?:([0-9a-f]+):)?([0-9a-f]+):([0-9a-f]+)\.([0-7])", card.text("host") or "")
    if match is None:
        return None
    keys = ("domain", "bus", "slot", "function")
    where = dict(zip(keys, (f"0x{part or 0}" for part in match.groups()), strict=True))
    order = card.text("bootindex")
    rom = make("rom", {"bar": {"1": "on", "0": "off"}.get(card.text("rombar") or ""), "file": card.text("romfile")})
    return make(
        "hostdev", {"mode": "subsystem", "type": "pci", "managed": "yes"}, make("driver", {"name": "vfio"}),
        make("source", None, make("address", where)), make("boot", {"order": order}) if order else None,
        rom if rom.attrs else None, reading.place(card),
    )  # fmt: skip


def _usb(reading: Reading, card: Params, model: str) -> Node | None:
    source = make("source")
    if "vendorid" in card:
        source.children += [make(tag, {"id": f"0x{card.number(f'{tag}id') or 0:04x}"}) for tag in ("vendor", "product")]
    path = re.fullmatch(r"/dev/bus/usb/([0-9]+)/([0-9]+)", str(card.get("hostdevice", "")))
    numbers = (card.text("hostbus"), card.text("hostaddr"))
    if path is not None:
        card.drop("hostdevice")
        numbers = (str(int(path[1])), str(int(path[2])))
    if all(numbers):
        source.children.append(make("address", dict(zip(("bus", "device"), numbers, strict=True))))
    if not source.children:
        return None
    attrs = {"mode": "subsystem", "type": "usb", "managed": "yes"}
    order = card.text("bootindex")
    return make("hostdev", attrs, source, make("boot", {"order": order}) if order else None, reading.place(card))


def _shmem(reading: Reading, card: Params, model: str) -> Node | None:
    back = reading.objects.claim(card.text("memdev"))
    path = str(back.get("mem-path", "")) if back is not None else ""
    if back is None or not path.startswith("/dev/shm/"):
        return None
    master = card.switch("master")
    attrs = {"name": path.removeprefix("/dev/shm/"), "role": None if master is None else "master" if master else "peer"}
    size = make("size", {"unit": "M"}, text=as_size(str(back.get("size", 0))) >> 20)
    return make("shmem", attrs, make("model", {"type": "ivshmem-plain"}), size, reading.place(card))


_KINDS: dict[str, Any] = {
    "usb-tablet": _input("tablet", "usb"), "usb-mouse": _input("mouse", "usb"), "usb-kbd": _input("keyboard", "usb"),
    "virtio-tablet": _input("tablet", "virtio"), "virtio-mouse": _input("mouse", "virtio"),
    "virtio-keyboard": _input("keyboard", "virtio"), "virtio-input": _input("passthrough", "virtio"),
    "virtio-input-host-pci": _input("passthrough", "virtio"), "usb-hub": _hub, "virtio-balloon": _balloon,
    "virtio-rng": _rng, "i6300esb": _watchdog, "ib700": _watchdog, "pvpanic": _panic, "tpm-tis": _tpm, "tpm-crb": _tpm,
    "vhost-vsock-pci": _vsock, "intel-iommu": _iommu, "virtio-iommu": _iommu,
    "virtio-9p": _ninep, "vhost-user-fs-pci": _virtiofs,
    "pc-dimm": _memory, "nvdimm": _memory, "virtio-mem": _memory, "virtio-pmem": _memory,
    "vfio-pci": _pci, "usb-host": _usb, "ivshmem-plain": _shmem,
}  # fmt: skip
