"""Name, machine, features, clock, the life cycle, and the monitors that are not taken over."""

from __future__ import annotations

import os

from virshpy.drivers.qemu.from_native.boot import read_boot, read_firmware
from virshpy.drivers.qemu.from_native.reading import Reading, element, make, on_off, yes_no
from virshpy.drivers.qemu.from_native.words import Params, is_on, read_keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.node import Node

# What says how QEMU is run, and is nobody's but whoever runs it.
_RUNNING = (
    "S", "no-user-config", "nodefconfig", "nodefaults", "daemonize", "pidfile", "sandbox", "msg", "D", "runas",
    "chroot", "monitor", "qmp", "qmp-pretty", "mon", "no-shutdown", "incoming", "add-fd", "preconfig",
    "no-fd-bootchk",
)  # fmt: skip


def read_identity(reading: Reading) -> None:
    keys = read_keys(reading.last("name") or "", "guest")
    reading.put(make("name", text=keys.get("guest") or "unnamed"))
    uuid = reading.last("uuid")
    if uuid:
        reading.put(make("uuid", text=uuid))
    for card in reading.unused(reading.cards):
        if card.get("driver") == "vmgenid":
            card.option.used = True
            genid = card.text("guid")
            reading.put(make("genid", text=None if genid == "auto" else genid))


def read_running(reading: Reading) -> None:
    """The monitors, with their character devices, and everything else that virshpy decides itself."""
    for option in reading.all("mon"):
        monitor = Params.of(option, "chardev")
        chardev = reading.chardevs.get(monitor.text("chardev") or "")
        if chardev is not None:
            chardev.option.used = True
    reading.take(*_RUNNING)
    for name, params in reading.objects.items():
        if name == "masterKey0":
            params.option.used = True
    actions = [read_keys(option.value or "") for option in reading.take("action")]
    ended = reading.flag("no-reboot") or any(action.get("reboot") == "shutdown" for action in actions)
    reading.put(make("on_poweroff", text="destroy"))
    reading.put(make("on_reboot", text="destroy" if ended else "restart"))
    reading.put(make("on_crash", text="destroy"))


def read_machine(reading: Reading) -> None:
    """<os>, <features> and the kind of the domain. The machine comes first: what a device means depends on it."""
    words: dict[str, Any] = {}
    for option in reading.take("machine", "M"):
        words |= read_keys(option.value or "", "type")
    accelerator = str(words.pop("accel", "")).partition(":")[0]
    for option in reading.take("accel"):
        keys = read_keys(option.value or "", "accel")
        accelerator = accelerator or str(keys.pop("accel", ""))
        if "tb-size" in keys:
            cache = make("tb-cache", {"unit": "MiB"}, text=keys["tb-size"])
            reading.put(make("features")).children.append(make("tcg", None, cache))
    if reading.flag("enable-kvm") or os.path.basename(reading.command.program) in ("kvm", "qemu-kvm"):
        accelerator = "kvm"
    reading.top["type"] = make("type", text="kvm" if accelerator == "kvm" else "qemu")
    reading.machine = str(words.pop("type", ""))
    reading.q35 = "q35" in reading.machine
    _, _, arch = os.path.basename(reading.command.program).partition("qemu-system-")
    arch = {"": "x86_64", "i386": "i686"}.get(arch, arch)
    reading.x86 = arch in ("x86_64", "i686")
    if is_on(str(words.pop("usb", "off"))) or reading.flag("usb"):
        words["usb"] = "on"
    kind = make("type", {"arch": arch, "machine": reading.machine or None}, text="hvm")
    system = reading.put(make("os", None, kind))
    features = reading.put(make("features"))
    if reading.x86 and not reading.flag("no-acpi"):
        features.children.insert(0, make("acpi"))
    _read_machine_words(reading, words, features)
    read_boot(reading, system)
    read_firmware(reading, system, words)


def _read_machine_words(reading: Reading, words: dict[str, Any], features: Node) -> None:
    for name in ("vmport", "smm"):
        if name in words:
            features.children.append(make(name, {"state": on_off(is_on(str(words.pop(name))))}))
    irqchip = words.pop("kernel_irqchip", words.pop("kernel-irqchip", None))
    if irqchip in ("split", "on"):
        features.children.append(make("ioapic", {"driver": "qemu" if irqchip == "split" else "kvm"}))
    if is_on(str(words.pop("dump-guest-core", "off"))):
        reading.top["memory"].attrs["dumpCore"] = "on"
    if str(words.pop("mem-merge", "on")) == "off":
        reading.put(make("memoryBacking")).children.append(make("nosharepages"))
    if words.pop("graphics", None) == "off":
        element(reading.top["os"], "bios").attrs["useserial"] = "yes"
    for known in ("memory-backend", "nvdimm", "hmat", "dump-guest-core"):
        words.pop(known, None)
    for timer in ("hpet",):
        if timer in words:
            _add_timer(reading, timer, is_on(str(words.pop(timer))))
    if not is_on(str(words.pop("acpi", "on"))):
        features.children = [node for node in features.children if node.tag != "acpi"]
    reading.top["usb"] = make("usb", {"on": words.pop("usb", None)})
    rest = [f"{key}={value}" for key, value in words.items() if not key.startswith("pflash")]
    if rest:
        reading.top["rest"] = make("rest", text=",".join(rest))


def _add_timer(reading: Reading, name: str, present: bool) -> None:
    clock = reading.put(make("clock", {"offset": "utc"}))
    clock.children.append(make("timer", {"name": name, "present": yes_no(present)}))


def read_settings(reading: Reading) -> None:
    """The -global options that elements say: driver.property -> value."""
    found = reading.settings
    for option in reading.all("global"):
        text = option.value or ""
        keys = read_keys(text)
        if set(keys) == {"driver", "property", "value"}:
            name, value = f"{keys['driver']}.{keys['property']}", str(keys["value"])
        else:
            name, _, value = text.partition("=")
        if name in _KNOWN_GLOBALS:
            option.used = True
            found[name] = value


_POWER = {"disable_s3": "suspend-to-mem", "disable_s4": "suspend-to-disk"}
_KNOWN_GLOBALS = {
    "q35-pcihost.pci-hole64-size", "i440FX-pcihost.pci-hole64-size",
    "cfi.pflash01.secure", "kvm-pit.lost_tick_policy", "mch.extended-tseg-mbytes",
    *(f"{bridge}.{name}" for bridge in ("ICH9-LPC", "PIIX4_PM") for name in _POWER),
}  # fmt: skip


def read_globals(reading: Reading) -> None:
    for name, value in reading.settings.items():
        bridge, _, key = name.partition(".")
        if key in _POWER:
            pm = reading.put(make("pm"))
            pm.children.append(make(_POWER[key], {"enabled": "no" if value == "1" else "yes"}))
        elif key == "lost_tick_policy":
            clock = reading.put(make("clock", {"offset": "utc"}))
            clock.children.append(make("timer", {"name": "pit", "tickpolicy": value}))
        elif key == "pci-hole64-size" and value[-1:] in "KMGT":
            root = "pcie-root" if bridge == "q35-pcihost" else "pci-root"
            hole = make("pcihole64", {"unit": f"{value[-1]}iB"}, text=value[:-1])
            reading.add(make("controller", {"type": "pci", "index": 0, "model": root}, hole))
        elif bridge == "mch":
            tseg = make("tseg", {"unit": "MiB"}, text=value)
            element(reading.top["features"], "smm").children.append(tseg)


def read_clock(reading: Reading) -> None:
    keys = read_keys(reading.last("rtc") or "base=utc", "base")
    base = "localtime" if reading.flag("localtime") else str(keys.get("base", "utc"))
    clock = reading.put(make("clock"))
    if base in ("utc", "localtime"):
        clock.attrs["offset"] = base
    else:
        clock.attrs |= {"offset": "absolute", "start": str(_seconds(base))}
    track = {"vm": "guest", "host": "wall", "rt": "realtime"}.get(str(keys.get("clock", "")))
    policy = "catchup" if keys.get("driftfix") == "slew" else None
    if track or policy:
        clock.children.append(make("timer", {"name": "rtc", "tickpolicy": policy, "track": track}))
    if reading.flag("no-hpet"):
        _add_timer(reading, "hpet", False)


def _seconds(moment: str) -> int:
    from datetime import UTC, datetime

    try:
        return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return 0
