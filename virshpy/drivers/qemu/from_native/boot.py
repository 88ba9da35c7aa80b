"""What is booted: order, kernel, firmware; and what firmware tells the guest: SMBIOS tables, fw_cfg."""

from __future__ import annotations

from virshpy.drivers.qemu.from_native.reading import Reading, element, make, yes_no
from virshpy.drivers.qemu.from_native.words import as_number, is_on, read_keys, split_commas

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.node import Node

_BOOT = {"a": "fd", "b": "fd", "c": "hd", "d": "cdrom", "n": "network"}


def read_boot(reading: Reading, system: Node) -> None:
    for option in reading.take("boot"):
        keys = read_keys(option.value or "", "order")
        menu, splash = keys.pop("menu", None), keys.pop("splash-time", None)
        keys.pop("strict", None)
        devices = [_BOOT.get(letter) for letter in str(keys.pop("order", ""))]
        for device in dict.fromkeys(filter(None, devices)):
            system.children.append(make("boot", {"dev": device}))
        if menu is not None:
            system.children.append(make("bootmenu", {"enable": yes_no(is_on(str(menu))), "timeout": splash}))
        if "reboot-timeout" in keys:
            element(system, "bios").attrs["rebootTimeout"] = str(keys.pop("reboot-timeout"))
        if keys:
            option.used = False
            option.value = ",".join(f"{key}={value}" for key, value in keys.items())
    for name, tag in (("kernel", "kernel"), ("initrd", "initrd"), ("append", "cmdline"), ("dtb", "dtb")):
        value = reading.last(name)
        if value:
            system.children.append(make(tag, text=value))
    for option in reading.all("acpitable"):
        keys = read_keys(option.value or "")
        if keys.pop("sig", None) == "SLIC" and set(keys) == {"file"}:
            option.used = True
            system.children.append(make("acpi", None, make("table", {"type": "slic"}, text=keys["file"])))


def read_firmware(reading: Reading, system: Node, words: dict[str, Any]) -> None:
    bios = reading.last("bios")
    if bios:
        system.children.append(make("loader", {"type": "rom"}, text=bios))
    flash: list[tuple[str | None, bool]] = []
    for key in ("pflash0", "pflash1"):
        path, readonly = _flash_node(reading, str(words.get(key, "")))
        if path is not None:
            flash.append((path, readonly))
    for option in reading.take("pflash"):
        flash.append((option.value, not flash))
    for drive in reading.unused(reading.drives):
        if drive.get("if") == "pflash":
            drive.option.used = True
            flash.append((drive.text("file"), bool(drive.switch("readonly", "read-only"))))
    secure = reading.settings.get("cfi.pflash01.secure")
    if flash:
        attrs = {"readonly": yes_no(flash[0][1]), "secure": "yes" if secure else None, "type": "pflash"}
        system.children.append(make("loader", attrs, text=flash[0][0]))
    if len(flash) > 1:
        system.children.append(make("nvram", text=flash[1][0]))


def _flash_node(reading: Reading, name: str) -> tuple[str | None, bool]:
    node = reading.blockdevs.get(name)
    if node is None or node.option.used:
        return None, False
    node.option.used = True
    readonly = bool(node.switch("read-only"))
    below = node.get("file")
    if isinstance(below, str):
        path, _ = _flash_node(reading, below)
        return path, readonly
    return (below.get("filename") if isinstance(below, dict) else node.text("filename")), readonly


_KINDS = {("disk", "disk"): "hd", ("disk", "lun"): "hd", ("disk", "cdrom"): "cdrom", ("disk", "floppy"): "fd",
          ("interface", None): "network"}  # fmt: skip


def settle_order(reading: Reading) -> None:
    """Where the first device of each kind has its turn, and no other, that is said of the kinds: <boot dev=…>."""
    first: dict[str, Node] = {}
    turns: dict[int, Node] = {}
    for device in reading.devices:
        kind = _KINDS.get((device.tag, device.attrs.get("device")))
        turn = device.find("boot")
        if kind is not None:
            first.setdefault(kind, device)
        if turn is not None:
            turns[as_number(turn.attrs["order"])] = device
    kept = [card.number("bootindex") or 0 for card in (card.fork() for card in reading.unused(reading.cards))]
    if any(kept):
        # Of a device that is not in the document: a turn for a disk keeps away the one that a document gives it.
        disks = [device for device in reading.devices if device.tag == "disk"]
        if disks and not turns:
            disks[0].children.append(make("boot", {"order": max(kept) + 1}))
        return
    leaders = {id(device): kind for kind, device in first.items()}
    order = [leaders.get(id(turns[turn])) for turn in sorted(turns)]
    if not turns or None in order or sorted(turns) != list(range(1, len(turns) + 1)):
        return
    for device in turns.values():
        device.children = [node for node in device.children if node.tag != "boot"]
    reading.top["os"].children += [make("boot", {"dev": kind}) for kind in order]


_TABLES = {"0": ("bios", ("vendor", "version", "date", "release")), "1": ("system", ()), "2": ("baseBoard", ()),
           "3": ("chassis", ())}  # fmt: skip


def read_tables(reading: Reading) -> None:
    """SMBIOS tables and firmware configuration: <sysinfo>."""
    blocks: list[Node] = []
    for option in reading.all("smbios"):
        parts = [part.partition("=") for part in split_commas(option.value or "")]
        kind = next((value for key, _, value in parts if key == "type"), None)
        if kind == "11":
            entries = [make("entry", text=value) for key, _, value in parts if key == "value"]
            blocks.append(make("oemStrings", None, *entries))
        elif kind in _TABLES:
            entries = [make("entry", {"name": key}, text=value) for key, _, value in parts if key != "type"]
            blocks.append(make(_TABLES[kind][0], None, *entries))
        else:
            continue
        option.used = True
    if blocks:
        reading.top["sysinfo"] = make("sysinfo", {"type": "smbios"}, *blocks)
        reading.top["os"].children.append(make("smbios", {"mode": "sysinfo"}))
    entries = []
    for option in reading.all("fw_cfg"):
        keys = read_keys(option.value or "", "name")
        if set(keys) in ({"name", "string"}, {"name", "file"}) and str(keys["name"]).startswith("opt/"):
            option.used = True
            entries.append(make("entry", {"name": keys["name"], "file": keys.get("file")}, text=keys.get("string")))
    if entries:
        reading.top["fwcfg"] = make("sysinfo", {"type": "fwcfg"}, *entries)
