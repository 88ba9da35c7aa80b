"""``domxml-from-native qemu-argv``: the document of a guest that a command line of QEMU's describes.

Every part takes the options that it understands; what remains is kept, as it is, in <qemu:commandline>, and what
remains of a device that is understood in <qemu:override>. So nothing that QEMU was told is lost.
"""

from __future__ import annotations

import re

from virshpy.drivers.qemu.argv.words import as_json
from virshpy.drivers.qemu.from_native import (
    boot,
    characters,
    controllers,
    disks,
    displays,
    interfaces,
    machine,
    memory,
    peripherals,
    processors,
)
from virshpy.drivers.qemu.from_native.reading import Reading, leaf, make
from virshpy.drivers.qemu.from_native.words import Command, Option, read_keys
from virshpy.xml.domain import Domain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from virshpy.xml.node import Node

# What a shell sets anyway, and what QEMU's own directories are.
_ENVIRONMENT = {
    "LC_ALL", "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
    "QEMU_AUDIO_DRV",
}  # fmt: skip
_PARTS = (
    memory.read_memory,
    machine.read_settings,
    machine.read_machine,
    machine.read_identity,
    machine.read_running,
    machine.read_globals,
    machine.read_clock,
    processors.read_processors,
    boot.read_tables,
    controllers.read_controllers,
    disks.read_disks,
    interfaces.read_interfaces,
    characters.read_characters,
    displays.read_displays,
    peripherals.read_peripherals,
    boot.settle_order,
)


def from_native(text: str, format_of: Callable[[str], str] = lambda path: "raw") -> Domain:
    """The document of one command line, as a user would write it: not yet completed. Raises InvalidArg, XMLError.

    ``format_of`` is asked for the format of an image about which nothing is said: QEMU looks at the image then.
    """
    reading = Reading(Command(text), format_of)
    for part in _PARTS:
        part(reading)
    return Domain.from_node(_whole(reading))


# Properties that are texts, even where they look like a number or a switch.
_TEXTS = frozenset(
    """
    driver id bus addr netdev drive chardev memdev fsdev rng tpmdev audiodev iothread host hostdevice evdev mac serial
    name romfile vendor product ver model mount_tag tag acpi-index failover_pair_id device_id display sysfsdev
    """.split()  # noqa: SIM905
)


def _kept(option: Option) -> list[str]:
    """The words of an option that stays. QEMU plugs devices that are written as JSON in after all others: a device of
    the other form would come before the controllers that it needs, and take the place of one of them."""
    if option.name != "device" or option.value is None or option.value.startswith("{"):
        return option.words
    properties = read_keys(option.value, "driver")
    return ["-device", as_json({key: _typed(key, value) for key, value in properties.items()})]


def _typed(key: str, value: Any) -> Any:
    if key in _TEXTS or not isinstance(value, str):
        return value
    if value in ("on", "off"):
        return value == "on"
    return int(value, 0) if re.fullmatch(r"-?(0|[1-9][0-9]*|0x[0-9a-fA-F]+)", value) else value


def _whole(reading: Reading) -> Node:
    top = reading.top
    kind, rest = top.pop("type").text, top.pop("rest", None)
    for tag in ("features", "memoryBacking", "cpu"):
        if tag in top and not top[tag].children and not top[tag].attrs:
            del top[tag]
    program = reading.command.program
    emulator = leaf("emulator", program if program.startswith("/") else None)
    devices = make("devices", None, emulator, *reading.devices)
    words = [word for option in reading.options if not option.used for word in _kept(option)]
    if rest is not None:
        words += ["-machine", rest.text]
    variables = {name: value for name, value in reading.command.env.items() if name not in _ENVIRONMENT}
    extra: Node | None = None
    if words or variables:
        extra = make(
            "qemu:commandline", None, *(make("qemu:arg", {"value": word}) for word in words),
            *(make("qemu:env", {"name": name, "value": value}) for name, value in variables.items()),
        )  # fmt: skip
    overrides = make("qemu:override", None, *reading.overrides) if reading.overrides else None
    return make("domain", {"type": kind}, *top.values(), devices, extra, overrides)
